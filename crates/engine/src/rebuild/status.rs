//! How a rebuild is, in plain data: what it was asked, how far it is, what it found.

use origem_domain::position::Partition;
use origem_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::diff::Diff;
use super::note::Plan;

/// How an engine rebuilds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// It goes on with interrupted rebuilds by itself, and begins one where views are of another version or under other rules.
    pub automatic: bool,
    /// What a rebuild is to do if nobody says otherwise.
    pub usual: RebuildOptions,
}

/// What a rebuild is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RebuildOptions {
    /// The bytes that events were read from are read again by the parsers of this build.
    pub renormalise: bool,
    /// It ends with the comparison: nothing is switched, and what was folded is removed.
    pub dry_run: bool,
    /// It may lose what the log does not hold any more, where retention dropped the oldest events. A dry run loses nothing.
    pub accept_loss: bool,
    /// Conversations that the comparison shows in full, at most.
    pub examples: usize,
    /// The share of one core it may take while it folds and compares: over 0, up to 1. 1: no limit, on all cores.
    pub cpu_share: f64,
    /// Records folded at once: what its memory grows with.
    pub records_max: usize,
}

impl Default for RebuildOptions {
    fn default() -> Self {
        Self {
            renormalise: false,
            dry_run: false,
            accept_loss: false,
            examples: 20,
            cpu_share: 0.5,
            records_max: 20_000,
        }
    }
}

/// What a rebuild is doing, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It folds the log beside the views that serve.
    Folding,
    /// The new views are whole; it folds what was appended in the meantime.
    Following,
    /// Both are compared.
    Comparing,
    /// It ended as a dry run: nothing was switched.
    Compared,
    /// It ended: the new views serve, the ones before are kept.
    Switched,
    /// It ended because somebody asked for it. What serves is what served before.
    Cancelled,
    /// It ended because it could not go on. What serves is what served before.
    Failed,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Folding,
        Self::Following,
        Self::Comparing,
        Self::Compared,
        Self::Switched,
        Self::Cancelled,
        Self::Failed,
    ];

    /// Whether it has ended.
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            Self::Folding | Self::Following | Self::Comparing => false,
            Self::Compared | Self::Switched | Self::Cancelled | Self::Failed => true,
        }
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folding => "folding",
            Self::Following => "following",
            Self::Comparing => "comparing",
            Self::Compared => "compared",
            Self::Switched => "switched",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// Why a rebuild was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody asked for it.
    Operator,
    /// The views are of another version of their rows.
    ViewsVersion,
    /// The views were folded by another version of the rules.
    RulesVersion,
    /// The views were folded under other rules than the settings say.
    RulesChanged,
}

/// The two generations of a partition's views that a rebuild has to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationPair {
    /// The partition.
    pub partition: Partition,
    /// The generation that served when it began.
    pub old: u64,
    /// The one it folds.
    pub new: u64,
    /// The new one serves.
    pub switched: bool,
}

/// The generations of a partition's views that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptGenerations {
    /// The partition.
    pub partition: Partition,
    /// The one that serves.
    pub serving: u64,
    /// The one that served before, to go back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<u64>,
}

/// How a rebuild is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RebuildStatus {
    /// A number that grows with every rebuild of this instance, also over restarts.
    pub id: u64,
    /// What it does; of the partition at hand, if there are several.
    pub phase: Phase,
    /// Why it was started.
    pub cause: Cause,
    /// What it was asked to do.
    pub options: RebuildOptions,
    /// Its partitions so far, one after the other.
    pub generations: Vec<GenerationPair>,
    /// When it began; one that went on after a restart: when it went on.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Records folded so far, of all its partitions.
    pub events_done: u64,
    /// Records there are to fold, as far as the log was when it last looked.
    pub events_total: u64,
    /// Records folded in a second, lately.
    pub rate_per_s: f64,
    /// Seconds until all of it is folded and compared, of the partition at hand: at the rate of lately, and by what each kind of work
    /// took in the rebuild before. Absent while there is no rate yet, and after the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta_s: Option<f64>,
    /// Conversations compared so far.
    pub compared: u64,
    /// Conversations to compare, as far as that is known.
    pub to_compare: u64,
    /// What differs; from the end of the comparison on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl RebuildStatus {
    /// One that begins.
    pub(super) fn begun(plan: &Plan, now: Timestamp) -> Self {
        Self {
            id: plan.id,
            phase: Phase::Folding,
            cause: plan.cause,
            options: plan.options.clone(),
            generations: Vec::new(),
            started_at: now,
            finished_at: None,
            events_done: 0,
            events_total: 0,
            rate_per_s: 0.0,
            eta_s: None,
            compared: 0,
            to_compare: 0,
            diff: None,
            error: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json() {
        for phase in Phase::ALL {
            assert_eq!(serde_json::to_value(phase).unwrap(), phase.name());
        }
    }
}
