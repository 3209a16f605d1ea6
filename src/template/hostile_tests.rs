//! Every text of an export is somebody else's. Each form is read back by what reads it in earnest (JSON, a shell, an HCL
//! parser) or by its tokens: hostile text leaves the shape of the code as it is and comes back as the text it was.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a real shell runs what is written, in a folder of its own"
)]

use super::{Wanted, write};
use domain::{
    AzureDelivery, Changes, CodeFormat, DeliveredBy, EventHubConfig, EventSource, ExportBody, HubSignIn, NO_TARGET,
    Operator, PropertyType, ResourceId, Rule, RuleSet, Scope, Source, SubscriptionId, Tag, TargetConfig,
};
use hcl::{
    Body, Expression, Structure,
    expr::{ObjectKey, TemplateExpr},
};
use proptest::prelude::*;
use serde_json::Value;
use std::{collections::BTreeSet, io::Write as _, process::Command};

const SUBSCRIPTION: &str = "0ab1c2d3-0000-4000-8000-000000000001";
const HUB: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg/providers/Microsoft.EventHub/namespaces/siem/eventhubs/alerts";

/// Which of the shapes an export is written in.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn by itself")]
struct Shape {
    by_azure: bool,
    trusted: bool,
    several: bool,
    attack_paths: bool,
}

/// An export whose every free text is taken from `texts`.
fn export(shape: Shape, texts: &[String; 6]) -> Wanted {
    let [name, path, expected, tag, group, place] = texts.clone();
    let subscription = |n: u8| -> SubscriptionId { format!("{}{n}", &SUBSCRIPTION[..35]).parse().unwrap() };
    let rule = |path: &str, expected: &str| Rule {
        path: path.to_owned(),
        property_type: PropertyType::String,
        operator: Operator::Equals,
        expected: expected.to_owned(),
    };
    let source =
        |event_source, rules| Source { event_source, changes: Changes::Created, rule_sets: vec![RuleSet { rules }] };
    let mut sources = vec![
        source(EventSource::Alerts, vec![rule(&path, &expected), rule("Severity", &expected)]),
        source(EventSource::Assessments, vec![rule(&path, &expected)]),
    ];
    if shape.attack_paths {
        sources.push(source(EventSource::AttackPaths, vec![rule(&path, &expected)]));
    }
    let resource_id = ResourceId::new(HUB);
    let azure = shape.by_azure.then(|| AzureDelivery {
        destination: resource_id.clone(),
        trusted_service: shape.trusted,
        key_rule: (!shape.trusted).then(|| "send".parse().unwrap()),
        resource_group: "rg-export".parse().unwrap(),
        location: "westeurope".parse().unwrap(),
        automation: "mine".parse().unwrap(),
        only_group: None,
    });
    let target = azure.as_ref().map_or_else(
        || {
            TargetConfig::EventHub(EventHubConfig {
                namespace: name.clone(),
                hub: place.clone(),
                resource_id: Some(resource_id),
                sign_in: if shape.trusted { HubSignIn::Identity } else { HubSignIn::Key },
                key_name: Some(group.clone()),
            })
        },
        AzureDelivery::as_target,
    );
    let scope = Scope {
        management_groups: vec![group],
        except_tags: vec![Tag { name: tag.clone(), value: Some(tag) }],
        future: true,
        ..Scope::default()
    };
    let delivered_by = if shape.by_azure { DeliveredBy::Azure } else { DeliveredBy::Console };
    let body = ExportBody { name, delivered_by, scope, sources, target: NO_TARGET.parse().unwrap(), azure };
    let known = if shape.several { vec![subscription(1), subscription(2)] } else { vec![subscription(1)] };
    Wanted { body, enabled: true, target: Some(target), known }
}

fn plain() -> [String; 6] {
    ["x-name", "x-path", "x-expected", "x-tag", "x-group", "x-place"].map(str::to_owned)
}

/// What has a meaning in a shell, a template language or a terminal.
pub(super) const PIECES: &[&str] = &[
    "'",
    "\"",
    "\\",
    "$",
    "%",
    "{",
    "}",
    "${",
    "%{",
    "$${",
    "%%{",
    "\n",
    "\r",
    "`",
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    "\"; touch pwned; \"",
    "\"\n}\nresource \"x\" \"y\" {\n",
    "[",
    "]",
    "[concat('a')]",
    "'''",
    "//",
    "#",
    "*/",
    "<<EOT\n",
    "\nEOT\n",
    "\t",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "ü",
    "a",
    " ",
    "\u{1f600}",
    "\u{e0067}",
];

