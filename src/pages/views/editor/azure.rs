//! Who delivers, and what Azure needs where it does.

use super::keep::Editing;
use crate::{
    api,
    editor::ExportForm,
    parts::{FieldMessage, error_of},
};
use domain::FieldError;
use leptos::prelude::*;

/// The choice of who delivers; a saved export keeps it.
pub(super) fn delivered_by_card(form: &ExportForm, is_saved: bool, errors: &[FieldError]) -> AnyView {
    let azure = form.delivered_by == "azure";
    if is_saved {
        return view! { <input type="hidden" name="form[delivered_by]" value=form.delivered_by.clone() /> }.into_any();
    }
    let option = |value: &'static str, checked: bool, label: &'static str, about: &'static str| {
        let id = format!("by-{value}");
        let of = id.clone();
        view! {
            <label class="tick" for=of>
                <input type="radio" id=id name="form[delivered_by]" value=value checked=checked />
                <span>{label}" "<span class="dim">{about}</span></span>
            </label>
        }
    };
    view! {
        <section class="card">
            <header><h2>"Delivered by"</h2></header>
            <div class="body stack">
                <fieldset class="stack tight">
                    <legend class="visually-hidden">"Who delivers"</legend>
                    {option("console", !azure, "This console", "with a delivery log, retries, replay and backfill")}
                    {option("azure", azure, "Azure", "with one automation in each subscription, made and watched from here")}
                </fieldset>
                <FieldMessage id="delivered-by-error" message=error_of(errors, "delivered_by") />
                <noscript><button class="btn small" type="submit" name="form[intent]" value="preview">"Show the fields of this choice"</button></noscript>
            </div>
        </section>
    }
    .into_any()
}

struct Field {
    member: &'static str,
    label: &'static str,
    value: String,
    hint: &'static str,
    list: Option<&'static str>,
}

fn field(of: Field, errors: &[FieldError]) -> impl IntoView + use<> {
    let id = format!("azure-{}", of.member.replace('_', "-"));
    let message = error_of(errors, &format!("azure.{}", of.member));
    let wrong = message.is_some();
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described = if wrong { error_id.clone() } else { hint_id.clone() };
    view! {
        <div class="field">
            <label for=id.clone()>{of.label}</label>
            <input class="input" id=id name=format!("form[azure][{}]", of.member) value=of.value list=of.list autocomplete="off" spellcheck="false" aria-invalid=wrong.then_some("true") aria-describedby=described />
            <p class="hint" id=hint_id>{of.hint}</p>
            {message.map(|message| view! { <p class="error" id=error_id>{message}</p> })}
        </div>
    }
}

/// Where Azure sends, and where its automations stand.
pub(super) fn azure_card(form: &ExportForm, errors: &[FieldError], editing: Editing) -> AnyView {
    let places = Resource::new(|| (), |()| api::azure_places());
    let azure = form.azure.clone();
    let to = field(
        Field {
            member: "destination",
            label: "Event hub or workspace",
            value: azure.destination.clone(),
            hint: "Its resource id. What the console's identity can see is offered while you type.",
            list: Some("azure-places"),
        },
        errors,
    );
    let rest = [
        Field {
            member: "resource_group",
            label: "Resource group",
            value: azure.resource_group,
            hint: "Of this name in each subscription, for the automations; it is made where it is missing",
            list: None,
        },
        Field { member: "location", label: "Region", value: azure.location, hint: "Such as westeurope", list: None },
        Field {
            member: "automation",
            label: "Automation",
            value: azure.automation,
            hint: "Empty: ExportToEventHub or ExportToWorkspace, the only names that Azure's portal shows",
            list: None,
        },
        Field {
            member: "only_group",
            label: "Only data of the resource group",
            value: azure.only_group,
            hint: "Empty: the whole subscription",
            list: None,
        },
    ];
    let rest: Vec<_> = rest.into_iter().map(|one| field(one, errors)).collect();
    let trusted = azure.sign_in != "key";
    let rule = field(
        Field {
            member: "key_rule",
            label: "Authorization rule of the hub",
            value: azure.key_rule,
            hint: "With it the console reads the connection string when it is needed; empty: it asks for it",
            list: None,
        },
        errors,
    );
    let is_hub =
        move || editing.typed.with(|form| form.azure.is_event_hub() || form.azure.destination.trim().is_empty());
    view! {
        <section class="card">
            <header><h2>"Target in Azure"</h2></header>
            <div class="body stack">
                {to}
                <Suspense>
                    <datalist id="azure-places">
                        {move || Suspend::new(async move {
                            let found = places.await.unwrap_or_default();
                            found.into_iter().map(|(name, id)| view! { <option value=id>{name}</option> }).collect::<Vec<_>>()
                        })}
                    </datalist>
                </Suspense>
                <fieldset class="stack tight" hidden=move || !is_hub()>
                    <legend class="label">"How Azure signs in to the event hub"</legend>
                    <label class="tick" for="azure-trusted">
                        <input type="radio" id="azure-trusted" name="form[azure][sign_in]" value="trusted" checked=trusted />
                        <span>"As a trusted service " <span class="dim">"no key; the hub's firewall may stay closed; needs the role Data Sender for Windows Azure Security Resource Provider"</span></span>
                    </label>
                    <label class="tick" for="azure-key">
                        <input type="radio" id="azure-key" name="form[azure][sign_in]" value="key" checked=!trusted />
                        <span>"With a connection string " <span class="dim">"Azure takes it and never answers it again"</span></span>
                    </label>
                    {rule}
                </fieldset>
                {rest}
                {super::rules::lints_where(editing, |lint| lint.path.starts_with("azure"))}
            </div>
        </section>
    }
    .into_any()
}
