//! What forms say about fields that are wrong.

use super::title::escaped;
use domain::FieldError;
use leptos::prelude::*;

/// The message of the first error at a path or below it.
pub fn error_of(errors: &[FieldError], path: &str) -> Option<String> {
    let below =
        |found: &str| found == path || found.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']));
    errors.iter().find(|error| below(&error.path)).map(|error| error.message.clone())
}

/// A path as people read it: `config.key_name` is the key name.
fn spoken(path: &str) -> String {
    if path.starts_with("version.") {
        return "Version".to_owned();
    }
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

/// Several lines to type into. What stands between the tags of a `<textarea>` is text to a browser, and the marks that a view
/// leaves between its nodes would become part of it: so this part alone writes its text itself, escaped.
#[component]
pub fn TextArea(
    /// The id that a label names.
    id: String,
    /// The name in the form.
    name: String,
    /// Lines shown.
    rows: u32,
    /// What is typed in it.
    text: String,
    /// What it is, where no label says so.
    #[prop(optional_no_strip)]
    label: Option<String>,
    /// An example.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// The id of what describes it, when it is wrong.
    #[prop(optional_no_strip)]
    wrong: Option<String>,
) -> impl IntoView {
    let invalid = wrong.is_some().then_some("true");
    view! { <textarea class="input mono" id=id name=name rows=rows.to_string() spellcheck="false" placeholder=placeholder aria-label=label aria-invalid=invalid aria-describedby=wrong inner_html=area_text(&text)></textarea> }
}

fn area_text(text: &str) -> String {
    // A line break right after a tag that is read from a page is dropped: one more keeps the first of the text.
    let first = if cfg!(feature = "ssr") { "\n" } else { "" };
    format!("{first}{}", escaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_leaves_the_text_area() {
        assert_eq!(area_text("</textarea><b>&lt;"), "\n&lt;/textarea&gt;&lt;b&gt;&amp;lt;");
    }
}
