//! What browsers do not do for menus (`details.menu`) by themselves: Escape closes one, so does a click beside it, and one
//! that opens below the window is scrolled into it.

/// Listens on the whole page.
pub fn listen() {
    #[cfg(feature = "hydrate")]
    leptos::prelude::Effect::new(|_| browser::listen());
}

/// Closes the menu that is open and gives the focus back to its button; whether there was one.
#[cfg(feature = "hydrate")]
pub fn close() -> bool {
    browser::close()
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use web_sys::{
        Element, Event, HtmlElement, Node,
        js_sys::{Function, Object, Reflect},
    };

    const OPEN: &str = "details.menu[open]";

    fn open() -> Option<Element> {
        document().query_selector(OPEN).ok().flatten()
    }

    pub(super) fn close() -> bool {
        let Some(menu) = open() else { return false };
        let _ = menu.remove_attribute("open");
        let button = menu.query_selector("summary").ok().flatten();
        if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
            let _ = button.focus();
        }
        true
    }

    pub(super) fn listen() {
        // Before anything else hears of the click: afterwards what was clicked may be gone from the page.
        let clicked = Closure::<dyn FnMut(Event)>::new(|event: Event| {
            let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
            if let Some(menu) = open().filter(|menu| !menu.contains(target.as_ref())) {
                let _ = menu.remove_attribute("open");
            }
        });
        // Toggling is told to nobody above the menu, but on the way down to it.
        let toggled = Closure::<dyn FnMut(Event)>::new(|event: Event| {
            let menu = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let menu = menu.filter(|menu| menu.matches(OPEN).unwrap_or(false));
            if let Some(content) = menu.and_then(|menu| menu.last_element_child()) {
                scroll_into_view(&content);
            }
        });
        for (name, listener) in [("click", clicked), ("toggle", toggled)] {
            let listener = listener.into_js_value();
            let _ = window().add_event_listener_with_callback_and_bool(name, listener.unchecked_ref(), true);
        }
    }

    /// As little as shows all of it.
    fn scroll_into_view(element: &Element) {
        let (how, scroll) = (Object::new(), Reflect::get(element, &JsValue::from_str("scrollIntoView")));
        let _ = Reflect::set(&how, &JsValue::from_str("block"), &JsValue::from_str("nearest"));
        if let Some(scroll) = scroll.ok().and_then(|scroll| scroll.dyn_into::<Function>().ok()) {
            let _ = scroll.call1(element, &how);
        }
    }
}
