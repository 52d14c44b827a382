//! Reports: what is counted over time.

pub(super) mod funnel;
pub(super) mod origins;
pub(super) mod paths;
pub(super) mod tickets;

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State as Shared;
use origem_domain::day::Day;
use origem_engine::query::{GroupBy, SpendQuery};
use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{MinPosition, Params};
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Whose spend, when, and how it is told apart.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)] // a day with a typo would otherwise be another report
pub(super) struct Which {
    /// The tenant; the server's own if not told.
    account: Option<String>,
    /// From this day on, by the account's time zone; the first of the month if not told.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// Until this day, which is not in the report; all that is known if not told.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Day>,
    /// What lines are told apart by: `day` or `month`, `channel`, `category`, `campaign`, with commas; `day` if not told.
    #[param(example = "month,category")]
    group_by: Option<String>,
}

/// What was charged and what was free, from reports of the provider that tell a price, with how often the estimate was right.
#[utoipa::path(
    get, path = "/v1/reports/spend", tag = "reports", operation_id = "report_spend", params(Which, MinPosition),
    responses(
        (status = 200, description = "The report", body = wire::Spend),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 503, description = "The views cannot be read, are not as far as asked, or another report is being worked out", body = Problem)
    )
)]
pub(super) async fn spend(
    Shared(state): Shared<State>,
    caller: Caller,
    Params(which): Params<Which>,
) -> Result<Json<wire::Spend>, Refusal> {
    let query = SpendQuery {
        account: caller.account(&state, which.account)?,
        from: which.from,
        to: which.to,
        group_by: group_by(which.group_by.as_deref().unwrap_or("day"))?,
    };
    let clock = state.clock();
    let spend = state.ask(move |engine| engine.spend(&query, clock)).await?;
    Ok(Json(wire::Spend::of(&spend)))
}

/// The words of a list with commas; what each may be is told by whoever does not know one.
fn listed<T: Ord>(name: &str, text: &str, word: impl Fn(&str) -> Result<T, String>) -> Result<BTreeSet<T>, Refusal> {
    let read = |told: &str| {
        let told = told.trim();
        word(told).map_err(|known| Refusal::Invalid(format!("{name}: `{told}` is none of {known}")))
    };
    let words = text.split(',').filter(|word| !word.trim().is_empty());
    words.map(read).collect()
}

fn group_by(text: &str) -> Result<BTreeSet<GroupBy>, Refusal> {
    let word = |word: &str| {
        let name: StrDeserializer<'_, ValueError> = word.trim().into_deserializer();
        GroupBy::deserialize(name).map_err(|_| {
            let known = "day, month, channel, category, campaign";
            Refusal::Invalid(format!("group_by: `{word}` is none of {known}"))
        })
    };
    let words = text.split(',').filter(|word| !word.trim().is_empty());
    let told: BTreeSet<GroupBy> = words.map(word).collect::<Result<_, _>>()?;
    if told.contains(&GroupBy::Day) && told.contains(&GroupBy::Month) {
        return Err(Refusal::Invalid("group_by: it is day or month, not both".to_owned()));
    }
    Ok(told)
}
