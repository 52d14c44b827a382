//! What a caller is told when something is refused. The members of RFC 9457 stand beside our own.

use serde::Serialize;
use utoipa::ToSchema;

use crate::json::FaultDetail;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// What programs read.
    pub error: ProblemDetail,
    /// RFC 9457: always `about:blank`; `error.code` tells what it is.
    #[serde(rename = "type")]
    pub type_: &'static str,
    /// RFC 9457: the name of the status.
    pub title: &'static str,
    /// RFC 9457: the status.
    pub status: u16,
    /// RFC 9457: the message once more.
    pub detail: String,
}

/// What programs read of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemDetail {
    /// A word that stays the same: `not_found`, `invalid`, `unauthorised`, ...
    pub code: &'static str,
    /// For a person; may change.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Everything that is wrong with what was sent, where it was an entry of the directory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultDetail>,
    /// Of a command that was refused: the agent who has the ticket now. Absent if nobody has, or the caller may not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Person>,
    /// Of a command that was refused: the revision of the ticket now; 0 where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Of `lead_in_two_teams`: where the lead is already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
}

/// Another conversation that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Elsewhere {
    /// The conversation, by id.
    #[schema(example = "cv_5f1c0a9be3d27764")]
    pub conversation: String,
    /// Its team, by id.
    #[schema(example = "sales")]
    pub team: String,
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Person {
    /// The id.
    #[schema(example = "ana")]
    pub id: String,
    /// The name, as far as the directory has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Problem {
    /// A refusal with an HTTP status and its name.
    #[must_use]
    pub fn new(code: &'static str, message: String, retryable: bool, status: u16, title: &'static str) -> Self {
        Self {
            error: ProblemDetail {
                code,
                message: message.clone(),
                retryable,
                faults: Vec::new(),
                owner: None,
                revision: None,
                elsewhere: None,
            },
            type_: "about:blank",
            title,
            status,
            detail: message,
        }
    }

    /// The same with whoever has the ticket, and its revision.
    #[must_use]
    pub fn with_owner(mut self, (owner, revision): (Option<Person>, Option<u64>)) -> Self {
        self.error.owner = owner;
        self.error.revision = revision;
        self
    }

    /// The same with what stands in the way.
    #[must_use]
    pub fn with_elsewhere(mut self, elsewhere: Option<Elsewhere>) -> Self {
        self.error.elsewhere = elsewhere;
        self
    }

    /// The same with everything that is wrong.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<FaultDetail>) -> Self {
        self.error.faults = faults;
        self
    }
}
