//! Checks of targets that a failing delivery would show too late: who may send there, and what the network lets through.

use super::{
    commands::{az, give_role, literal, powershell, quoted, show},
    hub::{HubUse, hub_checks},
    permissions::{Permission, allows_data},
};
use domain::{
    CheckId, ResourceId,
    verdict::{Checked, Command, Known, Verdict},
};

/// What is known of a target besides its condition. What could not be had is the sentence that says why.
#[derive(Debug, Clone)]
pub struct TargetFacts {
    /// The target's name.
    pub name: String,
    /// The id of the tenant whose identity signs in to it.
    pub tenant: String,
    /// The resource that is sent to, as commands name it.
    pub resource: String,
    /// How it is signed in to there.
    pub sign_in: SignInFacts,
    /// Event hubs: what the namespace's network lets through.
    pub network: Option<Known<NetworkFacts>>,
    /// Event hubs whose resource is known: how the hub is used.
    pub usage: Option<HubUse>,
    /// The way that requests take, where it is not plainly the public one.
    pub way: WayFacts,
}

/// How a target is signed in to.
#[derive(Debug, Clone)]
pub enum SignInFacts {
    /// With the console's identity, which needs this data action (role, action).
    Identity(&'static str, &'static str, Known<Vec<Permission>>),
    /// With a key of this authorization rule, with these rights; none when there is no such rule.
    Key(String, Known<Option<Vec<String>>>),
    /// Nobody knows the resource, so nobody can be asked.
    Unknown,
}

/// What the network of a namespace lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkFacts {
    /// `Enabled`, `Disabled` or `SecuredByPerimeter`.
    pub public_access: String,
    /// Whether only what is named may come in.
    pub only_named: bool,
}

/// The way that requests take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayFacts {
    /// Not known, or not worth knowing (the practice Azure).
    Unsaid,
    /// Through the proxy of the settings.
    Proxy,
    /// To a private address.
    Private(String),
    /// To a public address.
    Public(String),
    /// The name cannot be found.
    NoName(String),
}

/// The checks of a target.
pub(super) fn target_checks(facts: &TargetFacts, object: &str) -> Vec<Checked> {
    let mut all = vec![sign_in(facts, object)];
    all.extend(network(facts));
    if let Some(usage) = &facts.usage {
        all.extend(hub_checks(&facts.name, &ResourceId::new(&facts.resource), usage));
    }
    all
}

fn sign_in(facts: &TargetFacts, object: &str) -> Checked {
    let check = Checked::pass(CheckId::TargetRole, "").about(&facts.name);
    let check = if facts.resource.is_empty() { check } else { check.seen("resource", &facts.resource) };
    let check = match &facts.sign_in {
        SignInFacts::Identity(_, _, Known { origin, .. }) | SignInFacts::Key(_, Known { origin, .. }) => {
            check.from(origin.as_ref())
        }
        SignInFacts::Unknown => check,
    };
    let why = "Events are decided and wait; nothing of them arrives.";
    match &facts.sign_in {
        SignInFacts::Unknown => check.but(
            Verdict::CannotTell,
            "The target does not say which resource it is.",
            "",
            &["Give the target its resource id; the console's identity needs Reader on it."],
        ),
        SignInFacts::Identity(role, action, Known { found: Ok(entries), .. }) if allows_data(entries, action) => {
            Checked { said: format!("The identity has {action}."), ..check }.seen("role", *role)
        }
        SignInFacts::Identity(role, action, Known { found: Ok(_), .. }) => check
            .but(
                Verdict::Fail,
                format!("The identity lacks the data action {action}."),
                why,
                &["Give the identity the role there; it takes some minutes to hold."],
            )
            .commands(give_role(object, role, &facts.resource)),
        SignInFacts::Key(rule, Known { found: Ok(Some(rights)), .. }) => {
            let check = check.seen("authorization rule", rule).seen("rights", rights.join(", "));
            if rights.iter().any(|right| right.eq_ignore_ascii_case("send")) {
                Checked { said: "The rule has the right Send.".to_owned(), ..check }
            } else {
                check
                    .but(
                        Verdict::Fail,
                        format!("The rule {rule} lacks the right Send."),
                        why,
                        &["Name a rule with the right Send on the target's page, and take its key. Where there is none, make one: changing the rights of this one would be felt by whoever uses it."],
                    )
                    .commands(new_rule(&ResourceId::new(&facts.resource)))
            }
        }
        SignInFacts::Key(rule, Known { found: Ok(None), .. }) => check.but(
            Verdict::Fail,
            format!("The hub has no authorization rule {rule}."),
            why,
            &["Name a rule that is there on the target's page, and take its key."],
        ),
        SignInFacts::Identity(_, _, Known { found: Err(said), .. })
        | SignInFacts::Key(_, Known { found: Err(said), .. }) => {
            check.but(Verdict::CannotTell, said, "", &["To tell, the identity needs Reader on the target's resource."])
        }
    }
}

