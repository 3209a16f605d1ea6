//! Checks of a workspace that Azure's own exports send to.

use super::commands::{az, kql, literal, powershell, quoted, show};
use domain::{
    CheckId, ResourceId,
    azure::place_name,
    time,
    verdict::{Checked, Known, Verdict},
};

/// The longest record that a workspace's collection takes, in bytes (Azure Monitor service limits).
const MOST: u64 = 32 * 1024;
/// Rows that are kept for less are soon looked for in vain.
const SHORT: i64 = 30;

/// A workspace as Resource Manager describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceState {
    /// How it was made.
    pub state: String,
    /// Whether it takes rows: `RespectQuota`, `OverQuota`, …
    pub ingestion: String,
    /// Whether public networks may send.
    pub public: String,
    /// Days that rows are kept.
    pub retention: i64,
    /// The rule that changes, or drops, rows as they come in.
    pub transformation: String,
}

/// What is known of a workspace.
#[derive(Debug, Clone)]
pub struct WorkspaceFacts {
    /// The workspace; none when it is not there.
    pub state: Known<Option<WorkspaceState>>,
    /// Whether one of Defender's solutions is on it.
    pub solution: Known<bool>,
    /// Alerts of the last day in it, and how many of them more than one writer wrote.
    pub repeats: Known<(i64, i64)>,
    /// The largest event that was seen lately, in bytes.
    pub largest: u64,
}

/// The checks of a workspace. Numbers are those of the list of checks that the product keeps to.
pub fn workspace_checks(place: &ResourceId, facts: &WorkspaceFacts) -> Vec<Checked> {
    let mut all = vec![target(place, facts)];
    if let Ok(Some(state)) = &facts.state.found {
        all.extend([
            solution(place, facts),
            retention(place, state),
            transformation(place, state),
            size(facts),
            repeats(facts),
        ]);
    }
    let origin = facts.state.origin.as_ref();
    all.into_iter().map(|check| check.from(origin).about(&place_name(place))).collect()
}

/// 39, 42, 46
fn target(place: &ResourceId, facts: &WorkspaceFacts) -> Checked {
    let check = Checked::pass(CheckId::AzureTarget, "");
    let check = check.seen("target", place.to_string());
    let why = "Rows are refused, and Azure says nothing of it.";
    match &facts.state.found {
        Err(said) => check.but(Verdict::CannotTell, said, "", &["To tell, the identity needs Reader on the target."]),
        Ok(None) => check
            .but(
                Verdict::Fail,
                "The workspace is not there any more.",
                why,
                &["Send to one that is there; a deleted one can be brought back for 14 days."],
            )
            .commands(show(place.as_str())),
        Ok(Some(WorkspaceState { state, ingestion, public, .. })) => {
            let check = check.seen("state", state).seen("ingestion", ingestion).seen("public ingestion", public);
            if ["overquota", "forceoff", "subscriptionsuspended"].iter().any(|bad| ingestion.eq_ignore_ascii_case(bad))
            {
                check
                    .but(Verdict::Fail, format!("The workspace takes no more rows: {ingestion}."), why, &["Raise its daily cap, in gigabytes: az monitor log-analytics workspace update --quota. Rows of the meantime are lost."])
                    .commands([
                        az(format!("az monitor log-analytics workspace show --ids {} --query workspaceCapping", quoted(place.as_str()))),
                        powershell(format!("Get-AzResource -ResourceId {} -ExpandProperties | % {{ $_.Properties.workspaceCapping }}", literal(place.as_str()))),
                        kql("_LogOperation | where Category == \"Ingestion\" | where TimeGenerated > ago(2d) | project TimeGenerated, Operation, Detail"),
                    ])
            } else if public.eq_ignore_ascii_case("disabled") {
                check
                    .but(
                        Verdict::Warning,
                        "The workspace takes rows from private networks only.",
                        why,
                        &["Let public networks send, or look whether rows arrive all the same."],
                    )
                    .commands([az(format!(
                        "az monitor log-analytics workspace update --ids {} --ingestion-access Enabled",
                        quoted(place.as_str())
                    ))])
            } else {
                Checked { said: "The workspace takes rows.".to_owned(), ..check }
            }
        }
    }
}

/// 40
fn solution(place: &ResourceId, facts: &WorkspaceFacts) -> Checked {
    let check = Checked::pass(CheckId::AzureSolution, "");
    let check = check.from(facts.solution.origin.as_ref());
    match &facts.solution.found {
        Err(said) => check.but(
            Verdict::CannotTell,
            said,
            "",
            &["To tell, the identity needs Microsoft.OperationsManagement/solutions/read."],
        ),
        Ok(true) => Checked { said: "The solution is there.".to_owned(), ..check },
        Ok(false) => check
            .but(
                Verdict::Fail,
                "Neither the solution SecurityCenterFree nor Security is on it.",
                "Data arrive and are not shown.",
                &["Save the export in the portal, which adds the solution, or add SecurityCenterFree to the workspace."],
            )
            .commands([az(format!(
                "az monitor log-analytics solution create --solution-type SecurityCenterFree --subscription {} --resource-group {} --workspace {}",
                quoted(place.after("subscriptions").unwrap_or_default()),
                quoted(place.after("resourceGroups").unwrap_or_default()),
                quoted(place.as_str())
            ))]),
    }
}

/// 44
fn retention(place: &ResourceId, state: &WorkspaceState) -> Checked {
    let check = Checked::pass(CheckId::WorkspaceRetention, "").seen("kept for", format!("{} days", state.retention));
    if (1..SHORT).contains(&state.retention) {
        return check
            .but(
                Verdict::Warning,
                format!("Rows are kept for {} days.", state.retention),
                "What is older is not found, though it arrived.",
                &["Keep them for longer; tables of Defender are kept for 90 days without cost where Sentinel is on."],
            )
            .commands([az(format!(
                "az monitor log-analytics workspace update --ids {} --retention-time 90",
                quoted(place.as_str())
            ))]);
    }
    Checked { said: format!("They are kept for {} days.", state.retention), ..check }
}

