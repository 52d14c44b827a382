//! Which click a code stands for, as tables.

use origem_domain::event::Kind;
use origem_domain::key::Key;

use super::*;

fn day(day: i64) -> Timestamp {
    Timestamp::from_micros(day * DAY)
}

fn click(at: i64) -> ClickFact {
    ClickFact {
        at: day(at),
        link: Some(format!("link{at}")),
        utm: Default::default(),
        click_ids: Default::default(),
        first_use: true,
    }
}

fn message(at: i64, number: u64) -> (SortKey, ConversationId) {
    let key = SortKey {
        at: day(at),
        kind: Kind::MessageReceived,
        dedup: Key(number),
    };
    (key, ConversationId(number))
}

#[test]
fn a_code_that_comes_round_again_is_another_click() {
    // Days of clicks, in any order; day of the message; day of its click.
    for (clicks, at, expected) in [
        (&[0][..], 1, Some(0)),
        (&[0], 100, Some(0)),
        (&[5], 1, None),
        (&[5, 40], 1, None),
        (&[5, 40], 6, Some(5)),
        (&[0, 3, 29], 40, Some(0)),
        (&[0, 33], 32, Some(0)),
        (&[0, 33], 34, Some(33)),
        (&[0, 20, 40], 39, Some(0)),
        (&[0, 20, 40], 41, Some(40)),
        (&[0, 33, 66], 50, Some(33)),
        (&[], 1, None),
    ] {
        for reversed in [false, true] {
            let mut join = Join::default();
            let mut order = clicks.to_vec();
            if reversed {
                order.reverse();
            }
            for at in order {
                assert!(join.add_click(click(at)));
                assert!(!join.add_click(click(at)), "it is known");
            }
            let life = join.life(day(at)).map(|click| click.at);
            assert_eq!(life, expected.map(day), "{clicks:?} {at}");
        }
    }
}

#[test]
fn a_click_after_the_message_is_its_click_only_as_far_as_clocks_differ() {
    let mut join = Join::default();
    assert!(join.add_click(click(5)));
    for (before, expected) in [
        (-1, true),
        (0, true),
        (1, true),
        (SKEW, true),
        (SKEW + 1, false),
        (DAY, false),
    ] {
        assert_eq!(join.life(day(5).plus(-before)).is_some(), expected, "{before}");
    }
}

#[test]
fn each_life_of_a_code_has_its_own_first_user() {
    let mut join = Join::default();
    for at in [0, 33] {
        join.add_click(click(at));
    }
    for (at, number) in [(35, 4), (1, 2), (34, 3), (0, 1)] {
        let (key, conversation) = message(at, number);
        assert!(join.add_user(key, conversation));
    }
    for (at, first) in [(0, 1), (10, 1), (33, 3), (40, 3)] {
        let user = join.first_user(day(at)).map(|(_, conversation)| conversation);
        assert_eq!(user, Some(ConversationId(first)), "{at}");
    }
}

#[test]
fn of_clicks_with_one_code_so_many_are_known() {
    let mut join = Join::default();
    let taken = (0..100).filter(|at| join.add_click(click(*at))).count();
    assert_eq!(taken, CLICKS_MAX);
}
