//! The checks that need no item: identity, cloud, clock, permissions, sources, targets, the store's books.

mod access;

use access::{changes, locks, permissions, providers};

use super::{
    azure_target::{PlaceFacts as PlaceState, azure_target},
    commands::{az, give_role, graph, literal, powershell},
    docs,
    mend::{mend, mend_watch},
    permissions::Permission,
    policy_health::{PolicyFacts, policy_health},
    rules_health::{RuleFacts, rules_health},
    target_health::{TargetFacts, target_checks},
};
use domain::{
    AzureExport, CheckId, Condition, ResourceId, SubscriptionHealth,
    coverage::{CoverageRow, Gap},
    time,
    verdict::{Checked, Command, Known, Verdict},
    view::{IdentityView, SubscriptionRow, TargetRow},
};
use jiff::{SignedDuration, Timestamp};

/// What the checks look at. What could not be had is the sentence that says why.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The moment they were gathered.
    pub now: Timestamp,
    /// The tenants, at least one.
    pub tenants: Vec<TenantFacts>,
    /// How far this machine's clock is from Azure's, when that is too far.
    pub clock: Option<String>,
    /// Subscriptions as they are watched.
    pub subscriptions: Vec<SubscriptionRow>,
    /// What the identity may do and whether Defender is registered, of the subscriptions that were asked.
    pub places: Vec<PlaceFacts>,
    /// Targets with their conditions.
    pub targets: Vec<TargetRow>,
    /// Who may send to each target, and what its network lets through.
    pub sending: Vec<TargetFacts>,
    /// The places that Azure's own exports send to.
    pub azure: Vec<(AzureExport, ResourceId, PlaceState)>,
    /// Locks on the resource groups of Azure's own exports.
    pub locks: Vec<LockFacts>,
    /// What is worth saying about what exports say.
    pub rules: Vec<RuleFacts>,
    /// Exports that Azure Policy deploys.
    pub policies: PolicyFacts,
    /// Whether the console may write to Azure (the setting `azure_writes`).
    pub writes: bool,
    /// Coverage.
    pub coverage: Vec<CoverageRow>,
    /// Decisions made, and the sum of their outcomes counted anew.
    pub books: Result<(i64, i64), String>,
}

/// One tenant and the console's identity in it.
#[derive(Debug, Clone)]
pub struct TenantFacts {
    /// The tenant's id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Who the console is there, once a token for Resource Manager was had.
    pub identity: Result<IdentityView, String>,
    /// What watching it as a whole suffers from.
    pub problem: Option<String>,
}

/// What keeps a resource group from being changed.
#[derive(Debug, Clone)]
pub struct LockFacts {
    /// The resource group.
    pub group: ResourceId,
    /// Its locks: name and level.
    pub locks: Known<Vec<(String, String)>>,
}

/// One subscription as Resource Manager answers for it.
#[derive(Debug, Clone)]
pub struct PlaceFacts {
    /// The subscription's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of its tenant.
    pub tenant: String,
    /// What the identity may do there.
    pub permissions: Known<Vec<Permission>>,
    /// State of the resource provider Microsoft.Security.
    pub provider: Known<String>,
}

/// A certificate that ends sooner than this is worth a warning.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Facts {
    /// A check of a tenant, which is named only where there are several.
    fn of(&self, tenant: &TenantFacts, check: Checked) -> Checked {
        if self.tenants.len() > 1 { check.about(&tenant.name) } else { check }
    }

    /// What role assignments in a tenant have to name.
    fn object_id(&self, tenant: &str) -> &str {
        let of = self.tenants.iter().find(|one| one.id == tenant).or(self.tenants.first());
        of.and_then(|one| one.identity.as_ref().ok()?.object_id.as_deref()).unwrap_or("OBJECT-ID")
    }
}

/// Every check, the most harmful first.
pub fn health(facts: &Facts) -> Vec<Checked> {
    let mut all: Vec<Checked> = facts.tenants.iter().map(|tenant| facts.of(tenant, identity(tenant))).collect();
    all.extend(facts.tenants.iter().filter_map(|tenant| certificate(facts, tenant)));
    all.push(cloud(&facts.tenants));
    all.push(clock(facts));
    all.extend(facts.tenants.iter().map(|tenant| facts.of(tenant, listing(tenant))));
    all.extend(states(facts));
    all.extend(permissions(facts));
    all.extend(changes(facts));
    all.extend(facts.locks.iter().map(locks));
    all.extend(providers(facts));
    all.extend(sources(facts));
    all.extend(targets(facts));
    all.extend(facts.sending.iter().flat_map(|one| target_checks(one, facts.object_id(&one.tenant))));
    all.extend(facts.azure.iter().flat_map(|(automation, place, state)| azure_target(automation, place, state)));
    all.extend(rules_health(&facts.rules));
    all.extend(policy_health(&facts.policies));
    all.push(coverage(facts));
    all.push(books(facts));
    all.iter_mut().for_each(docs::fill);
    all.sort_by_key(|one| one.verdict);
    all
}

