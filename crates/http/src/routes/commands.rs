//! Commands: what agents do with tickets. The rules are the engine's; here a body becomes an order and the answer a card.

use axum::Json;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use origem_domain::decide::Actor;
use origem_engine::{By, Done, Order};
use origem_wire::json::command::{self as bodies, CommandBody, Told};
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{self, Segment};
use crate::routes::conversations::shown;
use crate::state::{State, now};
use crate::{body, position};
use origem_wire::json::{self as wire, Problem};

/// A note may be long; nothing else is.
const BYTES_MAX: usize = 64 << 10;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header that makes a command safe to be given again.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)] // read by `key`; here for the documentation
pub(super) struct IdempotencyKey {
    /// Any text of up to 200 bytes, new for each command. The same command with the same key is carried out once, and answered each
    /// time; another command with it is refused as `idempotency_key_reused`.
    #[param(rename = "Idempotency-Key", value_type = Option<String>, example = "6f1c6c1e-0f0e-4a53-8f0e-7a3f6a2b9c11")]
    idempotency_key: Option<String>,
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let invalid = || Refusal::Invalid("Idempotency-Key: it must be plain text".to_owned());
    let told = headers.get(IDEMPOTENCY_KEY);
    told.map(|value| value.to_str().map(str::to_owned).map_err(|_| invalid()))
        .transpose()
}

/// Who the caller itself is, to be kept with what it does: an agent by id, else what its key is called, else what it is.
fn itself(caller: &Caller) -> String {
    let known = caller.agent.as_ref().or(caller.name.as_ref());
    known.map_or_else(|| caller.role.name().to_owned(), String::clone)
}

async fn carry_out<B: CommandBody>(
    state: State,
    caller: Caller,
    id: String,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let id = params::conversation(&id)?;
    let told = read::<B>(&state, &headers, body).await?.told();
    let order = order(&state, &caller, &headers, told)?;
    let done = state.engine().command(id, &order).await?;
    answer(&state, &caller, &done).await
}

/// What a body says.
pub(super) async fn read<B: DeserializeOwned>(state: &State, headers: &HeaderMap, body: Body) -> Result<B, Refusal> {
    body::plain(headers)?;
    let body = body::read(state, headers, body, BYTES_MAX).await?;
    // Whoever has a key need not say anything more.
    let body = if body.is_empty() { &b"{}"[..] } else { &body[..] };
    // The reader would take an array for an object whose names are left out.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Refusal::Invalid("the body is not a JSON object".to_owned()));
    }
    let invalid = |error: serde_json::Error| Refusal::Invalid(format!("the body makes no sense: {error}"));
    serde_json::from_slice(body).map_err(invalid)
}

/// The order that a command of the caller is.
pub(super) fn order(state: &State, caller: &Caller, headers: &HeaderMap, told: Told) -> Result<Order, Refusal> {
    let Told { agent, wanted } = told;
    Ok(Order {
        wanted,
        by: if caller.open {
            By::Told(agent)
        } else {
            By::Proved(Actor {
                agent: caller.actor(agent)?,
                by: Some(itself(caller)),
                role: caller.role,
                sight: caller.sight(state),
            })
        },
        at: now(),
        idempotency_key: key(headers)?,
    })
}

/// The conversation as it is after a command.
pub(super) async fn answer(state: &State, caller: &Caller, done: &Done) -> Result<Response, Refusal> {
    let headers = position::told(&[done.position].into_iter().collect());
    let card = shown(state, caller, done.conversation.id).await?;
    Ok((headers, Json(card)).into_response())
}

/// The routes: a handler each with its documentation.
macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident($path:tt, $operation:tt, $body:ident);)*) => { $(
        $(#[$doc])*
        ///
        /// Done when the views have it: the answer is the conversation as it is then. Of two at the same instant, the first in the
        /// log has its effect; the other is told who has the ticket now.
        #[utoipa::path(
            post, path = $path, tag = "commands", operation_id = $operation,
            params(("id" = String, Path, description = "Of the conversation"), IdempotencyKey),
            request_body(content = bodies::$body),
            responses(
                (status = 200, description = "Done: the conversation as it is now", body = wire::Conversation,
                    headers(("Origem-Position" = String, description = "Where the command stands"))),
                (status = 400, description = "The body makes no sense", body = Problem),
                (status = 401, description = "Nobody knows who calls", body = Problem),
                (status = 403, description = "`not_visible`, or `not_yours`: then `error.owner` has it", body = Problem),
                (status = 404, description = "There is no such conversation", body = Problem),
                (status = 409, description = "`error.code` says why, `error.owner` who has the ticket, `error.revision` what it is \
                    now", body = Problem),
                (status = 503, description = "It may have been done or not; give it again with the same Idempotency-Key",
                    body = Problem)
            )
        )]
        pub(super) async fn $name(
            Shared(state): Shared<State>,
            caller: Caller,
            Segment(id): Segment,
            headers: HeaderMap,
            body: Body,
        ) -> Result<Response, Refusal> {
            carry_out::<bodies::$body>(state, caller, id, headers, body).await
        }
    )* };
}

commands! {
    /// Takes the ticket from the queue: it is the caller's from now on.
    claim("/v1/conversations/{id}/claim", "claim_ticket", Claim);
    /// Gives the ticket to an agent.
    assign("/v1/conversations/{id}/assign", "assign_ticket", Assign);
    /// Moves the ticket to another agent or team.
    transfer("/v1/conversations/{id}/transfer", "transfer_ticket", Transfer);
    /// Takes over a conversation that does not wait in the queue. Without an open ticket, one is opened.
    takeover("/v1/conversations/{id}/takeover", "take_conversation_over", Takeover);
    /// Closes the ticket.
    finish("/v1/conversations/{id}/finish", "finish_ticket", Finish);
    /// Opens the finished ticket again.
    reopen("/v1/conversations/{id}/reopen", "reopen_ticket", Reopen);
    /// Leaves a note, which the customer never sees.
    note("/v1/conversations/{id}/notes", "add_note", Note);
    /// Corrects the contact's name, phone or e-mail address: what an agent writes wins over what the profile says.
    contact("/v1/conversations/{id}/contact", "edit_contact", EditContact);
    /// Sets the sales stage.
    stage("/v1/conversations/{id}/stage", "set_stage", SetStage);
    /// Links the conversation to a lead. A lead in two teams is refused, unless the account unifies leads or an administrator asks.
    lead("/v1/conversations/{id}/lead", "link_lead", LinkLead);
}
