//! Nothing known survives, the same stays the same, once is enough.

use super::{Frozen, Known, Sort, SupportFacts, Veil, delivery, markdown, support};
use domain::{
    CheckId,
    share::{Document, Part, Section, ShareKind},
    view::DeliveryDetail,
};
use proptest::prelude::*;

const GUID: &str = "0ab1c2d3-1111-4000-8000-00000000abcd";

fn veil(names: &[(Sort, &str)]) -> Veil {
    let mut known = Known::default();
    for (sort, name) in names {
        known.add(*sort, name);
    }
    Veil::new(known, [7; 32])
}

#[test]
fn names_ids_addresses_and_hosts_are_replaced_alike_wherever_they_stand() {
    let mut veil =
        veil(&[(Sort::Subscription, "Contoso Production"), (Sort::Resource, "vm-web-01"), (Sort::Person, "Ada")]);
    let text = format!(
        "vm-web-01 in contoso production (/subscriptions/{GUID}/resourceGroups/rg-x/providers/Microsoft.Compute/virtualMachines/VM-WEB-01), \
         {GUID}, asked by Ada from 10.1.2.3 and 2001:db8::7 as ada@contoso.com at 12:04:33, see https://portal.example.com/x?y=1 \
         and siem.servicebus.windows.net. Adamant."
    );
    let seen = veil.text(&text);
    for wrong in ["vm-web", "VM-WEB", "ontoso", GUID, "rg-x", "10.1.2.3", "2001", "portal", "siem", "by Ada"] {
        assert!(!seen.contains(wrong), "{wrong} in {seen}");
    }
    for kept in ["12:04:33", "Microsoft.Compute/virtualMachines", "Adamant.", "[subscription-1]", "[resource-1]"] {
        assert!(seen.contains(kept), "{kept} in {seen}");
    }
    assert_eq!(seen.matches("[resource-1]").count(), 2, "{seen}");
    let hash = veil.id(&GUID.to_uppercase());
    assert_eq!(seen.matches(&hash).count(), 2, "{seen}");
    assert_eq!(veil.text(&seen), seen);
    // Another share has another key.
    assert_ne!(Veil::new(Known::default(), [8; 32]).id(GUID), hash);
}

#[test]
fn common_words_stay_in_sentences_and_go_as_names() {
    let mut veil = veil(&[(Sort::EventHub, "alerts")]);
    assert_eq!(veil.text("The export takes alerts."), "The export takes alerts.");
    assert_eq!(veil.name(Sort::EventHub, "alerts"), "[event-hub-1]");
}

#[test]
fn what_is_public_or_a_path_stays() {
    let mut veil = veil(&[]);
    for text in [
        "https://learn.microsoft.com/azure/defender-for-cloud/continuous-export",
        "properties.metadata.severity equals High",
        "Microsoft.Security/automations",
        "2026-11-24 12:00:00 UTC, 403 Forbidden, 4 of 8, 1.5 KB",
    ] {
        assert_eq!(veil.text(text), text);
    }
}

#[test]
fn payloads_keep_their_shape_and_what_tells_of_nobody() {
    let body = serde_json::json!({
        "AlertType": "VM_SuspiciousProcess",
        "AlertDisplayName": "Evil on vm-web-01 by jsmith",
        "Description": "An attacker did it",
        "Severity": "High",
        "TimeGenerated": "2026-01-01T00:00:00Z",
        "IsIncident": false,
        "SystemAlertId": "2518765996949954086_2325cf9e-42a2-4f72-ae7f-9b863cba2d22",
        "Entities": [{"$id": "1", "Type": "account", "Name": "jsmith", "Sid": "S-1-5-21"}],
        "ExtendedProperties": {"Process Id": 4711, "command line": "curl evil.com", "SharedAccessKey": "aGVsbG8="},
        "tags": {"owner-jsmith": "x"},
    });
    let mut known = Known::default();
    known.learn_payload(&body);
    let mut hidden = Veil::new(known, [7; 32]);
    let seen = hidden.json(&body.to_string());
    for wrong in ["vm-web", "jsmith", "attacker", "4711", "curl", "evil", "aGVsbG8", "S-1-5", "2518765"] {
        assert!(!seen.contains(wrong), "{wrong} in {seen}");
    }
    for kept in
        ["VM_SuspiciousProcess", "\"High\"", "2026-01-01T00:00:00Z", "false", "Entities", "command line", "account"]
    {
        assert!(seen.contains(kept), "{kept} in {seen}");
    }
    assert_eq!(hidden.text("it was JSMITH"), hidden.text(&hidden_text(&mut Veil::lifted(), "it was jsmith")));
    let lifted = Veil::lifted().json(&body.to_string());
    assert!(lifted.contains("jsmith") && !lifted.contains("aGVsbG8"), "{lifted}");
}

