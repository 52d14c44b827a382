//! A rebuild: how far it is, and what differs between the views that served and those it folded.

use std::collections::BTreeMap;

use origem_domain::event::Kind;
use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_domain::rules::Rule;
use origem_domain::time::{DAY, HOUR, Micros, Timestamp};
use origem_engine::query;
use origem_engine::rebuild as engine;
use serde::Serialize;
use utoipa::ToSchema;

/// A rebuild: views folded again from the log beside those that serve, compared with them, and switched to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Rebuild {
    /// Which; it grows with every rebuild of the instance.
    pub id: u64,
    /// `folding`, `following`, `comparing`; and how it ended: `compared` (a dry run), `switched`, `cancelled`, `failed`.
    pub phase: &'static str,
    /// It has ended.
    pub finished: bool,
    /// Why it was started: `operator`, `views_version`, `rules_version`, `rules_changed`.
    pub cause: &'static str,
    /// The bytes of deliveries are read again by the parsers of this build.
    pub renormalise: bool,
    /// It ends with the comparison; nothing is switched.
    pub dry_run: bool,
    /// It may lose what the log does not hold any more.
    pub accept_loss: bool,
    /// The share of one core it may take; 1: no limit, on all cores.
    pub cpu_share: f64,
    /// The partitions it has come to, one after the other.
    pub partitions: Vec<RebuiltPartition>,
    /// When it began, or went on after a restart.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Events folded so far.
    pub events_done: u64,
    /// Events there are to fold, as far as is known.
    pub events_total: u64,
    /// Events folded in a second, lately.
    pub rate_per_s: f64,
    /// Seconds until all events of the partition at hand are folded and all its conversations compared: at the rate of lately, and by
    /// what each kind of work took in the rebuild before. Absent while there is no rate, and after the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta_s: Option<f64>,
    /// Conversations compared so far.
    pub compared: u64,
    /// Conversations to compare, as far as is known.
    pub to_compare: u64,
    /// What differs; once it is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The two generations of a partition's views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RebuiltPartition {
    /// The partition.
    pub partition: u32,
    /// The generation that served.
    pub old: u64,
    /// The one that is folded.
    pub new: u64,
    /// The new one serves.
    pub switched: bool,
}

/// What differs between the old and the new views, both at the same position of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Diff {
    /// Both say the same.
    pub equal: bool,
    /// What each of them says, in two numbers: as `/v1/fingerprint` of either.
    pub contents: DiffContents,
    /// Rules that are not the same for both.
    pub rules: Vec<RuleChange>,
    /// Conversations, groups included.
    pub conversations: DiffCounts,
    /// Conversations by what of them is compared: `origin`, `status`, `windows`, `timeline`, `tickets`, `conversation` (what else the
    /// card shows), `thread`, `contacts` (aliases), `state` (what later events are folded on, and nobody sees).
    pub views: BTreeMap<&'static str, DiffCounts>,
    /// Anomalies by reason.
    pub anomalies: BTreeMap<String, DiffCounts>,
    /// Conversations that differ: those that one of the two does not have first, then those whose origin differs.
    pub examples: Vec<DiffExample>,
}

/// What each of the two says, in two numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiffContents {
    /// The views that served.
    pub old: Contents,
    /// Those that were folded.
    pub new: Contents,
}

/// What all views say, in two numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Contents {
    /// Conversations, groups included.
    pub conversations: u64,
    /// 32 hexadecimal digits. Equal for equal contents, whatever the log, its partitions and the places of the events in it.
    pub fingerprint: String,
}

/// What became of what was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiffCounts {
    /// All of them.
    pub compared: u64,
    /// The same in both.
    pub equal: u64,
    /// In both, and not the same.
    pub changed: u64,
    /// In the old views only.
    pub only_old: u64,
    /// In the new views only.
    pub only_new: u64,
}

/// A rule that is not the same for both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleChange {
    /// Its name, as in the settings `rules.*`.
    #[schema(example = "interaction_gap")]
    pub name: String,
    /// From when on; absent: from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// What it was: a length of time, or the text of the setting.
    #[schema(example = "24h")]
    pub old: String,
    /// What it is.
    #[schema(example = "12h")]
    pub new: String,
}

/// A conversation that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiffExample {
    /// Which.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// Which of the two has it: `old` or `new`. Absent: both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<&'static str>,
    /// What differs.
    pub differences: Vec<DiffDetail>,
    /// How many more differences there are. Absent: none.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: u64,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiffDetail {
    /// Where it is told: a name of `views`.
    pub view: &'static str,
    /// The touch or ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it was; absent: it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<DiffSide>,
    /// What it is; absent: it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<DiffSide>,
}

/// One side of a difference. Nothing personal: names, numbers and texts are told by the views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DiffSide {
    /// What, for a person.
    #[schema(example = "ad/instagram 1202")]
    pub text: String,
    /// When it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// Name and version of the rule that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "ad.referral@1")]
    pub rule: Option<&'static str>,
    /// What the rule says, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub because: Option<&'static str>,
    /// The kind of event it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub event: Option<Kind>,
    /// Where that event stands in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "0:41")]
    pub position: Option<Position>,
}

/// Which generation of each partition's views serves, and which is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Generations {
    /// The partitions of this instance.
    pub partitions: Vec<PartitionGenerations>,
}

