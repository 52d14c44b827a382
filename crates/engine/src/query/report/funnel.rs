//! The funnel: of those who followed a link, how many wrote, were answered, had their ticket classified, and bought.

use std::collections::BTreeMap;

use origem_domain::amount::Amount;
use origem_domain::time::Timestamp;
use origem_views::clicks;
use origem_views::layout::AccountKey;
use serde::{Deserialize, Serialize};

use super::counts::add_all;
use super::{Counts, Dimension, Names, Origin, OriginsQuery, Period, Source, Span};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::Clock;
use crate::question::Question;
use crate::shard::View;

/// What the lines of a funnel are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunnelBy {
    /// Links.
    Link,
    /// Campaigns: with the links and ads that the directory has as theirs.
    Campaign,
}

/// A funnel.
#[derive(Debug, Clone, PartialEq)]
pub struct Funnel {
    /// The days.
    pub span: Span,
    /// What the lines are of.
    pub by: FunnelBy,
    /// In order of ids.
    pub lines: Vec<FunnelLine>,
    /// What things are called.
    pub names: Names,
}

/// A line of a funnel.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelLine {
    /// The link or campaign.
    pub id: String,
    /// How far people came.
    pub stages: Stages,
}

/// How far people came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stages {
    /// Times a link was followed, by days of UTC.
    pub clicks: u64,
    /// Tickets opened through it.
    pub conversations: u64,
    /// Of these, answered.
    pub answered: u64,
    /// Of these, finished with a classification.
    pub classified: u64,
    /// Of these, won.
    pub won: u64,
    /// What was sold, by currency.
    pub revenue: BTreeMap<String, Amount>,
}

impl Stages {
    fn take(&mut self, counts: &Counts) {
        self.conversations += counts.opened;
        self.answered += counts.answered;
        self.classified += counts.classified.values().sum::<u64>();
        self.won += counts.won;
        add_all(&mut self.revenue, &counts.revenue);
    }
}

/// A question for how often links were followed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Clicks {
    account: String,
    from: Timestamp,
    to: Timestamp,
}

impl Question for Clicks {
    const NAME: &'static str = "report-clicks";
    type Answer = BTreeMap<String, u64>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        let account = AccountKey::of(&self.account);
        Ok(clicks::by_link(view.rows, account, self.from, self.to)?)
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        let mut sums = BTreeMap::new();
        for (link, number) in answers.into_iter().flatten() {
            *sums.entry(link).or_default() += number;
        }
        Some(sums)
    }
}

impl Engine {
    /// How far those came who followed a link, by link or campaign. Clicks are of the days of UTC that begin in the period.
    ///
    /// # Errors
    /// As [`Engine::report_origins`].
    pub fn report_funnel(&self, period: &Period, by: FunnelBy, clock: Clock) -> Result<Funnel, EngineError> {
        let dimension = match by {
            FunnelBy::Link => Dimension::Link,
            FunnelBy::Campaign => Dimension::Campaign,
        };
        let query = OriginsQuery {
            period: period.clone(),
            by: [dimension].into(),
            models: Default::default(),
            lookback_days: super::LOOKBACK_DAYS,
            half_life_days: super::HALF_LIFE_DAYS,
        };
        let origins = self.report_origins(&query, clock)?;
        let clicks = self.ask(&Clicks {
            account: period.account.clone(),
            from: origins.span.from,
            to: origins.span.to,
        })?;
        let directory = self.directory().snapshot();
        let mut lines: BTreeMap<String, Stages> = BTreeMap::new();
        for line in &origins.lines {
            if let Source::Touch(Origin { link, campaign, .. }) = &line.group.source
                && let Some(id) = link.as_ref().or(campaign.as_ref())
            {
                lines.entry(id.clone()).or_default().take(&line.counts);
            }
        }
        for (link, number) in clicks {
            let id = match by {
                FunnelBy::Link => Some(link),
                FunnelBy::Campaign => directory
                    .link(&period.account, &link)
                    .and_then(|link| link.campaign_id.clone()),
            };
            if let Some(id) = id {
                lines.entry(id).or_default().clicks += number;
            }
        }
        Ok(Funnel {
            span: origins.span,
            by,
            lines: lines
                .into_iter()
                .map(|(id, stages)| FunnelLine { id, stages })
                .collect(),
            names: origins.names,
        })
    }
}
