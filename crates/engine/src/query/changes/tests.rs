//! What each event of a conversation says of its session windows, in the language of scripts.

use std::sync::Arc;

use origem_codec::{RawParts, encode};
use origem_domain::event::{ChannelKind, Event};
use origem_domain::fact::Fact;
use origem_domain::fold::can_change_windows;
use origem_domain::position::Partition;
use origem_domain::rules::Rulebook;
use origem_domain::time::{DAY, HOUR, Timestamp};
use origem_log::{EventLog as _, MemoryLog};
use origem_projector::{Decoded, Folding, Reading, fold};
use origem_testkit::{SECRET, build, samples, script};
use origem_views::identity::Settled;
use origem_views::meta::Checkpoint;
use origem_views::rows::MapRows;

use super::*;

/// A log of these events, and the views of it.
struct Installation {
    log: MemoryLog,
    rows: MapRows,
    rulebook: Arc<Rulebook>,
    next: Offset,
}

impl Installation {
    fn of(events: &[Event]) -> Self {
        let log = MemoryLog::new(1);
        let records: Vec<Recorded> = events
            .iter()
            .zip(0..)
            .map(|(event, offset)| build::recorded(event.clone(), offset))
            .collect();
        for Recorded {
            event,
            source,
            received_at,
            ..
        } in &records
        {
            let bytes = encode(event, source, *received_at, RawParts::default(), &SECRET);
            log.append(Partition(0), &[&bytes]).unwrap();
        }
        let next = Offset(records.len() as u64);
        let batch: Vec<Decoded> = records.into_iter().map(|one| Decoded::Event(Box::new(one))).collect();
        let mut rows = MapRows::default();
        let mut settled = Settled::default();
        for part in batch.chunks(7) {
            let mut changes = fold(&rows, &mut settled, part, &Folding::in_lanes(1)).unwrap().changes;
            origem_views::counts::settle(&mut changes, &rows).unwrap();
            rows.commit(&changes);
        }
        Self {
            log,
            rows,
            rulebook: Arc::default(),
            next,
        }
    }

    fn changes(&self, limit: usize) -> Vec<Change> {
        let view = View {
            log: &self.log,
            partition: Partition(0),
            checkpoint: Checkpoint {
                next: self.next,
                ..Checkpoint::default()
            },
            rows: &self.rows,
            secret: &SECRET,
            rulebook: &self.rulebook,
            reading: &Reading::Recorded,
        };
        let (mut all, mut from) = (Vec::new(), Offset(0));
        while from < self.next {
            all.extend(view.changes(from, limit).unwrap());
            from = all.last().map_or(self.next, |last| last.position.offset.plus(1));
        }
        all
    }
}

/// `day.hour:minute`, as scripts have it.
fn told_at(at: Timestamp) -> String {
    let since = at.since(build::at("2026-08-31T00:00:00Z"));
    let (day, hour, minute) = (since / DAY, since % DAY / HOUR, since % HOUR / 60_000_000);
    format!("{day}.{hour:02}:{minute:02}")
}

/// `window change until, ...` of each change; `-` where nothing changed.
fn told(changes: &[Change]) -> Vec<String> {
    let told = changes.iter().map(|change| {
        let windows = change.windows.iter().map(|(window, change)| {
            let until = change.until().map(told_at).unwrap_or_default();
            format!("{} {} {until}", window.name(), change.name())
                .trim_end()
                .to_owned()
        });
        let windows: Vec<String> = windows.collect();
        if windows.is_empty() {
            "-".to_owned()
        } else {
            windows.join(", ")
        }
    });
    told.collect()
}

/// Each line is an event, `=>`, and what its change says of windows; in the order of the log, however many are read at once.
#[track_caller]
fn check_with(change: impl Fn(Event) -> Event, cases: &str) {
    let cases: Vec<(&str, &str)> = cases
        .lines()
        .filter_map(|line| line.split_once("=>"))
        .map(|(event, expected)| (event.trim(), expected.trim()))
        .collect();
    let events: Vec<Event> = cases.iter().map(|(event, _)| change(script::event(event))).collect();
    let installation = Installation::of(&events);
    for limit in [1, 3, 100] {
        let found = told(&installation.changes(limit));
        let found: Vec<(&str, &str)> = cases
            .iter()
            .zip(&found)
            .map(|((event, _), found)| (*event, found.as_str()))
            .collect();
        assert_eq!(found, cases, "{limit} at once");
    }
}

#[track_caller]
fn check(cases: &str) {
    check_with(|event| event, cases);
}

fn on(kind: ChannelKind) -> impl Fn(Event) -> Event {
    move |mut event| {
        event.channel.kind = kind;
        event
    }
}

#[test]
fn the_service_window_opens_is_refreshed_and_is_closed_by_evidence_not_by_time() {
    check(
        "1.10:00 p1 in m1                 => customer_care opened 2.10:00
         1.11:00 p1 in m2                 => customer_care refreshed 2.11:00
         1.11:30 p1 out m3 via=api        => -
         1.12:00 p1 call m4               => customer_care refreshed 2.12:00
         1.12:01 p1 reaction m3 emoji=x   => -
         1.12:02 p1 edited m2             => -
         3.10:00 p1 in m5                 => customer_care opened 4.10:00
         3.11:00 p1 out m6 via=api        => -
         3.11:01 p1 failed m6 error=131047 => customer_care refused_by_provider
         3.11:02 p1 failed m6 error=131047 dedup=again => -
         3.12:00 p1 in m7                 => customer_care opened 4.12:00",
    );
}

