//! Keys that work on every page: `/` goes to the search, Ctrl K opens the palette, `?` the list of keys, Escape closes what
//! stands open beside a list; and where the focus goes when something is opened or closed. Without JavaScript links do all
//! of it.

use leptos::prelude::*;

/// The id of the dialog that goes anywhere.
pub const PALETTE: &str = "palette";
/// The id of the list of keys.
pub const SHEET: &str = "keys";

/// What the keys do, as the list says it.
const KEYS: [(&str, &str); 6] = [
    ("/", "Look for one event"),
    ("Ctrl K", "Go to a page, an export, a target, a subscription"),
    ("?", "This list"),
    ("Esc", "Close what stands open beside a list, or this"),
    ("Tab", "The next field or link; with Shift the one before"),
    ("Enter", "Opens what is chosen; in the export editor's fields it sends nothing"),
];

/// Opens a dialog over the page.
pub fn open(dialog: &str) {
    #[cfg(feature = "hydrate")]
    browser::open(dialog);
    #[cfg(not(feature = "hydrate"))]
    let _ = dialog;
}

/// Closes it.
pub fn close(dialog: &str) {
    #[cfg(feature = "hydrate")]
    browser::close(dialog);
    #[cfg(not(feature = "hydrate"))]
    let _ = dialog;
}

/// Whether it stands open.
pub fn is_open(dialog: &str) -> bool {
    #[cfg(feature = "hydrate")]
    return browser::dialog(dialog).is_some_and(|dialog| dialog.open());
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = dialog;
        false
    }
}

/// The list of keys.
#[component]
pub fn KeySheet() -> impl IntoView {
    let lines = KEYS.map(|(key, does)| view! { <dt><kbd>{key}</kbd></dt><dd>{does}</dd> });
    view! {
        <dialog class="dialog" id=SHEET aria-labelledby="keys-title">
            <header><h2 id="keys-title">"Keys"</h2></header>
            <div class="body"><dl class="kv">{lines}</dl></div>
            <footer><form method="dialog"><button class="btn" type="submit">"Close"</button></form></footer>
        </dialog>
    }
}

/// Listens on the whole page.
pub fn listen() {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| {
        let listener = window_event_listener(leptos::ev::keydown, |event| browser::pressed(&event));
        on_cleanup(move || listener.remove());
    });
}

/// Takes the focus into a panel that is opened, and back to its row when it is closed: which one is, its address says.
pub fn follow_panels(path: Memo<String>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |before: Option<String>| {
        let now =
            path.read().strip_prefix("/log/").and_then(|rest| rest.split('/').nth(1)).unwrap_or_default().to_owned();
        // A page that comes with a panel leaves the focus where a browser puts it.
        if let Some(before) = before.filter(|before| *before != now) {
            let wanted = if now.is_empty() {
                format!("a.rowlink[href*=\"{before}\"]")
            } else {
                browser::CLOSES_PANEL.to_owned()
            };
            // A list that is drawn anew meanwhile takes the focus along with its row: then it is given once more.
            for wait in [250, 1000] {
                let wanted = wanted.clone();
                set_timeout(move || browser::focus_if_lost(&wanted), std::time::Duration::from_millis(wait));
            }
            set_timeout(move || browser::focus(&wanted), std::time::Duration::from_millis(50));
        }
        now
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = path;
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::{PALETTE, SHEET};
    use crate::menus;
    use leptos::{ev::KeyboardEvent, prelude::document, wasm_bindgen::JsCast};
    use web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlInputElement};

    pub(super) const CLOSES_PANEL: &str = "aside.panel > a.close";

    fn find(selector: &str) -> Option<HtmlElement> {
        document().query_selector(selector).ok().flatten()?.dyn_into().ok()
    }

    pub(super) fn focus(selector: &str) {
        if let Some(element) = find(selector) {
            let _ = element.focus();
        }
    }

    /// Where the focus stands nowhere: what had it is gone.
    pub(super) fn focus_if_lost(selector: &str) {
        if document().active_element().is_none_or(|element| element.tag_name() == "BODY") {
            focus(selector);
        }
    }

    pub(super) fn dialog(id: &str) -> Option<HtmlDialogElement> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }

    pub(super) fn open(id: &str) {
        // One at a time: a dialog over a dialog is left by nobody.
        let some = [PALETTE, SHEET].into_iter().filter_map(dialog).any(|dialog| dialog.open());
        if let Some(dialog) = dialog(id).filter(|_| !some) {
            let _ = dialog.show_modal();
        }
    }

    pub(super) fn close(id: &str) {
        if let Some(dialog) = dialog(id) {
            dialog.close();
        }
    }

    fn is_typing(event: &KeyboardEvent) -> bool {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        target.is_some_and(|element| element.closest("input, textarea, select").ok().flatten().is_some())
    }

    pub(super) fn pressed(event: &KeyboardEvent) {
        if (event.ctrl_key() || event.meta_key()) && !event.alt_key() && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            open(PALETTE);
        }
        if event.key() == "Escape" && find("dialog[open]").is_none() && menus::close() {
            return;
        }
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(event) {
            return;
        }
        match event.key().as_str() {
            "?" => open(SHEET),
            "/" => {
                event.prevent_default();
                focus("#q");
            }
            // A dialog closes by itself, and what is below it stays.
            "Escape" => {
                if let Some(menu) = find("#menu").and_then(|menu| menu.dyn_into::<HtmlInputElement>().ok()) {
                    menu.set_checked(false);
                }
                let close = find(CLOSES_PANEL).filter(|_| find("dialog[open]").is_none());
                if let Some(close) = close {
                    close.click();
                }
            }
            _ => {}
        }
    }
}
