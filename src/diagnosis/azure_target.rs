//! Checks of the places that Azure's own exports send to. Azure says nothing of what it could not deliver: these say what
//! keeps it from that.

use super::{
    commands::{az, give_role, graph, literal, quoted, show},
    hub::{HubUse, hub_checks},
    workspace::{WorkspaceFacts, workspace_checks},
};
use domain::{
    AzureExport, CheckId, ResourceId,
    azure::place_name,
    time,
    verdict::{Checked, Known, Verdict},
};
use jiff::Timestamp;

/// The application as which Defender for Cloud sends as a trusted service.
const DEFENDER: &str = "8edd93e1-2103-40b4-bd70-6e34e586362d";

/// A hub as Resource Manager describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubState {
    /// Its status.
    pub status: String,
    /// Its namespace's.
    pub namespace: String,
    /// Whether keys are refused.
    pub keys_refused: bool,
}

/// What is known of an event hub.
#[derive(Debug, Clone)]
pub struct HubFacts {
    /// The hub; none when it is not there.
    pub state: Known<Option<HubState>>,
    /// With a connection string: the rights of its authorization rule, where Azure names the rule; none when it is gone.
    pub rule: Option<(String, Known<Option<Vec<String>>>)>,
    /// With a connection string: when keys of the namespace were last made anew, as far as the Activity Log goes back.
    pub renewed: Option<Known<Option<Timestamp>>>,
    /// As a trusted service: who has the role Azure Event Hubs Data Sender.
    pub senders: Option<Known<Vec<String>>>,
    /// Whether trusted services pass the firewall, and whether there is one that denies.
    pub network: Known<(bool, bool)>,
    /// Whether it is in the tenant of the automation; none when its subscription is not visible.
    pub same_tenant: Option<bool>,
    /// How it is used.
    pub usage: HubUse,
}

/// What is known of a place.
#[derive(Debug, Clone)]
pub enum PlaceFacts {
    /// An event hub.
    Hub(Box<HubFacts>),
    /// A workspace.
    Workspace(Box<WorkspaceFacts>),
}

/// The checks of one place of an automation. Numbers are those of the list of checks that the product keeps to.
pub fn azure_target(automation: &AzureExport, place: &ResourceId, facts: &PlaceFacts) -> Vec<Checked> {
    match facts {
        PlaceFacts::Hub(facts) => {
            let mut all = vec![tenant(automation, place, facts), hub(place, facts)];
            // What is not there has no doors.
            if !matches!(facts.state.found, Ok(None)) {
                all.push(sign_in(automation, place, facts));
                all.extend(keys(automation, place, facts));
                all.push(firewall(automation, place, facts));
                all.extend(hub_checks(&place_name(place), place, &facts.usage));
            }
            all
        }
        PlaceFacts::Workspace(facts) => workspace_checks(place, facts),
    }
}

const CANNOT: [&str; 1] = ["To tell, the identity needs Reader on the target."];

/// 32
fn tenant(automation: &AzureExport, place: &ResourceId, facts: &HubFacts) -> Checked {
    let check = Checked::pass(CheckId::AzureTenant, "").about(&place_name(place));
    match (facts.same_tenant, automation.trusted_service) {
        (Some(true), _) => Checked { said: "It is.".to_owned(), ..check },
        (Some(false), false) => {
            Checked { said: "It is in another one, which a connection string reaches.".to_owned(), ..check }
        }
        (Some(false), true) => check.but(
            Verdict::Fail,
            "It is in another tenant, and the automation signs in as a trusted service.",
            "Trusted services are known in their own tenant only: Azure's exports are refused, and nothing says so.",
            &["Save the automation with a connection string of the event hub, or send to one in this tenant."],
        ),
        (None, _) => check
            .but(
                Verdict::CannotTell,
                "The target's subscription is not visible to the console's identity.",
                "",
                &["To tell, the identity needs Reader on the target's subscription."],
            )
            .commands([graph(format!(
                "resources | where id =~ {} | project tenantId",
                literal(place.before("eventhubs"))
            ))]),
    }
}

