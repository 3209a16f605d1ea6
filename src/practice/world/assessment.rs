//! One assessment: the state of one recommendation on one resource.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::recommendation_types::{RECOMMENDATIONS, Recommendation};
use super::resources::{Kind, Resource};
use crate::dice::{azure_time, guid};

/// The state of an assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Healthy,
    Unhealthy,
    NotApplicable,
}

impl Code {
    /// As on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Unhealthy => "Unhealthy",
            Self::NotApplicable => "NotApplicable",
        }
    }

    fn read(text: &str) -> Option<Self> {
        [Self::Healthy, Self::Unhealthy, Self::NotApplicable]
            .into_iter()
            .find(|code| code.as_str().eq_ignore_ascii_case(text))
    }
}

/// An assessment of the world.
#[derive(Debug, Clone)]
pub(crate) struct Assessment {
    pub subject: Subject,
    pub code: Code,
    /// Why it is not applicable: `OffByPolicy`, `Exempt`.
    pub cause: Option<&'static str>,
    pub first: Option<Timestamp>,
    /// `statusChangeDate`; imported ones may have none.
    pub changed: Option<Timestamp>,
}

/// What an assessment is about.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    Made {
        resource: usize,
        recommendation: &'static Recommendation,
        key: String,
    },
    /// The ARM item as imported.
    Imported(Box<Value>),
}

/// The assessment key of a recommendation: the same in every world.
pub(crate) fn key_of(recommendation: &Recommendation) -> String {
    guid(0x00A1_DE11, recommendation.slug, 0)
}

/// The recommendation with that key.
pub(crate) fn with_key(key: &str) -> Option<&'static Recommendation> {
    RECOMMENDATIONS.iter().find(|recommendation| key_of(recommendation).eq_ignore_ascii_case(key))
}

impl Assessment {
    /// An imported ARM item.
    pub(crate) fn imported(item: Value) -> Self {
        let status = item.pointer("/properties/status").cloned().unwrap_or_default();
        let time = |name: &str| status.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok());
        let code = status.get("code").and_then(Value::as_str).and_then(Code::read);
        Self {
            code: code.unwrap_or(Code::NotApplicable),
            cause: None,
            first: time("firstEvaluationDate"),
            changed: time("statusChangeDate"),
            subject: Subject::Imported(Box::new(item)),
        }
    }

    /// The assessment key.
    pub(crate) fn key(&self) -> &str {
        match &self.subject {
            Subject::Made { key, .. } => key,
            Subject::Imported(item) => item.get("name").and_then(Value::as_str).unwrap_or_default(),
        }
    }

    /// `properties` as ARM lists them: without metadata.
    pub(crate) fn properties(&self, resources: &[Resource]) -> Value {
        match &self.subject {
            Subject::Made { resource, recommendation, key } => {
                let Some(resource) = resources.get(*resource) else {
                    return Value::Null;
                };
                self.made(resource, recommendation, key)
            }
            Subject::Imported(item) => {
                let mut properties = item.get("properties").cloned().unwrap_or_default();
                if let Some(status) = properties.get_mut("status").and_then(Value::as_object_mut) {
                    let known = status.get("code").and_then(Value::as_str).and_then(Code::read);
                    if known != Some(self.code) && (known.is_some() || self.code != Code::NotApplicable) {
                        status.insert("code".to_owned(), self.code.as_str().into());
                        status.remove("cause");
                        status.remove("description");
                    }
                    let dated =
                        status.get("statusChangeDate").and_then(Value::as_str).and_then(|text| text.parse().ok());
                    if dated != self.changed
                        && let Some(changed) = self.changed
                    {
                        status.insert("statusChangeDate".to_owned(), azure_time(changed).into());
                    }
                }
                properties
            }
        }
    }

    fn made(&self, resource: &Resource, recommendation: &Recommendation, key: &str) -> Value {
        let mut status = json!({"code": self.code.as_str()});
        if let Some(map) = status.as_object_mut() {
            if let Some(cause) = self.cause {
                map.insert("cause".to_owned(), cause.into());
                let text = if cause == "Exempt" {
                    "Someone exempted this resource on purpose."
                } else {
                    "The policy behind this recommendation is switched off here."
                };
                map.insert("description".to_owned(), text.into());
            }
            for (name, time) in [("firstEvaluationDate", self.first), ("statusChangeDate", self.changed)] {
                if let Some(time) = time {
                    map.insert(name.to_owned(), azure_time(time).into());
                }
            }
        }
        let portal = format!(
            "portal.azure.com/#blade/Microsoft_Azure_Security/RecommendationsBlade/assessmentKey/{key}/resourceId/{}",
            resource.id.replace('/', "%2F")
        );
        let mut details = json!({
            "Source": "Azure",
            "Id": resource.id,
            "ResourceName": resource.name,
            "ResourceType": resource.arm_type.to_lowercase(),
            "ResourceProvider": resource.arm_type.split('/').next().unwrap_or_default(),
        });
        // Older assessments have none; here it is those of subscriptions.
        if resource.kind != Kind::Subscription {
            details["NativeResourceId"] = resource.id.as_str().into();
        }
        json!({
            "resourceDetails": details,
            "displayName": recommendation.title,
            "status": status,
            "additionalData": {"checkedBy": "practice", "region": resource.location},
            "links": {"azurePortal": portal},
        })
    }
}

/// `properties` of a recommendation's metadata.
pub(crate) fn metadata(recommendation: &Recommendation) -> Value {
    let policy = guid(0x00A1_DE11, recommendation.slug, 1);
    json!({
        "displayName": recommendation.title,
        "policyDefinitionId": format!("/providers/Microsoft.Authorization/policyDefinitions/{policy}"),
        "description": recommendation.description,
        "remediationDescription": recommendation.remediation,
        "categories": [recommendation.category],
        "severity": recommendation.severity,
        "userImpact": recommendation.impact,
        "implementationEffort": recommendation.effort,
        "threats": recommendation.threats,
        "assessmentType": "BuiltIn",
        "preview": false,
    })
}
