//! The shares that were made, and the support bundle.

use super::share_new::file_buttons;
use crate::{
    api::{self, At, RevokeShare, SharesView},
    parts::{Load, PageTitle, When},
    paths,
};
use domain::{
    share::{ShareRow, ShareState},
    time,
};
use jiff::Timestamp;
use leptos::{form::ActionForm, prelude::*};

/// The page.
#[component]
pub fn SharesPage() -> impl IntoView {
    let action = ServerAction::<RevokeShare>::new();
    // It does not follow what happens: where somebody is about to confirm, no other share may come to stand.
    let found = Resource::new(move || action.version().get(), |_| api::shares());
    view! {
        <PageTitle text="Shares" />
        <div class="head">
            <div>
                <h1>"Shares"</h1>
                <p>"Frozen copies for people without an account"</p>
            </div>
        </div>
        <Load of=found view=move |answer| page(answer, action) />
        <SupportBundle />
    }
}

fn page(At { now, value }: At<SharesView>, action: ServerAction<RevokeShare>) -> AnyView {
    if value.shares.is_empty() {
        return view! {
            <section class="card">
                <div class="empty">
                    <h2>"Nothing is shared"</h2>
                    <p>"A share shows one diagnosis, event, delivery or export to somebody who cannot sign in here: a link, or a file for a ticket. Ids and names are replaced unless you say otherwise."</p>
                    <p>"Open one of them and choose Share; what will be in it is shown first."</p>
                    <div class="row"><a class="btn" href=paths::LOG>"Delivery log"</a><a class="btn" href=paths::TROUBLESHOOT>"Find out why"</a><a class="btn" href=paths::EXPORTS>"Exports"</a></div>
                </div>
            </section>
        }
        .into_any();
    }
    let whose = if value.everybodys { "everybody's" } else { "yours" };
    let rows: Vec<_> = value.shares.into_iter().map(|row| line(row, now, action)).collect();
    view! {
        <section class="card">
            <header><h2>"Made"</h2><span class="sm dim">{whose}", newest first"</span></header>
            <table class="table">
                <thead>
                    <tr>
                        <th class="wide">"Of"</th>
                        <th>"State"</th>
                        <th>"Views"</th>
                        <th>"Made"</th>
                        <th>"Holds"</th>
                        <th><span class="visually-hidden">"Take back"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error pad" role="alert">{error.to_string()}</p> })}
        </section>
    }
    .into_any()
}

fn line(row: ShareRow, now: Timestamp, action: ServerAction<RevokeShare>) -> AnyView {
    let state = row.state(now);
    let (tone, until) = match state {
        ShareState::Open => ("state good", format!("until {}", time::exact(row.expires_at))),
        ShareState::Expired => ("state none", time::exact(row.expires_at)),
        ShareState::Revoked => ("state bad", row.revoked_at.map(time::exact).unwrap_or_default()),
    };
    let last = row.last_view_at.map(|at| view! { <div class="sm dim">"last "<When at now /></div> });
    let redacted = if row.redacted { "Redacted" } else { "Names and ids" };
    let locked = row.has_passphrase.then(|| view! { <div class="sm dim">"asks for a passphrase"</div> });
    let id = row.id.to_string();
    let revoke = (state == ShareState::Open).then(|| {
        view! {
            <details class="menu">
                <summary class="btn small danger">"Revoke"</summary>
                <div class="pad stack">
                    <p>{format!("{}: {}", row.of.kind().label(), row.title)}</p>
                    <p>"Its link is dead at once, and the copy is gone."</p>
                    <ActionForm action=action>
                        <input type="hidden" name="id" value=id />
                        <button class="btn danger primary" type="submit" disabled=move || action.pending().get()>"Revoke it"</button>
                    </ActionForm>
                </div>
            </details>
        }
    });
    view! {
        <tr>
            <td class="wide" data-label="Of">
                <div class="t one"><a class="rowlink" href=paths::shared(&row.of)>{row.title.clone()}</a></div>
                <div class="sm dim">{row.of.kind().label()}</div>
            </td>
            <td class="nw" data-label="State"><span class=tone>{state.label()}</span><div class="sm dim">{until}</div></td>
            <td class="nw" data-label="Views">{time::count(row.views)}{last}</td>
            <td class="nw" data-label="Made"><When at=row.made_at now /><div class="sm dim">"by "{row.made_by.clone()}</div></td>
            <td class="nw" data-label="Holds">{redacted}{locked}</td>
            <td>{revoke}</td>
        </tr>
    }
    .into_any()
}

/// One file that tells whoever helps how the console does.
#[component]
fn SupportBundle() -> impl IntoView {
    view! {
        <section class="card">
            <header><h2>"Support bundle"</h2></header>
            <form class="body stack" method="post" action=paths::SHARE_FILE>
                <p>"How this console does, in one file: release, settings without secrets, conditions of targets and subscriptions, the last errors, and all health checks. Ids and names are replaced. Making it asks Azure, which can take a moment."</p>
                <input type="hidden" name="kind" value="support" />
                <input type="hidden" name="redact" value="yes" />
                {file_buttons()}
            </form>
        </section>
    }
}
