//! What an export of this console did with an item: the ledger answers with certainty.

use super::{
    super::{
        mend::{mend, sentence},
        way::way,
    },
    {EventFacts, ItemFacts, OurExport},
};
use domain::{
    Change, CheckId, Condition, DeliveredBy, Outcome, Source,
    diagnosis::{BY_RULES_OF_NOW, ExportDiagnosis},
    time,
    verdict::{Checked, Verdict},
};
use rules::decide;

/// What an export of this console did, for certain.
pub fn ours(facts: &ItemFacts, one: &OurExport) -> ExportDiagnosis {
    let mut checks = vec![covered(facts, one)];
    if let Some(event) = &facts.event {
        checks.extend(decided(event, one));
        checks.extend(sent(one));
    }
    ExportDiagnosis {
        name: one.export.body.name.clone(),
        by: DeliveredBy::Console,
        export: Some(one.export.id.clone()),
        automation: None,
        target: one.target.as_ref().map(|target| target.id.clone()),
        way: way(facts, &checks),
        checks,
    }
}

fn covered(facts: &ItemFacts, one: &OurExport) -> Checked {
    let check = Checked::pass(CheckId::ExportScope, "");
    let Some(row) = &facts.subscription else {
        if let Some(delivery) = &one.delivery {
            return Checked {
                said: format!("It did when it decided, in version {}.", delivery.export_version),
                ..check
            };
        }
        return check.but(
            Verdict::CannotTell,
            "Nothing tells which subscription it is in.",
            "",
            &["Paste an id that names the subscription."],
        );
    };
    let check = check.seen("subscription", format!("{} ({})", row.name, row.id));
    if one.export.body.scope.covers(&row.place) {
        Checked { said: "It does.".to_owned(), ..check }
    } else if let Some(delivery) = &one.delivery {
        // What was decided stands, whatever is configured since.
        let said = format!("It did when it decided, in version {}; it does no longer.", delivery.export_version);
        Checked { said, ..check }
    } else {
        check.but(
            Verdict::Fail,
            "It does not.",
            "The export decides on nothing of this subscription.",
            &["Add the subscription to the export's scope; backfill what was before."],
        )
    }
}

/// 2, 4, 14, 15: the decision as it was made.
fn decided(event: &EventFacts, one: &OurExport) -> Vec<Checked> {
    let source = Checked::pass(CheckId::ExportSource, "");
    let subject = &event.subject;
    let streams = subject.change != Change::Snapshot;
    let takes =
        |source: &&Source| source.event_source.kind() == subject.kind && source.event_source.is_streaming() == streams;
    let of = one.export.body.sources.iter().find(takes);
    let source = match (of, &one.delivery) {
        (Some(of), _) => Checked { said: "It does.".to_owned(), ..source }.seen("source", of.event_source.as_str()),
        (None, Some(delivery)) => {
            let said = format!("It did when it decided, in version {}; it does no longer.", delivery.export_version);
            Checked { said, ..source }
        }
        (None, None) => {
            return vec![source.but(
                Verdict::Fail,
                format!("It does not take {} as they change.", subject.kind.plural()),
                "The event is not seen by it.",
                &["Add the kind of data to the export; backfill what was before."],
            )];
        }
    };
    let rules = Checked::pass(CheckId::ExportRules, "");
    let Some(delivery) = &one.delivery else {
        let (said, why) = if subject.change == Change::Baseline {
            (
                "It was there before its subscription was first read: no export sees that.",
                "Exports send what changes, not what is already there.",
            )
        } else {
            (
                "The export did not exist, or did not cover it, when the event was observed.",
                "Exports decide on events as they are observed, never on earlier ones.",
            )
        };
        return vec![
            source,
            Checked::pass(CheckId::ExportSeen, "").but(
                Verdict::Fail,
                said,
                why,
                &["Start a backfill on the export's page: it sends what matches now."],
            ),
        ];
    };
    let rules =
        rules.seen("version", delivery.export_version.to_string()).seen("decided", time::rfc3339(delivery.decided_at));
    let rules = if delivery.outcome == Outcome::Filtered {
        let mut check = rules.but(
            Verdict::Fail,
            format!("They do not: {}.", delivery.reason),
            "The event is filtered, as the rules say.",
            &["If it should have been sent, change the rule; the preview shows what else that lets through. Then backfill."],
        );
        if let (Some(body), Some(of)) = (&event.body, of) {
            let now = decide(of, subject.change, body);
            check = check.seen(BY_RULES_OF_NOW, now.reason);
        }
        check
    } else {
        Checked { said: format!("They do: {}.", delivery.reason), ..rules }
    };
    vec![source, rules]
}

fn sent(one: &OurExport) -> Option<Checked> {
    let delivery = one.delivery.as_ref().filter(|delivery| delivery.outcome != Outcome::Filtered)?;
    let check = Checked::pass(CheckId::ExportDelivery, "")
        .about(&delivery.target_name)
        .seen("attempts", delivery.attempts.to_string());
    let check = match delivery.last_status {
        Some(status) => check.seen("last status", status.to_string()),
        None => check,
    };
    let last = delivery.last_error.clone().unwrap_or_default();
    Some(match delivery.outcome {
        Outcome::Delivered => {
            let when = delivery.settled_at.map_or_else(String::new, |at| format!(" at {}", time::exact(at)));
            Checked {
                said: format!("It did{when}. What a consumer does with it later cannot be seen from here."),
                ..check
            }
        }
        Outcome::Pending if one.export.paused => check.but(
            Verdict::Fail,
            "The export is paused: what matches waits.",
            "Nothing is lost while it is paused.",
            &["Resume the export."],
        ),
        Outcome::Pending => {
            let target = one.target.as_ref();
            let condition = target.map_or(Condition::Ok, |target| target.condition);
            let detail = target.and_then(|target| target.condition_detail.clone()).unwrap_or(last);
            if condition == Condition::Ok {
                check.but(
                    Verdict::Warning,
                    "It waits to be sent.",
                    "The target takes events; it is a matter of moments.",
                    &["Wait a moment, and look again."],
                )
            } else {
                check.but(
                    Verdict::Fail,
                    format!(
                        "It waits for {}: {}. {}",
                        delivery.target_name,
                        condition.label().to_lowercase(),
                        sentence(&detail)
                    ),
                    "It goes by itself once the target takes events; what waits longer than 7 days parks.",
                    mend(condition),
                )
            }
        }
        Outcome::Parked => check.but(
            Verdict::Fail,
            format!("It is parked: {last}"),
            "It was refused as itself, or waited longer than 7 days.",
            &["Mend the cause, then replay it from the delivery log."],
        ),
        Outcome::Cancelled => check.but(
            Verdict::Fail,
            format!("It was cancelled: {last}"),
            "A person deleted the export or target, or stopped the job, while it waited.",
            &["Replay it from the delivery log if it is wanted."],
        ),
        Outcome::Filtered => return None,
    })
}
