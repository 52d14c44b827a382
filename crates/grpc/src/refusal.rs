//! Refusals: every condition a caller can meet at this edge, with its status and word.

use origem_access::{Denied, Ended, Unproven};
use origem_engine::{EngineError, ErrorCode};
use origem_wire::proto::{NotUnderstood, Problem};
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};
use tracing::warn;

/// Metadata of a refusal: the word of the HTTP API.
const CODE: &str = "origem-code";
/// Metadata of a refusal: whether the same request may succeed later.
const RETRYABLE: &str = "origem-retryable";

/// Why a call was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A field makes no sense.
    #[error(transparent)]
    Message(#[from] NotUnderstood),
    /// A value makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// More than one call may bring.
    #[error("{count} submissions in one call, the limit is {limit}: split them")]
    TooMany { count: usize, limit: usize },
    /// The caller did not prove who it is.
    #[error(transparent)]
    Unproven(#[from] Unproven),
    /// The caller is known, and may not do that.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The caller is known, and does not see that conversation.
    #[error("this conversation is not visible to you: somebody else has it, or it is of another team")]
    NotVisible,
    /// A task of ours was lost; the log says why.
    #[error("the server could not carry out the request")]
    Lost,
}

/// The status of what the engine says. No `_` arm: a new code must find its status here.
const fn status_of(code: ErrorCode) -> Code {
    match code {
        ErrorCode::NotFound => Code::NotFound,
        ErrorCode::HistoryGone => Code::FailedPrecondition,
        ErrorCode::Invalid => Code::InvalidArgument,
        ErrorCode::Conflict => Code::FailedPrecondition,
        ErrorCode::Unauthorised => Code::Unauthenticated,
        ErrorCode::Forbidden => Code::PermissionDenied,
        // As tonic answers a message over its limit.
        ErrorCode::TooLarge => Code::OutOfRange,
        ErrorCode::Overloaded
        | ErrorCode::LogUnavailable
        | ErrorCode::ViewsUnavailable
        | ErrorCode::NotThereYet
        | ErrorCode::PartitionUnavailable => Code::Unavailable,
    }
}

impl Refusal {
    /// `None`: our own fault.
    fn engine_code(&self) -> Option<ErrorCode> {
        match self {
            Self::Engine(error) => Some(error.code()),
            Self::Message(_) | Self::Invalid(_) => Some(ErrorCode::Invalid),
            Self::TooMany { .. } => Some(ErrorCode::TooLarge),
            Self::Unproven(_) => Some(ErrorCode::Unauthorised),
            Self::Denied(_) | Self::NotVisible => Some(ErrorCode::Forbidden),
            Self::Lost => None,
        }
    }

    fn status(&self) -> Code {
        match self {
            Self::Unproven(Unproven::TooMany { .. }) => Code::ResourceExhausted,
            _ => self.engine_code().map_or(Code::Internal, status_of),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.name(),
            Self::NotVisible => "not_visible",
            Self::Denied(denied) => denied.code(),
            Self::Unproven(Unproven::TooMany { .. }) => "too_many_attempts",
            _ => self.engine_code().map_or("internal", ErrorCode::name),
        }
    }

    /// Whether the same request may succeed later.
    pub(crate) fn is_retryable(&self) -> bool {
        self.engine_code().is_none_or(ErrorCode::is_retryable)
    }

    /// The caller gets the safe message, the log the chain. Only these: other refusals may quote the request.
    fn log(&self) {
        // That the server ends is no news, and every stream is told.
        let is_end = matches!(self, Self::Engine(EngineError::Closed));
        if !is_end && matches!(self.status(), Code::Unavailable | Code::Internal) {
            let error: &dyn std::error::Error = self;
            warn!(code = self.word(), error, "call refused");
        }
    }

    /// The refusal as a part of a stream that goes on.
    pub(crate) fn problem(&self) -> Problem {
        self.log();
        Problem {
            code: self.word().to_owned(),
            message: self.to_string(),
            retryable: self.is_retryable(),
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        refusal.log();
        let mut status = Self::new(refusal.status(), refusal.to_string());
        let retryable = if refusal.is_retryable() { "true" } else { "false" };
        let metadata = status.metadata_mut();
        metadata.insert(CODE, MetadataValue::from_static(refusal.word()));
        metadata.insert(RETRYABLE, MetadataValue::from_static(retryable));
        status
    }
}

impl From<Ended> for Refusal {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Unproven(why) => Self::Unproven(why),
            Ended::Engine(error) => Self::Engine(error),
        }
    }
}

impl From<tokio::task::JoinError> for Refusal {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Lost
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_code_of_the_engine_has_its_status() {
        for (code, status, retryable) in [
            (ErrorCode::NotFound, Code::NotFound, "false"),
            (ErrorCode::HistoryGone, Code::FailedPrecondition, "false"),
            (ErrorCode::Invalid, Code::InvalidArgument, "false"),
            (ErrorCode::Conflict, Code::FailedPrecondition, "false"),
            (ErrorCode::Unauthorised, Code::Unauthenticated, "false"),
            (ErrorCode::Forbidden, Code::PermissionDenied, "false"),
            (ErrorCode::TooLarge, Code::OutOfRange, "false"),
            (ErrorCode::Overloaded, Code::Unavailable, "true"),
            (ErrorCode::LogUnavailable, Code::Unavailable, "true"),
            (ErrorCode::ViewsUnavailable, Code::Unavailable, "true"),
            (ErrorCode::NotThereYet, Code::Unavailable, "true"),
            (ErrorCode::PartitionUnavailable, Code::Unavailable, "true"),
        ] {
            let message = "why".to_owned();
            let told = Status::from(Refusal::Engine(EngineError::Peer { code, message }));
            assert_eq!((told.code(), told.message()), (status, "why"));
            assert_eq!(
                told.metadata().get(CODE).map(MetadataValue::as_bytes),
                Some(code.name().as_bytes())
            );
            assert_eq!(
                told.metadata().get(RETRYABLE).map(MetadataValue::as_bytes),
                Some(retryable.as_bytes())
            );
        }
    }

    #[test]
    fn refusals_of_the_edge_have_the_words_of_the_engine() {
        for (refusal, status, word, retryable) in [
            (
                Refusal::Message(NotUnderstood::Missing("id")),
                Code::InvalidArgument,
                "invalid",
                false,
            ),
            (Refusal::Invalid(String::new()), Code::InvalidArgument, "invalid", false),
            (
                Refusal::TooMany { count: 2, limit: 1 },
                Code::OutOfRange,
                "too_large",
                false,
            ),
            (
                Refusal::Unproven(Unproven::Missing),
                Code::Unauthenticated,
                "unauthorised",
                false,
            ),
            (
                Refusal::Denied(Denied::NoAgent),
                Code::PermissionDenied,
                "forbidden",
                false,
            ),
            (
                Refusal::Unproven(Unproven::TooMany {
                    retry_after: Duration::from_secs(3),
                }),
                Code::ResourceExhausted,
                "too_many_attempts",
                false,
            ),
            (Refusal::NotVisible, Code::PermissionDenied, "not_visible", false),
            (Refusal::Lost, Code::Internal, "internal", true),
        ] {
            let problem = refusal.problem();
            assert_eq!(
                (refusal.status(), problem.code.as_str(), problem.retryable),
                (status, word, retryable)
            );
        }
    }
}
