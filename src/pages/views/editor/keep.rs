//! What the editor keeps while somebody works: what is shown, what is typed, how to take it back, and the draft that
//! survives a reload. Without JavaScript none of it runs, and the form is still whole.

use crate::{
    api::{Answer, At, UiError},
    editor::{Change, ExportForm},
    leave::ask_before_leaving,
};
use domain::FieldError;
use leptos::prelude::*;
use rules::lint::{Level, Lint};

/// The editor's state; all of it can be copied into closures.
#[derive(Clone, Copy)]
pub(super) struct Editing {
    /// The form that the page was drawn from.
    pub(super) shown: RwSignal<ExportForm>,
    /// The form as it stands in the page.
    pub(super) typed: RwSignal<ExportForm>,
    /// Counts up when the page is drawn anew from `shown`.
    pub(super) revision: RwSignal<u32>,
    /// Forms to go back to.
    pub(super) undo: RwSignal<Vec<ExportForm>>,
    /// What is worth saying about the form as typed.
    pub(super) lints: RwSignal<Vec<Lint>>,
    /// Whether a draft of this browser was brought back.
    pub(super) restored: RwSignal<bool>,
    /// Why the last button could not do what it says.
    pub(super) refused: RwSignal<Option<FieldError>>,
    /// What a gigabyte of ingestion costs, as typed.
    pub(super) price: RwSignal<String>,
    base: StoredValue<ExportForm>,
    draft: StoredValue<String>,
    leaving: StoredValue<bool>,
}

/// Changes that can be taken back.
const MOST_UNDO: usize = 100;

impl Editing {
    pub(super) fn new(form: ExportForm, base: ExportForm, lints: Vec<Lint>, draft: String) -> Self {
        Self {
            shown: RwSignal::new(form.clone()),
            typed: RwSignal::new(form),
            revision: RwSignal::new(0),
            undo: RwSignal::new(Vec::new()),
            lints: RwSignal::new(lints),
            restored: RwSignal::new(false),
            refused: RwSignal::new(None),
            price: RwSignal::new("2.30".to_owned()),
            base: StoredValue::new(base),
            draft: StoredValue::new(draft),
            leaving: StoredValue::new(false),
        }
    }

    /// Whether something stands here that is not saved.
    pub(super) fn is_dirty(self) -> bool {
        self.typed.with(|typed| self.base.with_value(|base| !says_the_same(typed, base)))
    }

    /// The places of rules that can never match.
    pub(super) fn never(self) -> Vec<String> {
        let of = |lint: &Lint| (lint.level == Level::Error).then(|| format!("{} {}", lint.code, lint.path));
        self.lints.with(|lints| lints.iter().filter_map(of).collect())
    }

    /// Does what a button says: here at once; without JavaScript the server does the same.
    pub(super) fn press(self, event: &leptos::ev::MouseEvent, intent: &str) {
        let Some(change) = Change::parse(intent) else { return };
        event.prevent_default();
        self.leaving.set_value(false);
        let before = form_of_page().unwrap_or_else(|| self.typed.get_untracked());
        if let Some(refused) = change.refusal(&before) {
            self.refused.set(Some(refused));
            return;
        }
        let after = change.apply(&before);
        let focus = change.focus(&after);
        self.remember(before);
        self.draw(after, focus);
    }

    /// Takes the last change back.
    pub(super) fn take_back(self) {
        self.leaving.set_value(false);
        let last = self.undo.try_update(Vec::pop).flatten();
        if let Some(last) = last {
            self.draw(last, None);
            self.store();
        }
    }

    /// Forgets what is not saved: also what was typed before the draft that is shown now had an address of its own.
    pub(super) fn discard(self) {
        self.leave();
        forget_all(&self.keys());
        let base = self.base.get_value();
        self.undo.set(Vec::new());
        self.restored.set(false);
        self.draw(base, None);
    }

    /// What follows is meant: nobody is asked about unsaved work.
    pub(super) fn leave(self) {
        self.leaving.set_value(true);
    }

    fn remember(self, before: ExportForm) {
        self.undo.update(|undo| {
            if undo.last().is_none_or(|last| !says_the_same(last, &before)) {
                undo.push(before);
            }
            if undo.len() > MOST_UNDO {
                undo.remove(0);
            }
        });
    }