/// Text that begins with a letter and continues with such pieces.
fn hostile() -> impl Strategy<Value = String> {
    let known = prop::collection::vec(prop::sample::select(PIECES), 0..8).prop_map(|pieces| pieces.concat());
    // No argument of a program holds a zero byte, and identifiers are trimmed.
    let any = any::<String>().prop_map(|text| text.replace('\0', ""));
    prop_oneof![3 => known, 1 => any].prop_map(|text| format!("x{text}y"))
}

fn shape() -> impl Strategy<Value = Shape> {
    any::<[bool; 4]>().prop_map(|[by_azure, trusted, several, attack_paths]| Shape {
        by_azure,
        trusted,
        several,
        attack_paths,
    })
}

fn texts() -> impl Strategy<Value = [String; 6]> {
    prop::array::uniform6(hostile())
}

/// A JSON value without its texts, and the texts.
fn json_shape(value: &Value, texts: &mut Vec<String>) -> String {
    match value {
        Value::String(text) => {
            texts.push(text.clone());
            "text".to_owned()
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| json_shape(item, texts) + ",").collect::<String>())
        }
        Value::Object(map) => {
            let members = map.iter().map(|(name, value)| format!("{name}:{},", json_shape(value, texts)));
            format!("{{{}}}", members.collect::<String>())
        }
        other => other.to_string(),
    }
}

/// The tokens of Bicep without comments; texts count as one token and are handed out. `None` when a text does not end.
fn bicep_shape(code: &str, texts: &mut Vec<String>) -> Option<String> {
    let mut shape = String::new();
    let mut rest = code.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => {
                rest.by_ref().find(|c| *c == '\n');
                shape.push('\n');
            }
            '\'' => {
                texts.push(bicep_text(&mut rest)?);
                shape.push_str("'text'");
            }
            c => shape.push(c),
        }
    }
    Some(shape)
}

fn bicep_text(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut text = String::new();
    loop {
        match rest.next()? {
            '\'' => return Some(text),
            '\n' | '\r' => return None,
            // Interpolation: only the code's own, which names parameters.
            '$' if rest.peek() == Some(&'{') => {
                let inner: String = rest.by_ref().take_while(|c| *c != '}').collect();
                assert!(["{targetResourceId", "{authorizationRule"].contains(&inner.as_str()), "{inner}");
                text.push('…');
            }
            '\\' => text.push(match rest.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let digits: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                }
                c @ ('\'' | '\\' | '$') => c,
                _ => return None,
            }),
            c => text.push(c),
        }
    }
}

/// What HCL says, without its texts; interpolation must be the code's own.
fn hcl_shape(body: &Body, texts: &mut Vec<String>) -> String {
    body.iter()
        .map(|structure| match structure {
            Structure::Attribute(attribute) => {
                format!("{}={};", attribute.key.as_str(), expression_shape(&attribute.expr, texts))
            }
            Structure::Block(block) => {
                let labels: Vec<&str> = block.labels.iter().map(hcl::BlockLabel::as_str).collect();
                format!("{} {labels:?} {{{}}}", block.identifier.as_str(), hcl_shape(&block.body, texts))
            }
        })
        .collect()
}

fn expression_shape(expression: &Expression, texts: &mut Vec<String>) -> String {
    match expression {
        Expression::String(text) => {
            texts.push(text.clone());
            "text".to_owned()
        }
        Expression::Array(items) => items.iter().map(|item| expression_shape(item, texts) + ",").collect(),
        Expression::Object(members) => {
            let members = members.iter().map(|(key, value)| {
                let key = match key {
                    ObjectKey::Identifier(name) => name.to_string(),
                    other => format!("{other:?}"),
                };
                [key, expression_shape(value, texts)].join(":")
            });
            members.collect::<Vec<_>>().join(",")
        }
        Expression::TemplateExpr(template) => template_shape(template, texts),
        other => format!("{other:?}"),
    }
}

fn template_shape(template: &TemplateExpr, texts: &mut Vec<String>) -> String {
    const OURS: [&str; 3] = [
        "/subscriptions/${each.value}",
        "/subscriptions/${var.subscription_id}",
        "/subscriptions/${each.value}/resourceGroups/${var.resource_group_name}",
    ];
    let TemplateExpr::QuotedString(text) = template else { panic!("a heredoc: {template:?}") };
    if OURS.contains(&text.as_str()) {
        return text.clone();
    }
    // A text with nothing but escaped openings in it.
    let parsed = hcl::Template::from_expr(template).unwrap();
    let mut whole = String::new();
    for element in parsed.elements() {
        match element {
            hcl::template::Element::Literal(text) => whole.push_str(text),
            other => panic!("hostile text was read as code: {other:?}"),
        }
    }
    texts.push(whole);
    "text".to_owned()
}

