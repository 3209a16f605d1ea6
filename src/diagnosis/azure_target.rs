//! Checks of the places that Azure's own exports send to. Azure says nothing of what it could not deliver: these say what
//! keeps it from that.

use crate::domain::{
    AzureExport, ResourceId,
    azure::place_name,
    verdict::{Checked, Verdict},
};

/// The rights of an authorization rule; none when there is no such rule, an error when nobody knows.
pub type RuleRights = Result<Option<Vec<String>>, String>;

/// What is known of an event hub. What could not be had is the sentence that says why.
#[derive(Debug, Clone)]
pub struct HubFacts {
    /// Status of the hub, of its namespace, whether keys are refused; none when it is not there.
    pub state: Result<Option<(String, String, bool)>, String>,
    /// With a connection string: the rights of its authorization rule, where Azure names the rule; none when it is gone.
    pub rule: Option<(String, RuleRights)>,
    /// As a trusted service: who has the role Azure Event Hubs Data Sender.
    pub senders: Option<Result<Vec<String>, String>>,
    /// Whether trusted services pass the firewall, and whether there is one that denies.
    pub network: Result<(bool, bool), String>,
}

/// What is known of a workspace.
#[derive(Debug, Clone)]
pub struct WorkspaceFacts {
    /// Its state, that of its ingestion, and whether public networks may send; none when it is not there.
    pub state: Result<Option<(String, String, String)>, String>,
    /// Whether one of Defender's solutions is on it.
    pub solution: Result<bool, String>,
}

/// What is known of a place.
#[derive(Debug, Clone)]
pub enum PlaceFacts {
    /// An event hub.
    Hub(HubFacts),
    /// A workspace.
    Workspace(WorkspaceFacts),
}

/// The checks of one place of an automation. Numbers are those of the list of checks that the product keeps to.
pub fn azure_target(automation: &AzureExport, place: &ResourceId, facts: &PlaceFacts) -> Vec<Checked> {
    match facts {
        PlaceFacts::Hub(facts) => {
            let mut all = vec![hub(place, facts)];
            // What is not there has no doors.
            if !matches!(facts.state, Ok(None)) {
                all.push(sign_in(automation, place, facts));
                all.push(firewall(automation, place, facts));
            }
            all
        }
        PlaceFacts::Workspace(facts) => {
            let mut all = vec![workspace(place, facts)];
            if !matches!(facts.state, Ok(None)) {
                all.push(solution(place, facts));
            }
            all
        }
    }
}

const CANNOT: [&str; 1] = ["To tell, the identity needs Reader on the target."];

/// 26, 38
fn hub(place: &ResourceId, facts: &HubFacts) -> Checked {
    let check = Checked::pass("azure.target", "Is the target there, and does it take events?", "")
        .about(&place_name(place))
        .seen("target", place.to_string());
    let why = "Azure's exports to it fail, and nothing says so.";
    match &facts.state {
        Err(said) => check.but(Verdict::CannotTell, said, "", &CANNOT),
        Ok(None) => {
            check.but(Verdict::Fail, "The event hub is not there any more.", why, &["Send to one that is there."])
        }
        Ok(Some((status, namespace, _))) => {
            let check = check.seen("status", status).seen("namespace", namespace);
            let is_active = |text: &str| text.is_empty() || text.eq_ignore_ascii_case("active");
            if is_active(status) && is_active(namespace) {
                Checked { said: "The event hub is active.".to_owned(), ..check }
            } else {
                check.but(
                    Verdict::Fail,
                    format!("The event hub is {status}, its namespace {namespace}."),
                    why,
                    &["Switch it on again: its status has to be Active."],
                )
            }
        }
    }
}

