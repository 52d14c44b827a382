//! The report on paths: which origins follow each other on the way to tickets.

use std::collections::BTreeMap;

use origem_domain::amount::Amount;
use origem_domain::day::Day;
use origem_domain::touch::{OriginKind, Platform};
use origem_engine::query::report::{self, Names, Origin};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Called;
use crate::json::report::{called, ratio};

/// Which ways led to the tickets opened in some days.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PathsReport {
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
    /// Days back from the end of a ticket within which touches are on its path.
    pub lookback_days: u16,
    /// How many of the last steps of a path are told apart.
    pub steps: usize,
    /// The paths that won most first, then those of most tickets.
    pub items: Vec<PathLine>,
    /// How many paths are not among them.
    pub others_number: usize,
    /// These together; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<PathCounts>,
    /// All paths together.
    pub totals: PathCounts,
}

/// A path, and what became of its tickets.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PathLine {
    /// Origins in order of time, the same right after itself once. Empty: no origin within the lookback.
    pub steps: Vec<PathStep>,
    /// There are more steps before these.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub longer: bool,
    /// What became of them.
    #[serde(flatten)]
    pub counts: PathCounts,
}

/// A step of a path: what was asked for of an origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PathStep {
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
    /// A click code whose click was not recorded, where links are told apart: which link it was is not known.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown_code: bool,
    /// The hashtag, without `#`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hashtag: Option<String>,
}

/// What became of the tickets of some paths.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PathCounts {
    /// Tickets opened.
    pub tickets: u64,
    /// Of these, won.
    pub won: u64,
    /// Won of all, from 0 to 1, to the millionth; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub conversion_rate: Option<Amount>,
    /// What was sold with them, by currency.
    #[schema(value_type = BTreeMap<String, f64>)]
    pub revenue: BTreeMap<String, Amount>,
}

impl PathsReport {
    /// A report.
    #[must_use]
    pub fn of(query: &report::PathsQuery, paths: &report::Paths) -> Self {
        let line = |line: &report::PathLine| PathLine {
            steps: (line.path.steps.iter())
                .map(|origin| PathStep::of(origin, &paths.names))
                .collect(),
            longer: line.path.longer,
            counts: PathCounts::of(&line.counts),
        };
        Self {
            from: paths.span.first,
            to: paths.span.end,
            time_zone: paths.span.zone.to_string(),
            lookback_days: query.lookback_days,
            steps: query.steps,
            items: paths.lines.iter().map(line).collect(),
            others_number: paths.others_number,
            others: (paths.others_number > 0).then(|| PathCounts::of(&paths.others)),
            totals: PathCounts::of(&paths.totals),
        }
    }
}

impl PathStep {
    fn of(origin: &Origin, names: &Names) -> Self {
        Self {
            kind: origin.kind,
            platform: origin.platform,
            campaign: called(origin.campaign.as_ref(), &names.campaigns),
            ad: called(origin.ad.as_ref(), &names.ads),
            link: called(origin.link.as_ref(), &names.links),
            unknown_code: origin.unknown_code,
            hashtag: origin.hashtag.clone(),
        }
    }
}

impl PathCounts {
    fn of(counts: &report::PathCounts) -> Self {
        Self {
            tickets: counts.tickets,
            won: counts.won,
            conversion_rate: ratio(i128::from(counts.won), i128::from(counts.tickets)),
            revenue: counts.revenue.clone(),
        }
    }
}
