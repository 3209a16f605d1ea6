//! Asks before unsaved work is left.

/// Asks while `unsaved` says so: when the page is unloaded, and at links inside the console, which unload nothing.
pub fn ask_before_leaving(unsaved: impl Fn() -> bool + Copy + 'static, question: &'static str) {
    #[cfg(feature = "hydrate")]
    browser::ask(unsaved, question);
    #[cfg(not(feature = "hydrate"))]
    let _ = (unsaved, question);
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{BeforeUnloadEvent, Element, MouseEvent, js_sys::Function};

    pub(super) fn ask(unsaved: impl Fn() -> bool + Copy + 'static, question: &'static str) {
        let leaving = Closure::<dyn FnMut(BeforeUnloadEvent)>::new(move |event: BeforeUnloadEvent| {
            if unsaved() {
                event.prevent_default();
                event.set_return_value("not saved");
            }
        });
        let clicked = Closure::<dyn FnMut(MouseEvent)>::new(move |event: MouseEvent| {
            if leads_away(&event) && unsaved() && !window().confirm_with_message(question).unwrap_or(true) {
                event.prevent_default();
                event.stop_immediate_propagation();
            }
        });
        let add = |name: &str, listener: &Function, capture: bool| {
            let _ = window().add_event_listener_with_callback_and_bool(name, listener, capture);
        };
        add("beforeunload", leaving.as_ref().unchecked_ref(), false);
        add("click", clicked.as_ref().unchecked_ref(), true);
        let listeners = StoredValue::new_local((leaving, clicked));
        on_cleanup(move || {
            listeners.with_value(|(leaving, clicked)| {
                let remove = |name: &str, listener: &Function, capture: bool| {
                    let _ = window().remove_event_listener_with_callback_and_bool(name, listener, capture);
                };
                remove("beforeunload", leaving.as_ref().unchecked_ref(), false);
                remove("click", clicked.as_ref().unchecked_ref(), true);
            });
        });
    }

    /// Whether a plain click leads to another page in this tab.
    fn leads_away(event: &MouseEvent) -> bool {
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|element| element.closest("a[href]").ok().flatten());
        let Some(link) = link else { return false };
        let href = link.get_attribute("href").unwrap_or_default();
        let elsewhere = link.has_attribute("target") || link.has_attribute("data-discard") || href.starts_with('#');
        // Another range of the same page, say, loses nothing.
        let path = window().location().pathname().unwrap_or_default();
        let here = href.starts_with('?')
            || href.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('?'));
        let plain = event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key();
        plain && !elsewhere && !here
    }
}
