//! What the outbox keeps, and for how long.

use origem_domain::amount::Amount;
use origem_domain::event::ChannelKind;
use origem_domain::key::TicketId;
use origem_domain::position::Position;
use origem_domain::time::{DAY, HOUR};
use origem_log::MemoryLog;
use origem_log_segments::SegmentLog;

use super::*;
use crate::conversion::{Conversion, Reason};
use crate::tests::{conversion, noon};

fn judged(key: &str) -> Judged {
    Judged {
        conversion: conversion(key, ChannelKind::Whatsapp),
        objection: None,
    }
}

fn put(outbox: &Outbox, keys: &[String], now: Timestamp) {
    let entries = keys.iter().map(|key| Entry::Decided(Box::new(judged(key)))).collect();
    let intake = Intake {
        entries,
        ..Intake::default()
    };
    outbox.take_in(intake, false, now).unwrap();
}

fn keys(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("k{number}")).collect()
}

fn attempt(key: &str, outcome: Outcome) -> Attempt {
    Attempt {
        conversion: conversion(key, ChannelKind::Whatsapp),
        outcome,
    }
}

fn sent(outbox: &Outbox, keys: &[String], now: Timestamp) {
    let attempts = keys.iter().map(|key| attempt(key, Outcome::Sent { trace: None }));
    outbox.settle(attempts.collect(), now).unwrap();
}

/// All there is, as it is.
fn contents(outbox: &Outbox) -> (Vec<Item>, BTreeMap<Destination, Place>) {
    (outbox.list(|_| true, None, usize::MAX).0, outbox.places())
}

#[test]
fn what_was_written_down_is_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        let (log, _) = SegmentLog::open(directory.path(), &Default::default()).unwrap();
        Outbox::open(Arc::new(log), DAY, noon()).unwrap()
    };
    let outbox = open();
    let place = Place {
        destination: Destination::Meta,
        began_at: noon(),
        seen: "0:7".parse().unwrap(),
    };
    outbox.begin(&place).unwrap();
    put(&outbox, &keys(0..4), noon());
    let reason = || Reason::new("busy", "it is busy");
    let outcomes = vec![
        attempt(
            "k0",
            Outcome::Sent {
                trace: Some("T".to_owned()),
            },
        ),
        attempt(
            "k1",
            Outcome::Refused {
                reason: reason(),
                trace: None,
            },
        ),
        attempt(
            "k2",
            Outcome::Later {
                reason: reason(),
                at: noon().plus(HOUR),
            },
        ),
    ];
    outbox.settle(outcomes, noon()).unwrap();
    let before = contents(&outbox);
    drop(outbox);
    let outbox = open();
    assert_eq!(contents(&outbox), before);
    let due = |now| -> Vec<String> {
        let due = outbox.due(Destination::Meta, now, 10);
        due.into_iter().map(|item| item.conversion.key).collect()
    };
    assert_eq!(due(noon()), ["k3"]);
    assert_eq!(due(noon().plus(HOUR)), ["k2", "k3"]);
    assert_eq!(outbox.due(Destination::Meta, noon().plus(HOUR), 1).len(), 1);
}

#[test]
fn it_is_bounded_in_memory_and_on_disk() {
    let log = Arc::<MemoryLog>::default();
    let outbox = Outbox::open(log.clone(), DAY, noon()).unwrap();
    for round in 0..60 {
        let now = noon().plus(round * DAY);
        let keys = keys(round as usize * 100..round as usize * 100 + 100);
        put(&outbox, &keys, now);
        // One of each hundred waits for ever.
        sent(&outbox, &keys[1..], now);
        outbox.tidy(now).unwrap();
    }
    let (items, _) = contents(&outbox);
    assert!(items.len() <= 60 + 2 * 99, "{}", items.len());
    assert_eq!(items.iter().filter(|item| item.state == State::Waiting).count(), 60);
    let kept = log.tail(PARTITION).unwrap().0 - log.start(PARTITION).unwrap().0;
    assert!(kept < 6_500, "{kept} records");
    assert!(log.start(PARTITION).unwrap() > Offset(0), "the oldest records are gone");
    let again = Outbox::open(log, DAY, noon().plus(59 * DAY)).unwrap();
    assert_eq!(contents(&again), contents(&outbox));
}

