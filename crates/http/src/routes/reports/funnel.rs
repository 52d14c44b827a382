//! The funnel of links and campaigns.

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::day::Day;
use origem_engine::query::report::{FunnelBy, Period};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{MinPosition, Params};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Which tickets, and what lines are of.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Which {
    /// The tenant; the caller's own if not told.
    account: Option<String>,
    /// From this day on, by the account's time zone; the first of the month if not told.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Until this day, which is not in the report; all that is known if not told.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// What lines are of: `link` or `campaign`; `link` if not told.
    #[param(value_type = Option<String>, example = "campaign")]
    by: Option<FunnelBy>,
}

/// How far those came who followed a link: clicks, conversations, answered, classified, won; by link or campaign.
#[utoipa::path(
    get, path = "/v1/reports/funnel", tag = "reports", operation_id = "report_funnel", params(Which, MinPosition),
    responses(
        (status = 200, description = "The funnel", body = wire::FunnelReport),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 503, description = "The views cannot be read, are not as far as asked, or other reports are being worked out", body = Problem)
    )
)]
pub(in super::super) async fn show(
    Shared(state): Shared<State>,
    caller: Caller,
    Params(which): Params<Which>,
) -> Result<Json<wire::FunnelReport>, Refusal> {
    let period = Period {
        account: caller.account(&state, which.account)?,
        from: which.from,
        to: which.to,
    };
    let (by, clock) = (which.by.unwrap_or(FunnelBy::Link), state.clock());
    let funnel = state
        .ask(move |engine| engine.report_funnel(&period, by, clock))
        .await?;
    Ok(Json(wire::FunnelReport::of(&funnel)))
}
