use super::*;
use proptest::prelude::*;

fn any_rule() -> impl Strategy<Value = Rule> {
    (
        prop_oneof![Just("Severity".to_owned()), Just("name".to_owned()), "[a-z]{1,6}(\\.[a-z]{1,4})?"],
        proptest::sample::select(PropertyType::ALL.to_vec()),
        proptest::sample::select(Operator::ALL.to_vec()),
        "\\PC{0,8}",
    )
        .prop_map(|(path, property_type, operator, expected)| Rule { path, property_type, operator, expected })
}

fn any_body() -> impl Strategy<Value = ExportBody> {
    let sets = proptest::collection::vec(proptest::collection::vec(any_rule(), 0..3), 0..4);
    let sources = proptest::collection::btree_map(proptest::sample::select(EventSource::ALL.to_vec()), sets, 0..4);
    (sources, any::<bool>(), any::<bool>()).prop_map(|(sources, all, every)| ExportBody {
        name: "x".into(),
        delivered_by: DeliveredBy::Console,
        scope: Scope { all, future: all, ..Scope::default() },
        sources: sources
            .into_iter()
            .map(|(event_source, sets)| Source {
                event_source,
                changes: if every && event_source == EventSource::Alerts { Changes::All } else { Changes::Created },
                rule_sets: sets.into_iter().map(|rules| RuleSet { rules }).collect(),
            })
            .collect(),
        target: TargetId::parse("0ab1c2d3-0000-4000-8000-000000000009").unwrap(),
        azure: None,
    })
}

proptest! {
    /// Whatever an export says, its form says the same, in each way of editing.
    #[test]
    fn an_export_survives_the_form_in_every_mode(body in any_body(), mode in proptest::sample::select(Mode::ALL.to_vec())) {
        let mut like = ExportForm::default();
        for source in &body.sources {
            like.modes.insert(source.event_source.as_str().to_owned(), mode.as_str().to_owned());
        }
        let (read, errors) = ExportForm::of(&body, &like).read();
        prop_assert_eq!(errors, vec![]);
        prop_assert_eq!(read, body);
    }
}

#[test]
fn five_thousand_recommendations_and_a_thousand_rule_sets_survive() {
    let keys: Vec<String> = (0..5_000).map(|n| format!("{n:08x}-0000-4000-8000-000000000000")).collect();
    let mut body = ExportForm::fresh().read().0;
    let choices = Choices::of(Dimension::Recommendation, keys);
    body.sources.push(compile(EventSource::Assessments, Changes::Created, &choices));
    let form = ExportForm::of(&body, &ExportForm::default());
    assert_eq!(form.mode(EventSource::Assessments), Mode::Choices);
    assert_eq!(form.read().0, body);
    let rule = |n: usize| Rule {
        path: format!("p{n}"),
        property_type: PropertyType::String,
        operator: Operator::Equals,
        expected: "<script>alert(1)</script>".into(),
    };
    body.sources[0].rule_sets = (0..1_000).map(|n| RuleSet { rules: vec![rule(n)] }).collect();
    let form = ExportForm::of(&body, &ExportForm::default());
    assert_eq!(form.mode(EventSource::Alerts), Mode::Text);
    assert_eq!(form.read().0, body);
}

#[test]
fn json_is_read_as_sets_or_as_a_source_and_faults_name_their_place() {
    let set = r#"{"rules":[{"propertyJPath":"Severity","propertyType":"string","operator":"Equals","expectedValue":"High"}]}"#;
    let read = |text: &str| read_text(text, EventSource::Alerts);
    assert_eq!(read(&format!("[{set}]")).unwrap().len(), 1);
    assert_eq!(read(&format!(r#"{{"eventSource":"Alerts","ruleSets":[{set}]}}"#)).unwrap().len(), 1);
    assert!(read("").unwrap().is_empty() && read("null").unwrap().is_empty());
    assert!(read("[{\"rules\":[{}]}]").unwrap_err().contains("line 1"));
    assert!(read("[\n{").unwrap_err().contains("line 2"));
    // What is no filter is not taken for "everything".
    for wrong in ["{}", "{\"rulesets\":[]}", set, r#"{"eventSource":"Assessments","ruleSets":[]}"#] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_row_with_a_value_and_no_path_is_no_blank_row() {
    let rule = |path: &str, expected: &str| Rule {
        path: path.to_owned(),
        property_type: PropertyType::String,
        operator: Operator::Equals,
        expected: expected.to_owned(),
    };
    let with = |rules: Vec<Rule>| {
        let mut form = ExportForm::fresh().read().0;
        form.sources[0].rule_sets = vec![RuleSet { rules }];
        without_blank_rules(&form).sources.swap_remove(0).rule_sets
    };
    assert_eq!(with(vec![rule("", "")]), [], "a row that was just added");
    assert_eq!(with(vec![rule("Severity", "High"), rule(" ", "")])[0].rules.len(), 1);
    // Without it everything would seem to match, and saving it would be refused.
    assert_eq!(with(vec![rule("", "High")])[0].rules, [rule("", "High")]);
}
