//! Outreach: a message that somebody wants sent is recorded, with what was told of it; the channel sends it.

use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;
use origem_engine::query::Recipient;
use origem_wire::json::outreach::RequestOutreach;
use origem_wire::json::{self as wire, Problem};

use crate::access::{Caller, OUTREACH, included_to};
use crate::error::Refusal;
use crate::params;
use crate::routes::commands::{self, IdempotencyKey};
use crate::state::State;

/// Asks for a message to be sent, also to somebody who never wrote. What may be sent is told by `/v1/send-options`.
///
/// Recorded is what is to be sent, with what it costs by what is known now and until when; nothing is sent by it. Whoever sends reads
/// `outreach_requested` in the feed of changes, and tells of the message by `message_sent`. Where there is no conversation yet, there is
/// one then, without a ticket.
#[utoipa::path(
    post, path = "/v1/outreach", tag = "commands", operation_id = "request_outreach", params(IdempotencyKey),
    request_body(content = RequestOutreach),
    responses(
        (status = 200, description = "Recorded: the conversation as it is now", body = wire::Conversation,
            headers(("Origem-Position" = String, description = "Where the command stands"))),
        (status = 400, description = "The body makes no sense, the channel is missing or not the tenant's, or a number that nobody has is without its country code", body = Problem),
        (status = 401, description = "Nobody knows who calls", body = Problem),
        (status = 403, description = "`not_visible`, or `not_yours`: then `error.owner` has it", body = Problem),
        (status = 404, description = "No such conversation of the tenant", body = Problem),
        (status = 409, description = "`not_offered`: it may not be sent now; `variable_required`; else as other commands", body = Problem),
        (status = 503, description = "It may have been done or not; give it again with the same Idempotency-Key", body = Problem)
    )
)]
pub(super) async fn request(
    Shared(state): Shared<State>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let (to, told) = commands::read::<RequestOutreach>(&state, &headers, body).await?.told();
    let recipient = Recipient {
        account: match &caller.account {
            Some(_) => Some(caller.account(&state, to.account)?),
            None => to.account,
        },
        home: state.options().account.clone(),
        contact: to.contact,
        channel: to.channel.as_deref().map(params::channel).transpose()?,
    };
    included_to(&state, &caller, OUTREACH, &recipient).await?;
    let order = commands::order(&state, &caller, &headers, told)?;
    let zone = state.options().time_zone;
    let done = state.engine().request_outreach(&recipient, zone, &order).await?;
    commands::answer(&state, &caller, &done).await
}
