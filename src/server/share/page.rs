//! The pages of a share: one file that needs nothing else, drawn by the same part as its preview.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::share::Document;
use leptos::prelude::*;
use pages::parts::{DocumentSections, document_origin};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The console's own style, as far as documents need it.
const STYLE: &str = concat!(
    include_str!("../../../style/reset.css"),
    include_str!("../../../style/tokens.css"),
    include_str!("../../../style/base.css"),
    include_str!("../../../style/parts/button.css"),
    include_str!("../../../style/parts/callout.css"),
    include_str!("../../../style/parts/card.css"),
    include_str!("../../../style/parts/check.css"),
    include_str!("../../../style/parts/code.css"),
    include_str!("../../../style/parts/form.css"),
    include_str!("../../../style/parts/kv.css"),
    include_str!("../../../style/parts/route.css"),
    include_str!("../../../style/parts/table.css"),
    include_str!("../../../style/parts/timeline.css"),
    include_str!("../../../style/utilities.css"),
    include_str!("../../../style/pages/shares.css"),
);

/// Nothing is loaded, nothing runs, and of styles only this one.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'")
});

/// The content security policy that holds wherever a document is shown; a file brings it along itself.
pub(crate) fn policy() -> String {
    POLICY.clone()
}

/// A document as one file.
pub(crate) fn html(document: &Document) -> String {
    let (title, lead, origin) = (document.title.clone(), document.lead.clone(), document_origin(document));
    let release =
        format!("Continuous Export console {}. This is a copy: it never changes and leads nowhere.", document.release);
    let document = document.clone();
    around(
        &document.title.clone(),
        || {
            view! {
                <header class="head">
                    <h1>{title}</h1>
                    <p>{lead}</p>
                    <p class="sm dim">{origin}</p>
                </header>
                <DocumentSections document />
            }
            .into_any()
        },
        &release,
        true,
    )
}

/// What asks for a passphrase.
pub(super) fn asks(wrong: Option<&'static str>) -> String {
    around(
        "A share with a passphrase",
        move || {
            let message = wrong.map(|wrong| view! { <p class="error" role="alert" id="wrong">{wrong}</p> });
            view! {
            <section class="card narrow">
                <header><h1>"This share asks for a passphrase"</h1></header>
                <form class="body stack" method="post">
                    <div class="field">
                        <label for="passphrase">"Passphrase"</label>
                        <input class="input" id="passphrase" name="passphrase" type="password" autocomplete="off" required maxlength="200" aria-describedby=wrong.map(|_| "wrong") />
                    </div>
                    {message}
                    <div class="row"><button class="btn primary" type="submit">"Show it"</button></div>
                </form>
            </section>
        }
        .into_any()
        },
        "It was told to you by whoever sent the link.",
        false,
    )
}

/// What every link answers that shows nothing: unknown, expired and revoked alike.
pub(crate) fn gone() -> String {
    around(
        "Nothing to see here",
        || {
            view! {
            <section class="card narrow">
                <header><h1>"There is no such share"</h1></header>
                <p class="pad">"The link is wrong, its time is over, or it was taken back. Ask whoever sent it for another."</p>
            </section>
        }
        .into_any()
        },
        "Continuous Export console",
        false,
    )
}

/// The document around a page. A file has nobody who sends headers: it holds its policy itself.
fn around(title: &str, main: impl FnOnce() -> AnyView, footer: &str, is_file: bool) -> String {
    let (title, footer) = (title.to_owned(), footer.to_owned());
    let policy = is_file.then(|| view! { <meta http-equiv="Content-Security-Policy" content=policy() /> });
    let markup = Owner::new().with(|| {
        view! {
            <html lang="en">
                <head>
                    <meta charset="utf-8" />
                    {policy}
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="light dark" />
                    <meta name="referrer" content="no-referrer" />
                    <meta name="robots" content="noindex, nofollow" />
                    <title>{title}</title>
                    <style>{STYLE}</style>
                </head>
                <body class="alone">
                    <main>{main()}</main>
                    <footer>{footer}</footer>
                </body>
            </html>
        }
        .to_html()
    });
    format!("<!DOCTYPE html>\n{markup}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::share::{Part, Section, ShareKind};

    #[test]
    fn a_file_asks_for_nothing_and_its_style_is_the_one_its_policy_lets_in() {
        let hostile = "</style><script>alert(1)</script><img src=x onerror=alert(1)> \" ' &";
        let document = Document {
            kind: ShareKind::Event,
            title: hostile.to_owned(),
            lead: hostile.to_owned(),
            made_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            made_by: hostile.to_owned(),
            redacted: true,
            release: "0".to_owned(),
            sections: vec![Section {
                title: hostile.to_owned(),
                parts: vec![
                    Part::Text { text: hostile.to_owned() },
                    Part::Code { label: hostile.to_owned(), text: hostile.to_owned() },
                    Part::Table { head: vec![hostile.to_owned()], rows: vec![vec![hostile.to_owned()]] },
                ],
            }],
        };
        let text = html(&document);
        let (_, rest) = text.split_once("<style>").unwrap();
        let (style, rest) = rest.split_once("</style>").unwrap();
        let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
        assert!(policy().contains(&hash), "the style is written as it is");
        assert!(text.contains("http-equiv=\"Content-Security-Policy\""), "{}", &text[..600]);
        for wrong in ["<script", "<img", "</style>"] {
            assert!(!rest.contains(wrong), "{wrong} in {rest}");
        }
        for wrong in ["http://", "https://", "url(", "@import", " src=", " href="] {
            let text = text.replace("src=x onerror", "");
            assert!(!text.contains(wrong), "{wrong}");
        }
    }
}
