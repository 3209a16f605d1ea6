//! Keys that work on every page: `/` goes to the search, Escape closes what stands open beside a list; and where the focus
//! goes when something is opened or closed. Without JavaScript links do all of it.

use leptos::prelude::*;

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
    use leptos::{ev::KeyboardEvent, prelude::document, wasm_bindgen::JsCast};
    use web_sys::{Element, HtmlElement};

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

    fn is_typing(event: &KeyboardEvent) -> bool {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        target.is_some_and(|element| element.closest("input, textarea, select").ok().flatten().is_some())
    }

    pub(super) fn pressed(event: &KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(event) {
            return;
        }
        match event.key().as_str() {
            "/" => {
                event.prevent_default();
                focus("#q");
            }
            "Escape" => {
                if let Some(close) = find(CLOSES_PANEL) {
                    close.click();
                }
            }
            _ => {}
        }
    }
}
