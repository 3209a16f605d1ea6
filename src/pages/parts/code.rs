//! JSON and ids to read and to copy. Always text, never markup.

use leptos::prelude::*;

/// JSON text, indented, its member names told apart.
#[component]
pub fn CodeBlock(
    /// The JSON text.
    json: String,
    /// What it is, for screen readers.
    label: &'static str,
) -> impl IntoView {
    let pretty = serde_json::from_str::<serde_json::Value>(&json)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| json.clone());
    let lines: Vec<_> = pretty
        .lines()
        .map(|line| {
            let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
            let (name, rest) = match rest.find("\": ") {
                Some(end) if rest.starts_with('"') => rest.split_at(end + 1),
                _ => ("", rest),
            };
            // An empty text would be written as a blank, which moves what follows.
            let indent = (!indent.is_empty()).then(|| indent.to_owned());
            let name = (!name.is_empty()).then(|| view! { <em>{name.to_owned()}</em> });
            view! { {indent}{name}{format!("{rest}\n")} }
        })
        .collect();
    view! {
        <div class="codebox">
            <div class="code tall" tabindex="0" role="region" aria-label=label>
                {lines}
            </div>
            <CopyId text=pretty what=label />
        </div>
    }
}

/// Text of any language, as it is.
#[component]
pub fn TextBlock(
    /// The text.
    text: String,
    /// What it is, for screen readers.
    label: &'static str,
    /// Whether long lines are broken, so that all of it is seen before it is copied.
    #[prop(optional)]
    wrap: bool,
) -> impl IntoView {
    view! {
        <div class="codebox">
            <div class="code tall" class:wrap=wrap tabindex="0" role="region" aria-label=label>
                {text.clone()}
            </div>
            <CopyId text what=label />
        </div>
    }
}

/// A button that copies; it needs JavaScript and is shown only with it.
#[component]
pub fn CopyId(
    /// What is copied.
    text: String,
    /// What it is, for screen readers.
    what: &'static str,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        #[cfg(feature = "hydrate")]
        {
            let _ = window().navigator().clipboard().write_text(&text);
            copied.set(true);
            set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (&text, copied);
    };
    view! {
        <button type="button" class="btn quiet small needs-js" aria-label=format!("Copy {what}") on:click=copy>
            {move || if copied.get() { "Copied" } else { "Copy" }}
        </button>
    }
}
