//! What needs all shards: the credit of the chain, cents, what was spent, totals.

use std::collections::BTreeMap;

use origem_domain::amount::Amount;
use origem_domain::credit::markov::ORIGINS_MAX;
use origem_domain::credit::{Model, apportion};
use origem_domain::touch::{OriginKind, Platform};

use super::catalogue::Catalogue;
use super::counts::{Counts, Credit, add_all};
use super::group::{Dimension, Group, Origin, Source};
use super::tally::{Line, STEPS_MAX, Steps, Tallied, parts};
use super::{LINES_MAX, OriginLine, OriginsQuery, Span};
use crate::directory::Snapshot;
use crate::error::EngineError;

/// The most work that chains of all groups may be together, as cubes of their numbers of origins: some seconds.
const MARKOV_WORK_MAX: u64 = 32 * (ORIGINS_MAX as u64).pow(3);

/// Amounts by currency.
type Money = BTreeMap<String, Amount>;

/// What was spent in the days, by line and altogether. Lines have none where they are told apart by what spend is not told by.
#[derive(Default)]
pub(super) struct Spent {
    by_line: Option<BTreeMap<Group, Money>>,
    total: Money,
}

/// What was spent on ads in the days of a report.
pub(super) fn spent(directory: &Snapshot, query: &OriginsQuery, span: &Span, catalogue: &Catalogue) -> Spent {
    let asked = |dimension| query.by.contains(&dimension);
    let mut by_line: BTreeMap<Group, Money> = BTreeMap::new();
    let mut total = Money::new();
    for (_, entry) in directory.ad_spend(&query.period.account) {
        if !span.has(entry.day) {
            continue;
        }
        let known = entry.ad_id.as_ref().and_then(|ad| catalogue.ads.get(ad));
        let campaign = || known.and_then(|ad| ad.campaign_at(entry.day.begins(span.zone)));
        let platform = || known.and_then(|ad| ad.platform).unwrap_or(Platform::Unknown);
        let origin = Origin {
            kind: asked(Dimension::Kind).then_some(OriginKind::Ad),
            platform: asked(Dimension::Platform).then(platform),
            campaign: match asked(Dimension::Campaign) {
                true => entry.campaign_id.as_ref().or_else(campaign).cloned(),
                false => None,
            },
            ad: entry.ad_id.clone().filter(|_| asked(Dimension::Ad)),
            ..Origin::default()
        };
        let day = asked(Dimension::Day).then_some(entry.day);
        let group = Group {
            day: day.or_else(|| asked(Dimension::Month).then(|| entry.day.month())),
            source: Source::Touch(origin),
            ..Group::default()
        };
        let amount = Money::from([(entry.currency.clone(), entry.amount)]);
        add_all(by_line.entry(group).or_default(), &amount);
        add_all(&mut total, &amount);
    }
    let is_told = query.by.iter().all(|dimension| dimension.is_of_spend());
    Spent {
        by_line: is_told.then_some(by_line),
        total,
    }
}

/// Lines and totals of what shards counted and what was spent.
///
/// # Errors
/// `Invalid` if there are too many lines, or too many origins for a chain or for all of them together.
pub(super) fn settle(
    tallied: Tallied,
    query: &OriginsQuery,
    spent: Spent,
) -> Result<(Vec<OriginLine>, OriginLine), EngineError> {
    if tallied.too_much {
        return Err(too_much());
    }
    let Tallied { mut lines, chains, .. } = tallied;
    let chains: Vec<(Group, Steps)> = chains.into_iter().filter(|(_, steps)| steps.won.won.0 > 0).collect();
    can_be_worked_out(&chains)?;
    for (group, steps) in chains {
        let weights = steps.chain.weights().map_err(|error| EngineError::Invalid {
            what: "model",
            reason: error.to_string(),
        })?;
        let (origins, weights): (Vec<Origin>, Vec<u64>) = weights.into_iter().unzip();
        for (origin, part) in origins.into_iter().zip(parts(&steps.won, &weights)) {
            let group = Group {
                source: Source::Touch(origin),
                ..group.clone()
            };
            let line: &mut Line = lines.entry(group).or_default();
            line.credit.entry(Model::Markov).or_default().absorb(&part);
        }
        few_enough(lines.len())?;
    }
    let Spent { by_line, total } = spent;
    let costs = by_line.unwrap_or_default();
    let tells_cost = query.by.iter().all(|dimension| dimension.is_of_spend());
    for group in costs
        .keys()
        .filter(|group| !lines.contains_key(*group))
        .cloned()
        .collect::<Vec<_>>()
    {
        lines.insert(group, Line::default());
    }
    few_enough(lines.len())?;
    let mut told: Vec<OriginLine> = lines
        .into_iter()
        .map(|(group, line)| OriginLine {
            cost: tells_cost.then(|| costs.get(&group).cloned().unwrap_or_default()),
            counts: line.counts,
            credit: query
                .models
                .iter()
                .map(|model| (*model, line.credit.get(model).cloned().unwrap_or_default()))
                .collect(),
            group,
        })
        .collect();
    told.sort_by_key(|line| line.group.source == Source::Unattributed);
    for model in &query.models {
        to_cents(&mut told, *model);
    }
    let totals = totals(&told, query, total);
    Ok((told, totals))
}