/// 28
fn keys(automation: &AzureExport, place: &ResourceId, facts: &HubFacts) -> Option<Checked> {
    let renewed = facts.renewed.as_ref()?;
    let check = Checked::pass(CheckId::AzureKeys, "").about(&place_name(place));
    let check = match &automation.changed {
        Some((changed, _)) => check.seen("automation saved", time::rfc3339(*changed)),
        None => check,
    };
    Some(match (&renewed.found, &automation.changed) {
        (Err(why), _) => check.from(renewed.origin.as_ref()).but(
            Verdict::CannotTell,
            why,
            "",
            &["To tell, the identity needs Microsoft.Insights/eventtypes/values/read, which Reader has."],
        ),
        (Ok(Some(at)), Some((changed, _))) if at > changed => check
            .seen("keys made anew", time::rfc3339(*at))
            .from(renewed.origin.as_ref())
            .but(
                // Which key of a rule was made anew, and which one Azure was given, nobody says.
                if automation.key_rule.is_some() { Verdict::Fail } else { Verdict::Warning },
                "Keys were made anew after the automation was saved.",
                "Azure keeps a copy of the connection string: if it is of the old key, its exports are refused, and nothing says so.",
                &["Save the automation again with the connection string as it is now."],
            )
            .commands([az(format!(
                "az monitor activity-log list --resource-id {} --offset 90d --query \"[?contains(operationName.value,'regenerateKeys')].{{at:eventTimestamp,by:caller}}\"",
                quoted(place.before("eventhubs"))
            ))]),
        (Ok(Some(_) | None), Some(_)) => {
            Checked { said: "No key was made anew since the automation was saved, as far as the Activity Log goes back (90 days).".to_owned(), ..check }
                .from(renewed.origin.as_ref())
        }
        (Ok(_), None) => check.from(renewed.origin.as_ref()).but(
            Verdict::CannotTell,
            "Azure does not say when the automation was saved.",
            "",
            &["Compare the Activity Log of the namespace with that of the automation."],
        ),
    })
}

/// 26, 38
fn hub(place: &ResourceId, facts: &HubFacts) -> Checked {
    let check = Checked::pass(CheckId::AzureTarget, "").about(&place_name(place)).seen("target", place.to_string());
    let why = "Azure's exports to it fail, and nothing says so.";
    let check = check.from(facts.state.origin.as_ref());
    match &facts.state.found {
        Err(said) => check.but(Verdict::CannotTell, said, "", &CANNOT),
        Ok(None) => check
            .but(Verdict::Fail, "The event hub is not there any more.", why, &["Send to one that is there."])
            .commands(show(place.as_str())),
        Ok(Some(HubState { status, namespace, .. })) => {
            let check = check.seen("status", status).seen("namespace", namespace).from(facts.state.origin.as_ref());
            let is_active = |text: &str| text.is_empty() || text.eq_ignore_ascii_case("active");
            if is_active(status) && is_active(namespace) {
                Checked { said: "The event hub is active.".to_owned(), ..check }
            } else {
                check
                    .but(
                        Verdict::Fail,
                        format!("The event hub is {status}, its namespace {namespace}."),
                        why,
                        &["Switch it on again: its status has to be Active."],
                    )
                    .commands([az(format!(
                        "az eventhubs eventhub update --ids {} --status Active",
                        quoted(place.as_str())
                    ))])
                    .commands(show(place.as_str()))
            }
        }
    }
}

