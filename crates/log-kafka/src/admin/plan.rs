//! What our topics should be, and where a cluster differs. Pure: the cluster is told as values.

use std::collections::BTreeMap;
use std::fmt;

use super::settings::Settings;
use crate::topics::Topics;

/// A week, milliseconds.
const WEEK: &str = "604800000";
/// Deliveries of up to 3 MiB, with what is made of them.
pub(super) const MESSAGE_BYTES: u64 = 4 << 20;

/// A topic that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions it gets.
    pub partitions: u32,
    /// How many brokers hold each partition.
    pub replication: u32,
    /// Settings by Kafka's names.
    pub settings: BTreeMap<String, String>,
}

/// A topic that exists and is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub topic: String,
    /// `partitions`, `replication` or the name of a setting.
    pub name: String,
    /// What it is.
    pub found: String,
    /// What it should be.
    pub wanted: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            topic,
            name,
            found,
            wanted,
        } = self;
        write!(f, "{topic}: {name} is {found}, should be {wanted}")
    }
}

/// What to do so that all topics are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Topics to create.
    pub create: Vec<NewTopic>,
    /// What is different in topics that exist. Never changed by us: more partitions would part the records of a channel, and
    /// settings may have their reasons.
    pub differences: Vec<Difference>,
    /// Topics that are as they should be.
    pub fitting: Vec<String>,
}

/// A topic as the cluster has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub partitions: u32,
    pub replication: u32,
    pub settings: Settings,
}

/// How a found value is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Exactly,
    /// A number; -1 stands for no limit.
    AtLeast,
}

/// Partitions that were added to the topic of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Added {
    /// How many it has.
    pub found: u32,
    /// How many it began with.
    pub began: u32,
}

/// Whether partitions were added to the topic of the events, whose number the projected topics were made with and so remember.
/// `partitions`: how many a topic has, `None` where it does not exist. Projected topics that do not agree remember nothing.
pub(super) fn added(topics: &Topics, partitions: impl Fn(&str) -> Option<u32>) -> Option<Added> {
    let mut projected = [&topics.conversations, &topics.touches, &topics.windows, &topics.queue]
        .into_iter()
        .filter_map(|topic| partitions(topic));
    let began = projected.next()?;
    let agreed = projected.all(|others| others == began);
    let found = partitions(&topics.events)?;
    (agreed && found > began).then_some(Added { found, began })
}

