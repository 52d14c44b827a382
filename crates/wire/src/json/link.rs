//! A link in numbers.

use std::collections::BTreeMap;

use origem_domain::day::Day;
use origem_domain::time::Timestamp;
use origem_domain::zone::Zone;
use origem_engine::query::report::Funnel;
use serde::Serialize;
use utoipa::ToSchema;

use super::{FunnelLine, FunnelReport};

/// What a link brought in a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LinkNumbers {
    /// Where the link leads through this server.
    pub address: String,
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub from: Day,
    /// The day after the last; absent: all that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub to: Option<Day>,
    /// Clicks, conversations, answered, classified, won.
    #[serde(flatten)]
    pub line: FunnelLine,
    /// Days on which it was followed: the first year of the period at most.
    pub days: Vec<LinkDay>,
}

/// How often a link was followed on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct LinkDay {
    /// The day, of UTC.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// Times it was followed.
    pub clicks: u64,
}

impl LinkNumbers {
    /// The numbers of the link `code`, called `name`, reached at `address`.
    #[must_use]
    pub fn of(code: &str, name: &str, address: String, funnel: &Funnel, days: &BTreeMap<Timestamp, u64>) -> Self {
        let report = FunnelReport::of(funnel);
        let line = report.items.into_iter().find(|line| line.id == code);
        let nobody = || FunnelLine {
            id: code.to_owned(),
            name: None,
            clicks: 0,
            conversations: 0,
            answered: 0,
            classified: 0,
            won: 0,
            revenue: BTreeMap::new(),
        };
        let day = |(at, clicks): (&Timestamp, &u64)| {
            Some(LinkDay {
                day: Day::of(*at, Zone::UTC)?,
                clicks: *clicks,
            })
        };
        Self {
            address,
            from: report.from,
            to: report.to,
            line: FunnelLine {
                name: Some(name.to_owned()),
                ..line.unwrap_or_else(nobody)
            },
            days: days.iter().filter_map(day).collect(),
        }
    }
}