fn few_enough(lines: usize) -> Result<(), EngineError> {
    if lines > LINES_MAX { Err(too_much()) } else { Ok(()) }
}

fn too_much() -> EngineError {
    EngineError::Invalid {
        what: "group_by",
        reason: format!(
            "the report has more than {LINES_MAX} lines, or for markov more than {STEPS_MAX} different steps from origin to origin; \
             group by less, or ask for less time"
        ),
    }
}

/// Whether all chains together are little enough work, before any is worked out.
fn can_be_worked_out(chains: &[(Group, Steps)]) -> Result<(), EngineError> {
    let cube = |(_, steps): &(Group, Steps)| {
        let origins = steps.chain.origins().min(ORIGINS_MAX + 1) as u64;
        origins.pow(3)
    };
    let work: u64 = chains.iter().map(cube).sum();
    if work > MARKOV_WORK_MAX {
        return Err(EngineError::Invalid {
            what: "model",
            reason: format!(
                "the markov model has too much to compare: the origins of {} groups of tickets; group by less, ask for less time, or \
                 leave markov out",
                chains.len()
            ),
        });
    }
    Ok(())
}

/// Rounds the credit of lines to the smallest coin, so that they still add up.
fn to_cents(lines: &mut [OriginLine], model: Model) {
    let mut currencies: Vec<String> = lines
        .iter()
        .flat_map(|line| line.credit.get(&model))
        .flat_map(|credit| credit.revenue.keys().cloned())
        .collect();
    currencies.sort();
    currencies.dedup();
    for currency in currencies {
        let amount = |line: &OriginLine| line.credit.get(&model)?.revenue.get(&currency).map(|amount| amount.0);
        let parts: Vec<i64> = lines.iter().map(|line| amount(line).unwrap_or_default()).collect();
        let rounded = apportion::to_units(&parts, smallest_coin(&currency));
        for (line, amount) in lines.iter_mut().zip(rounded) {
            let revenue = line.credit.get_mut(&model).map(|credit| &mut credit.revenue);
            match revenue {
                Some(revenue) if amount != 0 => drop(revenue.insert(currency.clone(), Amount(amount))),
                Some(revenue) => drop(revenue.remove(&currency)),
                None => {}
            }
        }
    }
}

/// The smallest coin of a currency in millionths. Source: ISO 4217, minor units other than two.
fn smallest_coin(currency: &str) -> i64 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 1_000_000,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 1_000,
        "CLF" | "UYW" => 100,
        _ => 10_000,
    }
}

fn totals(lines: &[OriginLine], query: &OriginsQuery, cost: Money) -> OriginLine {
    let mut counts = Counts::default();
    let mut credit: BTreeMap<Model, Credit> = query.models.iter().map(|model| (*model, Credit::default())).collect();
    for line in lines {
        counts.absorb(line.counts.clone());
        for (model, part) in &line.credit {
            credit.entry(*model).or_default().absorb(part);
        }
    }
    OriginLine {
        group: Group::default(),
        counts,
        credit,
        cost: Some(cost),
    }
}
