//! Every check with every verdict it can give.

use super::*;
use domain::{EventHubConfig, HubSignIn, Place, SubscriptionId, TargetConfig};

fn identity() -> IdentityView {
    IdentityView {
        about: "app registration x".into(),
        of: "t".into(),
        of_name: "Contoso".into(),
        tenant: Some("t".into()),
        object_id: Some("0000-oid".into()),
        client_id: None,
        person: None,
        token_until: None,
        certificate: None,
        certificate_until: None,
        cloud: "Azure".into(),
        cloud_notice: String::new(),
        unknown_addresses: Vec::new(),
    }
}

fn subscription() -> SubscriptionRow {
    let id = SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
    SubscriptionRow {
        name: "Shop".into(),
        tenant: None,
        state: "Enabled".into(),
        condition: domain::SubscriptionHealth::Ok,
        condition_detail: None,
        condition_since: None,
        plans: None,
        watches: Vec::new(),
        exports: Vec::new(),
        place: Place {
            id: id.clone(),
            groups: Vec::new(),
            tags: std::collections::BTreeMap::new(),
            first_listed_at: Timestamp::UNIX_EPOCH,
        },
        id,
    }
}

fn place(actions: &[&str]) -> PlaceFacts {
    let entry = Permission { actions: actions.iter().map(|one| (*one).to_owned()).collect(), ..Permission::default() };
    PlaceFacts {
        id: subscription().id.to_string(),
        name: "Shop".into(),
        tenant: "t".into(),
        permissions: Ok(vec![entry]).into(),
        provider: Ok("Registered".to_owned()).into(),
    }
}

pub(crate) fn target(condition: Condition) -> TargetRow {
    TargetRow {
        id: "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6".parse().unwrap(),
        name: "siem".into(),
        tenant: None,
        version: 1,
        config: TargetConfig::EventHub(EventHubConfig {
            namespace: "siem.example".into(),
            hub: "all".into(),
            resource_id: None,
            sign_in: HubSignIn::Identity,
            key_name: None,
        }),
        condition,
        condition_since: None,
        condition_status: None,
        condition_detail: None,
        waiting: 0,
        waiting_since: None,
        last_success: None,
        next_attempt: None,
        delivered: 0,
        bytes_last_minute: 0,
        secret_set_at: None,
        partitions: None,
        order_promised: None,
        max_bytes: 1,
        exports: Vec::new(),
    }
}

fn facts() -> Facts {
    Facts {
        now: Timestamp::from_second(1_800_000_000).unwrap(),
        tenants: vec![TenantFacts { id: "t".into(), name: "Contoso".into(), identity: Ok(identity()), problem: None }],
        clock: None,
        subscriptions: vec![subscription()],
        places: vec![place(&["*/read"])],
        targets: vec![target(Condition::Ok)],
        sending: Vec::new(),
        azure: Vec::new(),
        locks: Vec::new(),
        rules: Vec::new(),
        policies: PolicyFacts::default(),
        writes: false,
        coverage: Vec::new(),
        books: Ok((5, 5)),
    }
}

/// The first check after a change, with its verdict.
fn first(change: impl FnOnce(&mut Facts)) -> (String, Verdict) {
    let mut facts = facts();
    change(&mut facts);
    let all = health(&facts);
    let first = &all[0];
    if first.verdict == Verdict::Fail {
        assert!(!first.why.is_empty() && !first.fix.is_empty() && !first.said.is_empty(), "{first:?}");
    }
    (first.check.to_string(), first.verdict)
}

#[test]
fn all_is_well_when_all_is_well() {
    assert!(health(&facts()).iter().all(|one| one.verdict == Verdict::Pass && !one.said.is_empty()));
}