/// The generations of one partition's views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartitionGenerations {
    /// The partition.
    pub partition: u32,
    /// The generation that serves.
    pub serving: u64,
    /// The one that served before, to go back to. Absent: none is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<u64>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Rebuild {
    /// A rebuild.
    #[must_use]
    pub fn of(status: &engine::RebuildStatus) -> Self {
        let partition = |pair: &engine::GenerationPair| RebuiltPartition {
            partition: pair.partition.0,
            old: pair.old,
            new: pair.new,
            switched: pair.switched,
        };
        Self {
            id: status.id,
            phase: status.phase.name(),
            finished: status.phase.is_over(),
            cause: cause(status.cause),
            renormalise: status.options.renormalise,
            dry_run: status.options.dry_run,
            accept_loss: status.options.accept_loss,
            cpu_share: status.options.cpu_share,
            partitions: status.generations.iter().map(partition).collect(),
            started_at: status.started_at,
            finished_at: status.finished_at,
            events_done: status.events_done,
            events_total: status.events_total,
            rate_per_s: status.rate_per_s,
            eta_s: status.eta_s,
            compared: status.compared,
            to_compare: status.to_compare,
            diff: status.diff.as_ref().map(Diff::of),
            error: status.error.clone(),
        }
    }
}

impl Generations {
    /// The generations there are.
    #[must_use]
    pub fn of(kept: &[engine::KeptGenerations]) -> Self {
        let partition = |kept: &engine::KeptGenerations| PartitionGenerations {
            partition: kept.partition.0,
            serving: kept.serving,
            previous: kept.previous,
        };
        Self {
            partitions: kept.iter().map(partition).collect(),
        }
    }
}

const fn cause(cause: engine::Cause) -> &'static str {
    match cause {
        engine::Cause::Operator => "operator",
        engine::Cause::ViewsVersion => "views_version",
        engine::Cause::RulesVersion => "rules_version",
        engine::Cause::RulesChanged => "rules_changed",
    }
}

impl Diff {
    /// What differs.
    #[must_use]
    pub fn of(diff: &engine::Diff) -> Self {
        let views = diff.parts.iter();
        let anomalies = diff.anomalies.iter();
        Self {
            equal: diff.is_empty(),
            contents: DiffContents {
                old: Contents::of(diff.old),
                new: Contents::of(diff.new),
            },
            rules: diff.rules.iter().map(RuleChange::of).collect(),
            conversations: DiffCounts::of(diff.conversations),
            views: views
                .map(|(part, counts)| (part.name(), DiffCounts::of(*counts)))
                .collect(),
            anomalies: anomalies
                .map(|(reason, counts)| (reason.clone(), DiffCounts::of(*counts)))
                .collect(),
            examples: diff.examples.iter().map(DiffExample::of).collect(),
        }
    }
}

impl Contents {
    /// What all views say.
    #[must_use]
    pub fn of(contents: query::Contents) -> Self {
        Self {
            conversations: contents.conversations,
            fingerprint: format!("{:032x}", contents.fingerprint),
        }
    }
}

impl DiffCounts {
    const fn of(counts: engine::Counts) -> Self {
        Self {
            compared: counts.compared(),
            equal: counts.equal,
            changed: counts.changed,
            only_old: counts.only_old,
            only_new: counts.only_new,
        }
    }
}

impl RuleChange {
    fn of(change: &engine::RuleChange) -> Self {
        let told = |value: &engine::RuleValue| match value {
            engine::RuleValue::Length(micros) => length(*micros),
            engine::RuleValue::Text(text) => text.clone(),
        };
        Self {
            name: change.name.clone(),
            from: change.from,
            old: told(&change.old),
            new: told(&change.new),
        }
    }
}

impl DiffExample {
    fn of(example: &engine::Example) -> Self {
        let difference = |difference: &engine::Difference| DiffDetail {
            view: difference.part.name(),
            id: difference.id.clone(),
            old: difference.old.as_ref().map(DiffSide::of),
            new: difference.new.as_ref().map(DiffSide::of),
        };
        Self {
            conversation: example.conversation,
            only: match (example.in_old, example.in_new) {
                (true, false) => Some("old"),
                (false, true) => Some("new"),
                _ => None,
            },
            differences: example.differences.iter().map(difference).collect(),
            more: example.more,
        }
    }
}

impl DiffSide {
    fn of(told: &engine::Told) -> Self {
        Self {
            text: told.text.clone(),
            at: told.at,
            rule: told.rule.map(Rule::name),
            because: told.rule.map(Rule::explain),
            event: told.event,
            position: told.evidence,
        }
    }
}

/// A length of time as the settings write it: in the largest unit that it is a whole number of, and days from the second on.
fn length(micros: Micros) -> String {
    const SECOND: Micros = 1_000_000;
    const MINUTE: Micros = 60 * SECOND;
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")];
    let whole = units
        .into_iter()
        .find(|(unit, _)| micros % unit == 0 && (*unit != DAY || micros > DAY) && micros >= *unit);
    match whole {
        Some((unit, name)) => format!("{}{name}", micros / unit),
        None => format!("{micros}us"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_write_them() {
        for (micros, text) in [
            (24 * HOUR, "24h"),
            (12 * HOUR, "12h"),
            (7 * DAY, "7d"),
            (36 * HOUR, "36h"),
            (72 * HOUR, "3d"),
            (90 * 60_000_000, "90m"),
            (1_000_000, "1s"),
            (1, "1us"),
            (0, "0us"),
        ] {
            assert_eq!(length(micros), text);
        }
    }
}
