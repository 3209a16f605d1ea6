//! What Azure's resource cannot say of an export, and what is to be known before it is deployed.

use super::wanted::{SignIn, Wanted};
use domain::{Changes, DeliveredBy, EventSource, TargetKind};

/// The notes on an automation. `reads_key`: whether the form can ask Azure for the key of an authorization rule by itself.
pub(super) fn notes(wanted: &Wanted, reads_key: bool) -> Vec<String> {
    let mut notes = vec![format!(
        "The automation is named {}: Azure's portal shows no other name, and one resource group holds one of it. Two exports to the same kind of target need two resource groups, or another name and no sight in the portal.",
        wanted.automation_name()
    )];
    scope(wanted, &mut notes);
    let created =
        |source: &domain::Source| source.event_source == EventSource::Alerts && source.changes == Changes::Created;
    if wanted.body.sources.iter().any(created) {
        notes.push(
            "\"New alerts only\" cannot be said to Azure: which changes of an alert it sends is its own decision."
                .to_owned(),
        );
    }
    if wanted.body.sources.is_empty() {
        notes.push("The export has no sources yet: Azure refuses an automation without any.".to_owned());
    }
    if wanted.body.delivered_by == DeliveredBy::Console {
        notes.push(
            "The console delivers this export too: once Azure does, every event arrives twice. Pause or delete it in the console then."
                .to_owned(),
        );
    }
    target(wanted, reads_key, &mut notes);
    notes
}

fn scope(wanted: &Wanted, notes: &mut Vec<String>) {
    let scope = &wanted.body.scope;
    let count = wanted.subscriptions().len();
    if scope.all {
        let now = match count {
            0 => "Deploy it once in every subscription.".to_owned(),
            1 => "There is one now.".to_owned(),
            n => format!("There are {n} now."),
        };
        notes.push(format!(
            "The export covers all subscriptions. Azure has no automation above a subscription: each one gets its own. {now} Subscriptions that appear later are not covered; the policy form covers those."
        ));
    } else if count == 0 {
        notes.push("No subscription is named: the automation covers the one that it is deployed to.".to_owned());
    } else if scope.future {
        notes.push("Subscriptions that appear later are not covered.".to_owned());
    }
    if !scope.management_groups.is_empty() {
        notes.push(format!(
            "Management groups ({}) cannot be the scope of an automation: deploy it in each subscription below them, or assign the policy.",
            scope.management_groups.join(", ")
        ));
    }
    if !scope.except_tags.is_empty() {
        let tags: Vec<&str> = scope.except_tags.iter().map(|tag| tag.name.as_str()).collect();
        notes.push(format!(
            "Subscriptions with a tag ({}) are left out by the export as they are tagged now; Azure does not look at tags when it sends.",
            tags.join(", ")
        ));
    }
    if !scope.except.is_empty() {
        notes.push(format!(
            "{} left out by the export: no automation is written for {}; an automation that is there already is not removed.",
            if scope.except.len() == 1 { "One subscription is" } else { "Some subscriptions are" },
            scope.except.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ));
    }
}

fn target(wanted: &Wanted, reads_key: bool, notes: &mut Vec<String>) {
    if wanted.resource_id().is_none() {
        notes.push("The target's resource id is not known: it is asked for.".to_owned());
    }
    match wanted.sign_in() {
        SignIn::TrustedService => notes.push(
            "Azure signs in to the event hub as a trusted service, not as the console's identity: give \"Windows Azure Security Resource Provider\" (application 8edd93e1-2103-40b4-bd70-6e34e586362d) the role Azure Event Hubs Data Sender on the hub. This works within one tenant only."
                .to_owned(),
        ),
        SignIn::Key(Some(rule)) if reads_key => notes.push(format!(
            "The connection string is read from the authorization rule {rule} when this runs; whoever runs it needs listKeys on that rule. It is write-only in Azure: nobody reads it back from the automation."
        )),
        SignIn::Key(_) => notes.push(
            "The event hub's connection string is asked for; it is not part of this text. It is write-only in Azure: nobody reads it back from the automation."
                .to_owned(),
        ),
        SignIn::Workspace => notes.push(
            "Azure writes into its own tables SecurityAlert, SecurityRecommendation and so on, not into the ContinuousExport tables that the console writes."
                .to_owned(),
        ),
    }
    if wanted.kind() == TargetKind::EventHub && wanted.target.is_none() {
        notes.push("The target is not known: an event hub is assumed.".to_owned());
    }
}