#[test]
fn what_a_newer_build_wrote_is_left_to_it_and_what_is_none_of_ours_is_passed_over() {
    let log = Arc::<MemoryLog>::default();
    let outbox = Outbox::open(log.clone(), DAY, noon()).unwrap();
    put(&outbox, &keys(0..1), noon());
    log.append(PARTITION, &[b"{}", b"nonsense", b"[]"]).unwrap();
    let again = Outbox::open(log.clone(), DAY, noon()).unwrap();
    assert_eq!(contents(&again), contents(&outbox));
    log.append(PARTITION, &[br#"{"version":2,"anything":1}"#]).unwrap();
    let refused = Outbox::open(log, DAY, noon()).unwrap_err();
    assert!(matches!(refused, OutboxError::Newer { version: 2 }), "{refused}");
}

#[test]
fn a_key_is_taken_once() {
    let outbox = Outbox::open(Arc::<MemoryLog>::default(), DAY, noon()).unwrap();
    put(&outbox, &keys(0..2), noon());
    sent(&outbox, &keys(0..1), noon());
    // The same event again, and the same name by a later event.
    put(&outbox, &keys(0..2), noon().plus(HOUR));
    let mut later = judged("k0");
    later.conversion = Conversion {
        position: Position::new(0, 99),
        ..later.conversion
    };
    let intake = Intake {
        entries: vec![Entry::Decided(Box::new(later))],
        ..Intake::default()
    };
    outbox.take_in(intake, false, noon()).unwrap();
    let (items, _) = contents(&outbox);
    let told: Vec<(&str, State)> = items
        .iter()
        .map(|item| (item.conversion.key.as_str(), item.state))
        .collect();
    assert_eq!(told, [("k1", State::Waiting), ("k0", State::Sent)]);
}

fn take(outbox: &Outbox, entry: Entry) {
    let intake = Intake {
        entries: vec![entry],
        ..Intake::default()
    };
    outbox.take_in(intake, false, noon()).unwrap();
}

/// The end of the ticket at an offset, for so much.
fn finished(outbox: &Outbox, offset: u64, value: i64) {
    let mut judged = judged("k0");
    judged.conversion.position = Position::new(0, offset);
    judged.conversion.value = Some(Amount(value));
    take(outbox, Entry::Decided(Box::new(judged)));
}

fn reopened(outbox: &Outbox, offset: u64) {
    let reopened = Reopened {
        account: "default".to_owned(),
        ticket: TicketId(1),
        position: Position::new(0, offset),
    };
    take(outbox, Entry::Reopened(reopened));
}

#[test]
fn what_is_noted_as_sent_is_what_was_sent() {
    let reason = || Reason::new("busy", "it is busy");
    let taken = Outcome::Sent { trace: None };
    let later = Outcome::Later {
        reason: reason(),
        at: noon().plus(HOUR),
    };
    let refused = Outcome::Refused {
        reason: reason(),
        trace: None,
    };
    // What became of 100 that was on its way, whether the ticket was finished at 500 then, and opened once more.
    for (outcome, finished_again, reopened_again, state, value, why) in [
        (taken.clone(), true, false, State::Sent, 100, Some("sent_before")),
        (taken.clone(), true, true, State::Sent, 100, Some("withdrawn")),
        (taken, false, false, State::Sent, 100, Some("withdrawn")),
        (later.clone(), true, false, State::Waiting, 500, None),
        (later, false, false, State::Withdrawn, 100, Some("withdrawn")),
        (refused.clone(), true, false, State::Waiting, 500, None),
        (refused, true, true, State::Withdrawn, 500, Some("withdrawn")),
    ] {
        let outbox = Outbox::open(Arc::<MemoryLog>::default(), DAY, noon()).unwrap();
        finished(&outbox, 1, 100);
        let under_way = outbox.due(Destination::Meta, noon(), 10).remove(0).conversion;
        reopened(&outbox, 2);
        if finished_again {
            finished(&outbox, 3, 500);
        }
        if reopened_again {
            reopened(&outbox, 4);
        }
        let told = format!("{outcome:?} {finished_again} {reopened_again}");
        let attempt = Attempt {
            conversion: under_way,
            outcome,
        };
        outbox.settle(vec![attempt], noon()).unwrap();
        let item = outbox.of_key("k0").unwrap();
        assert_eq!(
            (item.state, item.conversion.value),
            (state, Some(Amount(value))),
            "{told}"
        );
        assert_eq!(item.reason.map(|reason| reason.code).as_deref(), why, "{told}");
        let due = outbox.due(Destination::Meta, noon(), 10).len();
        assert_eq!(due, usize::from(state == State::Waiting), "{told}");
        // Read again after a restart: nothing comes of it.
        let before = contents(&outbox);
        finished(&outbox, 1, 100);
        assert_eq!(contents(&outbox), before, "{told}");
    }
}

#[test]
fn nothing_becomes_of_an_item_between_the_look_at_it_and_sending_it_again() {
    let outbox = Outbox::open(Arc::<MemoryLog>::default(), DAY, noon()).unwrap();
    put(&outbox, &keys(0..1), noon());
    let mut sender = None;
    let look = |item: &Item| {
        assert_eq!(item.state, State::Waiting);
        let outbox = outbox.clone();
        sender = Some(std::thread::spawn(move || sent(&outbox, &keys(0..1), noon())));
        std::thread::sleep(Duration::from_millis(100));
        Ok::<(), OutboxError>(())
    };
    outbox.send_again("k0", look, noon()).unwrap();
    sender.unwrap().join().unwrap();
    assert_eq!(outbox.of_key("k0").unwrap().state, State::Sent);
}