/// 27, 29, 30
fn sign_in(automation: &AzureExport, place: &ResourceId, facts: &HubFacts) -> Checked {
    let check = Checked::pass("azure.sign_in", "May Azure send to the event hub?", "").about(&place_name(place));
    let why = "Azure's exports to it fail, and nothing says so.";
    if automation.trusted_service {
        return match &facts.senders {
            None => check,
            Some(Err(said)) => check.but(Verdict::CannotTell, said, "", &["To tell, the identity needs Microsoft.Authorization/roleAssignments/read, which Reader has."]),
            Some(Ok(all)) if all.is_empty() => check
                .but(Verdict::Fail, "Nobody has the role Azure Event Hubs Data Sender on the event hub.", why, &[
                    "Give the role to the application Windows Azure Security Resource Provider (its object id differs in each tenant).",
                ])
                .command(format!("az role assignment create --assignee 8edd93e1-2103-40b4-bd70-6e34e586362d --role 'Azure Event Hubs Data Sender' --scope {place}")),
            Some(Ok(all)) => {
                let said = format!("{} have the role Azure Event Hubs Data Sender; which of them is Defender for Cloud only Entra can say.", all.len());
                check.seen("object ids", all.join(", ")).but(Verdict::CannotTell, said, "", &["Compare with: az ad sp show --id 8edd93e1-2103-40b4-bd70-6e34e586362d --query id"])
            }
        };
    }
    if let Ok(Some((_, _, true))) = &facts.state {
        return check.but(
            Verdict::Fail,
            "The namespace refuses keys (disableLocalAuth), and the automation signs in with one.",
            why,
            &["Let Azure sign in as a trusted service, or let the namespace take keys again."],
        );
    }
    match &facts.rule {
        None => check.but(
            Verdict::CannotTell,
            "Azure does not say which authorization rule its connection string is of.",
            "",
            &["Save the automation again with the connection string of a rule that is there."],
        ),
        Some((rule, Err(said))) => check.seen("rule", rule).but(Verdict::CannotTell, said, "", &CANNOT),
        Some((rule, Ok(None))) => check.seen("rule", rule).but(
            Verdict::Fail,
            format!("The authorization rule {rule} is not there any more."),
            why,
            &["Save the automation again with the connection string of a rule that is there."],
        ),
        Some((rule, Ok(Some(rights)))) => {
            let check = check.seen("rule", rule).seen("rights", rights.join(", "));
            if rights.iter().any(|right| right.eq_ignore_ascii_case("send")) {
                Checked {
                    said: format!(
                        "The rule {rule} has the right Send. Whether its key is still the one that Azure was given cannot be seen."
                    ),
                    ..check
                }
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
    let check =
        Checked::pass("azure.network", "Does the network let Azure's exports through?", "").about(&place_name(place));
    match &facts.network {
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
        }
    }
}

/// 39, 42, 46
fn workspace(place: &ResourceId, facts: &WorkspaceFacts) -> Checked {
    let check = Checked::pass("azure.target", "Is the target there, and does it take events?", "")
        .about(&place_name(place))
        .seen("target", place.to_string());
    let why = "Rows are refused, and Azure says nothing of it.";
    match &facts.state {
        Err(said) => check.but(Verdict::CannotTell, said, "", &CANNOT),
        Ok(None) => check.but(
            Verdict::Fail,
            "The workspace is not there any more.",
            why,
            &["Send to one that is there; a deleted one can be brought back for 14 days."],
        ),
        Ok(Some((state, ingestion, public))) => {
            let check = check.seen("state", state).seen("ingestion", ingestion).seen("public ingestion", public);
            if ["overquota", "forceoff"].iter().any(|bad| ingestion.eq_ignore_ascii_case(bad)) {
                check.but(
                    Verdict::Fail,
                    format!("The workspace takes no more rows: {ingestion}."),
                    why,
                    &["Raise its daily cap; rows of the meantime are lost."],
                )
            } else if public.eq_ignore_ascii_case("disabled") {
                check.but(
                    Verdict::Warning,
                    "The workspace takes rows from private networks only.",
                    why,
                    &["Let public networks send, or look whether rows arrive all the same."],
                )
            } else {
                Checked { said: "The workspace takes rows.".to_owned(), ..check }
            }
        }
    }
}

/// 40
fn solution(place: &ResourceId, facts: &WorkspaceFacts) -> Checked {
    let check =
        Checked::pass("azure.solution", "Does the workspace have Defender's tables?", "").about(&place_name(place));
    match &facts.solution {
        Err(said) => check.but(
            Verdict::CannotTell,
            said,
            "",
            &["To tell, the identity needs Microsoft.OperationsManagement/solutions/read."],
        ),
        Ok(true) => Checked { said: "The solution is there.".to_owned(), ..check },
        Ok(false) => check.but(
            Verdict::Fail,
            "Neither the solution SecurityCenterFree nor Security is on it.",
            "Data arrive and are not shown.",
            &["Save the export in the portal, which adds the solution, or add SecurityCenterFree to the workspace."],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SubscriptionId;

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
            key_rule: None,
            logic_apps: 0,
            beyond: None,
            changed: None,
        }
    }

    fn hub_facts() -> HubFacts {
        HubFacts {
            state: Ok(Some(("Active".into(), "Active".into(), false))),
            rule: Some(("send".into(), Ok(Some(vec!["Send".into()])))),
            senders: Some(Ok(vec!["x".into()])),
            network: Ok((false, false)),
        }
    }

    fn workspace_facts() -> WorkspaceFacts {
        let text = |text: &str| text.to_owned();
        WorkspaceFacts {
            state: Ok(Some((text("Succeeded"), text("RespectQuota"), text("Enabled")))),
            solution: Ok(true),
        }
    }

    fn worst(trusted: bool, facts: PlaceFacts) -> (String, Verdict) {
        let all = azure_target(&automation(trusted), &ResourceId::new("/x/eventhubs/h"), &facts);
        let worst = all.into_iter().min_by_key(|one| one.verdict).unwrap();
        (worst.check, worst.verdict)
    }

    #[test]
    fn an_event_hub_that_azure_cannot_send_to_is_named() {
        use Verdict::{CannotTell, Fail, Pass};
        let with = |trusted: bool, change: fn(&mut HubFacts)| {
            let mut facts = hub_facts();
            change(&mut facts);
            worst(trusted, PlaceFacts::Hub(facts))
        };
        assert_eq!(with(false, |_| {}).1, Pass);
        let cases = [
            (with(false, |facts| facts.state = Ok(None)), "azure.target", Fail),
            (
                with(false, |facts| facts.state = Ok(Some(("SendDisabled".into(), "Active".into(), false)))),
                "azure.target",
                Fail,
            ),
            (with(false, |facts| facts.state = Err("403".into())), "azure.target", CannotTell),
            (
                with(false, |facts| facts.state = Ok(Some(("Active".into(), "Active".into(), true)))),
                "azure.sign_in",
                Fail,
            ),
            (with(false, |facts| facts.rule = Some(("x".into(), Ok(None)))), "azure.sign_in", Fail),
            (
                with(false, |facts| facts.rule = Some(("x".into(), Ok(Some(vec!["Listen".into()]))))),
                "azure.sign_in",
                Fail,
            ),
            (with(false, |facts| facts.rule = Some(("x".into(), Err("403".into())))), "azure.sign_in", CannotTell),
            (with(false, |facts| facts.rule = None), "azure.sign_in", CannotTell),
            (with(true, |facts| facts.senders = Some(Ok(Vec::new()))), "azure.sign_in", Fail),
            (with(true, |_| {}), "azure.sign_in", CannotTell),
            (with(true, |facts| facts.senders = Some(Err("403".into()))), "azure.sign_in", CannotTell),
            (with(false, |facts| facts.network = Ok((true, true))), "azure.network", Fail),
            (with(false, |facts| facts.network = Ok((false, true))), "azure.network", Fail),
            (with(false, |facts| facts.network = Err("403".into())), "azure.network", CannotTell),
        ];
        for ((check, verdict), wanted, said) in cases {
            assert_eq!((check.as_str(), verdict), (wanted, said));
        }
        let trusted = azure_target(
            &automation(true),
            &ResourceId::new("/x"),
            &PlaceFacts::Hub(HubFacts { network: Ok((true, true)), ..hub_facts() }),
        );
        assert!(trusted.iter().any(|one| one.check == "azure.network" && one.verdict == Pass));
    }

    #[test]
    fn a_workspace_that_takes_nothing_is_named() {
        use Verdict::{CannotTell, Fail, Pass, Warning};
        let with = |change: fn(&mut WorkspaceFacts)| {
            let mut facts = workspace_facts();
            change(&mut facts);
            worst(false, PlaceFacts::Workspace(facts))
        };
        assert_eq!(with(|_| {}).1, Pass);
        let cases = [
            (with(|facts| facts.state = Ok(None)), "azure.target", Fail),
            (
                with(|facts| facts.state = Ok(Some((String::new(), "OverQuota".into(), "Enabled".into())))),
                "azure.target",
                Fail,
            ),
            (
                with(|facts| facts.state = Ok(Some((String::new(), "RespectQuota".into(), "Disabled".into())))),
                "azure.target",
                Warning,
            ),
            (with(|facts| facts.state = Err("403".into())), "azure.target", CannotTell),
            (with(|facts| facts.solution = Ok(false)), "azure.solution", Fail),
            (with(|facts| facts.solution = Err("403".into())), "azure.solution", CannotTell),
        ];
        for ((check, verdict), wanted, said) in cases {
            assert_eq!((check.as_str(), verdict), (wanted, said));
        }
    }
}
