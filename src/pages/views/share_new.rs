//! Making a share: what will be in it first, then how it leaves.

use crate::{
    api::{self, FreshLink, SharePreview},
    parts::{DocumentSections, Load, PageTitle, TextBlock, document_origin},
    paths,
};
use domain::{
    share::{ShareKind, ShareOf},
    time,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The lives of a link that are offered.
const LIVES: [(&str, &str); 4] = [("1h", "1 hour"), ("1d", "1 day"), ("7d", "7 days"), ("30d", "30 days")];

/// What will be in a share, and the forms that make it.
#[component]
pub fn NewSharePage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let named = ShareKind::ALL.iter().find_map(|kind| Some((kind.as_str().to_owned(), query.get(kind.as_str())?)));
        let (kind, id) = named.unwrap_or_default();
        (kind, id, query.get("redact").as_deref() != Some("no"))
    });
    let preview = Resource::new(move || asked.get(), |(kind, id, redact)| api::preview_share(kind, id, redact));
    view! {
        <PageTitle text="New share" />
        <Load of=preview view=page />
    }
}

fn page(value: SharePreview) -> AnyView {
    let SharePreview { kind, id, document, may_lift } = value;
    let redacted = document.redacted;
    let back = ShareOf::parse(kind, &id).map(|of| paths::shared(&of)).unwrap_or_default();
    let (title, origin) = (document.title.clone(), document_origin(&document));
    view! {
        <div class="stack">
            <div class="head">
                <div>
                    <h1>"Share this "{kind.label().to_lowercase()}</h1>
                    <p>"Below is all that will be in it. A share is frozen: it never shows live data and grants nothing but itself."</p>
                </div>
                <div class="acts"><a class="btn" href=back>"Back"</a></div>
            </div>
            <div class="split" data-aside="400">
                <section class="stack" aria-label="What will be in it">
                    <div class="card pad">
                        <p class="strong">{title}</p>
                        <p>{document.lead.clone()}</p>
                        <p class="sm dim">{origin}</p>
                    </div>
                    <DocumentSections document />
                </section>
                <div class="stack above">
                    {redaction(kind, &id, redacted, may_lift)}
                    {(redacted || may_lift).then(|| link_form(kind, id.clone(), redacted))}
                    {(redacted || may_lift).then(|| file_form(kind, id.clone(), redacted))}
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// Whether names and ids are replaced: a form of its own, so that the preview is seen before anything leaves.
fn redaction(kind: ShareKind, id: &str, redacted: bool, may_lift: bool) -> AnyView {
    let lifted = paths::with_query(&paths::new_share(kind, id), &[("redact", "no")]);
    let (class, title, text) = if redacted {
        (
            "callout good",
            "Redacted",
            "Ids are hashes that only agree within this share, names are numbered, payloads keep what tells of nobody. Read it through all the same: no program knows every name.",
        )
    } else {
        ("callout warn", "Not redacted", "Names and ids are in it as they are. Keys, passwords and tokens never are.")
    };
    let turn = match (redacted, may_lift) {
        (true, true) => {
            view! { <p class="row"><a class="btn" href=lifted>"Show it with names and ids"</a></p> }.into_any()
        }
        (true, false) => {
            view! { <p class="sm dim">"Sharing it with names and ids needs the role Operator."</p> }.into_any()
        }
        (false, _) => {
            view! { <p class="row"><a class="btn" href=paths::new_share(kind, id)>"Redact it"</a></p> }.into_any()
        }
    };
    view! { <div class=class><h2>{title}</h2><p>{text}</p>{turn}</div> }.into_any()
}

fn hidden(kind: ShareKind, id: String, redacted: bool) -> AnyView {
    view! {
        <input type="hidden" name="kind" value=kind.as_str() />
        <input type="hidden" name="id" value=id />
        <input type="hidden" name="redact" value=if redacted { "yes" } else { "no" } />
    }
    .into_any()
}

fn link_form(kind: ShareKind, id: String, redacted: bool) -> AnyView {
    let lives: Vec<_> = LIVES
        .into_iter()
        .map(|(value, label)| view! { <option value=value selected=value == "7d">{label}</option> })
        .collect();
    view! {
        <section class="card">
            <header><h2>"As a link"</h2></header>
            <form class="body stack" method="post" action=paths::SHARE_MADE>
                {hidden(kind, id, redacted)}
                <p class="dim">"Whoever has the link sees it, without an account. Every view is in the audit log."</p>
                <div class="field"><label for="expires">"Good for"</label><select class="input" id="expires" name="expires">{lives}</select></div>
                <div class="field">
                    <label for="passphrase">"Passphrase (optional, 8 characters or more)"</label>
                    <input class="input" id="passphrase" name="passphrase" type="password" autocomplete="new-password" minlength="8" maxlength="200" />
                </div>
                <div class="row"><button class="btn primary" type="submit">"Make a link"</button></div>
            </form>
        </section>
    }
    .into_any()
}

fn file_form(kind: ShareKind, id: String, redacted: bool) -> AnyView {
    view! {
        <section class="card">
            <header><h2>"As one file"</h2></header>
            <form class="body stack" method="post" action=paths::SHARE_FILE>
                {hidden(kind, id, redacted)}
                <p class="dim">"To attach to a ticket, where this console cannot be reached. It asks for nothing and holds no script. A file cannot be taken back."</p>
                {file_buttons()}
            </form>
        </section>
    }
    .into_any()
}

/// The forms a file comes in.
pub(super) fn file_buttons() -> AnyView {
    view! {
        <div class="row">
            <button class="btn" type="submit" name="format" value="html">"Download as one file"</button>
            <button class="btn" type="submit" name="format" value="md">"Markdown"</button>
            <button class="btn" type="submit" name="format" value="json">"JSON"</button>
        </div>
    }
    .into_any()
}

/// The link that was just made.
#[component]
pub fn ShareMadePage() -> impl IntoView {
    let made = Resource::new(|| (), |()| api::made_link());
    view! {
        <PageTitle text="Share" />
        <div class="head">
            <div><h1>"Share"</h1></div>
            <div class="acts"><a class="btn" href=paths::SHARES>"All shares"</a></div>
        </div>
        <Load of=made view=fresh />
    }
}

fn fresh(made: Option<FreshLink>) -> AnyView {
    let Some(FreshLink { url, row }) = made else {
        return view! {
            <div class="callout">
                <h2>"A link is shown once"</h2>
                <p>"Only its hash is kept, so it cannot be shown again. Make another one if it is lost."</p>
            </div>
        }
        .into_any();
    };
    let passphrase = row.has_passphrase.then_some(" It asks for the passphrase: tell that by another way.");
    view! {
        <div class="stack">
            <div class="callout good">
                <h2>"The link is made. Copy it now"</h2>
                <p>"Only its hash is kept: it cannot be shown again."{passphrase}</p>
            </div>
            <TextBlock text=url label="link" wrap=true />
            <dl class="kv">
                <dt>"Shows"</dt>
                <dd><a class="link" href=paths::shared(&row.of)>{row.of.kind().label()}": "{row.title.clone()}</a></dd>
                <dt>"Good until"</dt>
                <dd>{time::exact(row.expires_at)}</dd>
                <dt>"Redacted"</dt>
                <dd>{if row.redacted { "Yes" } else { "No" }}</dd>
            </dl>
        </div>
    }
    .into_any()
}
