//! Lists by every filter, pages of every length, counts.

use std::collections::BTreeSet;

use origem_domain::event::ChannelKind;

use super::*;
use crate::counts;
use crate::rows::MapRows;

const WHOLE: usize = usize::MAX;

fn channel(id: &str) -> Channel {
    Channel {
        kind: ChannelKind::Whatsapp,
        id: id.to_owned(),
    }
}

/// An anomaly by offset, reason and the rest in words: `kind account channel conversation second`, `-` where unknown.
fn anomaly(offset: u64, reason: Reason, words: &str) -> Anomaly {
    let words: Vec<Option<&str>> = words
        .split(' ')
        .map(|word| Some(word).filter(|word| *word != "-"))
        .collect();
    let [kind, account, own_channel, conversation, second] = words[..] else {
        panic!("five words: {words:?}");
    };
    let at = second.map(|second| Timestamp::from_micros(second.parse::<i64>().unwrap() * 1_000_000));
    Anomaly {
        position: Position::new(0, offset),
        event: Key(offset),
        reason,
        kind: kind.map(|kind| match kind {
            "sent" => Kind::MessageSent,
            _ => Kind::Unrecognised,
        }),
        at,
        received_at: at,
        account: account.map(str::to_owned),
        channel: own_channel.map(channel),
        conversation: conversation.map(|id| ConversationId(id.parse().unwrap())),
        detail: None,
    }
}

fn all() -> Vec<Anomaly> {
    vec![
        anomaly(1, Reason::Unrecognised, "none acme 1 - 10"),
        anomaly(2, Reason::BadTime, "sent acme 1 7 20"),
        anomaly(2, Reason::IdentityConflict, "sent acme 1 7 20"),
        anomaly(4, Reason::Undecodable, "- - - - -"),
        anomaly(5, Reason::Unrecognised, "none other 2 - 15"),
        anomaly(9, Reason::Voided, "sent other 2 8 40"),
    ]
}

/// The anomalies committed in two batches, beside one of another partition.
fn rows() -> MapRows {
    let mut rows = MapRows::default();
    let elsewhere = Anomaly {
        position: Position::new(1, 3),
        ..anomaly(3, Reason::NoEffect, "sent acme 1 7 20")
    };
    let (first, second) = (all()[..3].to_vec(), [&all()[3..], &[elsewhere]].concat());
    for batch in [first, second] {
        let mut changes = Changes::default();
        batch.iter().for_each(|anomaly| put(&mut changes, anomaly));
        assert_eq!(Tally::noted(&changes).total(), batch.len() as u64);
        counts::settle(&mut changes, &rows).unwrap();
        rows.commit(&changes);
    }
    // The seventh was merged into the eighth.
    let mut changes = Changes::default();
    changes.put(layout::moved(ConversationId(7)), &ConversationId(8));
    rows.commit(&changes);
    rows
}

fn found(rows: &MapRows, filter: &Filter) -> Vec<(u64, &'static str)> {
    let page = page(rows, Partition(0), Offset(100), filter, WHOLE).unwrap();
    assert_eq!(page.below, None);
    let told = |anomaly: &Anomaly| (anomaly.position.offset.0, anomaly.reason.name());
    page.items.iter().map(told).collect()
}

#[test]
fn a_list_holds_what_fits_every_filter_the_latest_first() {
    let rows = rows();
    let none = Filter::default();
    let second = |second: i64| Some(Timestamp::from_micros(second * 1_000_000));
    for (filter, offsets) in [
        (none.clone(), &[9, 5, 4, 2, 2, 1][..]),
        (
            Filter {
                reason: Some(Reason::Unrecognised),
                ..none.clone()
            },
            &[5, 1],
        ),
        (
            Filter {
                reason: Some(Reason::NotJoined),
                ..none.clone()
            },
            &[],
        ),
        (
            Filter {
                kind: Some(Kind::MessageSent),
                ..none.clone()
            },
            &[9, 2, 2],
        ),
        (
            Filter {
                account: Some("acme".to_owned()),
                ..none.clone()
            },
            &[2, 2, 1],
        ),
        (
            Filter {
                channel: Some(channel("2")),
                ..none.clone()
            },
            &[9, 5],
        ),
        (
            Filter {
                conversation: Some(ConversationId(7)),
                ..none.clone()
            },
            &[9, 2, 2],
        ),
        (
            Filter {
                conversation: Some(ConversationId(8)),
                ..none.clone()
            },
            &[9, 2, 2],
        ),
        (
            Filter {
                conversation: Some(ConversationId(1)),
                ..none.clone()
            },
            &[],
        ),
        // What has no time may be of any.
        (
            Filter {
                since: second(20),
                ..none.clone()
            },
            &[9, 4, 2, 2],
        ),
        (
            Filter {
                until: second(20),
                ..none.clone()
            },
            &[5, 4, 1],
        ),
        (
            Filter {
                reason: Some(Reason::Unrecognised),
                account: Some("other".to_owned()),
                ..none.clone()
            },
            &[5],
        ),
        (
            Filter {
                reason: Some(Reason::Voided),
                until: second(40),
                ..none
            },
            &[],
        ),
    ] {
        let told: Vec<u64> = found(&rows, &filter).into_iter().map(|(offset, _)| offset).collect();
        assert_eq!(told, offsets, "{filter:?}");
    }
}

