//! What goes out and what comes back, the same for both kinds of targets.

use super::Reply;
use azure::{Answer, AzureError};
use bytes::Bytes;
use std::time::Duration;
use store::AttemptAnswer;

/// How long a request may take.
pub(super) const TIMEOUT: Duration = Duration::from_mins(1);
/// The most of an answer's body that is kept.
const MOST_KEPT: usize = 20_000;

/// A request's body and how many of the claimed events it carries.
pub struct Batch {
    /// Events taken from the head.
    pub events: usize,
    /// Size that counts against the target's limit, in bytes.
    pub size: usize,
    /// The body.
    pub body: Bytes,
    /// Something the receipt should say.
    pub note: Option<String>,
}

/// What came back, for judging and for the record.
pub struct Sent {
    /// For judging.
    pub reply: Reply,
    /// For the record.
    pub answer: AttemptAnswer,
}

impl Sent {
    fn read(answer: &Answer, accepted: u16) -> Self {
        let headers: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "set-cookie")
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("(not text)")))
            .collect();
        let body: String = String::from_utf8_lossy(&answer.body).chars().take(MOST_KEPT).collect();
        let reply = if answer.status == accepted {
            let id =
                ["x-ms-request-id", "x-ms-client-request-id", "trackingid"].iter().find_map(|name| answer.header(name));
            let id = id.map(|id| format!(", request {id}")).unwrap_or_default();
            let date = answer.header("date").map(|date| format!(" at {date}")).unwrap_or_default();
            Reply::Accepted { receipt: format!("{accepted}{date}{id}") }
        } else {
            let fault = answer.fault();
            let said = match &fault.code {
                Some(code) if !fault.message.contains(code.as_str()) => format!("{code}: {}", fault.message),
                _ => fault.message,
            };
            Reply::Refused { status: answer.status, said, retry_after: fault.retry_after }
        };
        let error = match &reply {
            Reply::Refused { said, .. } => Some(said.clone()),
            _ => None,
        };
        Self {
            reply,
            answer: AttemptAnswer { status: Some(answer.status), headers: headers.join("\n"), answer: body, error },
        }
    }

    /// What came of a request; only `accepted` means that the events were taken.
    pub(super) fn of(result: Result<Answer, AzureError>, accepted: u16) -> Self {
        let error = match result {
            Ok(answer) => return Self::read(&answer, accepted),
            Err(error) => error,
        };
        let why = error.sentence();
        match error {
            AzureError::Unconfirmed { .. } => Self::not_sent(why.clone(), Reply::Unconfirmed { why }),
            AzureError::Token { .. } => Self::not_sent(why.clone(), Reply::NoSignIn { why }),
            _ => Self::not_sent(why.clone(), Reply::Silent { why }),
        }
    }

    pub(super) fn no_sign_in(why: String) -> Self {
        Self::not_sent(why.clone(), Reply::NoSignIn { why })
    }

    fn not_sent(why: String, reply: Reply) -> Self {
        Self { reply, answer: AttemptAnswer { error: Some(why), ..AttemptAnswer::default() } }
    }
}