fn identity(tenant: &TenantFacts) -> Checked {
    let check = Checked::pass(CheckId::IdentityToken, "");
    match &tenant.identity {
        Ok(view) => {
            let mut check = Checked { said: format!("It signs in as {}.", view.about), ..check };
            for (name, value) in [("tenant", &view.tenant), ("object id", &view.object_id), ("client id", &view.client_id)] {
                if let Some(value) = value {
                    check = check.seen(name, value);
                }
            }
            match view.token_until {
                Some(until) => check.seen("token ends", time::rfc3339(until)),
                None => check,
            }
        }
        Err(why) => check.but(
            Verdict::Fail,
            why,
            "Without a token nothing is watched and nothing is sent with the console's identity.",
            &[
                "Read the code in the answer: AADSTS7000215 is a wrong secret, AADSTS7000222 an expired one, AADSTS700027 a certificate that the app does not know or that ended, AADSTS90002 a wrong tenant, AADSTS700016 an app of another tenant.",
                "Give the app registration a new secret or certificate, and start the console with it.",
            ],
        ),
    }
}

fn certificate(facts: &Facts, tenant: &TenantFacts) -> Option<Checked> {
    let view = tenant.identity.as_ref().ok()?;
    let subject = view.certificate.as_ref()?;
    let about =
        if facts.tenants.len() > 1 { format!("{subject} in {}", tenant.name) } else { subject.as_str().to_owned() };
    let check = Checked::pass(CheckId::IdentityCertificate, "").about(&about);
    let why = "When it ends, no token is given any more.";
    let fix =
        ["Make a new certificate, upload it to the app registration, and replace the file; no restart is needed."];
    Some(match view.certificate_until {
        None => check.but(Verdict::Fail, subject.as_str(), why, &fix),
        Some(until) => {
            let left = until.duration_since(facts.now);
            let check = check.seen("good until", time::rfc3339(until));
            if left.is_negative() {
                check.but(Verdict::Fail, format!("It ended {} ago.", time::length(left.abs())), why, &fix)
            } else if left < SOON {
                check.but(Verdict::Warning, format!("It ends in {}.", time::length(left)), why, &fix)
            } else {
                Checked { said: format!("It is good for {} more.", time::length(left)), ..check }
            }
        }
    })
}

/// Whether the cloud has the service, and its addresses are known. All tenants are in one cloud.
pub fn cloud(tenants: &[TenantFacts]) -> Checked {
    let mut check = addresses(tenants);
    docs::fill(&mut check);
    check
}

fn addresses(tenants: &[TenantFacts]) -> Checked {
    let check = Checked::pass(CheckId::CloudAddresses, "");
    let Some(view) = tenants.iter().find_map(|tenant| tenant.identity.as_ref().ok()) else {
        return check.but(
            Verdict::CannotTell,
            "Without a token the cloud cannot be tried.",
            "",
            &["See the identity first."],
        );
    };
    let check = check.seen("cloud", &view.cloud);
    if !view.unknown_addresses.is_empty() {
        let said = format!("The addresses of {} are not known.", view.unknown_addresses.join(", "));
        let fix = ["Name them in a TOML file and start the console with --cloud-profile FILE."];
        return check.but(Verdict::Warning, said, "What they are for does not work.", &fix);
    }
    if !view.cloud_notice.is_empty() {
        return check.but(
            Verdict::Warning,
            view.cloud_notice.as_str(),
            "Fewer data exist than in the public cloud.",
            &[],
        );
    }
    Checked { said: format!("{}: every address is known.", view.cloud), ..check }
}

fn clock(facts: &Facts) -> Checked {
    let check = Checked::pass(CheckId::Clock, "It does, to two minutes.");
    match &facts.clock {
        None => check,
        Some(said) => check.but(
            Verdict::Fail,
            said,
            "Signatures are dated by it: Event Hubs refuses keys and Entra refuses certificates of a wrong time.",
            &["Let the machine take its time from a time service (chrony, systemd-timesyncd)."],
        ),
    }
}

fn listing(tenant: &TenantFacts) -> Checked {
    let check = Checked::pass(CheckId::SourcesReachable, "They do.");
    match &tenant.problem {
        None => check,
        Some(said) => check.but(
            Verdict::Fail,
            said,
            "What happens meanwhile is seen later; nothing is lost while alerts are kept at the source (90 days).",
            &["If it says that a host does not answer: look at name resolution, the proxy (--proxy) and Private Link for Resource Manager."],
        ),
    }
}

fn states(facts: &Facts) -> Vec<Checked> {
    let bad = facts.subscriptions.iter().filter(|row| !row.state.eq_ignore_ascii_case("enabled"));
    bad.map(|row| {
        Checked::pass(CheckId::SubscriptionState, "")
            .about(&row.name)
            .seen("subscription", row.id.to_string())
            .but(
                Verdict::Warning,
                format!("Azure calls it {}.", row.state),
                "Defender evaluates little or nothing in a subscription that is not enabled.",
                &["Ask the owner of its billing account to enable it again, or leave it out of exports."],
            )
            .commands([
                az(format!("az account show --subscription {} --query state", row.id)),
                powershell(format!("Get-AzSubscription -SubscriptionId {}", literal(row.id.as_str()))),
                graph(format!("resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | where subscriptionId =~ {} | project properties.state", literal(row.id.as_str()))),
            ])
    })
    .collect()
}

