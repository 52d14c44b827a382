//! Reports over tickets: what each origin brought, and the funnel of links and campaigns.

use std::collections::BTreeMap;

use origem_domain::amount::Amount;
use origem_domain::day::Day;
use origem_domain::touch::{OriginKind, Platform};
use origem_engine::query::report::{self, Dimension, Names, Source};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Channel;

/// What each origin brought, of the tickets opened in some days.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OriginsReport {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub from: Day,
    /// The day after the last; absent: all that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub to: Option<Day>,
    /// The time zone of the account: where days begin.
    #[schema(example = "America/Sao_Paulo")]
    pub time_zone: String,
    /// Days back from a win within which touches have part in it.
    pub lookback_days: u16,
    /// Days after which a touch counts half in `time_decay`.
    pub half_life_days: u16,
    /// A line for all tickets that have in common what was asked for, in order of that; what has no origin comes last.
    pub items: Vec<OriginsLine>,
    /// All lines together.
    pub totals: OriginsCounts,
}

/// The tickets that have something in common.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OriginsLine {
    /// The day the tickets opened, or the first day of the month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub day: Option<Day>,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<Called>,
    /// The agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Called>,
    /// What kind of origin: `ad`, `link`, `organic`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub kind: Option<OriginKind>,
    /// The platform: `facebook`, `instagram`, `whatsapp`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub platform: Option<Platform>,
    /// The campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Called>,
    /// The ad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ad: Option<Called>,
    /// The link; of a hashtag the one it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Called>,
    /// The line of click codes whose clicks were not recorded, where links are told apart: which link it was is not known.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown_code: bool,
    /// The hashtag, without `#`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hashtag: Option<String>,
    /// The line of what has no origin: tickets without any touch, and wins without one within the lookback.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unattributed: bool,
    /// What was counted.
    #[serde(flatten)]
    pub counts: OriginsCounts,
}

/// Something by its id, and what the directory calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Called {
    /// Its id.
    pub id: String,
    /// Its name, as far as the directory knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What became of tickets.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OriginsCounts {
    /// Tickets opened.
    pub opened: u64,
    /// Of these, answered by the business.
    pub answered: u64,
    /// From the opening by a customer to the first answer, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_response_s: Option<Spread>,
    /// Of the opened ones, finished.
    pub finished: u64,
    /// Of the finished ones, how many by classification.
    pub classifications: BTreeMap<String, u64>,
    /// Of the opened ones, won.
    pub won: u64,
    /// What was sold with them, by currency.
    #[schema(value_type = BTreeMap<String, f64>)]
    pub revenue: BTreeMap<String, Amount>,
    /// Won of opened, from 0 to 1, to the millionth; absent where none was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub conversion_rate: Option<Amount>,
    /// From the first touch that has part in a win to the win, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_to_win_s: Option<Spread>,
    /// What was spent on ads, by currency; absent on lines told apart by what spend is not told by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, f64>>)]
    pub cost: Option<BTreeMap<String, Amount>>,
    /// The part in all that was won, by model: `first`, `linear`, ... Of each model the lines add up to the totals.
    pub models: BTreeMap<&'static str, Credit>,
}

/// The middle and the mean of lengths of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Spread {
    /// Half took as long or less.
    pub median: u32,
    /// Their sum by their number.
    pub mean: u32,
}

/// A part in what was won.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Credit {
    /// How many wins, to the millionth.
    #[schema(value_type = f64)]
    pub won: Amount,
    /// What was sold, by currency, to the smallest coin.
    #[schema(value_type = BTreeMap<String, f64>)]
    pub revenue: BTreeMap<String, Amount>,
    /// Revenue by cost, for currencies that have both.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, f64>)]
    pub return_on_spend: BTreeMap<String, Amount>,
}

/// How far those came who followed links.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FunnelReport {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub from: Day,
    /// The day after the last; absent: all that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub to: Option<Day>,
    /// The time zone of the account: where days begin; those of clicks are of UTC.
    pub time_zone: String,
    /// A line a link or campaign, in order of ids.
    pub items: Vec<FunnelLine>,
}

/// How far those came who followed a link, or those of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FunnelLine {
    /// The link or campaign.
    pub id: String,
    /// Its name, as far as the directory knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Times the link was followed.
    pub clicks: u64,
    /// Tickets opened through it.
    pub conversations: u64,
    /// Of these, answered by the business.
    pub answered: u64,
    /// Of these, finished with a classification.
    pub classified: u64,
    /// Of these, won.
    pub won: u64,
    /// What was sold, by currency.
    #[schema(value_type = BTreeMap<String, f64>)]
    pub revenue: BTreeMap<String, Amount>,
}

