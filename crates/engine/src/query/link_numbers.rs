//! What a link brought, and on which days it was followed.

use std::collections::BTreeMap;

use origem_domain::time::{DAY, Timestamp};
use origem_views::clicks;
use origem_views::layout::AccountKey;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::Clock;
use crate::query::report::{Funnel, FunnelBy, Period};
use crate::question::Question;
use crate::shard::View;

/// Days of clicks that are told at most.
const DAYS_MAX: u32 = 366;

/// A question for the days on which a link was followed.
#[derive(Serialize, Deserialize)]
pub(crate) struct LinkDays {
    account: String,
    link: String,
    from: Timestamp,
    days: u32,
}

impl Question for LinkDays {
    const NAME: &'static str = "link-days";
    type Answer = BTreeMap<Timestamp, u64>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        let account = AccountKey::of(&self.account);
        Ok(clicks::by_day(view.rows, account, &self.link, self.from, self.days)?)
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        let mut sums = BTreeMap::new();
        for (day, number) in answers.into_iter().flatten() {
            *sums.entry(day).or_default() += number;
        }
        Some(sums)
    }
}

impl Engine {
    /// How far those came who followed the links of a period, of which `link` is one, and how often that was followed on each day of
    /// UTC: the first 366 of the period.
    ///
    /// # Errors
    /// As [`Engine::report_funnel`].
    pub fn link_numbers(
        &self,
        period: &Period,
        link: &str,
        clock: Clock,
    ) -> Result<(Funnel, BTreeMap<Timestamp, u64>), EngineError> {
        let funnel = self.report_funnel(period, FunnelBy::Link, clock)?;
        let until = funnel.span.to.min(clock.at.plus(DAY));
        // As the clicks of the funnel are counted: both ends are rounded down to days.
        let days = clicks::day(until).saturating_sub(clicks::day(funnel.span.from));
        let days = self.ask(&LinkDays {
            account: period.account.clone(),
            link: link.to_owned(),
            from: funnel.span.from,
            days: days.min(DAYS_MAX),
        })?;
        Ok((funnel, days))
    }
}