    fn draw(self, form: ExportForm, focus: Option<String>) {
        let focus = focus.or_else(focused);
        self.refused.set(None);
        self.shown.set(form.clone());
        self.typed.set(form);
        self.revision.update(|revision| *revision += 1);
        if let Some(id) = focus {
            focus_soon(id);
        }
        self.store();
    }

    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers type"))]
    fn take(self, mut now: ExportForm, redraw: bool) {
        // Whoever left the page meanwhile types no more.
        let Some(before) = self.typed.try_get_untracked() else { return };
        if says_the_same(&before, &now) {
            return;
        }
        self.leaving.set_value(false);
        self.refused.set(None);
        if redraw {
            self.bring_back(&before, &mut now);
        }
        self.remember(before);
        if redraw {
            self.draw(now, None);
        } else {
            self.typed.set(now);
            self.store();
        }
    }

    /// A kind that was ticked before comes back with the filter it had.
    fn bring_back(self, before: &ExportForm, now: &mut ExportForm) {
        let new: Vec<_> =
            now.event_sources().filter(|one| !before.event_sources().any(|known| known == *one)).collect();
        for source in new {
            let had = self.undo.with_untracked(|undo| {
                undo.iter().rev().chain([&self.base.get_value()]).find_map(|form| {
                    let (body, _) = form.read();
                    let found = body.sources.into_iter().find(|one| one.event_source == source)?;
                    Some((found, form.mode(source)))
                })
            });
            if let Some((source, mode)) = had {
                now.show(&source, mode);
            }
        }
    }

    /// Under this name the draft is kept: one for each export, and one for each draft of the server.
    fn key(self) -> String {
        self.draft.with_value(|draft| format!("{}{draft}", self.keys()))
    }

    /// What the names of all drafts of this export begin with.
    fn keys(self) -> String {
        let id = self.base.with_value(|base| base.id.clone());
        let id = if id.is_empty() { "new-export" } else { &id };
        format!("draft-of-{id}-")
    }

    fn store(self) {
        if self.is_dirty() {
            keep(&self.key(), &self.typed.get_untracked());
        } else {
            forget(&self.key());
        }
    }
}

/// Whether two forms mean the same to a person: what only the page knows aside.
fn says_the_same(a: &ExportForm, b: &ExportForm) -> bool {
    let plain = |form: &ExportForm| {
        let mut form =
            ExportForm { intent: String::new(), confirm: String::new(), version: String::new(), ..form.clone() };
        form.as_of.clear();
        form.modes.retain(|source, _| form.sources.contains(source));
        form.texts.retain(|_, text| !text.is_empty());
        form.more.retain(|_, text| !text.is_empty());
        let mut lists = [&mut form.sources, &mut form.subscriptions, &mut form.groups, &mut form.except];
        for list in &mut lists {
            list.sort();
        }
        form
    };
    let (a, b) = (plain(a), plain(b));
    a == b || {
        let ((a_body, a_errors), (b_body, b_errors)) = (a.read(), b.read());
        a_errors.is_empty() && b_errors.is_empty() && a_body == b_body
    }
}

/// Follows the form: lints from each answer, the draft of this browser, and what leaving would lose.
pub(super) fn follow(editing: Editing, answer: Resource<Result<At<Answer>, UiError>>) {
    Effect::new(move || {
        if let Some(Ok(At { value, .. })) = answer.get() {
            editing.lints.set(value.lints);
        }
    });
    #[cfg(feature = "hydrate")]
    browser::bring_back(editing);
    ask_before_leaving(
        move || editing.is_dirty_untracked() && !editing.leaving.get_value(),
        "Leave without saving? What you typed stays in this tab as a draft.",
    );
}

/// Enter in a field does not press a button; in lists and text areas it means what it always means.
pub(super) fn typed_key(event: &leptos::ev::KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    browser::typed_key(event);
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

/// Something was typed: the form is read again a moment after the last change.
pub(super) fn typed(event: &leptos::ev::Event, editing: Editing) {
    #[cfg(feature = "hydrate")]
    browser::typed(event, editing);
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, editing);
}

#[cfg(not(feature = "hydrate"))]
mod nowhere {
    use crate::editor::ExportForm;

    pub(super) fn form_of_page() -> Option<ExportForm> {
        None
    }
    pub(super) fn focused() -> Option<String> {
        None
    }
    pub(super) fn focus_soon(_: String) {}
    pub(super) fn keep(_: &str, _: &ExportForm) {}
    pub(super) fn forget(_: &str) {}
    pub(super) fn forget_all(_: &str) {}
}
#[cfg(not(feature = "hydrate"))]
use nowhere::{focus_soon, focused, forget, forget_all, form_of_page, keep};

