//! Webhooks of providers. Authenticated over the exact bytes before anything is parsed, answered once they are durable.

use axum::Json;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{Extensions, HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use origem_access::rules;
use origem_engine::Source;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::Segment;
use crate::state::State;
use crate::{auth, body, position};
use origem_wire::json::{AcceptedDelivery, Problem};

/// Meta's verification of the address: the challenge, verbatim, if the token is ours. Source: meta-platform.md 3.1.
#[utoipa::path(
    get, path = "/webhooks/meta", tag = "webhooks", operation_id = "verify_meta_webhook",
    params(
        ("hub.mode" = String, Query, description = "`subscribe`"),
        ("hub.verify_token" = String, Query, description = "The configured token"),
        ("hub.challenge" = String, Query, description = "What to answer")
    ),
    responses(
        (status = 200, description = "The challenge", body = String, content_type = "text/plain"),
        (status = 403, description = "The token is another one, or none is configured", body = Problem)
    )
)]
pub(super) async fn verify(Shared(state): Shared<State>, uri: Uri) -> Result<String, Refusal> {
    let query = uri.query().unwrap_or_default();
    let value = |wanted: &str| {
        let mut parameters = form_urlencoded::parse(query.as_bytes());
        parameters
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let expected = state.options().meta_verify_token.as_ref();
    let token_is_ours = value("hub.verify_token")
        .zip(expected)
        .is_some_and(|(given, token)| token.is(given.as_bytes()));
    let subscribes = value("hub.mode").is_some_and(|mode| mode == "subscribe");
    value("hub.challenge")
        .filter(|_| token_is_ours && subscribes)
        .ok_or(Refusal::Verification)
}

/// A delivery of Meta: WhatsApp, Messenger and Instagram.
#[utoipa::path(
    post, path = "/webhooks/meta", tag = "webhooks", operation_id = "accept_meta_webhook",
    params(("X-Hub-Signature-256" = Option<String>, Header,
        description = "`sha256=` and the HMAC of the exact body, with the secret of a configured app")),
    request_body(content = Object, description = "The body as Meta sends it; up to 3 MiB"),
    responses(
        (status = 200, description = "Durable, understood or not", body = AcceptedDelivery,
            headers(("Origem-Position" = String, description = "Where the last event stands"))),
        (status = 401, description = "Not signed with a configured secret", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "Longer than 3 MiB", body = Problem),
        (status = 503, description = "The log cannot take it, or there is no room for it (`overloaded`), then before its body is read; try again after `Retry-After`", body = Problem)
    )
)]
pub(super) async fn meta(Shared(state): Shared<State>, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    let options = state.options();
    let body = body::deliveries(&state, &headers, body, options.webhook_bytes_max).await?;
    auth::meta(&options.meta_app_secrets, &headers, &body)?;
    accept(&state, None, Source::Meta, &body).await
}

/// A delivery of another provider: `twilio`, `whatsapp_web`, or `event` for our own channel events.
#[utoipa::path(
    post, path = "/webhooks/{source}", tag = "webhooks", operation_id = "accept_webhook",
    params(
        ("source" = String, Path, description = "`twilio`, `whatsapp_web`, `event`"),
        ("X-Twilio-Signature" = Option<String>, Header, description = "Twilio's signature, where its auth token is configured"),
        ("Authorization" = Option<String>, Header, description = "`Bearer` and the token, where one is configured")
    ),
    request_body(content = Object, description = "The body as the provider sends it; up to 3 MiB"),
    responses(
        (status = 200, description = "Durable, understood or not", body = AcceptedDelivery,
            headers(("Origem-Position" = String, description = "Where the last event stands"))),
        (status = 401, description = "Not authenticated as configured", body = Problem),
        (status = 403, description = "One of our own events is of another account than the caller's; nothing was appended", body = Problem),
        (status = 404, description = "No such source", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "Longer than 3 MiB", body = Problem),
        (status = 503, description = "The log cannot take it, or there is no room for it (`overloaded`), then before its body is read; try again after `Retry-After`", body = Problem)
    )
)]
pub(super) async fn other(
    Shared(state): Shared<State>,
    Segment(name): Segment,
    uri: Uri,
    headers: HeaderMap,
    extensions: Extensions,
    body: Body,
) -> Result<Response, Refusal> {
    let source = Source::named(&name).ok_or(Refusal::Source(name))?;
    let options = state.options();
    let caller = match source {
        Source::Meta | Source::Twilio => None,
        Source::WhatsappWeb => {
            auth::bearer(options.whatsapp_web_token.as_ref(), &headers)?;
            None
        }
        Source::Event => Some(bring(&state, &headers, &extensions)?),
    };
    let body = body::deliveries(&state, &headers, body, options.webhook_bytes_max).await?;
    match source {
        // Has a route of its own; should that ever go, its deliveries are still checked.
        Source::Meta => auth::meta(&options.meta_app_secrets, &headers, &body)?,
        Source::Twilio => auth::twilio(options, &headers, &uri, &body)?,
        Source::WhatsappWeb | Source::Event => {}
    }
    accept(&state, caller.as_ref(), source, &body).await
}

/// That whoever calls may bring our own events, by the rule of the route that is made for them.
fn bring(state: &State, headers: &HeaderMap, extensions: &Extensions) -> Result<Caller, Refusal> {
    let caller = Caller::proven(state, headers, extensions)?;
    let who = rules::http("POST", "/v1/events").ok_or(Refusal::NoRule)?;
    state.guard().admit(&caller, who)?;
    Ok(caller)
}

async fn accept(state: &State, caller: Option<&Caller>, source: Source, body: &Bytes) -> Result<Response, Refusal> {
    let accepted = state.accept(caller, source, vec![body.clone()]).await?;
    let headers = position::told(&accepted.positions());
    Ok((headers, Json(AcceptedDelivery::of(&accepted))).into_response())
}
