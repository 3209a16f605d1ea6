//! The command palette: Ctrl K, a few letters of where to go, Enter.

use super::{
    api::{self, Hit, Hits},
    keys,
};
use leptos::{ev::KeyboardEvent, prelude::*};
use leptos_router::hooks::use_navigate;

/// The id of one of the places.
fn place_id(at: usize) -> String {
    format!("palette-{at}")
}

/// The palette; it asks nothing before it is opened.
#[component]
pub fn Palette() -> impl IntoView {
    let (typed, opened, at) = (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(0_usize));
    let found = LocalResource::new(move || {
        let asked = opened.get().then(|| typed.get());
        async move {
            match asked {
                Some(text) => api::find(text).await,
                None => Ok(Hits::default()),
            }
        }
    });
    let answer = move || found.get().and_then(Result::ok).unwrap_or_default();
    let places = move || answer().places;
    let go = {
        let navigate = use_navigate();
        move |hit: &Hit| {
            keys::close(keys::PALETTE);
            navigate(&hit.to, leptos_router::NavigateOptions::default());
        }
    };
    // Enter before the answer came: it is for what was typed, not for what still stands there.
    let waiting = RwSignal::new(false);
    {
        let go = go.clone();
        Effect::new(move || {
            let answer = answer();
            if waiting.get() && answer.typed == typed.get_untracked() {
                waiting.set(false);
                if let Some(hit) = answer.places.get(at.get_untracked()) {
                    go(hit);
                }
            }
        });
    }
    let pressed = {
        let go = go.clone();
        move |event: KeyboardEvent| {
            let all = places();
            let here = at.get_untracked();
            match event.key().as_str() {
                "ArrowDown" => at.set(if here + 1 < all.len() { here + 1 } else { 0 }),
                "ArrowUp" => at.set(here.checked_sub(1).unwrap_or(all.len().saturating_sub(1))),
                "Enter" => {
                    if answer().typed != typed.get_untracked() {
                        waiting.set(true);
                    } else if let Some(hit) = all.get(here) {
                        go(hit);
                    }
                }
                _ => return,
            }
            event.prevent_default();
        }
    };
    let list = move || {
        let rows = places().into_iter().enumerate().map(|(number, hit)| {
            let go = go.clone();
            let (name, sort) = (hit.name.clone(), hit.sort.clone());
            view! {
                <li role="option" id=place_id(number) aria-selected=move || (at.get() == number).to_string() on:click=move |_| go(&hit)>
                    <span class="any">{name}</span>
                    <span class="sm dim">{sort}</span>
                </li>
            }
        });
        rows.collect_view()
    };
    let none = move || {
        let empty = opened.get() && found.get().is_some_and(|found| found.is_ok_and(|found| found.places.is_empty()));
        empty.then(
            || view! { <p class="dim">"Nothing has this in its name. Paste a whole id to look for one event."</p> },
        )
    };
    let failed = move || {
        let failed = found.get().and_then(Result::err);
        failed.map(|error| view! { <p class="error" role="alert">{error.said()}</p> })
    };
    let closed = move || {
        typed.set(String::new());
        at.set(0);
        waiting.set(false);
        // Browsers tell of it later: by then it may be open again.
        opened.set(keys::is_open(keys::PALETTE));
    };
    view! {
        <dialog class="dialog wide palette" id=keys::PALETTE aria-label="Go to" on:close=move |_| closed()>
            <div class="body">
                <input
                    class="input" type="text" role="combobox" aria-label="Where to go" aria-expanded="true" aria-controls="palette-places"
                    aria-autocomplete="list" aria-activedescendant=move || place_id(at.get()) autocomplete="off" spellcheck="false" maxlength="300"
                    placeholder="A page, an export, a target, a subscription, or an id" prop:value=typed
                    on:focus=move |_| opened.set(true)
                    on:input=move |event| { waiting.set(false); typed.set(event_target_value(&event)); at.set(0); }
                    on:keydown=pressed
                />
                {failed}
                {none}
            </div>
            <ul id="palette-places" role="listbox" aria-label="Places">{list}</ul>
        </dialog>
    }
}
