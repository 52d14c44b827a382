//! What can be sent to somebody, and what each of it costs: the choice before writing.

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::directory::TemplateCategory;
use origem_domain::time::Timestamp;
use origem_domain::windows::Wanted;
use origem_engine::query::{Clock, Recipient};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::{Caller, SEND_OPTIONS, included_to, visible};
use crate::error::Refusal;
use crate::params::{self, MinPosition, Params};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// To whom, from where, and what is looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct To {
    /// Whoever has this phone number or other alias, known or not; or the id of a conversation.
    contact: String,
    /// The channel to write from, `KIND:ID`. Needed where there is no conversation yet; otherwise that of the latest. Of a
    /// conversation told by its id it can only be that conversation's.
    channel: Option<String>,
    /// Only conversations of this tenant. Where there is none yet and it is not told: the server's own.
    account: Option<String>,
    /// Only templates that this team may send. Agents are told of those of their own teams and of nobody's in particular.
    team: Option<String>,
    /// Only templates of this category: `utility`, `marketing`, `authentication`.
    #[param(value_type = Option<String>)]
    category: Option<TemplateCategory>,
    /// What it would cost at this instant instead of now, as things stand.
    #[param(value_type = Option<String>, format = DateTime)]
    when: Option<Timestamp>,
}

/// Everything that may be sent to somebody, the cheapest first: free text where it is allowed, and every approved template.
#[utoipa::path(
    get, path = "/v1/send-options", tag = "conversations", operation_id = "list_send_options", params(To, MinPosition),
    responses(
        (status = 200, description = "What may be sent; also to somebody who never wrote", body = wire::SendOptions),
        (status = 400, description = "A parameter makes no sense, the channel is missing or another than the conversation's, or a number that nobody has is without its country code", body = Problem),
        (status = 404, description = "No such conversation of the tenant", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    Params(to): Params<To>,
) -> Result<Json<wire::SendOptions>, Refusal> {
    let recipient = Recipient {
        account: match &caller.account {
            Some(_) => Some(caller.account(&state, to.account)?),
            None => to.account,
        },
        home: state.options().account.clone(),
        contact: to.contact,
        channel: to.channel.as_deref().map(params::channel).transpose()?,
    };
    included_to(&state, &caller, SEND_OPTIONS, &recipient).await?;
    let sight = caller.sight(&state);
    let wanted = Wanted {
        channel: None,
        team: to.team,
        teams: sight.teams().cloned(),
        category: to.category,
    };
    let now = state.clock();
    let clock = Clock {
        at: to.when.unwrap_or(now.at),
        ..now
    };
    let told = state
        .ask(move |engine| engine.send_options(&recipient, &wanted, clock, &sight))
        .await?;
    match told.conversation {
        Some(id) => visible(&state, &caller, id).await?,
        // Whoever has none yet may be written to from where the caller would see the answer.
        None if caller.sight(&state).sees(&told.account, &told.channel, None) => {}
        None => return Err(Refusal::NotVisible),
    }
    Ok(Json(wire::SendOptions::of(&told)))
}
