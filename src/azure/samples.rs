//! Sample alerts of Defender for Cloud (Microsoft.Security alerts 2022-01-01, `alerts/default/simulate`).

use super::{Arm, AzureError, request::Ask};
use domain::{SubscriptionId, sample::Bundle};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

impl Arm {
    /// Asks for the sample alerts of a group. They appear after some minutes. Answers the address where Azure says how far
    /// it is.
    pub async fn simulate(&self, subscription: &SubscriptionId, bundle: Bundle) -> Result<Option<String>, AzureError> {
        #[derive(Deserialize)]
        struct Location {
            name: String,
        }
        let base = format!("/subscriptions/{subscription}/providers/Microsoft.Security/locations");
        let places: Vec<Location> =
            self.list(&format!("{base}?api-version=2015-06-01-preview"), "Defender's locations").await?;
        let what = "Defender's locations";
        let place =
            places.into_iter().next().ok_or(AzureError::Shape { what, detail: "there is none".to_owned() })?.name;
        let url = self.url(&format!("{base}/{place}/alerts/default/simulate?api-version=2022-01-01"));
        let body = json!({ "properties": { "kind": "Bundles", "bundles": [bundle.as_str()] } });
        let answer = self.ask(&Ask::post(url, self.scope()).with(&body)).await?;
        match answer.status {
            200..300 => {
                Ok(answer.header("location").or_else(|| answer.header("azure-asyncoperation")).map(str::to_owned))
            }
            _ => Err(AzureError::Service(answer.fault())),
        }
    }

    /// What Azure says of sample alerts that were asked for: the status word of the operation.
    pub async fn simulation(&self, status_url: &str) -> Result<String, AzureError> {
        let host = Url::parse(status_url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        if !host.eq_ignore_ascii_case(&self.http().cloud.arm_host) {
            return Err(AzureError::ForeignHost { host });
        }
        let answer = self.ask(&Ask::get(status_url.to_owned(), self.scope())).await?;
        if answer.status == 202 {
            return Ok("InProgress".to_owned());
        }
        let body: Value = answer.json("the status of sample alerts")?;
        Ok(body.get("status").and_then(Value::as_str).unwrap_or("Succeeded").to_owned())
    }
}
