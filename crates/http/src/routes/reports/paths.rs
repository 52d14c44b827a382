//! Which origins follow each other on the way to tickets.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::day::Day;
use origem_engine::query::report::{self, Dimension, PathsQuery, Period};
use serde::Deserialize;
use utoipa::IntoParams;

use super::listed;
use super::origins::within;
use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{MinPosition, Params};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Which tickets, and how origins are told apart.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Which {
    /// The tenant; the caller's own if not told.
    account: Option<String>,
    /// Tickets opened from this day on, by the account's time zone; the first of the month if not told.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Tickets opened until this day, which is not in the report; all that is known if not told.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// What origins are told apart by: `kind`, `platform`, `campaign`, `ad`, `link`, `hashtag`, with commas; `kind,platform` if not
    /// told.
    #[param(example = "campaign")]
    group_by: Option<String>,
    /// Days back from the end of a ticket within which touches are on its path; 30 if not told.
    lookback_days: Option<u16>,
    /// How many of the last steps of a path are told apart: 1 to 10; 5 if not told.
    steps: Option<usize>,
    /// How many paths are told: 1 to 1000; 20 if not told.
    limit: Option<usize>,
}

/// Which ways led to the tickets opened in the period, and to sales: paths of origins, those that won most first.
#[utoipa::path(
    get, path = "/v1/reports/paths", tag = "reports", operation_id = "report_paths", params(Which, MinPosition),
    responses(
        (status = 200, description = "The report", body = wire::PathsReport),
        (status = 400, description = "A parameter makes no sense, or there are too many paths", body = Problem),
        (status = 503, description = "The views cannot be read, are not as far as asked, or other reports are being worked out", body = Problem)
    )
)]
pub(in super::super) async fn show(
    Shared(state): Shared<State>,
    caller: Caller,
    Params(which): Params<Which>,
) -> Result<Json<wire::PathsReport>, Refusal> {
    let query = which.query(&state, &caller)?;
    let clock = state.clock();
    let (query, paths) = state
        .ask(move |engine| {
            let paths = engine.report_paths(&query, clock)?;
            Ok((query, paths))
        })
        .await?;
    Ok(Json(wire::PathsReport::of(&query, &paths)))
}

impl Which {
    fn query(self, state: &State, caller: &Caller) -> Result<PathsQuery, Refusal> {
        let known = || {
            let origins = Dimension::ALL
                .into_iter()
                .filter(|(_, dimension)| dimension.is_of_origin());
            origins.map(|(name, _)| name).collect::<Vec<_>>().join(", ")
        };
        let dimension = |word: &str| {
            let named = Dimension::named(word).filter(|dimension| dimension.is_of_origin());
            named.ok_or_else(known)
        };
        let told = self.group_by.as_deref().unwrap_or("kind,platform");
        let by: BTreeSet<Dimension> = listed("group_by", told, dimension)?;
        Ok(PathsQuery {
            period: Period {
                account: caller.account(state, self.account)?,
                from: self.from,
                to: self.to,
            },
            by,
            lookback_days: within("lookback_days", self.lookback_days, report::LOOKBACK_DAYS)?,
            steps: number("steps", self.steps.unwrap_or(report::STEPS), 1..=report::STEPS_MAX)?,
            limit: number("limit", self.limit.unwrap_or(report::PATHS), 1..=report::PATHS_MAX)?,
        })
    }
}

fn number(name: &str, told: usize, allowed: RangeInclusive<usize>) -> Result<usize, Refusal> {
    if allowed.contains(&told) {
        return Ok(told);
    }
    let (least, most) = allowed.into_inner();
    Err(Refusal::Invalid(format!(
        "{name}: it must be between {least} and {most}"
    )))
}