/// Compares what should be with `found`, by name.
pub(super) fn plan(topics: &Topics, partitions: u32, replication: u32, found: &BTreeMap<String, Found>) -> Plan {
    let events = found.get(&topics.events).map(|events| events.partitions);
    let (events_partitions, events_rule) = match added(topics, |topic| Some(found.get(topic)?.partitions)) {
        Some(added) => (added.began, Rule::Exactly),
        None => (partitions, Rule::AtLeast),
    };
    // A projected topic has the partitions that the events really have, unless that is what is wrong.
    let projected = match events_rule {
        Rule::Exactly => events_partitions,
        Rule::AtLeast => events.unwrap_or(partitions),
    };
    let durable = if replication > 2 { "2" } else { "1" };
    let large = MESSAGE_BYTES.to_string();
    let forever: &[(&str, &str)] = &[
        ("cleanup.policy", "delete"),
        ("retention.ms", "-1"),
        ("retention.bytes", "-1"),
        ("max.message.bytes", &large),
    ];
    let for_a_week: &[(&str, &str)] = &[
        ("cleanup.policy", "delete"),
        ("retention.ms", WEEK),
        ("max.message.bytes", &large),
    ];
    // Whoever was away for a week still learns what is gone.
    let compacted: &[(&str, &str)] = &[("cleanup.policy", "compact"), ("delete.retention.ms", WEEK)];
    // A card of a provider is one record; whoever was away still learns what is gone, for removals are records too.
    let kept: &[(&str, &str)] = &[("cleanup.policy", "compact"), ("max.message.bytes", &large)];
    let wanted = [
        (&topics.inbound, partitions, Rule::AtLeast, for_a_week),
        (&topics.events, events_partitions, events_rule, forever),
        (&topics.conversations, projected, Rule::Exactly, compacted),
        (&topics.touches, projected, Rule::Exactly, compacted),
        (&topics.windows, projected, Rule::Exactly, compacted),
        (&topics.queue, projected, Rule::Exactly, compacted),
        // One order for all that is in it.
        (&topics.directory, 1, Rule::Exactly, kept),
    ];
    let mut plan = Plan::default();
    for (name, partitions, partitions_rule, settings) in wanted {
        let settings = settings.iter().copied().chain([("min.insync.replicas", durable)]);
        let Some(found) = found.get(name) else {
            plan.create.push(NewTopic {
                name: name.clone(),
                partitions,
                replication,
                settings: settings
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
            });
            continue;
        };
        let counts = [
            (
                "partitions",
                found.partitions.to_string(),
                partitions.to_string(),
                partitions_rule,
            ),
            (
                "replication",
                found.replication.to_string(),
                replication.to_string(),
                Rule::AtLeast,
            ),
        ];
        let settings = settings.filter_map(|(name, value)| {
            // A broker that does not know a setting cannot be asked for it.
            let found = found.settings.get(name)?;
            Some((name, found.clone(), value.to_owned(), rule_of(name)))
        });
        let before = plan.differences.len();
        for (setting, found, wanted, rule) in counts.into_iter().chain(settings) {
            if !fits(&found, &wanted, rule) {
                plan.differences.push(Difference {
                    topic: name.clone(),
                    name: setting.to_owned(),
                    found,
                    wanted,
                });
            }
        }
        if plan.differences.len() == before {
            plan.fitting.push(name.clone());
        }
    }
    plan
}

fn rule_of(setting: &str) -> Rule {
    if setting == "cleanup.policy" {
        Rule::Exactly
    } else {
        Rule::AtLeast
    }
}

