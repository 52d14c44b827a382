//! What can be set at this edge.

use std::time::Duration;

use axum::http::HeaderMap;
pub use origem_access::Secret as Credential;
use origem_domain::event::DEFAULT_ACCOUNT;
use origem_domain::zone::Zone;
use tracing::Span;

use crate::links::CodeForm;

/// 3 MiB: the largest webhook Meta sends is 3 MB. Source: reference/meta-platform.md 3.3.
const WEBHOOK_BYTES_MAX: usize = 3 << 20;
const REQUEST_BYTES_MAX: usize = 8 << 20;
/// Twenty of the largest webhooks, or ninety thousand usual ones.
const BODIES_BYTES_MAX: usize = 64 << 20;

/// How the edge works. Whatever has a credential checks it; whatever has none is open, and the server says so when it starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// The tenant of deliveries and of events that name none.
    pub account: String,
    /// The time zone of accounts that have none of their own in the directory: it decides which tariff is in force, and where a month begins.
    pub time_zone: Zone,
    /// Secrets of the Meta apps whose webhooks are taken; one of them must have signed. Empty: unsigned ones are taken too.
    pub meta_app_secrets: Vec<Credential>,
    /// The token Meta repeats when it verifies the address. `None`: verification is refused.
    pub meta_verify_token: Option<Credential>,
    /// The auth token that Twilio signs with.
    pub twilio_auth_token: Option<Credential>,
    /// Where the outside reaches this server, such as `https://origem.example`: Twilio signs the address it calls. `None`:
    /// `https://` and the `Host` header.
    pub public_url: Option<String>,
    /// How the code of a click goes into the customer's text.
    pub click_code: CodeForm,
    /// Bearer token of `POST /webhooks/whatsapp_web`.
    pub whatsapp_web_token: Option<Credential>,
    /// By what callers prove who they are. Where there is nothing of it and no key in the directory, anybody may do everything.
    pub access: origem_access::Settings,
    /// Bearer token of other instances that share the log: `POST /internal/v1/ask`. `None`: there is no such route.
    pub peer_token: Option<Credential>,
    /// Something will run beside the engine, without which the server is not ready: [`State::set_beside`](crate::State).
    pub waits_for_beside: bool,
    /// Makes the span of a request a part of the trace that its headers name. `None`: every request begins a trace.
    pub join_trace: Option<fn(&Span, &HeaderMap)>,
    /// Bytes of a webhook at most.
    pub webhook_bytes_max: usize,
    /// Bytes of a request of a producer at most.
    pub request_bytes_max: usize,
    /// Bytes of the bodies of all requests under way, together; more are refused unread. A body that is alone may always come.
    pub bodies_bytes_max: usize,
    /// Events of one `POST /v1/events` at most.
    pub events_max: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long a read waits for `Origem-Min-Position`.
    pub wait_timeout: Duration,
    /// How long `POST /v1/deliveries?wait=true` waits for the views.
    pub bulk_wait_timeout: Duration,
    /// Silence after which a stream of changes sends a comment.
    pub heartbeat: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            account: DEFAULT_ACCOUNT.to_owned(),
            time_zone: Zone::UTC,
            meta_app_secrets: Vec::new(),
            meta_verify_token: None,
            twilio_auth_token: None,
            public_url: None,
            click_code: CodeForm::default(),
            whatsapp_web_token: None,
            access: origem_access::Settings::default(),
            peer_token: None,
            waits_for_beside: false,
            join_trace: None,
            webhook_bytes_max: WEBHOOK_BYTES_MAX,
            request_bytes_max: REQUEST_BYTES_MAX,
            bodies_bytes_max: BODIES_BYTES_MAX,
            events_max: 1_000,
            body_timeout: Duration::from_secs(30),
            wait_timeout: Duration::from_secs(5),
            bulk_wait_timeout: Duration::from_secs(60),
            heartbeat: Duration::from_secs(15),
        }
    }
}
