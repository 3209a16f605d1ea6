//! Where the events go.

use super::{keep::Editing, rules::lints_where};
use crate::{
    editor::ExportForm,
    parts::{TargetDot, error_of},
    paths,
};
use domain::{Condition, FieldError, HubSignIn, TargetConfig, time, view::TargetRow};
use leptos::prelude::*;

pub(super) fn target_card(
    form: &ExportForm,
    targets: &[TargetRow],
    errors: &[FieldError],
    editing: Editing,
) -> impl IntoView + use<> {
    let message = error_of(errors, "target");
    let wrong = message.is_some();
    let options: Vec<_> = targets
        .iter()
        .map(|target| {
            let selected = target.id.as_str() == form.target;
            let kind = target.config.kind().label();
            let condition = (target.condition != Condition::Ok).then(|| format!(" — {}", target.condition.label().to_lowercase()));
            view! { <option value=target.id.to_string() selected=selected>{format!("{} ({kind}, {})", target.name, target.config.address())}{condition}</option> }
        })
        .collect();
    let known = StoredValue::new(targets.to_vec());
    let about = move || {
        let id = editing.typed.with(|form| form.target.clone());
        known.with_value(|targets| targets.iter().find(|target| target.id.as_str() == id).map(about))
    };
    view! {
        <section class="card">
            <header><h2>"Target"</h2><a class="link sm" href=paths::NEW_TARGET>"New target"</a></header>
            <div class="body stack">
                <div class="field">
                    <label for="target">"Where the events go"</label>
                    <select class="input" id="target" name="form[target]" aria-invalid=wrong.then_some("true") aria-describedby=wrong.then_some("target-error")>
                        <option value="">"Choose a target"</option>
                        {options}
                    </select>
                    {message.map(|message| view! { <p class="error" id="target-error">{message}</p> })}
                </div>
                {about}
                {lints_where(editing, |lint| lint.path == "target")}
            </div>
        </section>
    }
}

/// What the chosen target is, how it is signed in to, and where to test it before saving.
fn about(target: &TargetRow) -> AnyView {
    let (what, sign_in) = match &target.config {
        TargetConfig::EventHub(hub) => {
            let partitions = target.partitions.map(|count| format!(" · {count} partitions")).unwrap_or_default();
            let sign_in = match hub.sign_in {
                HubSignIn::Identity => {
                    "The console's identity, roles Azure Event Hubs Data Sender on the hub and Reader on its namespace"
                        .to_owned()
                }
                HubSignIn::Key => format!("A shared access key, rule {}", hub.key_name.as_deref().unwrap_or("?")),
            };
            (format!("{}{partitions} · {} a request", target.config.address(), time::size(target.max_bytes)), sign_in)
        }
        TargetConfig::Workspace(_) => (
            format!("{} · own tables (…_CL), one for each kind", target.config.address()),
            "The console's identity, role Monitoring Metrics Publisher on the data collection rule".to_owned(),
        ),
    };
    let to = paths::target(&target.id);
    view! {
        <dl class="kv">
            <dt>"Where"</dt><dd>{what}</dd>
            <dt>"Sign in with"</dt><dd>{sign_in}</dd>
            <dt>"Now"</dt><dd><TargetDot target=target.clone() /></dd>
        </dl>
        <p class="sm"><a class="link" href=to target="_blank">"Test the connection or send a test event"</a><span class="dim">" on the target's page, in a tab of its own"</span></p>
    }
    .into_any()
}
