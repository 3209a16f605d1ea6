//! What forms say about fields that are wrong.

use crate::domain::FieldError;
use leptos::prelude::*;

/// The message of the first error at a path or below it.
pub fn error_of(errors: &[FieldError], path: &str) -> Option<String> {
    let below =
        |found: &str| found == path || found.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']));
    errors.iter().find(|error| below(&error.path)).map(|error| error.message.clone())
}

/// A path as people read it: `config.key_name` is the key name.
fn spoken(path: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or(path).replace('_', " ");
    let mut chars = last.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The message under a field; the field names it with `aria-describedby`.
#[component]
pub fn FieldMessage(
    /// The id that the field names.
    id: &'static str,
    /// The message; nothing is shown without one.
    message: Option<String>,
) -> impl IntoView {
    message.map(|message| view! { <p class="error" id=id>{message}</p> })
}

/// Everything that is wrong, above the form.
#[component]
pub fn ErrorSummary(
    /// What is wrong.
    errors: Vec<FieldError>,
) -> impl IntoView {
    (!errors.is_empty()).then(|| {
        let items: Vec<_> = errors
            .into_iter()
            .map(|error| view! { <li><b>{spoken(&error.path)}</b>": "{error.message}</li> })
            .collect();
        view! {
            <div class="callout bad" role="alert" id="errors" tabindex="-1">
                <h2>"Not saved: something needs another look"</h2>
                <ul class="errors">{items}</ul>
            </div>
        }
    })
}

/// The text of a `<textarea>`, for its `inner_html`: a browser reads what stands between its tags as text, and the view's
/// own marks would become part of it.
pub fn area_text(text: &str) -> String {
    // A line break right after a tag that is read from a page is dropped: one more keeps the first of the text.
    let first = if cfg!(feature = "ssr") { "\n" } else { "" };
    format!("{first}{}", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_leaves_the_text_area() {
        assert_eq!(area_text("</textarea><b>&lt;"), "\n&lt;/textarea&gt;&lt;b&gt;&amp;lt;");
    }
}
