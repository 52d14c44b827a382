//! How much an account uses of its plan.

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::day::Day;
use origem_domain::zone::Zone;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{MinPosition, Params, Segment};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Which month.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Month {
    /// Any day of it, by UTC; this month if not told.
    #[param(value_type = Option<String>, format = Date)]
    month: Option<Day>,
}

/// How many customers of an account wrote in a month, beside what its plan is meant for.
#[utoipa::path(
    get, path = "/v1/accounts/{id}/usage", tag = "directory", operation_id = "get_usage",
    params(("id" = String, Path, description = "Of the account"), Month, MinPosition),
    responses(
        (status = 200, description = "What it used", body = wire::Usage),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn of(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
    Params(month): Params<Month>,
) -> Result<Json<wire::Usage>, Refusal> {
    let account = caller.account(&state, Some(id))?;
    let today = Day::of(state.clock().at, Zone::UTC);
    let day = month
        .month
        .or(today)
        .ok_or_else(|| Refusal::Invalid("month: it is beyond the calendar".to_owned()))?;
    let (asked, at) = (account.clone(), day.begins(Zone::UTC));
    let active_customers = state.ask(move |engine| engine.active_customers(&asked, at)).await?;
    let directory = state.engine().directory().snapshot();
    let plan = directory.plan_of(&account);
    let plan = plan.map(|(id, plan)| wire::UsagePlan::of(id, plan));
    Ok(Json(wire::Usage {
        account,
        month: day.month(),
        active_customers,
        plan,
    }))
}
