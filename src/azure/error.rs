//! What can go wrong between this program and Azure.

use domain::text::chain;
use jiff::SignedDuration;

/// A request that did not lead to a usable answer. The message says what was attempted; secrets are never part of it.
#[derive(Debug, thiserror::Error)]
pub enum AzureError {
    /// The host is not one of the cloud's.
    #[error("{host} is not a host of this cloud; nothing was sent")]
    ForeignHost {
        /// The host that was refused.
        host: String,
    },
    /// No answer came.
    #[error("{host} does not answer")]
    Unreachable {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer is larger than is read.
    #[error("{host} answered more than {limit} bytes")]
    TooLong {
        /// The host.
        host: String,
        /// The most that is read.
        limit: usize,
    },
    /// The service answered with an error of its own.
    #[error("{0}")]
    Service(Fault),
    /// The answer does not have the shape it should have.
    #[error("the answer of {what} is not as it should be: {detail}")]
    Shape {
        /// What was asked for.
        what: &'static str,
        /// Path and fault.
        detail: String,
    },
    /// No token could be had.
    #[error("cannot sign in for {scope}: {detail}")]
    Token {
        /// What the token is for.
        scope: String,
        /// What the identity says.
        detail: String,
    },
    /// Resource Manager did not confirm that a host is one of Event Hubs: no token is sent there.
    #[error("no token was sent to {host}: Resource Manager does not confirm it as an Event Hubs namespace ({why})")]
    Unconfirmed {
        /// The host.
        host: String,
        /// What is missing or otherwise.
        why: String,
    },
    /// The program stops; nothing was asked.
    #[error("the program stops")]
    Stopping,
    /// The client could not be built.
    #[error("cannot set up outgoing connections")]
    Setup(#[source] reqwest::Error),
}

/// An error that a service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// HTTP status.
    pub status: u16,
    /// The service's own code, where it gave one.
    pub code: Option<String>,
    /// The service's own message, cut to a sentence or two.
    pub message: String,
    /// How long the service asked to be left alone.
    pub retry_after: Option<SignedDuration>,
    /// The id under which the service, and its support, find the request.
    pub request_id: Option<String>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{} {code}: {}", self.status, self.message),
            None => write!(f, "{}: {}", self.status, self.message),
        }
    }
}

impl Fault {
    /// Whether the token was given by another tenant than the one that is asked.
    pub fn is_of_another_tenant(&self) -> bool {
        self.status == 401
            && self.code.as_deref().is_some_and(|code| code.eq_ignore_ascii_case("InvalidAuthenticationTokenTenant"))
    }
}

impl AzureError {
    /// The service's error, if the service answered one.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Service(fault) => Some(fault),
            _ => None,
        }
    }

    /// Whether the same question may be answered later: nothing was said about what was asked.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Stopping | Self::Token { .. } => true,
            Self::Service(fault) => matches!(fault.status, 408 | 429 | 500..=599),
            _ => false,
        }
    }

    /// Whether Resource Graph refused to answer that much at once.
    pub fn is_too_large(&self) -> bool {
        self.fault().is_some_and(|fault| {
            fault.code.as_deref() == Some("ResponsePayloadTooLarge")
                || fault.message.contains("ResponsePayloadTooLarge")
        })
    }

    /// The sentence for people: the error and what caused it. The same each time the same thing goes wrong.
    pub fn sentence(&self) -> String {
        chain(self)
    }

    /// The sentence with the id of the request, for whoever asked once and may want to show it to support.
    pub fn told(&self) -> String {
        let id = self.fault().and_then(|fault| fault.request_id.as_ref());
        id.map_or_else(|| self.sentence(), |id| format!("{} (request {id})", self.sentence()))
    }
}