#[cfg(feature = "hydrate")]
use browser::{focus_soon, focused, forget, forget_all, form_of_page, keep};

#[cfg(feature = "hydrate")]
mod browser {
    use super::Editing;
    use crate::{api::SaveExport, editor::ExportForm};
    use leptos::{ev, form::FromFormData, prelude::*};
    use std::{cell::Cell, time::Duration};
    use wasm_bindgen::JsCast;
    use web_sys::{Element, FormData, HtmlElement, HtmlFormElement, Storage};

    /// Changes of these fields change what is there to fill in.
    const REDRAWS: [&str; 2] = ["form[sources][]", "form[delivered_by]"];

    fn form_element() -> Option<HtmlFormElement> {
        document().get_element_by_id("editor")?.dyn_into().ok()
    }

    pub(super) fn form_of_page() -> Option<ExportForm> {
        let data = FormData::new_with_form(&form_element()?).ok()?;
        SaveExport::from_form_data(&data).ok().map(|save| save.form)
    }

    pub(super) fn focused() -> Option<String> {
        document().active_element().map(|element| element.id()).filter(|id| !id.is_empty())
    }

    pub(super) fn focus_soon(id: String) {
        set_timeout(
            move || {
                let element =
                    document().get_element_by_id(&id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
                if let Some(element) = element {
                    let _ = element.focus();
                }
            },
            Duration::ZERO,
        );
    }

    fn storage() -> Option<Storage> {
        window().session_storage().ok().flatten()
    }

    pub(super) fn keep(key: &str, form: &ExportForm) {
        if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(form)) {
            // A full storage keeps nothing; the form itself is still there.
            let _ = storage.set_item(key, &text);
        }
    }

    pub(super) fn forget(key: &str) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(key);
        }
    }

    pub(super) fn typed(event: &ev::Event, editing: Editing) {
        thread_local! { static LAST: Cell<u32> = const { Cell::new(0) }; }
        let name = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|element| element.get_attribute("name"))
            .unwrap_or_default();
        let mine = LAST.get().wrapping_add(1);
        LAST.set(mine);
        let redraw = REDRAWS.contains(&name.as_str());
        let wait = if redraw { Duration::ZERO } else { Duration::from_millis(200) };
        set_timeout(
            move || {
                if LAST.get() == mine
                    && let Some(form) = form_of_page()
                {
                    editing.take(form, redraw);
                }
            },
            wait,
        );
    }

    pub(super) fn typed_key(event: &ev::KeyboardEvent) {
        let field = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        if event.key() == "Enter"
            && field.is_some_and(|field| !["submit", "checkbox", "radio"].contains(&field.type_().as_str()))
        {
            event.prevent_default();
        }
    }

    /// Forgets every draft whose name begins so.
    pub(super) fn forget_all(prefix: &str) {
        let Some(storage) = storage() else { return };
        let keys = (0..storage.length().unwrap_or_default()).filter_map(|at| storage.key(at).ok().flatten());
        for key in keys.filter(|key| key.starts_with(prefix)).collect::<Vec<_>>() {
            forget(&key);
        }
    }

    /// Brings a draft of this browser back.
    pub(super) fn bring_back(editing: Editing) {
        Effect::new(move || {
            let saved = window().location().search().is_ok_and(|search| search.contains("saved="));
            if saved {
                forget_all("draft-of-new-export-");
                forget_all(&editing.keys());
                // Read again, the page is that of an export that was saved some time ago.
                if let Ok(path) = window().location().pathname()
                    && let Ok(history) = window().history()
                {
                    let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
                }
                return;
            }
            let kept = storage().and_then(|storage| storage.get_item(&editing.key()).ok().flatten());
            let kept = kept.and_then(|text| serde_json::from_str::<ExportForm>(&text).ok());
            if let Some(mut form) = kept {
                editing.base.with_value(|base| form.version.clone_from(&base.version));
                if !super::says_the_same(&form, &editing.typed.get_untracked()) {
                    editing.restored.set(true);
                    editing.draw(form, None);
                }
            }
        });
    }
}

impl Editing {
    fn is_dirty_untracked(self) -> bool {
        self.typed.with_untracked(|typed| self.base.with_value(|base| !says_the_same(typed, base)))
    }
}