#[test]
fn exactly_what_is_broken_comes_first() {
    use Verdict::{CannotTell, Fail, Warning};
    let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).ok();
    let certificate = |until: Option<Timestamp>| {
        move |facts: &mut Facts| {
            facts.tenants[0].identity =
                Ok(IdentityView { certificate: Some("CN=console".into()), certificate_until: until, ..identity() });
        }
    };
    let wrong: Vec<((String, Verdict), &str, Verdict)> = vec![
        (first(|facts| facts.tenants[0].identity = Err("AADSTS7000215".into())), "identity.token", Fail),
        (first(certificate(at(-60))), "identity.certificate", Fail),
        (first(certificate(at(86_400))), "identity.certificate", Warning),
        (first(certificate(None)), "identity.certificate", Fail),
        (first(|facts| facts.clock = Some("ten minutes behind".into())), "clock", Fail),
        (first(|facts| facts.tenants[0].problem = Some("no answer".into())), "sources.reachable", Fail),
        (first(|facts| facts.subscriptions[0].state = "PastDue".into()), "subscription.state", Warning),
        (first(|facts| facts.places = vec![place(&["Microsoft.Security/alerts/*"])]), "permissions.read", Fail),
        (first(|facts| facts.places[0].permissions = Err("403".to_owned()).into()), "permissions.read", CannotTell),
        (first(|facts| facts.places.clear()), "permissions.read", CannotTell),
        (first(|facts| facts.places[0].provider = Ok("NotRegistered".to_owned()).into()), "provider.security", Warning),
        (
            first(|facts| facts.subscriptions[0].condition = domain::SubscriptionHealth::Unlisted),
            "sources.watched",
            Fail,
        ),
        (first(|facts| facts.subscriptions.clear()), "sources.watched", Fail),
        (first(|facts| facts.targets = vec![target(Condition::Unauthorized)]), "target.condition", Fail),
        (first(|facts| facts.targets = vec![target(Condition::Throttled)]), "target.condition", Warning),
        (first(|facts| facts.targets = vec![target(Condition::Paused)]), "target.condition", Warning),
        (first(|facts| facts.books = Ok((5, 4))), "store.books", Fail),
        (first(|facts| facts.books = Err("busy".into())), "store.books", CannotTell),
        (
            first(|facts| {
                facts.tenants[0].identity =
                    Ok(IdentityView { unknown_addresses: vec!["Event Hubs".into()], ..identity() });
            }),
            "cloud.addresses",
            Warning,
        ),
        (
            first(|facts| {
                facts.coverage = vec![rules::coverage::coverage(&subscription().place, "Shop", &[], &[])];
            }),
            "coverage.cis",
            Warning,
        ),
    ];
    for ((check, verdict), wanted, said) in wrong {
        assert_eq!((check.as_str(), verdict), (wanted, said));
    }
}

#[test]
fn with_several_tenants_each_is_named_and_its_own_identity_gets_the_role() {
    let mut facts = facts();
    assert!(
        health(&facts)
            .iter()
            .filter(|one| one.check == domain::CheckId::IdentityToken)
            .all(|one| one.subject.is_none())
    );
    let other = IdentityView { object_id: Some("1111-oid".into()), ..identity() };
    facts.tenants.push(TenantFacts { id: "u".into(), name: "Fabrikam".into(), identity: Ok(other), problem: None });
    facts.places.push(PlaceFacts { tenant: "u".into(), ..place(&[]) });
    let all = health(&facts);
    assert!(
        all[0].check == domain::CheckId::PermissionsRead && all[0].commands[0].text.contains("1111-oid"),
        "{:?}",
        all[0]
    );
    facts.tenants[1].identity = Err("AADSTS7000222".into());
    let all = health(&facts);
    let broken: Vec<_> = all
        .iter()
        .filter(|one| one.check == domain::CheckId::IdentityToken)
        .map(|one| (one.subject.as_deref(), one.verdict))
        .collect();
    assert_eq!(broken, [(Some("Fabrikam"), Verdict::Fail), (Some("Contoso"), Verdict::Pass)]);
    assert!(
        all.iter().any(|one| one.check == domain::CheckId::CloudAddresses && one.verdict == Verdict::Pass),
        "one cloud, one answer"
    );
}

#[test]
fn a_missing_role_comes_with_the_command_that_gives_it() {
    let mut facts = facts();
    facts.places = vec![place(&[])];
    let all = health(&facts);
    assert!(
        all[0].commands.iter().all(|one| one.text.contains("0000-oid") && one.text.contains(&facts.places[0].id)),
        "{:?}",
        all[0]
    );
    facts.tenants[0].identity = Err("no".into());
    assert!(
        health(&facts).iter().any(|one| one.check == domain::CheckId::TargetCondition),
        "what fails to load hides nothing else"
    );
}
