//! What every answer of Resource Manager, Resource Graph and the query service carries: ids to find it by, and how many
//! requests are left.

use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use std::time::Instant;

use super::answers::with_header;
use super::request::{Asked, Service};
use crate::dice::guid_from;
use crate::state::Azure;

/// What is needed of a request after it was answered.
#[derive(Debug)]
pub(super) struct Traced {
    service: Service,
    method: Method,
    correlation: Option<HeaderValue>,
    client: Option<HeaderValue>,
    /// Whether it went to `Microsoft.Security`, and how many requests to it are left.
    security: Option<u32>,
    hub: Option<String>,
}

impl Traced {
    pub(super) fn of(azure: &Azure, asked: &Asked) -> Self {
        let piece = |wanted: &str| asked.path.iter().any(|piece| piece.eq_ignore_ascii_case(wanted));
        let security = (asked.service == Service::Arm && piece("Microsoft.Security")).then(|| {
            if piece("automations") {
                let subscription = asked.path.get(1).cloned().unwrap_or_default();
                azure.quotas().automations(&subscription, Instant::now())
            } else {
                749
            }
        });
        let namespace = asked.host.split('.').next().unwrap_or_default();
        let hub = asked.path.first().filter(|_| asked.service == Service::EventHubs);
        Self {
            service: asked.service,
            method: asked.method.clone(),
            correlation: asked.headers.get("x-ms-correlation-request-id").cloned(),
            client: asked.headers.get("x-ms-client-request-id").cloned(),
            security,
            hub: hub.map(|hub| format!("{namespace}/{hub}")),
        }
    }

    /// The answer with its headers; refused sends are counted for the metrics.
    pub(super) fn mark(self, azure: &Azure, mut response: Response) -> Response {
        let status = response.status();
        if let Some(hub) = &self.hub {
            match status.as_u16() {
                429 | 503 if response.headers().contains_key("retry-after") => {
                    azure.count_refusal(hub, "ThrottledRequests");
                }
                400..=499 => azure.count_refusal(hub, "UserErrors"),
                500..=599 => azure.count_refusal(hub, "ServerErrors"),
                _ => {}
            }
        }
        if !matches!(self.service, Service::Arm | Service::Graph | Service::Query) {
            return response;
        }
        let mut rng = fastrand::Rng::new();
        let id = guid_from(&mut rng);
        let correlation = self.correlation.and_then(|given| given.to_str().ok().map(str::to_owned));
        let correlation = correlation.unwrap_or_else(|| id.clone());
        response = with_header(response, "x-ms-routing-request-id", &format!("WESTEUROPE:PRACTICE:{id}"));
        response = with_header(response, "x-ms-request-id", &id);
        response = with_header(response, "x-ms-correlation-request-id", &correlation);
        if let Some(client) = self.client {
            response.headers_mut().insert(HeaderName::from_static("x-ms-client-request-id"), client);
        }
        if self.service != Service::Arm {
            return response;
        }
        let throttled = status.as_u16() == 429;
        let (name, left) = match self.method {
            Method::GET | Method::HEAD => ("x-ms-ratelimit-remaining-subscription-reads", "249"),
            Method::DELETE => ("x-ms-ratelimit-remaining-subscription-deletes", "199"),
            _ => ("x-ms-ratelimit-remaining-subscription-writes", "199"),
        };
        response = with_header(response, name, if throttled { "0" } else { left });
        if let Some(left) = self.security {
            let left = if throttled { 0 } else { left };
            let name = "x-ms-ratelimit-remaining-subscription-resource-requests";
            response = with_header(response, name, &left.to_string());
        }
        response
    }
}
