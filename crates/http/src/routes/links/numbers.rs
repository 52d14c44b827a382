//! A link in numbers.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use origem_domain::day::Day;
use origem_engine::EngineError;
use origem_engine::query::report::Period;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::links::public_base;
use crate::params::{MinPosition, Params, Segment};
use crate::state::State;
use origem_wire::json::{LinkNumbers, Problem};

/// Of which days.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Days {
    /// The tenant; the caller's own if not told.
    account: Option<String>,
    /// From this day on, by the account's time zone; the first of the month if not told.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Until this day, which is not in the numbers; all that is known if not told.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
}

/// What a link brought: clicks, by day too, and of these conversations, answered, classified, won.
#[utoipa::path(
    get, path = "/v1/links/{id}/numbers", tag = "links", operation_id = "get_link_numbers",
    params(("id" = String, Path, description = "Code of the link"), Days, MinPosition),
    responses(
        (status = 200, description = "The numbers", body = LinkNumbers),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such link", body = Problem),
        (status = 503, description = "The views cannot be read, are not as far as asked, or other reports are being worked out", body = Problem)
    )
)]
pub(crate) async fn numbers(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
    Params(days): Params<Days>,
    headers: HeaderMap,
) -> Result<Json<LinkNumbers>, Refusal> {
    let period = Period {
        account: caller.account(&state, days.account)?,
        from: days.from,
        to: days.to,
    };
    let clock = state.clock();
    let address = format!("{}/l/{id}", public_base(state.options(), &headers));
    let numbers = state.ask(move |engine| {
        let catalogue = engine.catalogue();
        let link = catalogue
            .link(&period.account, &id)
            .ok_or_else(|| EngineError::NoEntry {
                kind: "link",
                id: id.clone(),
            })?;
        let (funnel, days) = engine.link_numbers(&period, &id, clock)?;
        Ok(LinkNumbers::of(&id, &link.name, address, &funnel, &days))
    });
    Ok(Json(numbers.await?))
}