fn fits(found: &str, wanted: &str, rule: Rule) -> bool {
    let number = |text: &str| {
        text.parse::<i64>()
            .ok()
            .map(|number| if number < 0 { i64::MAX } else { number })
    };
    match (rule, number(found), number(wanted)) {
        (Rule::AtLeast, Some(found), Some(wanted)) => found >= wanted,
        _ => found == wanted,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Added, Found, added, plan};
    use crate::topics::Topics;

    fn cluster(partitions: u32, replication: u32) -> BTreeMap<String, Found> {
        let created = plan(&Topics::default(), partitions, replication, &BTreeMap::new()).create;
        let found = |topic: super::NewTopic| Found {
            partitions: topic.partitions,
            replication: topic.replication,
            settings: topic.settings,
        };
        created
            .into_iter()
            .map(|topic| (topic.name.clone(), found(topic)))
            .collect()
    }

    #[test]
    fn an_empty_cluster_gets_every_topic() {
        let plan = plan(&Topics::default(), 12, 3, &BTreeMap::new());
        let told: Vec<String> = plan
            .create
            .iter()
            .map(|topic| {
                let setting = |name| topic.settings.get(name).map_or("", String::as_str);
                format!(
                    "{} {} {} {} {} {}",
                    topic.name,
                    topic.partitions,
                    topic.replication,
                    setting("cleanup.policy"),
                    setting("retention.ms"),
                    setting("min.insync.replicas"),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "origem.inbound.v1 12 3 delete 604800000 2",
                "origem.events.v1 12 3 delete -1 2",
                "origem.conversations.v1 12 3 compact  2",
                "origem.touches.v1 12 3 compact  2",
                "origem.windows.v1 12 3 compact  2",
                "origem.queue.v1 12 3 compact  2",
                "origem.directory.v1 1 3 compact  2",
            ]
        );
        assert!(plan.differences.is_empty());
    }

    #[test]
    fn what_exists_is_compared() {
        // One change of a cluster that fits 12 partitions of 3 replicas, and what is told of it.
        let cases: [(&str, &str, &str, &[&str]); 13] = [
            ("origem.events.v1", "retention.ms", "-1", &[]),
            (
                "origem.events.v1",
                "retention.ms",
                "604800000",
                &["origem.events.v1: retention.ms is 604800000, should be -1"],
            ),
            (
                "origem.events.v1",
                "cleanup.policy",
                "compact",
                &["origem.events.v1: cleanup.policy is compact, should be delete"],
            ),
            (
                "origem.events.v1",
                "min.insync.replicas",
                "1",
                &["origem.events.v1: min.insync.replicas is 1, should be 2"],
            ),
            ("origem.events.v1", "min.insync.replicas", "3", &[]),
            (
                "origem.inbound.v1",
                "retention.ms",
                "86400000",
                &["origem.inbound.v1: retention.ms is 86400000, should be 604800000"],
            ),
            ("origem.inbound.v1", "retention.ms", "-1", &[]),
            (
                "origem.inbound.v1",
                "partitions",
                "6",
                &["origem.inbound.v1: partitions is 6, should be 12"],
            ),
            ("origem.inbound.v1", "partitions", "24", &[]),
            (
                "origem.events.v1",
                "partitions",
                "24",
                &["origem.events.v1: partitions is 24, should be 12"],
            ),
            (
                "origem.queue.v1",
                "partitions",
                "24",
                &["origem.queue.v1: partitions is 24, should be 12"],
            ),
            (
                "origem.directory.v1",
                "partitions",
                "12",
                &["origem.directory.v1: partitions is 12, should be 1"],
            ),
            (
                "origem.queue.v1",
                "cleanup.policy",
                "delete",
                &["origem.queue.v1: cleanup.policy is delete, should be compact"],
            ),
        ];
        for (topic, name, value, expected) in cases {
            let mut found = cluster(12, 3);
            let changed = found.get_mut(topic).unwrap();
            match name {
                "partitions" => changed.partitions = value.parse().unwrap(),
                _ => drop(changed.settings.insert(name.to_owned(), value.to_owned())),
            }
            let plan = plan(&Topics::default(), 12, 3, &found);
            let told: Vec<String> = plan.differences.iter().map(ToString::to_string).collect();
            assert_eq!(told, expected, "{topic} {name} {value}");
            assert_eq!(plan.fitting.len(), 7 - expected.len(), "{topic} {name} {value}");
            assert!(plan.create.is_empty());
        }
    }

    #[test]
    fn partitions_added_to_the_events_are_told_by_the_projected_topics() {
        // Partitions of events, conversations, touches and queue, 0 for a topic that does not exist, and whether some were added.
        let cases: [([u32; 4], bool); 8] = [
            ([12, 12, 12, 12], false),
            ([24, 12, 12, 12], true),
            ([24, 12, 0, 0], true),
            // Made anew with fewer, or a projected topic grew: no channel moves.
            ([6, 12, 12, 12], false),
            ([12, 12, 12, 24], false),
            ([24, 24, 24, 12], false),
            ([24, 0, 0, 0], false),
            ([0, 12, 12, 12], false),
        ];
        let topics = Topics::default();
        for (counts, expected) in cases {
            let names = [&topics.events, &topics.conversations, &topics.touches, &topics.queue];
            let partitions = |topic: &str| {
                let named = names.iter().zip(counts).find(|(name, _)| **name == topic);
                named.map(|(_, count)| count).filter(|count| *count > 0)
            };
            let expected = expected.then_some(Added {
                found: counts[0],
                began: counts[1],
            });
            assert_eq!(added(&topics, partitions), expected, "{counts:?}");
        }
    }

    #[test]
    fn projected_topics_follow_the_events() {
        let mut found = cluster(6, 1);
        found.remove("origem.queue.v1");
        let plan = plan(&Topics::default(), 12, 1, &found);
        assert_eq!(
            plan.create.iter().map(|topic| topic.partitions).collect::<Vec<_>>(),
            [6]
        );
        assert_eq!(
            plan.fitting,
            [
                "origem.conversations.v1",
                "origem.touches.v1",
                "origem.windows.v1",
                "origem.directory.v1"
            ]
        );
    }
}
