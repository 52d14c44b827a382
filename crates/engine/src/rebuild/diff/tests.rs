//! Two generations of one log, folded under different rules, and what is said of the difference.

use std::sync::Arc;
use std::time::Duration;

use origem_channels::{Delivery, Source};
use origem_domain::key::{ConversationId, Secret};
use origem_domain::position::Offset;
use origem_domain::rules::{Rulebook, Rules};
use origem_domain::time::{HOUR, Timestamp};
use origem_log::MemoryLog;
use origem_views::rows::MemoryStore;
use serde_json::json;

use super::{Comparison, Diff, Example, Told, conversations};
use crate::engine::{Engine, Options};
use crate::generation::Pinned;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const START: &str = "2026-09-26T10:00:00Z";

/// Engines over one log: under the usual rules, and with a silence of 12 hours that ends an interaction.
struct Pair {
    old: Arc<Engine>,
    new: Arc<Engine>,
    runtime: tokio::runtime::Runtime,
}

impl Pair {
    fn new() -> Self {
        let log = Arc::new(MemoryLog::default());
        let engine = |rulebook: Rulebook| {
            let mut options = Options::default();
            options.projector.folding.rulebook = Arc::new(rulebook);
            let store = Arc::new(MemoryStore::default());
            Arc::new(Engine::start(log.clone(), store, Secret::new([7; 16]), options).unwrap())
        };
        let shorter = |rules: &mut Rules| rules.interaction_gap = 12 * HOUR;
        Self {
            old: engine(Rulebook::default()),
            new: engine(Rulebook::default().changed(Timestamp::MIN, shorter)),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        }
    }

    /// A message of a customer, hours after the start of the story; both engines have folded it.
    fn message(&self, from: &str, hour: i64, referral: Option<&str>) {
        let at = Timestamp::parse(START).unwrap().plus(hour * HOUR);
        let mut event = json!({
            "kind": "message_received", "channel": {"kind": "whatsapp", "id": "1"},
            "contact": {"aliases": [{"kind": "phone", "value": from}]},
            "occurred_at": at, "dedup_key": format!("{from}-{hour}"),
            "message": {"id": format!("wamid.{from}.{hour}"), "type": "text", "text": "oi"},
        });
        if let Some(ad) = referral {
            event["referral"] =
                json!({"source_type": "ad", "source_id": ad, "source_url": "https://www.instagram.com/p/x"});
        }
        self.append(&event.to_string());
    }

    fn append(&self, body: &str) {
        let delivery = Delivery {
            source: Source::Event,
            body: body.as_bytes(),
            received_at: Timestamp::parse("2026-11-22T12:00:00Z").unwrap(),
            account: "default",
        };
        self.runtime.block_on(async {
            let accepted = self.old.accept(delivery).await.unwrap();
            for engine in [&self.old, &self.new] {
                engine.wait(&accepted.positions(), PATIENCE).await.unwrap();
            }
        });
    }

    fn id(&self, contact: &str) -> ConversationId {
        self.old.find(contact, None).unwrap()
    }

    /// Compares these, or everything.
    fn compare(&self, comparison: &mut Comparison, ids: Option<&[ConversationId]>) -> Diff {
        let (old, new) = (pinned(&self.old), pinned(&self.new));
        let (old, new) = (old.view(), new.view());
        let all: Vec<ConversationId> = conversations(&old, &new).collect::<Result<_, _>>().unwrap();
        let ids = ids.map_or(all, <[ConversationId]>::to_vec);
        comparison.compare(&old, &new, ids).unwrap();
        comparison.compare_anomalies(&old, &new, Offset(u64::MAX)).unwrap();
        comparison.diff(&old, &new, 10).unwrap()
    }
}

fn pinned(engine: &Engine) -> Pinned<'_> {
    engine.pin(&engine.shards()[0]).unwrap()
}

/// The parts that differ, as `equal changed only_old only_new` a line.
fn counted(diff: &Diff) -> Vec<String> {
    let parts = diff.parts.iter().filter(|(_, counts)| counts.differing() > 0);
    parts
        .map(|(part, counts)| {
            let all = [counts.equal, counts.changed, counts.only_old, counts.only_new];
            format!("{} {all:?}", part.name())
        })
        .collect()
}

fn told(example: &Example) -> Vec<String> {
    let side = |told: &Option<Told>| match told {
        Some(Told {
            text, rule, evidence, ..
        }) => {
            let rule = rule.map_or("-", |rule| rule.name());
            let evidence = evidence.map_or("-".to_owned(), |evidence| evidence.to_string());
            format!("{text} | {rule} | {evidence}")
        }
        None => "nothing".to_owned(),
    };
    let lines = example.differences.iter();
    lines
        .map(|one| format!("{}: {} -> {}", one.part.name(), side(&one.old), side(&one.new)))
        .collect()
}