/// The arguments of every `az` that a script runs, by a real shell that has a function in its place.
fn az_calls(script: &str) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let stub = "az() { printf '%s\\0' \"$@\" >>\"$CALLS\"; printf 'end\\0' >>\"$CALLS\"; printf 'Endpoint=sb://x'; }\n";
    let file = folder.path().join("script.sh");
    let calls = folder.path().join("calls");
    std::fs::File::create(&file).unwrap().write_all(format!("{stub}{script}").as_bytes()).unwrap();
    let run = Command::new("sh")
        .arg(&file)
        .current_dir(folder.path())
        .env("CALLS", &calls)
        .env("RESOURCE_GROUP", "rg-one")
        .env("LOCATION", "westeurope")
        .output()
        .unwrap();
    assert!(run.status.success(), "{}\n{script}", String::from_utf8_lossy(&run.stderr));
    let mut left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|one| one.unwrap().file_name().to_string_lossy().into())
        .collect();
    left.sort();
    assert_eq!(left, ["calls", "script.sh"], "the script did something else: {script}");
    let said = String::from_utf8(std::fs::read(calls).unwrap()).unwrap();
    let words: Vec<String> = said.split('\0').map(str::to_owned).collect();
    words.split(|word| word == "end").map(<[String]>::to_vec).filter(|call| call.len() > 1).collect()
}

fn after<'a>(call: &'a [String], flag: &str) -> Option<&'a str> {
    call.iter().position(|word| word == flag).and_then(|at| call.get(at + 1)).map(String::as_str)
}

/// Paths and values of rules come back as they were written.
fn holds_all(texts: &[String], wanted: &[String; 6]) {
    let found: BTreeSet<&String> = texts.iter().collect();
    for text in [&wanted[1], &wanted[2]] {
        assert!(found.contains(text), "{text:?} is not among {texts:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_text_of_an_export_becomes_code(shape in shape(), texts in texts()) {
        let (hostile, plain) = (export(shape, &texts), export(shape, &plain()));
        let both = |format| (write(&hostile, format).text, write(&plain, format).text);

        let mut read = Vec::new();
        let (code, like) = both(CodeFormat::Arm);
        let parsed: Value = serde_json::from_str(&code).unwrap();
        let mut ignored = Vec::new();
        prop_assert_eq!(json_shape(&parsed, &mut read), json_shape(&serde_json::from_str(&like).unwrap(), &mut ignored));
        let is_code = |text: &&String| text.starts_with('[') && text.ends_with(']') && !text.starts_with("[[");
        let expressions = |texts: &[String]| texts.iter().filter(is_code).cloned().collect::<Vec<_>>();
        prop_assert_eq!(expressions(&read), expressions(&ignored), "expressions of the template are its own");
        holds_all(&read, &texts);

        for format in [CodeFormat::Bicep, CodeFormat::Policy] {
            let (code, like) = both(format);
            let (mut read, mut ignored) = (Vec::new(), Vec::new());
            let found = bicep_shape(&code, &mut read);
            prop_assert!(found.is_some(), "{}", code);
            prop_assert_eq!(found, bicep_shape(&like, &mut ignored), "{}", code);
            if format == CodeFormat::Bicep {
                holds_all(&read, &texts);
            }
        }

        let (code, like) = both(CodeFormat::Terraform);
        let (mut read, mut ignored) = (Vec::new(), Vec::new());
        let parsed: Body = hcl::parse(&code).map_err(|error| TestCaseError::fail(format!("{error}\n{code}")))?;
        prop_assert_eq!(hcl_shape(&parsed, &mut read), hcl_shape(&hcl::parse(&like).unwrap(), &mut ignored));
        holds_all(&read, &texts);

        let (code, like) = both(CodeFormat::AzureCli);
        let (calls, expected) = (az_calls(&code), az_calls(&like));
        prop_assert_eq!(calls.len(), expected.len());
        for (call, like) in calls.iter().zip(&expected) {
            prop_assert_eq!(call.len(), like.len());
            prop_assert_eq!(after(call, "--uri"), after(like, "--uri"));
            if let Some(body) = after(call, "--body") {
                let mut read = Vec::new();
                json_shape(&serde_json::from_str(body).unwrap(), &mut read);
                holds_all(&read, &texts);
            }
        }
    }

    #[test]
    fn what_is_no_resource_id_is_asked_for(shape in shape(), place in hostile()) {
        let mut wanted = export(shape, &plain());
        if let Some(TargetConfig::EventHub(hub)) = &mut wanted.target {
            hub.resource_id = Some(ResourceId::new(&format!("{HUB}/{place}")));
        }
        let mut asks = export(shape, &plain());
        asks.target = Some(match asks.target.take() {
            Some(TargetConfig::EventHub(hub)) => TargetConfig::EventHub(EventHubConfig { resource_id: None, ..hub }),
            other => panic!("{other:?}"),
        });
        for format in CodeFormat::ALL {
            prop_assert_eq!(write(&wanted, *format).text, write(&asks, *format).text);
        }
    }
}
