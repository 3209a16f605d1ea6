//! Who answered a question: the console shows it beside what it concludes from the answer.
//!
//! The clients return what they were asked for and nothing else; the one function through which requests leave notes the last
//! answer here, for whoever is listening around the question.

use super::Answer;
use domain::verdict::{Known, Origin};
use std::{cell::RefCell, time::Duration};

tokio::task_local! {
    static LAST: RefCell<Option<Origin>>;
}

/// Notes an answer, where somebody listens.
pub(super) fn note(host: &str, answer: &Answer) {
    let _ = LAST.try_with(|last| {
        let at = answer.header("date").and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        last.replace(Some(Origin {
            source: host.to_owned(),
            at: at.map(|date| date.timestamp()),
            request: answer.request_id(),
        }))
    });
}

/// What Azure answers within this time and who answered, or the sentence that says why there is none.
pub async fn known<T>(patience: Duration, question: impl Future<Output = Result<T, super::AzureError>>) -> Known<T> {
    let listening = LAST.scope(RefCell::new(None), async {
        let found = tokio::time::timeout(patience, question).await;
        (found, LAST.with(|last| last.borrow_mut().take()))
    });
    let (found, origin) = listening.await;
    let found = match found {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(error.told()),
        Err(_) => Err(format!("Azure took longer than {} ms to answer.", patience.as_millis())),
    };
    Known { found, origin }
}