impl OriginsReport {
    /// A report.
    #[must_use]
    pub fn of(query: &report::OriginsQuery, origins: &report::Origins) -> Self {
        Self {
            from: origins.span.first,
            to: origins.span.end,
            time_zone: origins.span.zone.to_string(),
            lookback_days: query.lookback_days,
            half_life_days: query.half_life_days,
            items: origins
                .lines
                .iter()
                .map(|line| OriginsLine::of(line, &origins.names))
                .collect(),
            totals: OriginsCounts::of(&origins.totals),
        }
    }
}

impl OriginsLine {
    fn of(line: &report::OriginLine, names: &Names) -> Self {
        let group = &line.group;
        let (origin, unattributed) = match &group.source {
            Source::Touch(origin) => (origin.clone(), false),
            Source::Unattributed => Default::default(),
        };
        Self {
            day: group.day,
            channel: group.channel.as_ref().map(Channel::of),
            team: called(group.team.as_ref(), &names.teams),
            agent: called(group.agent.as_ref(), &names.agents),
            kind: origin.kind,
            platform: origin.platform,
            campaign: called(origin.campaign.as_ref(), &names.campaigns),
            ad: called(origin.ad.as_ref(), &names.ads),
            link: called(origin.link.as_ref(), &names.links),
            unknown_code: origin.unknown_code,
            hashtag: origin.hashtag,
            unattributed: unattributed || group.source == Source::Unattributed,
            counts: OriginsCounts::of(line),
        }
    }
}

pub(super) fn called(id: Option<&String>, names: &BTreeMap<String, String>) -> Option<Called> {
    id.map(|id| Called {
        id: id.clone(),
        name: names.get(id).cloned(),
    })
}

impl OriginsCounts {
    fn of(line: &report::OriginLine) -> Self {
        let counts = &line.counts;
        let credit = line
            .credit
            .iter()
            .map(|(model, credit)| (model.name(), Credit::of(credit, line.cost.as_ref())));
        Self {
            opened: counts.opened,
            answered: counts.answered,
            first_response_s: Spread::of(&counts.first_response),
            finished: counts.finished,
            classifications: counts.classified.clone(),
            won: counts.won,
            revenue: counts.revenue.clone(),
            conversion_rate: ratio(i128::from(counts.won), i128::from(counts.opened)),
            time_to_win_s: Spread::of(&counts.time_to_win),
            cost: line.cost.clone(),
            models: credit.collect(),
        }
    }
}

impl Spread {
    fn of(seconds: &report::Seconds) -> Option<Self> {
        Some(Self {
            median: seconds.median()?,
            mean: seconds.mean()?,
        })
    }
}

impl Credit {
    fn of(credit: &report::Credit, cost: Option<&BTreeMap<String, Amount>>) -> Self {
        let spent = |currency: &String| cost.and_then(|cost| cost.get(currency));
        let returned = credit.revenue.iter().filter_map(|(currency, revenue)| {
            let cost = spent(currency)?;
            Some((currency.clone(), ratio(i128::from(revenue.0), i128::from(cost.0))?))
        });
        Self {
            won: credit.won,
            revenue: credit.revenue.clone(),
            return_on_spend: returned.collect(),
        }
    }
}

/// A part of a whole, rounded down to the millionth; `None` of nothing.
pub(super) fn ratio(part: i128, whole: i128) -> Option<Amount> {
    let millionths = (part * 1_000_000).checked_div(whole)?;
    i64::try_from(millionths).ok().map(Amount)
}

impl FunnelReport {
    /// A funnel.
    #[must_use]
    pub fn of(funnel: &report::Funnel) -> Self {
        let names = match funnel.by {
            report::FunnelBy::Link => &funnel.names.links,
            report::FunnelBy::Campaign => &funnel.names.campaigns,
        };
        let line = |line: &report::FunnelLine| FunnelLine {
            id: line.id.clone(),
            name: names.get(&line.id).cloned(),
            clicks: line.stages.clicks,
            conversations: line.stages.conversations,
            answered: line.stages.answered,
            classified: line.stages.classified,
            won: line.stages.won,
            revenue: line.stages.revenue.clone(),
        };
        Self {
            from: funnel.span.first,
            to: funnel.span.end,
            time_zone: funnel.span.zone.to_string(),
            items: funnel.lines.iter().map(line).collect(),
        }
    }
}

/// What may be asked for as `group_by`, in words for a person.
#[must_use]
pub fn dimensions() -> String {
    Dimension::ALL.map(|(name, _)| name).join(", ")
}
