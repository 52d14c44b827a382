//! Refusals: every condition a caller can meet at this edge, with its status and code.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use origem_access::{Denied, Unproven, whole_seconds};
use origem_conversions::ConversionError;
use origem_domain::decide::Reason;
use origem_engine::{EngineError, ErrorCode, Source};
use tracing::warn;

use origem_wire::json::{Elsewhere, FaultDetail, Person, Problem};

/// Seconds after which a refusal for lack of room or of progress is worth another try.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The outbox of conversions did.
    #[error(transparent)]
    Conversion(#[from] ConversionError),
    #[error("no such route")]
    NoRoute,
    #[error("this route does not take that method")]
    Method,
    #[error("no source `{0}`: it is one of {sources}", sources = sources())]
    Source(String),
    #[error("{0}")]
    Invalid(String),
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("{events} events in one request, the limit is {limit}: split them")]
    TooManyEvents { events: usize, limit: usize },
    #[error("the body is encoded as `{0}`: send it plain")]
    Encoding(String),
    /// Bodies of other requests have it.
    #[error("the requests under way take all the room there is for bodies; try again")]
    NoRoom,
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    #[error("the body broke off")]
    BodyBroken,
    #[error("the signature is missing or not that of the body with a configured secret")]
    Signature,
    #[error("a bearer token is required")]
    Token,
    #[error("the verify token or mode is not the configured one")]
    Verification,
    /// The caller did not prove who it is.
    #[error(transparent)]
    Unproven(#[from] Unproven),
    /// The caller is known, and may not do that.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Nobody has said who may ask this route: a fault of ours.
    #[error("this route is open to nobody in this build: it has no rule of access")]
    NoRule,
    /// The caller is known, and does not see that conversation.
    #[error("this conversation is not visible to you: somebody else has it, or it is of another team")]
    NotVisible,
    /// A task of ours was lost; the log says why.
    #[error("the server could not carry out the request")]
    Lost,
}

fn sources() -> String {
    Source::ALL.map(Source::name).join(", ")
}

/// The status of what the engine says. No `_` arm: a new code must find its status here.
const fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::HistoryGone => StatusCode::GONE,
        ErrorCode::Invalid => StatusCode::BAD_REQUEST,
        ErrorCode::Conflict => StatusCode::CONFLICT,
        ErrorCode::Unauthorised => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::Overloaded
        | ErrorCode::LogUnavailable
        | ErrorCode::ViewsUnavailable
        | ErrorCode::NotThereYet
        | ErrorCode::PartitionUnavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Engine(error) => status_of(error.code()),
            Self::Conversion(error) => status_of(error.code()),
            Self::NoRoute | Self::Source(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid(_) | Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge { .. } | Self::TooManyEvents { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NoRoom => status_of(ErrorCode::Overloaded),
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unproven(Unproven::TooMany { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Self::Signature | Self::Token | Self::Unproven(_) => StatusCode::UNAUTHORIZED,
            Self::Verification | Self::Denied(_) | Self::NoRule | Self::NotVisible => StatusCode::FORBIDDEN,
            Self::Lost => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.name(),
            Self::Conversion(error) => error.code().name(),
            Self::NoRoute | Self::Source(_) => ErrorCode::NotFound.name(),
            Self::Method => "method_not_allowed",
            Self::Invalid(_) | Self::BodyBroken | Self::Encoding(_) => ErrorCode::Invalid.name(),
            Self::BodyTooLarge { .. } | Self::TooManyEvents { .. } => ErrorCode::TooLarge.name(),
            Self::NoRoom => ErrorCode::Overloaded.name(),
            Self::BodyTooSlow => "timeout",
            Self::Unproven(Unproven::TooMany { .. }) => "too_many_attempts",
            Self::Signature | Self::Token | Self::Unproven(_) => ErrorCode::Unauthorised.name(),
            Self::Denied(denied) => denied.code(),
            Self::Verification | Self::NoRule => "forbidden",
            Self::NotVisible => "not_visible",
            Self::Lost => "internal",
        }
    }

    /// Everything that is wrong with an entry of the directory.
    fn faults(&self) -> Vec<FaultDetail> {
        match self {
            Self::Engine(EngineError::Faulty(faults)) => faults.0.iter().map(FaultDetail::of).collect(),
            _ => Vec::new(),
        }
    }

    /// Who has the ticket, and its revision, where a command was refused.
    fn owner(&self) -> (Option<Person>, Option<u64>) {
        match self {
            Self::Engine(EngineError::Refused { refusal, owner_name }) => {
                let owner = refusal.owner.as_ref().map(|id| Person {
                    id: id.clone(),
                    name: owner_name.clone(),
                });
                (owner, refusal.revision)
            }
            _ => (None, None),
        }
    }

    /// Where a lead is that may not be linked here as well.
    fn elsewhere(&self) -> Option<Elsewhere> {
        match self {
            Self::Engine(EngineError::Refused { refusal, .. }) => match &refusal.reason {
                Reason::LeadInTwoTeams { team, conversation, .. } => Some(Elsewhere {
                    conversation: conversation.to_string(),
                    team: team.clone(),
                }),
                _ => None,
            },
            _ => None,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Engine(error) => error.code().is_retryable(),
            Self::Conversion(error) => error.code().is_retryable(),
            Self::NoRoom | Self::BodyTooSlow | Self::BodyBroken | Self::Lost => true,
            Self::NoRoute
            | Self::Source(_)
            | Self::Method
            | Self::Invalid(_)
            | Self::Encoding(_)
            | Self::BodyTooLarge { .. }
            | Self::TooManyEvents { .. }
            | Self::Signature
            | Self::Token
            | Self::Verification
            | Self::Unproven(_)
            | Self::Denied(_)
            | Self::NoRule
            | Self::NotVisible => false,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            // The caller gets the safe message, the log the chain. Only these: other refusals may quote the request.
            let error: &dyn std::error::Error = &self;
            warn!(code = self.code(), error, "request refused");
        }
        let title = status.canonical_reason().unwrap_or_default();
        let problem = Problem::new(
            self.code(),
            self.to_string(),
            self.is_retryable(),
            status.as_u16(),
            title,
        )
        .with_faults(self.faults())
        .with_owner(self.owner())
        .with_elsewhere(self.elsewhere());
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER_S);
        }
        if let Self::Unproven(Unproven::TooMany { retry_after }) = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(retry_after)));
        }
        if status == StatusCode::UNAUTHORIZED && matches!(self, Self::Token | Self::Unproven(_)) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<tokio::task::JoinError> for Refusal {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Lost
    }
}
