//! The title of a page.

use leptos::{prelude::*, text_prop::TextProp};
use leptos_meta::Title;

/// The page's name in the browser's tab. On the server `leptos_meta` writes titles into the document as they are, and names
/// are other people's text: so this part alone uses it, and escapes there. In the browser a title is set as text.
#[component]
pub fn PageTitle(
    /// The name.
    #[prop(into)]
    text: TextProp,
) -> impl IntoView {
    view! { <Title text=move || title_text(&text.get()) /> }
}

/// What every title ends with.
#[component]
pub fn ProductTitle() -> impl IntoView {
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Continuous Export".to_owned() } else { format!("{title} · Continuous Export") }
        } />
    }
}

fn title_text(text: &str) -> String {
    if cfg!(feature = "ssr") { escaped(text) } else { text.to_owned() }
}

/// Text as markup.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
