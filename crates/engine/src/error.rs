//! The error catalogue: every condition a caller can meet, with a code that edges map exhaustively.

use std::collections::BTreeSet;

use origem_codec::directory::ChangeError;
use origem_domain::decide;
use origem_domain::directory::Faults;
use origem_domain::key::TouchId;
use origem_domain::position::{Offset, Partition, Position, Positions};
use origem_log::{AppendError, ReadError};
use origem_projector::ProjectError;
use origem_views::rows::RowsError;
use serde::{Deserialize, Serialize};

use crate::question::Refused;

/// What a caller is told, in a word. Edges map it to their own codes with no `_` arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ErrorCode {
    /// Nothing of that name.
    NotFound,
    /// What the log held of it was given up.
    HistoryGone,
    /// The request makes no sense.
    Invalid,
    /// Something else is under way, or not there yet, that it does not go together with.
    Conflict,
    /// The caller did not prove who it is.
    Unauthorised,
    /// The caller may not.
    Forbidden,
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
    /// A part of the views is on its way from one instance to another, or its instance cannot be reached.
    PartitionUnavailable,
}

impl ErrorCode {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::HistoryGone => "history_gone",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::Unauthorised => "unauthorised",
            Self::Forbidden => "forbidden",
            Self::TooLarge => "too_large",
            Self::Overloaded => "overloaded",
            Self::LogUnavailable => "log_unavailable",
            Self::ViewsUnavailable => "views_unavailable",
            Self::NotThereYet => "not_there_yet",
            Self::PartitionUnavailable => "partition_unavailable",
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::Overloaded
            | Self::LogUnavailable
            | Self::ViewsUnavailable
            | Self::NotThereYet
            | Self::PartitionUnavailable => true,
            Self::NotFound
            | Self::HistoryGone
            | Self::Invalid
            | Self::Conflict
            | Self::Unauthorised
            | Self::Forbidden
            | Self::TooLarge => false,
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
    /// A part of the log that a past is told from was given up.
    #[error(
        "the log does not hold the event at {position} any more, so this moment of the conversation cannot be told; a backup has it"
    )]
    HistoryGone {
        /// The first event that is missing.
        position: Position,
    },
    /// Changes after a place were given up before they were asked for.
    #[error(
        "the log does not hold the changes after {seen} any more; read what is of interest again, then follow from now on"
    )]
    ChangesGone {
        /// The last change that was seen.
        seen: Position,
    },
    /// More events than the past is told from.
    #[error(
        "the past of a conversation of {events} events cannot be told, the limit is {limit}; ask for an earlier moment"
    )]
    TooLong {
        /// How many concern the conversation.
        events: usize,
        /// How many may.
        limit: usize,
    },
    /// Nothing is odd about the event, or there is none.
    #[error("there is no anomaly at {position}; `GET /v1/anomalies` lists those there are")]
    NoAnomaly {
        /// Where it was looked for.
        position: Position,
    },
    /// The conversation has no such touch.
    #[error("no touch {touch} in that conversation; its timeline has the ids of all")]
    NoTouch {
        /// Which.
        touch: TouchId,
    },
    /// No rebuild of that number.
    #[error("there is no rebuild {id}; `GET /v1/admin/rebuilds` lists those that are remembered")]
    NoRebuild {
        /// What was asked for.
        id: String,
    },
    /// One at a time.
    #[error("a rebuild is under way; wait for its end, or cancel it")]
    RebuildRunning,
    /// A rebuild would lose what the log does not hold any more.
    #[error(
        "the log begins at {start}{since}, and a rebuild would lose what the views hold from before it: {events} events; a dry run \
         shows which conversations that is; restore a backup of the log that has them, or accept the loss: `accept_loss`, `--accept-loss`"
    )]
    LogTooShort {
        /// The first position that there is.
        start: Position,
        /// When that was received, as `, received <time>`; empty where that cannot be told.
        since: String,
        /// How many are gone: a number, or `up to` a number.
        events: String,
    },
    /// No other generation of the views is kept.
    #[error("no views are kept to go back to: they are kept from a switch to the next one, or until they are pruned")]
    NothingKept,
    /// The kept views cannot be used.
    #[error("the views that are kept cannot serve again: {reason}; prune them")]
    Unusable {
        /// Why.
        reason: &'static str,
    },
    /// A rebuild was ended before it could do what it was asked.
    #[error("the views were given up here before it was done: {reason}")]
    Abandoned {
        /// Why.
        reason: &'static str,
    },
    /// A command is not carried out.
    #[error("{refusal}{}", named(owner_name.as_deref()))]
    Refused {
        /// Why, and whoever has the ticket now.
        refusal: Box<decide::Refusal>,
        /// The name of whoever has the ticket now, as the directory has it.
        owner_name: Option<String>,
    },
    /// An idempotency key came with another command.
    #[error("the idempotency key was used for another command on this conversation; take a new one for each")]
    KeyReused,
    /// Others were faster, again and again.
    #[error("other commands on the same ticket came first, again and again; try again")]
    Contended,
    /// A value of the request makes no sense.
    #[error("{what} is not valid: {reason}")]
    Invalid {
        /// Which value.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// No entry of that id in the directory.
    #[error("no {kind} {id} in the directory")]
    NoEntry {
        /// The kind.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// Links of all accounts share their addresses.
    #[error(
        "another account has the link {code}, and one address cannot lead to both; take another code, such as one that begins with a name of your own"
    )]
    LinkTaken {
        /// The code.
        code: String,
    },
    /// An entry of the directory makes no sense.
    #[error(transparent)]
    Faulty(#[from] Faults),
    /// There is nowhere to keep entries.
    #[error("the directory cannot be written: {reason}")]
    NoDirectory {
        /// Why, and what to do.
        reason: String,
    },
    /// The directory cannot be read.
    #[error("the directory cannot be read")]
    Directory(#[from] ChangeError),
    /// More deliveries wait for the log than it can take.
    #[error("too many deliveries wait to be written; try again")]
    Overloaded,
    /// More questions of this kind are being answered than there is room for.
    #[error("too many questions wait for an answer; try again")]
    Crowded,
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
    #[error("the views have not reached {positions} yet")]
    NotThereYet {
        /// What was waited for.
        positions: Positions,
    },
    /// The views of a partition are being folded from the log.
    #[error("the views of partition {partition} are being folded: {next} of {tail} events; try again")]
    Loading {
        /// The partition.
        partition: Partition,
        /// How far they are.
        next: Offset,
        /// How far they have to go, when last looked.
        tail: Offset,
    },
    /// The views of a partition are not projected any more.
    #[error("the views of partition {partition} are no longer kept up to date here: the log says why; try again")]
    Stopped {
        /// The partition.
        partition: Partition,
    },
    /// No instance serves the partitions at the moment.
    #[error("no instance serves partition {} at the moment; try again", list(partitions))]
    Nobody {
        /// Which.
        partitions: BTreeSet<Partition>,
    },
    /// The instance that serves a partition cannot be asked.
    #[error("the instance that has a part of the views cannot be asked: {reason}; try again")]
    Unreachable {
        /// Why.
        reason: String,
    },
    /// Another instance answered with an error.
    #[error("{message}")]
    Peer {
        /// Which.
        code: ErrorCode,
        /// For a person.
        message: String,
    },
    /// The engine is shutting down.
    #[error("the engine is shutting down")]
    Closed,
}

impl EngineError {
    /// The name in JSON: of a command that is not carried out, of its reason; else of the code.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refused { refusal, .. } => refusal.reason.code(),
            Self::KeyReused => "idempotency_key_reused",
            _ => self.code().name(),
        }
    }

    /// What a caller is told, in a word.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoConversation { .. }
            | Self::NoAnomaly { .. }
            | Self::NoTouch { .. }
            | Self::NoRebuild { .. }
            | Self::NoEntry { .. } => ErrorCode::NotFound,
            Self::RebuildRunning | Self::LogTooShort { .. } | Self::NothingKept | Self::Unusable { .. } => {
                ErrorCode::Conflict
            }
            Self::Abandoned { .. } => ErrorCode::PartitionUnavailable,
            Self::Refused { refusal, .. } if refusal.reason.is_forbidden() => ErrorCode::Forbidden,
            Self::Refused { refusal, .. } if refusal.reason.is_malformed() => ErrorCode::Invalid,
            Self::Refused { .. } | Self::KeyReused | Self::LinkTaken { .. } => ErrorCode::Conflict,
            Self::Contended => ErrorCode::Overloaded,
            Self::Invalid { .. } | Self::Faulty(_) => ErrorCode::Invalid,
            Self::Overloaded | Self::Crowded => ErrorCode::Overloaded,
            Self::HistoryGone { .. } | Self::ChangesGone { .. } => ErrorCode::HistoryGone,
            Self::TooLong { .. } => ErrorCode::TooLarge,
            Self::Append(AppendError::RecordTooLarge { .. } | AppendError::BatchTooLarge { .. }) => ErrorCode::TooLarge,
            Self::Append(_) | Self::Log(_) | Self::NoDirectory { .. } | Self::Closed => ErrorCode::LogUnavailable,
            Self::Rows(_) | Self::Projector(_) | Self::Directory(_) => ErrorCode::ViewsUnavailable,
            Self::NotThereYet { .. } => ErrorCode::NotThereYet,
            Self::Loading { .. } | Self::Stopped { .. } | Self::Nobody { .. } | Self::Unreachable { .. } => {
                ErrorCode::PartitionUnavailable
            }
            Self::Peer { code, .. } => *code,
        }
    }
}

impl From<Refused> for EngineError {
    fn from(refused: Refused) -> Self {
        let Refused { code, message } = refused;
        Self::Peer { code, message }
    }
}

fn named(owner: Option<&str>) -> String {
    owner.map(|name| format!("; {name} has it")).unwrap_or_default()
}

fn list(partitions: &BTreeSet<Partition>) -> String {
    let names: Vec<String> = partitions.iter().map(ToString::to_string).collect();
    names.join(", ")
}
