//! The way of an item through an export, drawn from the checks: which station is the first where it did not go on.

use super::item::ItemFacts;
use domain::{
    CheckId,
    diagnosis::{Station, Stop},
    verdict::{Checked, Verdict},
};

/// The station that a check is about.
fn station(check: CheckId) -> Option<Station> {
    Some(match check {
        CheckId::ExportScope
        | CheckId::ExportSource
        | CheckId::ExportSeen
        | CheckId::AzureEnabled
        | CheckId::AzureScope
        | CheckId::AzureSource
        | CheckId::AzureTime => Station::Covered,
        CheckId::ExportRules | CheckId::AzureRules | CheckId::RulesPath | CheckId::RulesType => Station::Rules,
        CheckId::ExportDelivery
        | CheckId::AzureTarget
        | CheckId::AzureTenant
        | CheckId::AzureSignIn
        | CheckId::AzureKeys
        | CheckId::AzureNetwork
        | CheckId::AzureSolution
        | CheckId::AzureSize
        | CheckId::HubFailover => Station::Sent,
        CheckId::AzureArrival => Station::Arrived,
        _ => return None,
    })
}

/// The way, station by station. Behind the first place where the item did not go on nothing is said.
pub(super) fn way(facts: &ItemFacts, checks: &[Checked]) -> Vec<Stop> {
    let mut broken = false;
    let stops = Station::ALL.iter().map(|station| {
        // What was found at the target arrived, whatever is configured since.
        let is_found = *station == Station::Arrived
            && checks.iter().any(|one| one.check == CheckId::AzureArrival && one.verdict == Verdict::Pass);
        let (verdict, said) = if broken && !is_found { (None, String::new()) } else { at(*station, facts, checks) };
        broken |= verdict == Some(Verdict::Fail);
        Stop { station: *station, verdict, said }
    });
    stops.collect()
}

fn at(of: Station, facts: &ItemFacts, checks: &[Checked]) -> (Option<Verdict>, String) {
    let worst = || {
        let of_it = || checks.iter().filter(|one| station(one.check) == Some(of));
        of_it().min_by_key(|one| one.verdict)
    };
    match of {
        Station::Source => match (&facts.at_source.found, &facts.event) {
            (_, Some(_)) | (Ok(true), None) => (Some(Verdict::Pass), "there".to_owned()),
            (Ok(false), None) if facts.unseen => (Some(Verdict::CannotTell), "not visible".to_owned()),
            (Ok(false), None) => (Some(Verdict::Fail), "not there".to_owned()),
            (Err(_), None) => (Some(Verdict::CannotTell), "cannot be asked".to_owned()),
        },
        Station::Observed => match &facts.event {
            Some(_) => (Some(Verdict::Pass), "observed".to_owned()),
            None => (Some(Verdict::Fail), "not observed".to_owned()),
        },
        // What the console delivers has arrived when the target took it.
        Station::Arrived => match worst() {
            Some(one) => (Some(one.verdict), one.said.clone()),
            None => match checks.iter().find(|one| one.check == CheckId::ExportDelivery) {
                Some(one) if one.verdict == Verdict::Pass => (Some(Verdict::Pass), "taken by the target".to_owned()),
                _ => (None, String::new()),
            },
        },
        // Azure keeps no record of what it sent: what is known is whether something keeps it from sending.
        Station::Sent if checks.iter().any(|one| one.check.as_str().starts_with("azure.")) => match worst() {
            Some(one) if one.verdict == Verdict::Fail => (Some(one.verdict), one.said.clone()),
            _ => (Some(Verdict::CannotTell), "Azure keeps no record".to_owned()),
        },
        Station::Covered | Station::Rules | Station::Sent => {
            worst().map_or((None, String::new()), |one| (Some(one.verdict), one.said.clone()))
        }
    }
}