/// 27, 29, 30
fn sign_in(automation: &AzureExport, place: &ResourceId, facts: &HubFacts) -> Checked {
    let check = Checked::pass(CheckId::AzureSignIn, "").about(&place_name(place));
    let why = "Azure's exports to it fail, and nothing says so.";
    if automation.trusted_service {
        let Some(senders) = &facts.senders else { return check };
        let check = check.from(senders.origin.as_ref());
        return match &senders.found {
            Err(said) => check.but(Verdict::CannotTell, said, "", &["To tell, the identity needs Microsoft.Authorization/roleAssignments/read, which Reader has."]),
            Ok(all) if all.is_empty() => check
                .but(Verdict::Fail, "Nobody has a role on the event hub that lets it send: Azure Event Hubs Data Sender, Data Owner, or one of your own.", why, &[
                    "Give the role to the application Windows Azure Security Resource Provider (its object id differs in each tenant).",
                ])
                .commands([az(format!("az ad sp show --id {DEFENDER} --query id --output tsv"))])
                .commands(give_role("OBJECT-ID", "Azure Event Hubs Data Sender", place.as_str())),
            Ok(all) => {
                let said = format!("Identities that have a role by which they may send: {}. Whether Defender for Cloud is one of them only Entra can say.", all.len());
                let check = check.seen("object ids", all.join(", ")).from(senders.origin.as_ref());
                check
                    .but(Verdict::CannotTell, said, "", &["Compare with the object id that this command answers."])
                    .commands([az(format!("az ad sp show --id {DEFENDER} --query id --output tsv"))])
            }
        };
    }
    if let Ok(Some(HubState { keys_refused: true, .. })) = &facts.state.found {
        let namespace = place.before("eventhubs");
        return check
            .seen("disableLocalAuth", "true")
            .from(facts.state.origin.as_ref())
            .but(
                Verdict::Fail,
                "The namespace refuses keys (disableLocalAuth), and the automation signs in with one.",
                why,
                &["Let Azure sign in as a trusted service, or let the namespace take keys again."],
            )
            .commands([az(format!(
                "az eventhubs namespace update --ids {} --disable-local-auth false",
                quoted(namespace)
            ))]);
    }
    match &facts.rule {
        None => check.but(
            Verdict::CannotTell,
            "Azure does not say which authorization rule its connection string is of.",
            "",
            &["Save the automation again with the connection string of a rule that is there."],
        ),
        Some((rule, Known { found: Err(said), origin })) => {
            check.seen("rule", rule).from(origin.as_ref()).but(Verdict::CannotTell, said, "", &CANNOT)
        }
        Some((rule, Known { found: Ok(None), origin })) => check.seen("rule", rule).from(origin.as_ref()).but(
            Verdict::Fail,
            format!("The authorization rule {rule} is not there any more."),
            why,
            &["Save the automation again with the connection string of a rule that is there."],
        ),
        Some((rule, Known { found: Ok(Some(rights)), origin })) => {
            let check = check.seen("rule", rule).seen("rights", rights.join(", ")).from(origin.as_ref());
            if rights.iter().any(|right| right.eq_ignore_ascii_case("send")) {
                Checked { said: format!("The rule {rule} has the right Send."), ..check }
            } else {
                check.but(
                    Verdict::Fail,
                    format!("The rule {rule} lacks the right Send."),
                    why,
                    &["Save the automation again with the connection string of a rule with the right Send."],
                )
            }
        }
    }
}

