//! Whatever happens, and wherever it is interrupted: once it is over, the topics hold what the views have.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use origem_domain::position::Position;
use origem_log::{MemoryTopics, OutletError};
use proptest::prelude::*;

use super::faulty::{Fault, Faults, Faulty};
use super::following::{assert_agree, header, settle};
use super::views::Views;
use crate::Options;
use crate::follower::{Follower, StepError};
use crate::headers::POSITION;

/// Something that happens.
#[derive(Debug, Clone)]
enum Act {
    /// Events come in; they are not folded yet.
    Append(Vec<String>),
    /// So many events are folded.
    Fold(usize),
    /// The publisher does so many things.
    Step(usize),
    /// The next call of the outlet fails.
    Fail(Fault),
    /// The publisher dies; another begins.
    Crash,
    /// Another begins, and the former does not know.
    TakeOver,
    /// The views are dropped, to be folded again from the start, and the publisher is told.
    Rebuild,
}

/// A sentence of the script: few people, so that they meet, change and merge.
fn arb_event() -> impl Strategy<Value = String> {
    let person = 1..6_u32;
    (person.clone(), person, 0..12_u32, 1..60_u32).prop_map(|(one, other, verb, minute)| {
        let time = format!("1.{}:{:02}", 8 + verb, minute);
        match verb {
            0..5 => format!("{time} p{one} in m{minute} ad=A{other}"),
            5 => format!("{time} p{one} out m{minute} via=web agent=ana"),
            6 => format!("{time} p{one}@g1 in m{minute}"),
            7 => format!("{time} p{one} history m{minute}"),
            8 => format!("{time} p{one},b{other} in m{minute}"),
            9 => format!("{time} p{one},p{other} in m{minute}"),
            10 => format!("{time} p{one} finish agent=ana"),
            _ => format!("{time} p{one} change to=p{other}"),
        }
    })
}

fn arb_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => prop::collection::vec(arb_event(), 1..8).prop_map(Act::Append),
        4 => (1..9_usize).prop_map(Act::Fold),
        6 => (1..4_usize).prop_map(Act::Step),
        3 => prop_oneof![Just(Fault::Before), Just(Fault::After)].prop_map(Act::Fail),
        1 => Just(Act::Crash),
        1 => Just(Act::TakeOver),
        1 => Just(Act::Rebuild),
    ]
}

/// Views, topics and publishers.
struct World {
    views: Arc<Views>,
    topics: MemoryTopics,
    faults: Faults,
    follower: Follower,
    zombies: Vec<Follower>,
}

impl World {
    fn new() -> Self {
        let (views, topics, faults) = (Arc::default(), MemoryTopics::default(), Faults::default());
        Self {
            follower: Self::publisher(&views, &topics, &faults),
            views,
            topics,
            faults,
            zombies: Vec::new(),
        }
    }

    fn publisher(views: &Arc<Views>, topics: &MemoryTopics, faults: &Faults) -> Follower {
        let outlet = Faulty {
            outlet: topics.outlet(),
            faults: faults.clone(),
        };
        // Small transactions, so that they are interrupted between two.
        let options = Options {
            conversations_max: 2,
            ..Options::default()
        };
        Follower::new(views.clone(), Box::new(outlet), options)
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Append(lines) => self.views.append(&lines.join(";")),
            Act::Fold(count) => self.views.fold(*count),
            Act::Step(count) => (0..*count).for_each(|_| self.step()),
            Act::Fail(fault) => self.faults.add(*fault),
            Act::Crash => self.follower = Self::publisher(&self.views, &self.topics, &self.faults),
            Act::TakeOver => {
                let heir = Self::publisher(&self.views, &self.topics, &self.faults);
                self.zombies.push(std::mem::replace(&mut self.follower, heir));
            }
            Act::Rebuild => {
                self.views.drop_rows();
                self.follower.reconcile();
            }
        }
    }

    fn step(&mut self) {
        let fenced = matches!(
            self.follower.step(Duration::ZERO),
            Err(StepError::Outlet(
                OutletError::Fenced { .. } | OutletError::TooLarge { .. }
            ))
        );
        assert!(
            !fenced,
            "the latest publisher is fenced by none, and nothing is too large"
        );
    }

    /// All is folded and published, and nothing fails any more.
    fn end(&mut self) {
        self.faults.clear();
        self.views.fold(usize::MAX);
        settle(&mut self.follower);
        assert_agree(&self.views, &self.topics);
        self.assert_versions_grow();
        let records = self.topics.records().len();
        for zombie in &mut self.zombies {
            // Those that never took over are no zombies; they would be heirs.
            if zombie.version().is_some() {
                zombie.reconcile();
                let fenced = zombie.step(Duration::ZERO);
                assert!(
                    matches!(fenced, Err(StepError::Outlet(OutletError::Fenced { .. }))),
                    "{fenced:?}"
                );
            }
        }
        let heir = Self::publisher(&self.views, &self.topics, &self.faults);
        self.follower = heir;
        settle(&mut self.follower);
        assert_eq!(
            self.topics.records().len(),
            records,
            "a new publisher has nothing to add"
        );
    }

    fn assert_versions_grow(&self) {
        let mut versions = BTreeMap::new();
        for record in self.topics.records() {
            let version: Position = header(&record, POSITION).unwrap().parse().unwrap();
            let before = versions.insert((record.topic, record.key), version);
            assert!(before <= Some(version));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn topics_end_as_the_views_are(acts in prop::collection::vec(arb_act(), 1..60)) {
        let mut world = World::new();
        acts.iter().for_each(|act| world.act(act));
        world.end();
    }
}