/// Makes a rule of a hub that may send, and nothing else.
fn new_rule(hub: &ResourceId) -> Vec<Command> {
    let Some((namespace, name)) = hub.event_hub() else { return Vec::new() };
    let part = |segment: &str| hub.after(segment).unwrap_or_default();
    let (subscription, group) = (part("subscriptions"), part("resourceGroups"));
    vec![
        az(format!(
            "az eventhubs eventhub authorization-rule create --subscription {} --resource-group {} --namespace-name {} --eventhub-name {} --name console-send --rights Send",
            quoted(subscription),
            quoted(group),
            quoted(namespace),
            quoted(name)
        )),
        powershell(format!(
            "Set-AzContext -Subscription {}; New-AzEventHubAuthorizationRule -ResourceGroupName {} -NamespaceName {} -EventHubName {} -Name console-send -Rights Send",
            literal(subscription),
            literal(group),
            literal(namespace),
            literal(name)
        )),
    ]
}

fn network(facts: &TargetFacts) -> Option<Checked> {
    let check = Checked::pass(CheckId::TargetNetwork, "").about(&facts.name);
    let check = match &facts.way {
        WayFacts::Unsaid => check,
        WayFacts::Proxy => check.seen("way", "through the proxy of the settings"),
        WayFacts::Private(address) => check.seen("way", format!("Private Link, {address}")),
        WayFacts::Public(address) => check.seen("way", format!("public, {address}")),
        WayFacts::NoName(why) => {
            return Some(check.seen("name", why).but(
                Verdict::Fail,
                "The target's name cannot be found from this machine.",
                "Nothing can be sent to it from here.",
                &["Look at name resolution: with Private Link the private DNS zone has to be linked to this machine's network."],
            ));
        }
    };
    let is_private = matches!(facts.way, WayFacts::Private(_));
    let network = facts.network.as_ref()?;
    let check = check.from(network.origin.as_ref());
    Some(match &network.found {
        Err(said) => check.but(
            Verdict::CannotTell,
            said,
            "",
            &["To tell, the identity needs Microsoft.EventHub/namespaces/networkRuleSets/read, which Reader has."],
        ),
        Ok(network) => {
            let check = check.seen("public access", &network.public_access);
            let is_open = network.public_access.eq_ignore_ascii_case("enabled");
            if !is_open && !is_private {
                check.but(
                    Verdict::Warning,
                    format!("Public access to the namespace is {}, and this machine does not reach it by Private Link.", network.public_access),
                    "Requests from here may be refused.",
                    &["Reach it through a private endpoint from here, or let this machine's address in. If events are delivered, the way is open as it is."],
                )
            } else if network.only_named && !is_private {
                check
                    .but(
                        Verdict::Warning,
                        "The namespace lets named addresses and networks in only.",
                        "Requests from here are refused unless this machine's address is one of them.",
                        &["Let this machine's address in. If events are delivered, it is already."],
                    )
                    .commands(show(ResourceId::new(&facts.resource).before("eventhubs")).into_iter().take(1))
            } else {
                let said = if is_private {
                    "It is reached by Private Link."
                } else {
                    "The namespace is open to every address."
                };
                Checked { said: said.to_owned(), ..check }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(sign_in: SignInFacts) -> TargetFacts {
        TargetFacts {
            name: "siem".into(),
            tenant: "t".into(),
            resource: "/subscriptions/x/hub".into(),
            sign_in,
            network: None,
            usage: None,
            way: WayFacts::Unsaid,
        }
    }

    fn data(action: &str) -> Permission {
        Permission { data_actions: vec![action.to_owned()], ..Permission::default() }
    }

    #[test]
    fn whoever_may_not_send_is_named_with_the_command_that_gives_it() {
        const SEND: &str = "Microsoft.EventHub/namespaces/messages/send/action";
        let with =
            |entries: Result<_, String>| SignInFacts::Identity("Azure Event Hubs Data Sender", SEND, entries.into());
        let key = |rights: Result<_, String>| SignInFacts::Key("send".into(), rights.into());
        let cases = [
            (with(Ok(vec![data("Microsoft.EventHub/*/send/action")])), Verdict::Pass),
            (with(Ok(vec![data("Microsoft.EventHub/*/receive/action")])), Verdict::Fail),
            (with(Ok(vec![Permission { actions: vec!["*".into()], ..Permission::default() }])), Verdict::Fail),
            (with(Err("403".into())), Verdict::CannotTell),
            (key(Ok(Some(vec!["Listen".into(), "Send".into()]))), Verdict::Pass),
            (key(Ok(Some(vec!["Listen".into()]))), Verdict::Fail),
            (key(Ok(None)), Verdict::Fail),
            (key(Err("403".into())), Verdict::CannotTell),
            (SignInFacts::Unknown, Verdict::CannotTell),
        ];
        for (sign_in, verdict) in cases {
            let all = target_checks(&facts(sign_in.clone()), "0000-oid");
            assert_eq!((all.len(), all[0].verdict), (1, verdict), "{sign_in:?}");
        }
        let denied = target_checks(&facts(with(Ok(Vec::new()))), "0000-oid");
        assert!(
            denied[0]
                .commands
                .iter()
                .all(|one| one.text.contains("0000-oid") && one.text.contains("/subscriptions/x/hub"))
        );
    }

    #[test]
    fn a_closed_network_is_a_warning_unless_private_link_leads_into_it() {
        let network =
            |public: &str, only_named| Some(Known::from(Ok(NetworkFacts { public_access: public.into(), only_named })));
        let private = WayFacts::Private("10.0.0.4".into());
        let public = WayFacts::Public("20.1.1.1".into());
        let cases = [
            (network("Enabled", false), public.clone(), Some(Verdict::Pass)),
            (network("Enabled", true), public.clone(), Some(Verdict::Warning)),
            (network("Disabled", false), WayFacts::Unsaid, Some(Verdict::Warning)),
            (network("Disabled", false), private.clone(), Some(Verdict::Pass)),
            (network("Enabled", true), private, Some(Verdict::Pass)),
            (network("Enabled", false), WayFacts::NoName("NXDOMAIN".into()), Some(Verdict::Fail)),
            (Some(Err("403".to_owned()).into()), WayFacts::Proxy, Some(Verdict::CannotTell)),
            (None, public, None),
        ];
        for (network, way, verdict) in cases {
            let facts = TargetFacts { network: network.clone(), way, ..facts(SignInFacts::Unknown) };
            let found = target_checks(&facts, "x");
            assert_eq!(
                found.iter().find(|one| one.check == domain::CheckId::TargetNetwork).map(|one| one.verdict),
                verdict,
                "{network:?}"
            );
        }
    }
}
