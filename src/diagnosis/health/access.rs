//! Checks of what the identity may do, and of what keeps Azure's own exports from being changed.

use super::{Facts, LockFacts};
use crate::{
    commands::{az, give_role, literal, powershell, quoted},
    permissions::allows,
};
use domain::CheckId;
use domain::verdict::{Checked, Verdict};

/// What watching needs in every subscription, and what goes missing without it.
const NEEDED: [(&str, &str); 3] = [
    ("Microsoft.Security/alerts/read", "alerts"),
    ("Microsoft.Security/assessments/read", "recommendations"),
    ("Microsoft.Security/pricings/read", "plans"),
];

pub(super) fn permissions(facts: &Facts) -> Vec<Checked> {
    let title = "May the identity read Defender's data?";
    let mut all = Vec::new();
    let mut fine = 0;
    for place in &facts.places {
        let check =
            Checked::asking(CheckId::PermissionsRead, title, "").about(&place.name).seen("subscription", &place.id);
        let check = check.from(place.permissions.origin.as_ref());
        match &place.permissions.found {
            Err(why) => all.push(check.but(
                Verdict::CannotTell,
                why,
                "",
                &["To tell, the identity needs Microsoft.Authorization/permissions/read, which Reader has."],
            )),
            Ok(entries) => {
                let missing: Vec<_> = NEEDED.iter().filter(|(action, _)| !allows(entries, action)).collect();
                if missing.is_empty() {
                    fine += 1;
                    continue;
                }
                let names: Vec<&str> = missing.iter().map(|(action, _)| *action).collect();
                let what: Vec<&str> = missing.iter().map(|(_, what)| *what).collect();
                let object = facts.object_id(&place.tenant);
                let why = format!("Its {} are not seen, so nothing of them can be exported.", what.join(", "));
                all.push(
                    check
                        .but(
                            Verdict::Fail,
                            format!("It lacks {}.", names.join(", ")),
                            &why,
                            &["Give the identity the role Security Reader there, or on a management group above."],
                        )
                        .commands(give_role(object, "Security Reader", &format!("/subscriptions/{}", place.id))),
                );
            }
        }
    }
    if fine > 0 {
        all.push(Checked::asking(
            CheckId::PermissionsRead,
            title,
            format!("In {fine} of {} subscriptions that were asked.", facts.places.len()),
        ));
    }
    let left = facts.subscriptions.len().saturating_sub(facts.places.len());
    if left > 0 {
        let said = format!("{left} subscriptions were not asked this time.");
        all.push(Checked::asking(CheckId::PermissionsRead, title, "").but(
            Verdict::CannotTell,
            said,
            "",
            &["Only the first are asked at once, to leave Resource Manager's quota to watching."],
        ));
    }
    all
}

/// What setting Azure's own exports up takes, and what it is for. Numbers are those of the list of checks that the product
/// keeps to: 41, 55.
const TO_CHANGE: [(&str, &str); 2] = [
    ("Microsoft.Security/automations/write", "set exports up, switch them and change them"),
    ("Microsoft.Security/automations/delete", "remove them"),
];

pub(super) fn changes(facts: &Facts) -> Vec<Checked> {
    let title = "May the identity change Azure's own exports?";
    let pass = |said: String| vec![Checked::asking(CheckId::PermissionsChange, title, said)];
    if !facts.writes {
        return pass("It need not: the console does not write to Azure (the setting azure_writes is off).".to_owned());
    }
    let mut all = Vec::new();
    for place in &facts.places {
        let Some(entries) = place.permissions.value() else { continue };
        let missing: Vec<_> = TO_CHANGE.iter().filter(|(action, _)| !allows(entries, action)).collect();
        if missing.is_empty() {
            continue;
        }
        let names: Vec<&str> = missing.iter().map(|(action, _)| *action).collect();
        let what: Vec<&str> = missing.iter().map(|(_, what)| *what).collect();
        all.push(
            Checked::asking(CheckId::PermissionsChange, title, "")
                .about(&place.name)
                .seen("subscription", &place.id)
                .from(place.permissions.origin.as_ref())
                .but(
                    Verdict::Warning,
                    format!("It lacks {}.", names.join(", ")),
                    &format!("It cannot {}.", what.join(", ")),
                    &["Give the identity the role Security Admin there, and Contributor on the resource group of the exports."],
                )
                .commands(give_role(facts.object_id(&place.tenant), "Security Admin", &format!("/subscriptions/{}", place.id))),
        );
    }
    let told = facts.places.iter().filter(|place| place.permissions.value().is_some()).count();
    if all.is_empty() && told < facts.places.len() {
        let said =
            format!("In {} of {} subscriptions it cannot be told.", facts.places.len() - told, facts.places.len());
        return vec![Checked::asking(CheckId::PermissionsChange, title, "").but(
            Verdict::CannotTell,
            said,
            "",
            &["What keeps the permissions from being read stands at the check of reading."],
        )];
    }
    if all.is_empty() { pass(format!("In all {told} subscriptions that were asked.")) } else { all }
}

/// 52
pub(super) fn locks(facts: &LockFacts) -> Checked {
    let group = &facts.group;
    let check = Checked::pass(CheckId::AzureLocked, "")
        .about(group.name())
        .seen("resource group", group.as_str())
        .from(facts.locks.origin.as_ref());
    match &facts.locks.found {
        Err(why) => check.but(
            Verdict::CannotTell,
            why,
            "",
            &["To tell, the identity needs Microsoft.Authorization/locks/read, which Reader has."],
        ),
        Ok(all) if all.is_empty() => Checked { said: "No lock is on it.".to_owned(), ..check },
        Ok(all) => {
            let is_read_only = all.iter().any(|(_, level)| level.eq_ignore_ascii_case("readonly"));
            let names: Vec<String> = all.iter().map(|(name, level)| format!("{name} ({level})")).collect();
            let said = if is_read_only {
                "A lock keeps everything in it from being changed or removed."
            } else {
                "A lock keeps everything in it from being removed."
            };
            check
                .seen("locks", names.join(", "))
                .from(facts.locks.origin.as_ref())
                .but(
                    Verdict::Warning,
                    said,
                    "Changes of the exports in it are refused, from the portal, from here and from policies.",
                    &["Take the lock away for the change, or keep the exports in a group of their own."],
                )
                .commands([
                    az(format!(
                        "az lock list --resource-group {} --subscription {}",
                        quoted(group.name()),
                        quoted(group.subscription().as_ref().map_or("", |id| id.as_str()))
                    )),
                    powershell(format!("Get-AzResourceLock -Scope {}", literal(group.as_str()))),
                ])
        }
    }
}

pub(super) fn providers(facts: &Facts) -> Vec<Checked> {
    let wrong = facts.places.iter().filter_map(|place| {
        let state = place.provider.value().filter(|state| !state.eq_ignore_ascii_case("registered"))?;
        let check = Checked::pass(CheckId::ProviderSecurity, "").about(&place.name);
        Some(
            check
                .seen("state", state)
                .from(place.provider.origin.as_ref())
                .but(
                    Verdict::Warning,
                    format!("Its registration is {state}."),
                    "Without it Defender for Cloud does not work in the subscription, and Azure's own exports cannot be made there.",
                    &["Register the resource provider; it takes some minutes."],
                )
                .commands([
                    az(format!("az provider register --namespace Microsoft.Security --subscription {}", place.id)),
                    powershell(format!("Set-AzContext -Subscription {}; Register-AzResourceProvider -ProviderNamespace Microsoft.Security", literal(&place.id))),
                ]),
        )
    });
    wrong.collect()
}