#[test]
fn a_shorter_silence_gives_a_touch_more_and_says_why() {
    let pair = Pair::new();
    pair.message("5511955550101", 0, Some("1202"));
    pair.message("5511955550101", 13, None);
    pair.message("5511955550102", 0, None);
    pair.message("5511955550102", 1, None);
    let mut comparison = Comparison::default();
    let diff = pair.compare(&mut comparison, None);
    assert_eq!((comparison.compared(), comparison.differing()), (2, 1));
    assert_eq!(
        counted(&diff),
        [
            "origin [1, 1, 0, 0]",
            "timeline [1, 1, 0, 0]",
            "conversation [1, 1, 0, 0]",
            "state [1, 1, 0, 0]",
        ]
    );
    assert_eq!(diff.old, pair.old.fingerprint().unwrap());
    assert_eq!(diff.new, pair.new.fingerprint().unwrap());
    assert_ne!(diff.old.fingerprint, diff.new.fingerprint);
    let [rule] = &diff.rules[..] else {
        panic!("{:?}", diff.rules)
    };
    assert_eq!(
        (rule.name.as_str(), &rule.old, &rule.new),
        (
            "interaction_gap",
            &super::RuleValue::Length(24 * HOUR),
            &super::RuleValue::Length(12 * HOUR)
        )
    );
    let [example] = &diff.examples[..] else {
        panic!("{:?}", diff.examples)
    };
    assert_eq!(example.conversation, pair.id("5511955550101"));
    assert_eq!(
        told(example),
        [
            "origin: ad/instagram 1202 | ad.referral@1 | 0:0 -> organic/whatsapp | organic@1 | 0:1",
            "timeline: nothing -> organic/whatsapp | organic@1 | 0:1",
            "conversation: touches 1 | - | - -> touches 2 | - | -",
        ]
    );
}

#[test]
fn a_conversation_that_is_compared_again_loses_its_former_verdict() {
    let pair = Pair::new();
    pair.message("5511955550101", 0, None);
    let mut comparison = Comparison::default();
    assert!(pair.compare(&mut comparison, None).is_empty());
    // It changes; then what made the difference is explained in both the same way.
    pair.message("5511955550101", 13, None);
    let ids = [pair.id("5511955550101")];
    let diff = pair.compare(&mut comparison, Some(&ids));
    assert_eq!((diff.conversations.equal, diff.conversations.changed), (0, 1));
    assert_eq!(diff.new, pair.new.fingerprint().unwrap());
    assert!(!diff.is_empty());
    assert_eq!(
        diff,
        pair.compare(&mut comparison, Some(&ids)),
        "nothing is counted twice"
    );
    assert_eq!(comparison.compared(), 1);
}

#[test]
fn what_only_one_of_the_two_has_is_shown_first() {
    let pair = Pair::new();
    pair.message("5511955550101", 0, None);
    pair.message("5511955550101", 13, None);
    pair.message("5511955550102", 0, None);
    let empty = Pair::new();
    let (old, none) = (pinned(&pair.old), pinned(&empty.old));
    let (old, none) = (old.view(), none.view());
    let ids = || conversations(&old, &none).map(Result::unwrap);
    assert_eq!(ids().count(), 2);
    for (before, after, only) in [(&old, &none, (2, 0)), (&none, &old, (0, 2))] {
        let mut comparison = Comparison::default();
        comparison.compare(before, after, ids()).unwrap();
        let diff = comparison.diff(before, after, 1).unwrap();
        assert_eq!((diff.conversations.only_old, diff.conversations.only_new), only);
        assert!(
            diff.parts
                .values()
                .all(|counts| (counts.only_old, counts.only_new) == only)
        );
        let [example] = &diff.examples[..] else {
            panic!("{:?}", diff.examples)
        };
        assert_eq!((example.in_old, example.in_new), (only.0 > 0, only.1 > 0));
        assert!(example.differences.is_empty());
    }
    // Gone from both: forgotten.
    let mut comparison = Comparison::default();
    comparison.compare(&old, &old, ids()).unwrap();
    comparison.compare(&none, &none, ids()).unwrap();
    assert_eq!(comparison.compared(), 0);
}

#[test]
fn partitions_add_up() {
    let pair = Pair::new();
    pair.message("5511955550101", 0, None);
    pair.message("5511955550101", 13, None);
    let one = pair.compare(&mut Comparison::default(), None);
    let mut both = one.clone();
    both.add(one.clone(), 1);
    assert_eq!(both.conversations.changed, 2 * one.conversations.changed);
    assert_eq!(both.old.conversations, 2);
    assert_eq!((both.rules, both.examples), (one.rules, one.examples));
}

#[test]
fn anomalies_are_compared_once_by_reason() {
    let pair = Pair::new();
    for nonsense in ["1", "2", "3"] {
        pair.append(nonsense);
    }
    let mut comparison = Comparison::default();
    pair.compare(&mut comparison, None);
    let diff = pair.compare(&mut comparison, None);
    let counts: Vec<(String, u64, u64)> = diff
        .anomalies
        .iter()
        .map(|(reason, counts)| (reason.clone(), counts.equal, counts.differing()))
        .collect();
    assert_eq!(counts, [("unrecognised".to_owned(), 3, 0)]);
}