/// Gives the identity the role to read a subscription with, where it is refused.
fn reader(facts: &Facts, row: &SubscriptionRow) -> Vec<Command> {
    let is_refused = row.condition == SubscriptionHealth::Forbidden;
    let tenant = facts.places.iter().find(|place| place.id == row.id.as_str()).map(|place| place.tenant.as_str());
    let scope = format!("/subscriptions/{}", row.id);
    let object = tenant.map(|of| facts.object_id(of));
    object.filter(|_| is_refused).map_or_else(Vec::new, |object| give_role(object, "Reader", &scope).to_vec())
}

fn sources(facts: &Facts) -> Vec<Checked> {
    let title = "Is every subscription watched completely?";
    let mut troubled: Vec<Checked> = facts
        .subscriptions
        .iter()
        .filter(|row| row.condition != SubscriptionHealth::Ok)
        .map(|row| {
            let said = row.condition_detail.clone().unwrap_or_else(|| row.condition.label().to_owned());
            let check = Checked::asking(CheckId::SourcesWatched, title, "").about(&row.name);
            let check = check.seen("condition", row.condition.as_str()).seen("subscription", row.id.to_string());
            check
                .but(
                    Verdict::Fail,
                    said,
                    "What changes there is not seen until it is well again.",
                    mend_watch(row.condition),
                )
                .commands(reader(facts, row))
        })
        .collect();
    if troubled.is_empty() && !facts.subscriptions.is_empty() {
        let said = format!("All {} are.", facts.subscriptions.len());
        troubled.push(Checked::asking(CheckId::SourcesWatched, title, said));
    }
    if facts.subscriptions.is_empty() {
        let said = "No subscription is visible to the identity.";
        let fix = ["Give it the role Security Reader on a subscription or a management group."];
        troubled.push(Checked::asking(CheckId::SourcesWatched, title, "").but(
            Verdict::Fail,
            said,
            "There is nothing to watch.",
            &fix,
        ));
    }
    troubled
}

fn targets(facts: &Facts) -> Vec<Checked> {
    let title = "Does the target take events?";
    let one = |target: &TargetRow| {
        let check = Checked::asking(CheckId::TargetCondition, title, "").about(&target.name);
        let check = check.seen("condition", target.condition.as_str()).seen("waiting", time::count(target.waiting));
        let said = target.condition_detail.clone().unwrap_or_else(|| target.condition.label().to_owned());
        match target.condition {
            Condition::Ok => Checked { said: "It does.".to_owned(), ..check },
            Condition::Paused => check.but(
                Verdict::Warning,
                "A person paused it.",
                "What is decided for it waits.",
                &["Resume it on its page."],
            ),
            Condition::Throttled => check.but(Verdict::Warning, said, "Events arrive later.", mend(target.condition)),
            condition => check.seen("answer", said).but(
                Verdict::Fail,
                format!("{}: {}.", target.name, condition.label().to_lowercase()),
                "Nothing is lost for seven days; what waits longer parks.",
                mend(condition),
            ),
        }
    };
    facts.targets.iter().map(one).collect()
}

fn coverage(facts: &Facts) -> Checked {
    let short: Vec<&str> =
        facts.coverage.iter().filter(|row| row.gaps().contains(&Gap::Short)).map(|row| row.name.as_str()).collect();
    let check = Checked::pass(CheckId::CoverageCis, "");
    if short.is_empty() {
        return Checked { said: format!("They do, in all {}.", facts.coverage.len()), ..check };
    }
    let said = format!("Not in {} of {}.", short.len(), facts.coverage.len());
    let mut names = short.iter().take(10).copied().collect::<Vec<_>>().join(", ");
    if short.len() > 10 {
        names.push_str(", …");
    }
    check.seen("subscriptions", names).but(
        Verdict::Warning,
        said,
        "An alert there reaches nobody who does not look at the portal.",
        &["Open Coverage and make an export for them."],
    )
}

fn books(facts: &Facts) -> Checked {
    let check = Checked::pass(CheckId::StoreBooks, "");
    match &facts.books {
        Err(why) => check.but(Verdict::CannotTell, why, "", &["Look at the disk of the data folder."]),
        Ok((seen, counted)) if seen == counted => {
            Checked { said: format!("{} decisions, and as many outcomes counted anew.", time::count(*seen)), ..check }
        }
        Ok((seen, counted)) => {
            check.seen("decisions", seen.to_string()).seen("outcomes counted", counted.to_string()).but(
                Verdict::Fail,
                format!("{} decisions, but {} outcomes.", time::count(*seen), time::count(*counted)),
                "A figure on some page is wrong.",
                &["Keep a copy of the store and report it: this is a fault of the console."],
            )
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
