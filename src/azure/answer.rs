//! What a service answered, and what it says when it refuses.

use super::{AzureError, Fault};
use bytes::Bytes;
use jiff::SignedDuration;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

/// What a service answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the service asked to be left alone, in seconds or as an HTTP date relative to its own clock.
    pub fn retry_after(&self) -> Option<SignedDuration> {
        let text = self.header("retry-after")?.trim();
        if let Ok(seconds) = text.parse::<i64>() {
            return Some(SignedDuration::from_secs(seconds.clamp(0, 3600)));
        }
        let date = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp());
        let (until, now) = (date(text)?, date(self.header("date")?)?);
        Some(until.duration_since(now).clamp(SignedDuration::ZERO, SignedDuration::from_secs(3600)))
    }

    /// The JSON of a 2xx answer as its exact type; anything else is the service's error.
    pub fn json<T: DeserializeOwned>(&self, what: &'static str) -> Result<T, AzureError> {
        if !(200..300).contains(&self.status) {
            return Err(AzureError::Service(self.fault()));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let detail = match self.header("content-type") {
                Some(kind) if !kind.contains("json") => format!("{kind} instead of JSON"),
                _ => error.to_string(),
            };
            AzureError::Shape { what, detail }
        })
    }

    /// The service's error, in either of the two shapes that Azure's services answer, or as plain text.
    pub fn fault(&self) -> Fault {
        let json: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let field = |names: [&str; 2]| {
            let root = json.as_ref()?;
            let error = root.get("error").unwrap_or(root);
            names.iter().find_map(|name| text(error.get(name)?))
        };
        let mut code = field(["code", "ErrorCode"]).or_else(|| json.as_ref().and_then(|root| text(root.get("error")?)));
        // Resource Graph hides the code that matters one level down.
        let inner = json.as_ref().and_then(|root| text(root.pointer("/error/details/0/code")?));
        if inner.as_deref() == Some("ResponsePayloadTooLarge") {
            code = inner;
        }
        let message = field(["message", "Message"])
            .or_else(|| json.as_ref().and_then(|root| text(root.get("error_description")?)))
            .unwrap_or_else(|| {
                let text = String::from_utf8_lossy(&self.body);
                plain(detail(&text).unwrap_or(&text))
            });
        let (message, request_id) = (cut(&message, 400), self.request_id());
        Fault { status: self.status, code, message, retry_after: self.retry_after(), request_id }
    }

    /// The id by which the service's support finds the request.
    pub fn request_id(&self) -> Option<String> {
        let names = ["x-ms-correlation-request-id", "x-ms-request-id", "request-id"];
        names.iter().find_map(|name| self.header(name).map(str::to_owned))
    }
}

/// The sentence of an Event Hubs error, `<Error><Code>…</Code><Detail>…</Detail></Error>`.
fn detail(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Detail>")?;
    Some(rest.split_once("</Detail>")?.0)
}

/// Markup without its tags: services behind gateways answer pages.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    let text: String = text.chars().take(4000).collect();
    for c in without(&without(&text, "script"), "style").chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                plain.push(' ');
            }
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    if words.is_empty() { "no explanation was given".to_owned() } else { words.join(" ") }
}

/// A page without the elements of a name, whose content is not for people.
fn without(text: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    let mut rest = text;
    let mut kept = String::new();
    while let Some(at) = rest.to_ascii_lowercase().find(&open) {
        kept.push_str(&rest[..at]);
        rest = rest.to_ascii_lowercase().find(&close).map_or("", |end| &rest[end + close.len()..]);
    }
    kept.push_str(rest);
    kept
}

/// The beginning of a text, whole characters only.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    #[test]
    fn both_shapes_of_errors_and_pages_are_read() {
        let arm = answer(404, r#"{"error":{"code":"ResourceNotFound","message":"gone"}}"#).fault();
        assert_eq!((arm.code.as_deref(), arm.message.as_str()), (Some("ResourceNotFound"), "gone"));
        let other = answer(404, r#"{"HttpStatusCode":404,"ErrorCode":"Not Found","Message":"no such rule"}"#).fault();
        assert_eq!((other.code.as_deref(), other.message.as_str()), (Some("Not Found"), "no such rule"));
        let hub = answer(401, "<Error><Code>401</Code><Detail>'Send' claim(s) are required.</Detail></Error>").fault();
        assert_eq!(hub.message, "'Send' claim(s) are required.");
        let page = answer(502, "<html><script>var x;</script><body><h1>Bad\n gateway</h1></body></html>").fault();
        assert_eq!(page.message, "Bad gateway");
        let entra = answer(401, r#"{"error":"invalid_client","error_description":"AADSTS7000215"}"#).fault();
        assert_eq!((entra.code.as_deref(), entra.message.as_str()), (Some("invalid_client"), "AADSTS7000215"));
        let graph = answer(
            400,
            r#"{"error":{"code":"BadRequest","message":"x","details":[{"code":"ResponsePayloadTooLarge","message":"y"}]}}"#,
        );
        assert!(AzureError::Service(graph.fault()).is_too_large());
    }
}
