//! The queue in numbers, now or at an instant of the past.

use axum::Json;
use axum::extract::State as Shared;
use origem_access::Denied;
use origem_domain::access::{Role, Sight};
use origem_domain::time::Timestamp;
use origem_engine::query::Filter;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{Both, MinPosition};
use crate::routes::filters::Filters;
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Who sees a whole account.
const WHOLE: &[Role] = &[Role::Manager, Role::Administrator, Role::Operator];

/// Of which moment.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// As it was at this instant: what had happened up to then, as it is known today; now if not told. With `account` only. Reads every
    /// conversation, so one such request is answered at a time, and for those only who see the whole account.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// How many conversations have their latest ticket in each status, of those that fit and that the caller sees; `status` and `order` do
/// not count.
#[utoipa::path(
    get, path = "/v1/queue", tag = "conversations", operation_id = "count_queue", params(Filters, Which, MinPosition),
    responses(
        (status = 200, description = "The counts", body = wire::Queue),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 403, description = "The past is told to those who see the whole account", body = Problem),
        (status = 503, description = "The views cannot be read, are not as far as asked, or another past is being counted", body = Problem)
    )
)]
pub(super) async fn counts(
    Shared(state): Shared<State>,
    caller: Caller,
    Both(filters, Which { at }): Both<Filters, Which>,
) -> Result<Json<wire::Queue>, Refusal> {
    let filter = filters.read(&state, &caller)?;
    let now = state.clock().at;
    let Some(at) = at else {
        let counted = state.ask(move |engine| engine.tally(&filter)).await?;
        return Ok(Json(wire::Queue::counted(now, &counted)));
    };
    let whole = Filter {
        account: filter.account.clone(),
        sight: filter.sight.clone(),
        ..Filter::default()
    };
    if filter != whole {
        return Err(Refusal::Invalid(
            "at: of the past there are the counts of a whole account; leave the filters out".to_owned(),
        ));
    }
    if matches!(filter.sight, Sight::Agent(_) | Sight::Nothing) {
        return Err(Refusal::Denied(Denied::Role {
            role: caller.role,
            allowed: WHOLE,
        }));
    }
    let counts = state.ask(move |engine| engine.counts_at(&filter.account, at)).await?;
    Ok(Json(wire::Queue::of(at, &counts)))
}