/// 31
fn firewall(automation: &AzureExport, place: &ResourceId, facts: &HubFacts) -> Checked {
    let check = Checked::pass(CheckId::AzureNetwork, "").about(&place_name(place));
    let check = check.from(facts.network.origin.as_ref());
    match &facts.network.found {
        Err(said) => check.but(Verdict::CannotTell, said, "", &CANNOT),
        Ok((_, false)) => Checked { said: "The namespace is open to every address.".to_owned(), ..check },
        Ok((true, true)) if automation.trusted_service => {
            Checked { said: "Trusted services pass its firewall, and the automation is one.".to_owned(), ..check }
        }
        Ok((trusted, true)) => {
            let said = if *trusted {
                "The namespace has a firewall, and the automation does not come as a trusted service."
            } else {
                "The namespace has a firewall that trusted services do not pass."
            };
            check.but(Verdict::Fail, said, "Azure's exports are refused, and nothing says so.", &[
                "Let trusted services pass (trustedServiceAccessEnabled), and let Azure sign in as a trusted service.",
            ])
            .commands([az(format!("az eventhubs namespace network-rule-set update --ids {} --enable-trusted-service-access true", quoted(place.before("eventhubs"))))])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Load;
    use domain::SubscriptionId;

    fn automation(trusted_service: bool) -> AzureExport {
        AzureExport {
            id: ResourceId::new("/a"),
            subscription: SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap(),
            name: "ExportToEventHub".into(),
            location: String::new(),
            enabled: true,
            only_group: None,
            sources: Vec::new(),
            targets: Vec::new(),
            trusted_service,
            key_rule: Some("send".into()),
            logic_apps: 0,
            created: None,
            beyond: None,
            changed: Some(("2026-03-01T10:00:00Z".parse().unwrap(), "alice".into())),
        }
    }

    fn hub_facts() -> HubFacts {
        HubFacts {
            state: state("Active", false),
            rule: Some(("send".into(), Ok(Some(vec!["Send".into()])).into())),
            renewed: Some(Ok(None).into()),
            senders: Some(Ok(vec!["x".into()]).into()),
            network: Ok((false, false)).into(),
            same_tenant: Some(true),
            usage: HubUse {
                kind: Ok(("Standard".into(), 168)).into(),
                load: Ok(Load::default()).into(),
                pairing: Ok(None).into(),
                largest: 4000,
            },
        }
    }

    fn state(status: &str, keys_refused: bool) -> Known<Option<HubState>> {
        Ok(Some(HubState { status: status.into(), namespace: "Active".into(), keys_refused })).into()
    }

    fn worst(trusted: bool, facts: PlaceFacts) -> (String, Verdict) {
        let all = azure_target(&automation(trusted), &ResourceId::new("/x/eventhubs/h"), &facts);
        let worst = all.into_iter().min_by_key(|one| one.verdict).unwrap();
        (worst.check.to_string(), worst.verdict)
    }

    #[test]
    fn an_event_hub_that_azure_cannot_send_to_is_named() {
        use Verdict::{CannotTell, Fail, Pass};
        let with = |trusted: bool, change: fn(&mut HubFacts)| {
            let mut facts = hub_facts();
            change(&mut facts);
            worst(trusted, PlaceFacts::Hub(Box::new(facts)))
        };
        assert_eq!(with(false, |_| {}).1, Pass);
        assert_eq!(with(false, |facts| facts.same_tenant = Some(false)).1, Pass, "a connection string reaches it");
        let earlier =
            |facts: &mut HubFacts| facts.renewed = Some(Ok(Some("2026-02-01T10:00:00Z".parse().unwrap())).into());
        assert_eq!(with(false, earlier).1, Pass, "the automation was saved after it");
        let cases = [
            (with(false, |facts| facts.state = Ok(None).into()), "azure.target", Fail),
            (with(false, |facts| facts.state = state("SendDisabled", false)), "azure.target", Fail),
            (with(false, |facts| facts.state = Err("403".to_owned()).into()), "azure.target", CannotTell),
            (with(false, |facts| facts.state = state("Active", true)), "azure.sign_in", Fail),
            (with(false, |facts| facts.rule = Some(("x".into(), Ok(None).into()))), "azure.sign_in", Fail),
            (
                with(false, |facts| facts.rule = Some(("x".into(), Ok(Some(vec!["Listen".into()])).into()))),
                "azure.sign_in",
                Fail,
            ),
            (
                with(false, |facts| facts.rule = Some(("x".into(), Err("403".to_owned()).into()))),
                "azure.sign_in",
                CannotTell,
            ),
            (with(false, |facts| facts.rule = None), "azure.sign_in", CannotTell),
            (with(true, |facts| facts.senders = Some(Ok(Vec::new()).into())), "azure.sign_in", Fail),
            (with(true, |_| {}), "azure.sign_in", CannotTell),
            (with(true, |facts| facts.senders = Some(Err("403".to_owned()).into())), "azure.sign_in", CannotTell),
            (with(false, |facts| facts.network = Ok((true, true)).into()), "azure.network", Fail),
            (with(false, |facts| facts.network = Ok((false, true)).into()), "azure.network", Fail),
            (with(true, |facts| facts.same_tenant = Some(false)), "azure.tenant", Fail),
            (with(false, |facts| facts.same_tenant = None), "azure.tenant", CannotTell),
            (
                with(false, |facts| facts.renewed = Some(Ok(Some("2026-03-02T10:00:00Z".parse().unwrap())).into())),
                "azure.keys",
                Fail,
            ),
            (with(false, |facts| facts.renewed = Some(Err("403".to_owned()).into())), "azure.keys", CannotTell),
            (with(false, |facts| facts.network = Err("403".to_owned()).into()), "azure.network", CannotTell),
        ];
        for ((check, verdict), wanted, said) in cases {
            assert_eq!((check.as_str(), verdict), (wanted, said));
        }
        let trusted = azure_target(
            &automation(true),
            &ResourceId::new("/x"),
            &PlaceFacts::Hub(Box::new(HubFacts { network: Ok((true, true)).into(), ..hub_facts() })),
        );
        assert!(trusted.iter().any(|one| one.check == domain::CheckId::AzureNetwork && one.verdict == Pass));
    }
}
