//! What a destination answered, and what that means for the conversions that were sent.

use std::time::Duration;

use serde_json::Value;

use crate::conversion::Reason;

/// What came back of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    pub status: u16,
    /// How long the destination wants to be left alone.
    pub retry_after: Option<Duration>,
    /// As much of the body as is worth keeping.
    pub body: Vec<u8>,
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The destination has all of it.
    Taken { trace: Option<String> },
    /// The destination will not take the request as it is.
    Faulty { reason: Reason, trace: Option<String> },
    /// To be tried again: the destination is away or busy, or does not let us in.
    Later { reason: Reason, after: Option<Duration> },
}

impl Response {
    pub(crate) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// To be tried again, when the destination says.
    pub(crate) fn later(&self, code: &str, message: impl Into<String>) -> Verdict {
        Verdict::Later {
            reason: Reason::new(code, message),
            after: self.retry_after,
        }
    }

    /// The status and the beginning of the body, for a person.
    pub(crate) fn told(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let body = body.trim();
        match body {
            "" => format!("it answered {}", self.status),
            body => format!("it answered {}: {}", self.status, short(body)),
        }
    }
}

/// The beginning of what others wrote: enough for a person to see what is meant.
pub(crate) fn short(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    let plain = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(CHARS_MAX).collect()
}