/// 44
fn transformation(place: &ResourceId, state: &WorkspaceState) -> Checked {
    let check = Checked::pass(CheckId::WorkspaceTransformation, "");
    if state.transformation.is_empty() {
        return Checked { said: "They are: no transformation is set on the workspace.".to_owned(), ..check };
    }
    check
        .seen("rule", &state.transformation)
        .but(
            Verdict::Warning,
            "A transformation changes rows as they come in, and may drop some.",
            "What it drops was accepted, and is never found.",
            &["Read the transformation of SecurityAlert and SecurityRecommendation in the data collection rule."],
        )
        .commands(show(&state.transformation))
        .commands(show(place.as_str()).into_iter().take(1))
}

/// 43
fn size(facts: &WorkspaceFacts) -> Checked {
    let check = Checked::pass(CheckId::WorkspaceSize, "").seen("largest lately", time::size(facts.largest));
    if facts.largest > MOST {
        return check.but(
            Verdict::Warning,
            "Some events are larger than a record of a workspace may be (32 KB).",
            "Azure leaves such a record out (\"Data limit has been exceeded\").",
            &["Send these kinds of data to an event hub as well."],
        );
    }
    Checked { said: "They do.".to_owned(), ..check }
}

/// 22
fn repeats(facts: &WorkspaceFacts) -> Checked {
    let check = Checked::pass(CheckId::WorkspaceRepeats, "");
    let origin = facts.repeats.origin.as_ref();
    match &facts.repeats.found {
        Err(why) => check.from(origin).but(
            Verdict::CannotTell,
            why,
            "",
            &["To tell, the identity needs Log Analytics Reader on the workspace."],
        ),
        Ok((alerts, repeated)) => {
            let check = check
                .seen("alerts in 24 h", time::count(*alerts))
                .seen("with several rows", time::count(*repeated))
                .from(origin);
            // An alert that is updated has several rows; that most have is no coincidence.
            if *alerts > 4 && repeated * 2 > *alerts {
                check
                    .but(
                        Verdict::Warning,
                        "Most alerts have several rows.",
                        "Sentinel's connector and an export, or two exports, write the same table: counts are doubled.",
                        &["Keep one of the writers, or count distinct SystemAlertId."],
                    )
                    .commands([kql(
                        "SecurityAlert | where TimeGenerated > ago(1d) | summarize Rows = count(), Writers = make_set(ProviderName) by SystemAlertId | where Rows > 1",
                    )])
            } else {
                Checked { said: format!("As far as {} alerts of a day show it.", time::count(*alerts)), ..check }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{CannotTell, Fail, Pass, Warning};

    fn facts() -> WorkspaceFacts {
        WorkspaceFacts {
            state: Ok(Some(state())).into(),
            solution: Ok(true).into(),
            repeats: Ok((10, 1)).into(),
            largest: 4000,
        }
    }

    fn state() -> WorkspaceState {
        WorkspaceState {
            state: "Succeeded".into(),
            ingestion: "RespectQuota".into(),
            public: "Enabled".into(),
            retention: 90,
            transformation: String::new(),
        }
    }

    #[test]
    fn every_verdict_has_its_facts() {
        let with = |change: fn(&mut WorkspaceFacts)| {
            let mut facts = facts();
            change(&mut facts);
            let worst = workspace_checks(&ResourceId::new("/x"), &facts).into_iter().min_by_key(|one| one.verdict);
            worst.map(|one| (one.check, one.verdict)).unwrap()
        };
        assert_eq!(with(|_| {}).1, Pass);
        let cases = [
            (with(|facts| facts.state = Ok(None).into()), "azure.target", Fail),
            (
                with(|facts| {
                    facts.state = Ok(Some(WorkspaceState { ingestion: "OverQuota".into(), ..state() })).into();
                }),
                "azure.target",
                Fail,
            ),
            (
                with(|facts| facts.state = Ok(Some(WorkspaceState { public: "Disabled".into(), ..state() })).into()),
                "azure.target",
                Warning,
            ),
            (with(|facts| facts.state = Err("403".to_owned()).into()), "azure.target", CannotTell),
            (with(|facts| facts.solution = Ok(false).into()), "azure.solution", Fail),
            (with(|facts| facts.solution = Err("403".to_owned()).into()), "azure.solution", CannotTell),
            (
                with(|facts| facts.state = Ok(Some(WorkspaceState { retention: 7, ..state() })).into()),
                "workspace.retention",
                Warning,
            ),
            (
                with(|facts| {
                    facts.state = Ok(Some(WorkspaceState { transformation: "/dcr".into(), ..state() })).into();
                }),
                "workspace.transformation",
                Warning,
            ),
            (with(|facts| facts.largest = 40_000), "workspace.size", Warning),
            (with(|facts| facts.repeats = Ok((10, 9)).into()), "workspace.repeats", Warning),
            (with(|facts| facts.repeats = Err("403".to_owned()).into()), "workspace.repeats", CannotTell),
        ];
        for ((check, verdict), wanted, said) in cases {
            assert_eq!((check.as_str(), verdict), (wanted, said));
        }
        let updated = WorkspaceFacts { repeats: Ok((3, 3)).into(), ..facts() };
        assert!(
            workspace_checks(&ResourceId::new("/x"), &updated).iter().all(|one| one.verdict == Pass),
            "too few to say"
        );
    }
}
