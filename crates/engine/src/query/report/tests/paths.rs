//! Paths: the order of the answer, what is put together of shards, and how much there may be.

use super::super::paths::{Path, PathCounts, Walk, Walked, Walking};
use super::*;

fn walk(steps: usize) -> Walk {
    Walk {
        account: "default".to_owned(),
        from: Timestamp::MIN,
        to: Timestamp::MAX,
        now: Timestamp::from_seconds(100),
        by: [Dimension::Hashtag].into(),
        lookback: DAY,
        steps,
        catalogue: Catalogue::default(),
    }
}

fn path(text: &str) -> Path {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let longer = words.first() == Some(&"...");
    words.drain(..usize::from(longer));
    let step = |word: &&str| Origin {
        hashtag: (*word != "-").then(|| (*word).to_owned()),
        ..Origin::default()
    };
    Path {
        steps: words.iter().map(step).collect(),
        longer,
    }
}

#[test]
fn the_same_origin_again_is_one_step_and_only_the_last_steps_are_told_apart() {
    for (touches, steps, told) in [
        ("", 3, ""),
        ("a", 3, "a"),
        ("a a a", 3, "a"),
        ("a a b a", 3, "a b a"),
        ("a a b a", 2, "... b a"),
        ("a - - b", 3, "a - b"),
        // Put together before they are counted.
        ("a b b b b", 2, "a b"),
        ("a b c d", 1, "... d"),
    ] {
        let asked = walk(steps);
        let mut walking = Walking::new(&asked);
        let words: Vec<&str> = touches.split_whitespace().collect();
        let step = |word: &&'static str| Step {
            hashtag: Some(*word).filter(|word| *word != "-"),
            ..touch(OriginKind::Hashtag, Rule::Hashtag)
        };
        walking.take(&journey(words.iter().map(step).collect()));
        let Walked(Some(walked)) = walking.done() else {
            panic!("{touches}")
        };
        assert_eq!(walked.keys().collect::<Vec<_>>(), [&path(told)], "{touches} by {steps}");
    }
}

#[test]
fn shards_are_put_together_and_too_much_stays_too_much() {
    let counted = |text: &str, tickets| {
        let counts = PathCounts {
            tickets,
            ..PathCounts::default()
        };
        Walked(Some([(path(text), counts)].into()))
    };
    let Walked(Some(all)) = Walked::of([counted("a b", 2), counted("a", 1), counted("a b", 3)]) else {
        panic!("it is little");
    };
    let tickets: Vec<u64> = all.values().map(|counts| counts.tickets).collect();
    assert_eq!(tickets, [1, 5]);
    let many = |from: usize| {
        let paths = (from..from + LINES_MAX).map(|number| (path(&format!("h{number}")), PathCounts::default()));
        Walked(Some(paths.collect()))
    };
    assert!(Walked::of([many(0), many(0)]).0.is_some());
    assert!(Walked::of([many(0), many(1)]).0.is_none());
    assert!(Walked::of([Walked(None), counted("a", 1)]).0.is_none());
}
