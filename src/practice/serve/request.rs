//! A request after the first look: which service it is for, its path in pieces, its query.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;

use crate::faults::Fault;

/// The services of the practice Azure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Token,
    Arm,
    Graph,
    EventHubs,
    Ingestion,
    Query,
    /// The machine's own identity.
    Identity,
    /// The description of the cloud.
    Metadata,
    /// `/_practice`
    Control,
}

impl Service {
    /// As faults name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token | Self::Identity => "token",
            Self::Arm | Self::Metadata => "arm",
            Self::Graph => "graph",
            Self::EventHubs => "event-hubs",
            Self::Ingestion => "ingestion",
            Self::Query => "query",
            Self::Control => "practice",
        }
    }
}

/// A request.
#[derive(Debug)]
pub(crate) struct Asked {
    pub service: Service,
    pub method: Method,
    /// Where absolute links of the answer point: the host the request came with.
    pub link_base: String,
    pub loopback: bool,
    /// The service's own host (`siem-prod.servicebus.windows.net`); on loopback the piece of the path that stands for it.
    pub host: String,
    /// Path pieces below the service, percent-decoded.
    pub path: Vec<String>,
    /// Query parameters, percent-decoded, names in lower case.
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The faults that strike this request.
    pub faults: Vec<Fault>,
}

impl Asked {
    /// Tells by host and path what is asked; `None` when no service has that host.
    pub(super) fn new(parts: &Parts, origin: &str) -> Option<Self> {
        let authority = parts.uri.authority().map(axum::http::uri::Authority::as_str);
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(authority)?.to_lowercase();
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
        let mut path: Vec<String> =
            parts.uri.path().split('/').filter(|piece| !piece.is_empty()).map(percent_decode).collect();
        let loopback = name == "localhost"
            || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let (service, named, link_base) = if loopback {
            let (service, named) = by_path(&mut path);
            (service, named, if host.contains(':') { format!("http://{host}") } else { origin.to_owned() })
        } else {
            (by_host(name, &path)?, name.to_owned(), format!("https://{name}"))
        };
        Some(Self {
            service,
            method: parts.method.clone(),
            link_base,
            loopback,
            host: named,
            path,
            query: read_query(parts.uri.query().unwrap_or_default()),
            headers: parts.headers.clone(),
            body: Bytes::new(),
            faults: Vec::new(),
        })
    }

    /// A query parameter by its name in lower case.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The path pieces in lower case, for matching.
    pub(super) fn lower(&self) -> Vec<String> {
        self.path.iter().map(|piece| piece.to_lowercase()).collect()
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}

fn by_host(host: &str, path: &[String]) -> Option<Service> {
    match host {
        "login.microsoftonline.com" => Some(Service::Token),
        "management.azure.com" => Some(arm_or_graph(path)),
        "169.254.169.254" => Some(Service::Identity),
        "api.loganalytics.azure.com" | "api.loganalytics.io" | "api.loganalytics.us" => Some(Service::Query),
        _ if host.ends_with(".servicebus.windows.net") => Some(Service::EventHubs),
        _ if host.ends_with(".ingest.monitor.azure.com") => Some(Service::Ingestion),
        _ => None,
    }
}

/// Takes the service's own piece off the path.
fn by_path(path: &mut Vec<String>) -> (Service, String) {
    let first = path.first().map(String::as_str).unwrap_or_default();
    match first {
        "_practice" => (Service::Control, path.remove(0)),
        "query" => (Service::Query, path.remove(0)),
        "event-hubs" | "ingest" if path.len() > 1 => {
            let service = if first == "ingest" { Service::Ingestion } else { Service::EventHubs };
            path.remove(0);
            (service, path.remove(0).to_lowercase())
        }
        "metadata" | "identity" if path.last().is_some_and(|last| last == "token") => {
            (Service::Identity, String::new())
        }
        "subscriptions" | "providers" | "metadata" => (arm_or_graph(path), String::new()),
        _ => {
            let pieces: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
            let login = matches!(
                pieces.as_slice(),
                ["oauth2", ..] | ["v2.0", ".well-known", ..] | ["discovery", "instance" | "v2.0"]
            );
            (if login { Service::Token } else { Service::Arm }, String::new())
        }
    }
}

fn arm_or_graph(path: &[String]) -> Service {
    if path.first().is_some_and(|piece| piece.eq_ignore_ascii_case("metadata")) {
        return Service::Metadata;
    }
    let graph = path.get(1).is_some_and(|piece| piece.eq_ignore_ascii_case("Microsoft.ResourceGraph"));
    if graph { Service::Graph } else { Service::Arm }
}

fn read_query(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name).to_lowercase(), percent_decode(&value.replace('+', " ")))
        })
        .collect()
}

/// The fields of a form body.
pub(super) fn read_form(body: &[u8]) -> Vec<(String, String)> {
    read_query(&String::from_utf8_lossy(body))
}

/// Undoes percent-encoding; what is not valid stays as it is.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let (b'%', Some(value)) = (byte, digits) {
            decoded.push(value);
            at += 3;
        } else {
            decoded.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_are_decoded() {
        assert_eq!(percent_decode("a%2Fb%3d%zz"), "a/b=%zz");
        assert_eq!(
            read_query("%24skiptoken=x%2B&API-version=1"),
            vec![("$skiptoken".into(), "x+".into()), ("api-version".into(), "1".into())]
        );
    }
}