fn hidden_text(veil: &mut Veil, text: &str) -> String {
    veil.text(text)
}

#[test]
fn markdown_cannot_be_broken_out_of() {
    let hostile = "</x><script> [a](http://e.com) ![i](x) | `c` *b* www.e.com # h\n# next";
    let document = Document {
        kind: ShareKind::Event,
        title: hostile.to_owned(),
        lead: hostile.to_owned(),
        made_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        made_by: hostile.to_owned(),
        redacted: false,
        release: "0".to_owned(),
        sections: vec![Section {
            title: "x".to_owned(),
            parts: vec![
                Part::Table { head: vec!["a".to_owned()], rows: vec![vec![hostile.to_owned()]] },
                Part::Code { label: "c".to_owned(), text: "```\n# out".to_owned() },
            ],
        }],
    };
    let text = markdown(&document);
    for wrong in ["<script", "](http", "![i", "\n# next", "www.e"] {
        assert!(!text.contains(wrong), "{wrong} in {text}");
    }
    assert!(text.contains("````text\n```\n# out\n````"), "{text}");
}

#[test]
fn an_empty_console_has_a_support_bundle() {
    let facts = SupportFacts {
        cloud: "practice".to_owned(),
        store: GUID.to_owned(),
        azure_writes: false,
        identities: Vec::new(),
        problems: vec![format!("{GUID} does not answer")],
        targets: Vec::new(),
        exports: Vec::new(),
        subscriptions: Vec::new(),
        outcomes: domain::view::Tally::default(),
        errors: Vec::new(),
        checks: Vec::new(),
    };
    let frozen = Frozen { at: "2026-01-01T00:00:00Z".parse().unwrap(), by: "Ada" };
    let text = serde_json::to_string(&support(&facts, frozen, &mut veil(&[]))).unwrap();
    assert!(!text.contains(GUID) && text.contains("[id-"), "{text}");
    // Written once so that the builder of deliveries is one of this room's functions everywhere.
    let _: fn(&DeliveryDetail, Option<&str>, Frozen<'_>, &mut Veil) -> Document = delivery;
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{2,8}-[a-z0-9]{3,10}(-[0-9]{2})?",
        "[A-Z][a-z]{3,9} [A-Z][a-z]{3,9}",
        "[a-zäöüß]{4,9}_[a-z]{2,5}",
        "[q-z]{3,6}",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[a-z]{3,8}@[a-z]{3,8}\\.com",
        "[1-9][0-9]{0,2}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}",
    ]
}

/// Words of the replacements themselves, which a generated name can be part of.
const OWN: &str = "[subscription-management-group-tenant-resource-target-event-hub-workspace-export-person-value-tag-entity-host-address-url-id-left out]";

proptest! {
    #[test]
    fn no_known_name_survives_anywhere(
        names in prop::collection::vec(name(), 1..8),
        glue in prop::collection::vec("[\\[\\] ,;:/\"'<>()&=.-]{1,3}|[a-z ]{0,6}", 1..12),
        picks in prop::collection::vec((0_usize..8, any::<bool>()), 1..12),
    ) {
        let mut known = Known::default();
        for name in &names {
            known.add(Sort::Resource, name);
        }
        let mut veil = Veil::new(known, [7; 32]);
        let mut text = String::new();
        for ((pick, upper), glue) in picks.iter().zip(glue.iter().cycle()) {
            let name = &names[pick % names.len()];
            text.push_str(glue);
            // A short name of letters alone counts as a whole word only.
            text.push(' ');
            text.push_str(&if *upper { name.to_uppercase() } else { name.clone() });
            text.push(' ');
        }
        let seen = veil.text(&text);
        prop_assert_eq!(veil.text(&seen), seen.clone());
        let bare: String = seen.split('[').map(|piece| piece.split_once(']').map_or(piece, |(_, rest)| rest)).collect();
        let bare = bare.to_lowercase();
        for name in &names {
            let lower = name.to_lowercase();
            let whole = bare.split(|c: char| !c.is_alphanumeric()).any(|word| word == lower);
            let is_part = lower.chars().any(|c| !c.is_alphabetic()) && bare.contains(&lower);
            prop_assert!(OWN.contains(&lower) || !(whole || is_part), "{} in {}", name, seen);
        }
        // The same in every form a document takes.
        let document = Document {
            kind: ShareKind::Event, title: text.clone(), lead: text.clone(), made_at: jiff::Timestamp::UNIX_EPOCH, made_by: text.clone(),
            redacted: true, release: "0".to_owned(),
            sections: vec![Section { title: text.clone(), parts: vec![
                Part::Text { text: text.clone() },
                Part::Table { head: vec!["x".to_owned()], rows: vec![vec![text.clone()]] },
                Part::Code { label: "x".to_owned(), text: text.clone() },
            ] }],
        };
        let swept = veil.sweep(document);
        prop_assert_eq!(veil.sweep(swept.clone()), swept.clone());
        let json = serde_json::to_string(&swept).unwrap();
        let forms = [json, markdown(&swept)];
        for name in names.iter().filter(|name| name.chars().any(|c| c.is_ascii_digit()) && name.is_ascii()) {
            for form in &forms {
                prop_assert!(!form.to_lowercase().contains(&name.to_lowercase()), "{} in {}", name, form);
            }
        }
    }

    #[test]
    fn anything_can_be_read(text in ".{0,200}") {
        let mut veil = veil(&[(Sort::Resource, "vm-1")]);
        let seen = veil.text(&text);
        prop_assert_eq!(veil.text(&seen), seen);
        veil.json(&text);
    }
}

