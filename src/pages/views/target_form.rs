//! The form of a target.

use crate::{
    api::{SaveTarget, TargetView},
    leave::ask_before_leaving,
    parts::{ErrorSummary, FieldMessage, error_of},
};
use domain::{FieldError, HubSignIn};
use leptos::{form::ActionForm, prelude::*};

struct Field<'a> {
    id: &'static str,
    name: &'static str,
    label: &'static str,
    value: &'a str,
    hint: &'static str,
    path: &'static str,
}

fn field(of: &Field<'_>, errors: &[FieldError]) -> AnyView {
    let message = error_of(errors, of.path);
    let wrong = message.is_some();
    let described = if wrong { format!("{}-error", of.id) } else { format!("{}-hint", of.id) };
    let error_id = format!("{}-error", of.id);
    view! {
        <div class="field">
            <label for=of.id>{of.label}</label>
            <input class="input" id=of.id name=format!("form[{}]", of.name) value=of.value.to_owned() aria-invalid=wrong.then_some("true") aria-describedby=described autocomplete="off" />
            <p class="hint" id=format!("{}-hint", of.id)>{of.hint}</p>
            {message.map(|message| view! { <p class="error" id=error_id>{message}</p> })}
        </div>
    }
    .into_any()
}

/// The form: what is typed stays when it is refused, only the key has to be typed again.
#[component]
pub fn TargetFields(
    /// The target as it stands.
    view: TargetView,
) -> impl IntoView {
    let action = ServerAction::<SaveTarget>::new();
    let TargetView { row, form, errors, practice_origin } = view;
    // A form that comes back with something to say is not saved either.
    let unsaved = StoredValue::new(!errors.is_empty());
    ask_before_leaving(move || unsaved.get_value(), "Leave without saving? What you typed is lost.");
    Effect::new(move || {
        if let Some(Ok(())) = action.value().get() {
            unsaved.try_set_value(false);
        }
    });
    let is_workspace = form.kind == "workspace";
    let new = row.is_none();
    let name = field(
        &Field {
            id: "name",
            name: "name",
            label: "Name",
            value: &form.name,
            hint: "Shown in lists and in the delivery log.",
            path: "name",
        },
        &errors,
    );
    let own = if is_workspace {
        [
            Field {
                id: "ingestion-host",
                name: "ingestion_host",
                label: "Logs ingestion endpoint",
                value: &form.ingestion_host,
                hint: "Its host name: the address of the rule’s logs ingestion endpoint without https://",
                path: "config.ingestion_host",
            },
            Field {
                id: "dcr",
                name: "dcr_immutable_id",
                label: "Data collection rule, immutable id",
                value: &form.dcr_immutable_id,
                hint: "dcr- and 32 hex digits, on the rule's JSON view",
                path: "config.dcr_immutable_id",
            },
            Field {
                id: "alert-stream",
                name: "alert_stream",
                label: "Stream for alerts",
                value: &form.alert_stream,
                hint: "Empty: Custom-ContinuousExportAlert",
                path: "config.alert_stream",
            },
            Field {
                id: "recommendation-stream",
                name: "recommendation_stream",
                label: "Stream for recommendations",
                value: &form.recommendation_stream,
                hint: "Empty: Custom-ContinuousExportRecommendation",
                path: "config.recommendation_stream",
            },
        ]
        .iter()
        .map(|one| field(one, &errors))
        .collect::<Vec<_>>()
        .into_any()
    } else {
        let places = [
            Field {
                id: "namespace",
                name: "namespace",
                label: "Namespace",
                value: &form.namespace,
                hint: "Its host name: the namespace’s name with the cloud’s suffix, as the portal shows it",
                path: "config.namespace",
            },
            Field {
                id: "hub",
                name: "hub",
                label: "Event hub",
                value: &form.hub,
                hint: "Its name in the namespace",
                path: "config.hub",
            },
        ]
        .iter()
        .map(|one| field(one, &errors))
        .collect::<Vec<_>>();
        let secret = error_of(&errors, "secret");
        let set = row.as_ref().and_then(|row| row.secret_set_at).is_some();
        let hint = if set {
            "A key is set. Type another one to replace it; empty keeps it."
        } else {
            "The key needs the Send right. It is sealed and never shown again."
        };
        let by_key = form.sign_in == HubSignIn::Key.as_str();
        let choice = |value: HubSignIn| {
            let checked = (value == HubSignIn::Key) == by_key;
            view! { <label><input type="radio" name="form[sign_in]" value=value.as_str() checked=checked />{value.label()}</label> }
        };
        let key_name = field(
            &Field {
                id: "key-name",
                name: "key_name",
                label: "Authorization rule",
                value: &form.key_name,
                hint: "The rule the key belongs to. Not needed with the identity.",
                path: "config.key_name",
            },
            &errors,
        );
        let wrong = secret.is_some();
        view! {
            {places}
            <fieldset class="field">
                <legend>"Sign in with"</legend>
                <span class="seg">{choice(HubSignIn::Identity)}{choice(HubSignIn::Key)}</span>
            </fieldset>
            {key_name}
            <div class="field">
                <label for="secret">"Key"</label>
                <input class="input" id="secret" name="form[secret]" type="password" autocomplete="off" aria-invalid=wrong.then_some("true") aria-describedby="secret-hint" />
                <p class="hint" id="secret-hint">{hint}</p>
                <FieldMessage id="secret-error" message=secret />
                <button class="btn small" type="submit" name="form[intent]" value="take_key">"Take the key from Azure and save"</button>
                <p class="hint">"Asks Azure for the key of the rule above (listKeys), with the console's identity."</p>
            </div>
        }
        .into_any()
    };
    let id_hint = if is_workspace {
        "Of the workspace; shown, not needed"
    } else {
        "Of the hub. Needed to sign in with the console's identity; with it the console also reads partitions and tier, so that order is kept and requests are filled"
    };
    let resource_id = field(
        &Field {
            id: "resource-id",
            name: "resource_id",
            label: "Resource id",
            value: &form.resource_id,
            hint: id_hint,
            path: "config.resource_id",
        },
        &errors,
    );
    let (said, wrong): (Vec<FieldError>, Vec<FieldError>) =
        errors.into_iter().partition(|error| error.path.starts_with("test."));
    let tested = said.into_iter().next().map(tested);
    let practice = practice_origin.filter(|_| !is_workspace).map(|_| practice_help());
    view! {
        <div class="stack" on:input=move |_| unsaved.set_value(true)>
            {tested}
            <ErrorSummary errors=wrong />
            <ActionForm action=action>
                // The first submit button is the one that Enter presses.
                <button class="visually-hidden" type="submit" name="form[intent]" value="save" tabindex="-1" aria-hidden="true">"Save"</button>
                <input type="hidden" name="form[id]" value=form.id.clone() />
                <input type="hidden" name="form[version]" value=form.version.clone() />
                <input type="hidden" name="form[kind]" value=form.kind.clone() />
                <section class="card">
                    <header><h2>"Settings"</h2></header>
                    <div class="body stack">
                        {name}
                        {own}
                        {resource_id}
                        <div class="row">
                            <button class="btn primary" type="submit" name="form[intent]" value="save" disabled=move || action.pending().get()>{if new { "Save target" } else { "Save changes" }}</button>
                            {new.then(|| view! { <button class="btn" type="submit" name="form[intent]" value="test" disabled=move || action.pending().get()>"Test before saving"</button> })}
                            {new.then(|| view! { <span class="dim sm">"sends two test events"</span> })}
                        </div>
                        {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
                    </div>
                </section>
            </ActionForm>
            {practice}
        </div>
    }
}

/// What a test of a target that is not saved said.
fn tested(said: FieldError) -> AnyView {
    let (class, title) = if said.path == "test.passed" {
        ("callout good", "It takes events. It is not saved yet")
    } else {
        ("callout bad", "It did not take the test events")
    };
    view! {
        <div class=class role="status">
            <h2>{title}</h2>
            <p>{said.message}</p>
        </div>
    }
    .into_any()
}

/// Where the practice Azure has a key that works.
fn practice_help() -> impl IntoView {
    view! {
        <div class="callout info">
            <h2>"On the practice Azure"</h2>
            <p>
                "Its hubs have a rule named " <code>"send"</code> " or " <code>"console-send"</code> " whose key works. Type it
                as the authorization rule and take the key from Azure: what waits goes at once."
            </p>
        </div>
    }
}
