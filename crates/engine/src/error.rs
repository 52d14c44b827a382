//! The error catalogue: every condition a caller can meet, with a code that edges map exhaustively.

use origem_domain::position::Position;
use origem_log::{AppendError, ReadError};
use origem_projector::ProjectError;
use origem_views::rows::RowsError;

/// What a caller is told, in a word. Edges map it to their own codes with no `_` arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorCode {
    /// Nothing of that name.
    NotFound,
    /// The request makes no sense.
    Invalid,
    /// The caller did not prove who it is.
    Unauthorised,
    /// More than the limit.
    TooLarge,
    /// Too much at once; try again.
    Overloaded,
    /// The log cannot take or give events.
    LogUnavailable,
    /// The views cannot be read.
    ViewsUnavailable,
    /// The views are not as far as asked yet.
    NotThereYet,
}

impl ErrorCode {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::Unauthorised => "unauthorised",
            Self::TooLarge => "too_large",
            Self::Overloaded => "overloaded",
            Self::LogUnavailable => "log_unavailable",
            Self::ViewsUnavailable => "views_unavailable",
            Self::NotThereYet => "not_there_yet",
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::Overloaded | Self::LogUnavailable | Self::ViewsUnavailable | Self::NotThereYet => true,
            Self::NotFound | Self::Invalid | Self::Unauthorised | Self::TooLarge => false,
        }
    }
}

/// Why a use case could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No conversation of that id or alias.
    #[error("no conversation {what}")]
    NoConversation {
        /// What was asked for.
        what: String,
    },
    /// A value of the request makes no sense.
    #[error("{what} is not valid: {reason}")]
    Invalid {
        /// Which value.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// More deliveries wait for the log than it can take.
    #[error("too many deliveries wait to be written; try again")]
    Overloaded,
    /// The log refused.
    #[error("the log cannot take the delivery")]
    Append(#[source] AppendError),
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[source] ReadError),
    /// The views cannot be read.
    #[error("the views cannot be read")]
    Rows(#[from] RowsError),
    /// The projector cannot start.
    #[error("the projector cannot start")]
    Projector(#[from] ProjectError),
    /// The views did not come as far as asked in time.
    #[error("the views have not reached {position} yet")]
    NotThereYet {
        /// What was waited for.
        position: Position,
    },
    /// The engine is shutting down.
    #[error("the engine is shutting down")]
    Closed,
}

impl EngineError {
    /// What a caller is told, in a word.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoConversation { .. } => ErrorCode::NotFound,
            Self::Invalid { .. } => ErrorCode::Invalid,
            Self::Overloaded => ErrorCode::Overloaded,
            Self::Append(AppendError::RecordTooLarge { .. } | AppendError::BatchTooLarge { .. }) => ErrorCode::TooLarge,
            Self::Append(_) | Self::Log(_) | Self::Closed => ErrorCode::LogUnavailable,
            Self::Rows(_) | Self::Projector(_) => ErrorCode::ViewsUnavailable,
            Self::NotThereYet { .. } => ErrorCode::NotThereYet,
        }
    }
}