#[test]
fn hosts_and_ids_do_not_hide_behind_what_looks_like_something_else() {
    let mut veil = veil(&[]);
    for (text, hidden) in [
        ("see status.contoso.com", "contoso"),
        ("microsoft.contoso.net refuses", "contoso"),
        ("bad:ad:10.1.2.3", "10.1.2.3"),
        ("a:b:3f2504e0-4f89-11d3-9a0c-0305e82c3301", "3f2504e0"),
    ] {
        let told = veil.text(text);
        assert!(!told.contains(hidden), "{text} -> {told}");
    }
    assert_eq!(veil.text("properties.status.code"), "properties.status.code");
    let mut lifted = Veil::lifted();
    for text in ["password: hunter2secret", "https://user:hunter2secret@host.example/x", "Passphrase : hunter2secret"] {
        let told = lifted.text(text);
        assert!(!told.contains("hunter2secret"), "{text} -> {told}");
    }
}

#[test]
fn what_checks_name_is_known() {
    use domain::verdict::{Checked, Verdict};
    let check = Checked::asking(CheckId::AzureLocked, "?", "")
        .about("rg-contoso")
        .seen("locks", "contoso-vip (ReadOnly), other-lock (CanNotDelete)")
        .but(Verdict::Warning, "contoso-vip keeps rg-contoso.", "", &[]);
    let mut known = Known::default();
    known.learn_checks([&check]);
    let mut veil = Veil::new(known, [7; 32]);
    let told = veil.text("contoso-vip and other-lock keep rg-contoso.");
    assert!(!told.contains("contoso") && !told.contains("other-lock"), "{told}");
}

#[test]
fn the_id_of_a_request_stays_unless_it_is_known_as_something_else() {
    let request = "0ab1c2d3-2222-4000-8000-0000000000ab";
    let mut veil = veil(&[(Sort::Id, GUID)]);
    veil.keep_request(&request.to_uppercase());
    veil.keep_request(GUID);
    veil.keep_request("contoso-vip");
    let told = veil.text(&format!("Refused (request {request}) in {GUID} by 0ab1c2d3-3333-4000-8000-0000000000ab."));
    assert!(told.to_lowercase().contains(request), "{told}");
    assert!(!told.contains(GUID) && !told.contains("3333"), "{told}");
}

#[test]
fn what_was_typed_is_kept_only_when_all_of_it_is_an_id() {
    let mut veil = veil(&[]);
    let item = format!("/subscriptions/{GUID}/resourceGroups/rg-x");
    assert!(veil.alone(&item).starts_with("/subscriptions/[id-"), "{}", veil.alone(&item));
    assert!(veil.alone(GUID).starts_with("[id-"));
    for told in [
        "Project Nightfall: Kelly says the payroll alert is lost, ticket INC0042",
        &format!("{GUID} as Kelly says"),
        "https://portal.azure.com/#blade/x) - see ticket INC123, thanks!",
    ] {
        assert_eq!(veil.alone(told), "[left out]");
    }
}

#[test]
fn what_asks_of_a_resource_is_no_part_of_its_name() {
    let mut veil = veil(&[]);
    let id = format!("/subscriptions/{GUID}/resourceGroups/rg-x/providers/Microsoft.Security/automations/all");
    let told = veil.text(&format!("az rest --url '{id}?api-version=2023-12-01-preview' of {id}"));
    assert!(told.contains("?api-version=2023-12-01-preview'"), "{told}");
    let names: Vec<&str> = told.matches("automations/[export-1]").collect();
    assert_eq!(names.len(), 2, "{told}");
}