#[test]
fn pages_of_any_length_give_every_anomaly_once() {
    let rows = rows();
    for reason in std::iter::once(None).chain(Reason::ALL.map(Some)) {
        let filter = Filter {
            reason,
            ..Filter::default()
        };
        let whole = found(&rows, &filter);
        for limit in 1..8 {
            let (mut told, mut below) = (Vec::new(), Some(Offset(100)));
            while let Some(next) = below {
                let page = page(&rows, Partition(0), next, &filter, limit).unwrap();
                assert!(page.below.is_none_or(|below| below < next), "a page goes on");
                told.extend(page.items.iter().map(|one| (one.position.offset.0, one.reason.name())));
                below = page.below;
            }
            assert_eq!(told, whole, "{reason:?} {limit}");
        }
    }
}

#[test]
fn the_anomalies_of_a_position_are_those_of_all_its_events() {
    let mut rows = rows();
    let mut changes = Changes::default();
    put(
        &mut changes,
        &Anomaly {
            event: Key(99),
            ..anomaly(2, Reason::BadTime, "sent acme 1 7 20")
        },
    );
    counts::settle(&mut changes, &rows).unwrap();
    rows.commit(&changes);
    let reasons: Vec<&str> = of(&rows, Position::new(0, 2))
        .unwrap()
        .iter()
        .map(|one| one.reason.name())
        .collect();
    assert_eq!(reasons, ["bad_time", "bad_time", "identity_conflict"]);
    assert_eq!(of(&rows, Position::new(0, 3)).unwrap(), []);
    assert_eq!(counts(&rows, None).unwrap().of(Reason::BadTime), 2);
}

#[test]
fn counts_are_those_of_the_lists() {
    let rows = rows();
    for account in [None, Some("acme"), Some("other"), Some("nobody")] {
        let tally = counts(&rows, account).unwrap();
        let filter = Filter {
            account: account.map(str::to_owned),
            ..Filter::default()
        };
        let mut listed: Vec<_> = found(&rows, &filter).into_iter().map(|(_, reason)| reason).collect();
        let elsewhere = page(&rows, Partition(1), Offset(100), &filter, WHOLE).unwrap();
        listed.extend(elsewhere.items.iter().map(|anomaly| anomaly.reason.name()));
        for (reason, count) in tally.iter() {
            let same = listed.iter().filter(|name| **name == reason.name()).count();
            assert_eq!(count, same as u64, "{account:?} {reason:?}");
        }
        assert_eq!(tally.total(), listed.len() as u64);
    }
    let reasons: BTreeSet<&str> = Reason::ALL.map(Reason::name).into();
    assert_eq!(reasons.len(), Reason::ALL.len());
}

#[test]
fn a_filter_that_fits_few_gives_short_pages_that_go_on() {
    let mut rows = MapRows::default();
    let mut changes = Changes::default();
    for offset in 0..=LOOKED_AT_MAX as u64 {
        let words = if offset == 0 {
            "none acme 1 - 1"
        } else {
            "none other 1 - 1"
        };
        put(&mut changes, &anomaly(offset, Reason::Unrecognised, words));
    }
    counts::settle(&mut changes, &rows).unwrap();
    rows.commit(&changes);
    let filter = Filter {
        account: Some("acme".to_owned()),
        ..Filter::default()
    };
    let first = page(&rows, Partition(0), Offset(u64::MAX), &filter, 5).unwrap();
    assert_eq!((first.items.len(), first.below), (0, Some(Offset(1))));
    let second = page(&rows, Partition(0), Offset(1), &filter, 5).unwrap();
    assert_eq!((second.items.len(), second.below), (1, None));
}
