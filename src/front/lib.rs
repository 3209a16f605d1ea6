//! The browser half: what brings the server's pages to life. Nothing else is in it, so that the linker can drop all that
//! pages do not use.

/// Begins with the page that the server sent.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(pages::App);
}