#[test]
fn what_only_looks_like_a_replacement_is_none() {
    let mut veil = veil(&[(Sort::Resource, "vm-web-01"), (Sort::Export, "[contoso-01]")]);
    let told = veil.text("host [vm-web-01] down, [contoso-01] waits");
    assert!(!told.contains("web") && !told.contains("contoso"), "{told}");
    assert_eq!(veil.name(Sort::Export, "[contoso-01]"), "[export-1]");
    assert_eq!(veil.text(&told), told);
}

#[test]
fn ids_and_mails_inside_of_long_words_are_found() {
    let mut veil = veil(&[]);
    let long = "a".repeat(60);
    for (text, hidden) in [
        (format!("{long}=appid={GUID};oid=x"), "1111-4000"),
        (format!("https {long}/tenants/{GUID}/{long}"), "1111-4000"),
        (format!("/{long}/path/of/a/file/jsmith@contoso.com."), "jsmith"),
        ("00:1A:2b:3c:4d:5e is its card".to_owned(), "3c"),
        ("jürgen.müller@contoso.de wrote".to_owned(), "jürgen"),
        ("sean.o'brien@contoso.com wrote".to_owned(), "sean"),
        ("metadata.contoso.lan and microsoft.contoso.eu".to_owned(), "contoso"),
        ("münchen.de".to_owned(), "münchen"),
    ] {
        let told = veil.text(&text);
        assert!(!told.contains(hidden), "{text} -> {told}");
    }
    // A key goes whole however long it is, and what stands behind it in one word is found.
    let key = "gH3".repeat(300);
    assert_eq!(veil.text(&format!("x {key}/ y")), "x [left out] y");
    let told = veil.text(&format!(
        "--scope=/subscriptions/{GUID}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-payroll-7"
    ));
    assert!(told.starts_with("--scope=/subscriptions/[id-") && !told.contains("payroll"), "{told}");
    assert!(!veil.text(&format!("{}z", "123456789012345z".repeat(500))).contains("12345"));
    assert!(veil.text(&format!("/subscriptions/{}", ")".repeat(20_000))).len() > 10);
    // Many of what looks like an address are gone over in no time.
    let told = veil.text(&format!("{}x", "a:bb:".repeat(500)));
    assert!(!told.contains("bb") && told.ends_with('x'), "{told}");
}

#[test]
fn resource_groups_may_have_brackets_in_their_names() {
    let mut veil = veil(&[]);
    let id = format!(
        "/subscriptions/{GUID}/resourceGroups/rg-fin(prod)/providers/Microsoft.EventHub/namespaces/nscontoso/eventhubs/alerts"
    );
    let told = veil.text(&format!("It sends to ({id})."));
    assert!(!told.contains("fin") && !told.contains("nscontoso") && told.ends_with(")."), "{told}");
    let mut known = Known::default();
    known.learn(&id);
    let mut veil = Veil::new(known, [7; 32]);
    assert_eq!(veil.text("nscontoso waits"), "[event-hub-1] waits");
}

#[test]
fn names_are_found_in_any_letter_case_of_any_script() {
    let mut veil = veil(&[(Sort::Subscription, "İstanbul Üretim"), (Sort::Subscription, "BäckereiÖst")]);
    for text in ["subscription: İstanbul Üretim (x)", "in BäckereiÖst", "in bäckereiöst"] {
        let told = veil.text(text);
        assert!(told.contains("[subscription-"), "{told}");
    }
}

#[test]
fn below_what_people_name_no_member_is_harmless() {
    let body = serde_json::json!({
        "labels": {"tier": "payroll-prod", "unit": "Contoso Finance", "deep": {"category": "Payroll"}},
        "Location": {"State": "Washington"},
        "AwsAccount": 123_456_789_012_i64, "phoneNumber": 4_912_345, "admin": 7, "ConfidenceScore": 80, "failedCount": 3,
        "properties": {"status": {"code": "Unhealthy"}, "state": "Failed"},
    });
    let mut known = Known::default();
    known.learn_payload(&body);
    let seen = Veil::new(known, [7; 32]).json(&body.to_string());
    for wrong in ["payroll", "Payroll", "Finance", "Washington", "123456", "4912345", ": 7"] {
        assert!(!seen.contains(wrong), "{wrong} in {seen}");
    }
    for kept in ["80", "3", "Unhealthy", "Failed"] {
        assert!(seen.contains(kept), "{kept} in {seen}");
    }
}

#[test]
fn reasons_and_rules_give_no_values_away() {
    let mut known = Known::default();
    known.learn_reason("CompromisedEntity is db-7, wants fin-payroll-vm");
    let mut veil = Veil::new(known, [7; 32]);
    assert_eq!(
        veil.text("They do not: CompromisedEntity is db-7, wants fin-payroll-vm."),
        "They do not: CompromisedEntity is [value-1], wants [value-2]."
    );
}