#[test]
fn a_free_entry_point_is_a_candidate_then_an_estimate_then_what_the_provider_says() {
    check(
        "1.10:00 p1 in m1 ad=A clid=x     => customer_care opened 2.10:00, free_entry_point candidate 2.10:00
         1.11:00 p1 out m2 via=app        => -
         1.12:00 p1 out m3 via=api        => free_entry_point estimated 4.12:00
         1.12:01 p1 sent m3 price=service type=free_entry_point conv=c1 until=4.09:00 => free_entry_point confirmed 4.09:00
         1.12:02 p1 delivered m3 price=service type=free_entry_point conv=c1 until=4.09:00 => -
         1.12:03 p1 read m3 price=service type=free_entry_point conv=c1 until=5.09:00 => free_entry_point moved 5.09:00",
    );
    check(
        "1.10:00 p1 in m1 ad=A            => customer_care opened 2.10:00, free_entry_point candidate 2.10:00
         1.12:00 p1 out m2 via=api        => free_entry_point estimated 4.12:00
         1.12:01 p1 sent m2 price=service type=regular => free_entry_point rejected",
    );
    check(
        "28.10:00 p1 in m1 ad=A           => customer_care opened 29.10:00, free_entry_point candidate 29.10:00
         28.20:00 p1 in m2                => customer_care refreshed 29.20:00, free_entry_point extended 29.20:00
         28.21:00 p1 sent m3              => free_entry_point estimated 31.21:00
         28.21:01 p1 out m3 via=app       => free_entry_point withdrawn",
    );
}

#[test]
fn the_wish_for_marketing_is_told_once() {
    check(
        "1.10:00 p1 stop m1               => marketing stopped
         1.11:00 p1 stop m2               => -
         1.12:00 p1 resume m3             => marketing resumed
         1.13:00 p1 failed m4 error=131050 => marketing stopped",
    );
}

#[test]
fn what_is_delivered_again_changes_nothing_and_what_comes_late_did_it_at_its_own_time() {
    check(
        "1.10:00 p1 in m1                 => customer_care opened 2.10:00
         1.10:00 p1 in m1                 => -
         1.12:00 p1 in m2                 => customer_care refreshed 2.12:00
         1.11:00 p1 in m3                 => customer_care refreshed 2.11:00
         1.11:00 p1 in m3                 => -
         1.09:00 p1 history m4            => -
         1.12:30 p1 in m5                 => customer_care refreshed 2.12:30
         1.12:40 p1 in m6                 => customer_care refreshed 2.12:40
         1.12:50 p1 in m7                 => customer_care refreshed 2.12:50",
    );
    // The first came last.
    check(
        "1.12:00 p1 in m2                 => customer_care refreshed 2.12:00
         1.11:00 p1 in m1                 => customer_care opened 2.11:00",
    );
}

#[test]
fn whoever_turns_out_to_be_the_same_person_has_one_service_window() {
    check(
        "1.10:00 p1 in m1                 => customer_care opened 2.10:00
         1.11:00 b1 in m2                 => customer_care refreshed 2.11:00
         1.12:00 b1,p1 in m3              => customer_care refreshed 2.12:00
         1.13:00 p2 in m4                 => customer_care opened 2.13:00
         1.14:00 - click code=7 link=promo => -",
    );
}

#[test]
fn groups_and_channels_without_windows_say_nothing() {
    check("1.10:00 p1@g1 in m1 => -");
    check_with(on(ChannelKind::Webchat), "1.10:00 p1 in m1 => -");
    let through = |provider: &'static str| {
        move |mut event: Event| {
            event.provider = Some(provider.to_owned());
            event
        }
    };
    check_with(through("baileys"), "1.10:00 p1 in m1 => -");
    check_with(through("twilio"), "1.10:00 p1 in m1 => customer_care opened 2.10:00");
}

#[test]
fn a_comment_may_be_answered_in_private_once() {
    check_with(
        on(ChannelKind::Instagram),
        "1.10:00 p1 comment m1            => private_reply opened 8.10:00
         1.11:00 p1 out m2 via=api        => private_reply used
         1.12:00 p1 in m3                 => customer_care opened 2.12:00
         1.12:30 p1 reaction m2 emoji=x   => -",
    );
    check_with(
        on(ChannelKind::Messenger),
        "1.12:00 p1 in m3                 => customer_care opened 2.12:00
         1.12:30 p1 reaction m2 emoji=x   => customer_care refreshed 2.12:30
         1.13:00 p1 open ref=r            => customer_care refreshed 2.13:00",
    );
}

#[test]
fn a_kind_that_is_said_to_change_no_windows_changes_none() {
    for kind in samples::KINDS {
        let recorded = build::recorded(samples::sample(kind), 0);
        let rulebook = Rulebook::default();
        let folding = origem_domain::fold::Folding {
            channel: recorded.event.channel.kind,
            rulebook: &rulebook,
        };
        let mut state = origem_domain::state::State::default();
        let before = state.clone();
        origem_domain::fold::fold(&mut state, folding, &[Fact::of(&recorded)]);
        let changes = state.windows.changes_since(&before.windows, recorded.event.occurred_at);
        assert!(changes.is_empty() || can_change_windows(kind), "{}", kind.name());
    }
}
