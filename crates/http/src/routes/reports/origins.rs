//! What each origin brought.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::credit::Model;
use origem_domain::day::Day;
use origem_engine::query::report::{self, Dimension, OriginsQuery, Period};
use serde::Deserialize;
use utoipa::IntoParams;

use super::listed;
use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{MinPosition, Params};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Which tickets, and how they are told apart and credited.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)] // a day with a typo would otherwise be another report
pub(in super::super) struct Which {
    /// The tenant; the caller's own if not told.
    account: Option<String>,
    /// Tickets opened from this day on, by the account's time zone; the first of the month if not told.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Tickets opened until this day, which is not in the report; all that is known if not told.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// What lines are told apart by: `day` or `month`, `channel`, `team`, `agent`, `kind`, `platform`, `campaign`, `ad`, `link`,
    /// `hashtag`, with commas; `kind,platform` if not told.
    #[param(example = "month,campaign")]
    group_by: Option<String>,
    /// How credit is shared out, several side by side: `first`, `last`, `last_non_organic`, `linear`, `position`, `time_decay`,
    /// `markov`, `shapley`, with commas, or `all`; `last` if not told.
    #[param(example = "first,last,linear")]
    model: Option<String>,
    /// Days back from a win within which touches have part in it; 30 if not told.
    lookback_days: Option<u16>,
    /// Days after which a touch counts half in `time_decay`; 7 if not told.
    half_life_days: Option<u16>,
}

/// What each origin brought: tickets opened in the period, what became of them, and who has what part in what was won.
#[utoipa::path(
    get, path = "/v1/reports/origins", tag = "reports", operation_id = "report_origins", params(Which, MinPosition),
    responses(
        (status = 200, description = "The report", body = wire::OriginsReport),
        (status = 400, description = "A parameter makes no sense, or there are too many lines or origins", body = Problem),
        (status = 503, description = "The views cannot be read, are not as far as asked, or other reports are being worked out", body = Problem)
    )
)]
pub(in super::super) async fn show(
    Shared(state): Shared<State>,
    caller: Caller,
    Params(which): Params<Which>,
) -> Result<Json<wire::OriginsReport>, Refusal> {
    let query = which.query(&state, &caller)?;
    let clock = state.clock();
    let (query, origins) = state
        .ask(move |engine| {
            let origins = engine.report_origins(&query, clock)?;
            Ok((query, origins))
        })
        .await?;
    Ok(Json(wire::OriginsReport::of(&query, &origins)))
}

impl Which {
    fn query(self, state: &State, caller: &Caller) -> Result<OriginsQuery, Refusal> {
        let dimension = |word: &str| Dimension::named(word).ok_or_else(wire::dimensions);
        let by: BTreeSet<Dimension> = listed(
            "group_by",
            self.group_by.as_deref().unwrap_or("kind,platform"),
            dimension,
        )?;
        if by.contains(&Dimension::Day) && by.contains(&Dimension::Month) {
            return Err(Refusal::Invalid("group_by: it is day or month, not both".to_owned()));
        }
        let known = || Model::ALL.map(Model::name).join(", ");
        let models = match self.model.as_deref().unwrap_or("last") {
            "all" => Model::ALL.into(),
            told => listed("model", told, |word| Model::named(word).ok_or_else(known))?,
        };
        Ok(OriginsQuery {
            period: Period {
                account: caller.account(state, self.account)?,
                from: self.from,
                to: self.to,
            },
            by,
            models,
            lookback_days: within("lookback_days", self.lookback_days, report::LOOKBACK_DAYS)?,
            half_life_days: within("half_life_days", self.half_life_days, report::HALF_LIFE_DAYS)?,
        })
    }
}

/// A number of days that was told, or that of whoever tells none.
pub(super) fn within(name: &str, told: Option<u16>, usual: u16) -> Result<u16, Refusal> {
    let most = report::LOOKBACK_DAYS_MAX;
    match told.unwrap_or(usual) {
        days if (1..=most).contains(&days) => Ok(days),
        _ => Err(Refusal::Invalid(format!(
            "{name}: it must be between 1 and {most} days"
        ))),
    }
}
