//! `template`: an export as code. A file needs neither store nor server; an id is asked of the running console.

use super::{print, socket};
use crate::Failure;
use crate::config::TemplateFlags;
use console::{Console, check_body};
use domain::{
    AzureDelivery, Code, CodeFormat, DeliveredBy, ExportBody, ExportId, FieldError, NO_TARGET, Preparation, Scope,
    Source, TargetConfig, TargetId,
};
use serde::Deserialize;
use serde_json::Value;
use template::{IdentityNeeds, Wanted};

/// Runs the command.
pub(super) async fn run(flags: &TemplateFlags) -> Result<(), Failure> {
    let code = match (flags.preparation, &flags.export, flags.format) {
        (Some(Preparation::WorkspaceTables), ..) => template::workspace_tables(),
        (Some(Preparation::ConsoleIdentity), ..) => template::identity(&IdentityNeeds::default()),
        (None, Some(export), Some(format)) => match ExportId::parse(export) {
            Ok(id) => {
                let answer = socket::ask(&flags.data.data, &format!("template {format} {id}")).await?;
                serde_json::from_str(&answer)?
            }
            Err(_) => of_file(export, format)?,
        },
        (None, ..) => return Err("--export with --format, or --for, is needed".into()),
    };
    print(code.text.trim_end())
}

/// Answers `template FORMAT ID` on the control socket, in one line.
pub(super) async fn answer(console: &Console, of: &str) -> Result<String, String> {
    let (format, id) = of.split_once(' ').ok_or("a form and an id are needed")?;
    let format: CodeFormat = format.parse()?;
    let id = ExportId::parse(id).map_err(|error| error.to_string())?;
    let code = console.template(&socket::local(), &id, format).await.map_err(|error| domain::text::chain(&error))?;
    serde_json::to_string(&code).map_err(|error| error.to_string())
}

/// An export's body as it stands in a file. What GET answers besides is read over.
#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    name: String,
    #[serde(default)]
    delivered_by: Option<DeliveredBy>,
    #[serde(default)]
    paused: Option<bool>,
    #[serde(default)]
    scope: Scope,
    sources: Vec<Source>,
    #[serde(default)]
    azure: Option<AzureDelivery>,
    /// An id means nothing without the store; an object is the target itself.
    #[serde(default)]
    target: Value,
}

fn of_file(path: &str, format: CodeFormat) -> Result<Code, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let wanted = wanted(&text).map_err(|error| format!("{path} is not the body of an export: {error}"))?;
    if let Some(wrong) = faults(&wanted.body).first() {
        return Err(format!("{path}: {}: {}", wrong.path, wrong.message).into());
    }
    Ok(template::write(&wanted, format))
}

/// What is wrong with the export. A name and a scope may be left out: the code is deployed where and as whoever runs it says.
fn faults(body: &ExportBody) -> Vec<FieldError> {
    let mut errors = check_body(body);
    errors.retain(|error| match error.path.as_str() {
        "name" => !body.name.is_empty(),
        "scope" => body.scope != Scope::default(),
        _ => true,
    });
    errors
}

pub(super) fn wanted(text: &str) -> Result<Wanted, Failure> {
    let body: Body = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
    let mut id = TargetId::parse(NO_TARGET)?;
    let target = match body.target {
        Value::Null => None,
        Value::String(text) => {
            id = TargetId::parse(&text).map_err(|error| format!("target: {error}"))?;
            None
        }
        // A target as the API answers it has its place under `config`.
        Value::Object(mut map) => {
            let config = map.remove("config").unwrap_or(Value::Object(map));
            let config: TargetConfig = serde_json::from_value(config).map_err(|error| format!("target: {error}"))?;
            Some(config)
        }
        _ => return Err("target: an id, an object or nothing is expected".into()),
    };
    let azure_target = body.azure.as_ref().map(AzureDelivery::as_target);
    Ok(Wanted {
        body: ExportBody {
            name: body.name,
            delivered_by: body.delivered_by.unwrap_or(DeliveredBy::Console),
            scope: body.scope,
            sources: body.sources,
            target: id,
            azure: body.azure,
        },
        enabled: !body.paused.unwrap_or_default(),
        target: azure_target.or(target),
        known: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_the_api_is_a_template() {
        let text = r#"{"id": "x", "name": "n", "delivered_by": "console", "paused": true, "version": 3,
            "scope": {"all": true, "future": true}, "sources": [{"event_source": "alerts"}],
            "target": {"kind": "event_hub", "namespace": "a.servicebus.windows.net", "hub": "h", "sign_in": "identity"}}"#;
        let found = wanted(text).unwrap();
        assert!(!found.enabled && found.target.is_some());
        assert!(template::write(&found, CodeFormat::Bicep).text.contains("isTrustedServiceEnabled: true"));
        for wrong in ["{}", "[]", "{", r#"{"sources": [], "target": 1}"#, r#"{"sources": [], "target": "x"}"#] {
            assert!(wanted(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_could_not_be_saved_is_no_template() {
        let body = |azure: &str| {
            format!(
                r#"{{"name": "n", "delivered_by": "azure", "scope": {{"all": true}}, "sources": [{{"event_source": "Alerts"}}],
                "azure": {{"destination": "{azure}", "resource_group": "rg", "location": "westeurope", "automation": "mine"}}}}"#
            )
        };
        let hub = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg/providers/Microsoft.EventHub/namespaces/n/eventhubs/h";
        let fine = body(hub);
        assert!(faults(&wanted(&fine).unwrap().body).is_empty());
        for hostile in ["x$(touch pwned)", "x\\\"\\n}}\\nresource", "a b", ""] {
            let text = fine.replace("mine", hostile);
            assert!(wanted(&text).unwrap_err().to_string().contains("automation"), "{text}");
        }
        let elsewhere = wanted(&body("/subscriptions/x")).unwrap();
        assert_eq!(faults(&elsewhere.body)[0].path, "azure.destination");
        let wide =
            fine.replace(r#"{"event_source": "Alerts"}"#, r#"{"event_source": "Alerts"}, {"event_source": "Alerts"}"#);
        assert_eq!(faults(&wanted(&wide).unwrap().body)[0].path, "sources[1].event_source");
    }
}
