//! The rules of session windows as cases: what happened, when it is asked, what is told.
//!
//! ```text
//! check("2026-03-10", "+0:00 in ad=A; +1:00 out via=api m1", "+2:00", "open 22:00; estimated 71:00; free free free? free?")
//! ```
//! Events are in the language of the fold's tables, `+hours:minutes` after 10:00 UTC of the day. Told are the customer service
//! window, the free entry point with what is left of them, then what free text, utility, authentication and marketing cost:
//! `free`, `rate`, `unknown`, or `no` where they may not be sent; `?` medium, `??` low confidence. Every case is folded in
//! parts and as a whole.

mod channels;
mod closing;
mod entry;
mod prices;
mod service;
mod spent;
mod tariffs;

use crate::event::ChannelKind;
use crate::fold::table::run;
use crate::time::{HOUR, Timestamp};
use crate::windows::{Certainty, Context, CustomerCare, EntryState, FreeEntryPoint, Reason, Way, Windows};
use crate::zone::Zone;

/// A case on WhatsApp in UTC, with ten service messages delivered this month.
#[track_caller]
fn check(day: &str, events: &str, at: &str, told: &str) {
    check_in(("UTC", Some(10)), day, events, at, told);
}

/// A case on WhatsApp in a time zone, with so many service messages delivered this month.
#[track_caller]
fn check_in((zone, delivered): (&str, Option<u32>), day: &str, events: &str, at: &str, told: &str) {
    let windows = windows(ChannelKind::Whatsapp, (zone, delivered), day, events, at);
    assert_eq!(write(&windows), told, "{day}: {events}, asked at {at}");
}

/// The windows at `at` after `events`.
fn windows(channel: ChannelKind, (zone, delivered): (&str, Option<u32>), day: &str, events: &str, at: &str) -> Windows {
    let base = Timestamp::parse(&format!("{day}T10:00:00Z")).unwrap();
    let (state, _) = run(channel.name(), &absolute(base, events));
    let context = Context {
        channel,
        provider: None,
        group: false,
        zone: Zone::parse(zone).unwrap(),
        service_delivered_this_month: delivered,
    };
    state.windows.at(after(base, at), &context)
}

/// `+1:30` becomes the time of the day and hour it is.
fn absolute(base: Timestamp, events: &str) -> String {
    let word = |word: &str| match word.split_once('+') {
        Some((name @ ("" | "exp="), time)) => format!("{name}{}", after(base, time).to_string().trim_end_matches('Z')),
        _ => word.to_owned(),
    };
    let line = |line: &str| line.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    events.split(';').map(line).collect::<Vec<_>>().join("; ")
}

/// `+hours:minutes[:seconds]` after the base.
fn after(base: Timestamp, text: &str) -> Timestamp {
    let mut parts = text
        .trim_start_matches('+')
        .split(':')
        .map(|part| part.parse::<i64>().unwrap());
    let mut next = || parts.next().unwrap_or_default();
    base.plus(next() * HOUR + next() * (HOUR / 60) + next() * (HOUR / 3_600))
}

fn write(windows: &Windows) -> String {
    let now = windows.as_of;
    let care = windows.customer_care.as_ref().map(|care| write_care(care, now));
    let entry = windows.free_entry_point.as_ref().map(|entry| write_entry(entry, now));
    let send: Vec<String> = windows.send.keys().map(|way| write_send(windows, *way)).collect();
    let parts = [care, entry, Some(send.join(" "))];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn write_send(windows: &Windows, way: Way) -> String {
    let send = &windows.send[&way];
    let sure = match send.confidence {
        Certainty::High => "",
        Certainty::Medium => "?",
        Certainty::Low => "??",
    };
    format!("{}{sure}", send.charge.map_or("no", |charge| charge.name()))
}

fn write_care(care: &CustomerCare, now: Timestamp) -> String {
    let left = care
        .remaining_s(now)
        .map(|left| format!(" {}", clock(left)))
        .unwrap_or_default();
    let why = match care.reason {
        Some(Reason::RefusedByProvider) => " refused",
        Some(Reason::UnsupportedMessage) => " unsupported",
        Some(Reason::NeverOpened) => " never",
        _ => "",
    };
    format!("{}{left}{why}", if care.open { "open" } else { "closed" })
}

fn write_entry(entry: &FreeEntryPoint, now: Timestamp) -> String {
    let left = entry
        .remaining_s(now)
        .map(|left| format!(" {}", clock(left)))
        .unwrap_or_default();
    let why = match (entry.state, entry.reason) {
        (EntryState::None, Some(Reason::NotAnsweredInTime)) => " late",
        _ => "",
    };
    format!("{}{left}{why}", entry.state.name())
}

fn clock(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let seconds = if seconds == 0 {
        String::new()
    } else {
        format!(":{seconds:02}")
    };
    format!("{hours}:{minutes:02}{seconds}")
}

/// The cases of the page for people.
#[test]
fn the_page_tells_the_truth() {
    let page = include_str!("../../../../docs/windows.md");
    let mut cases = 0;
    for line in page.lines().filter(|line| line.starts_with("| 20")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let [day, events, at, told] = cells[..] {
            check(day, events, at, told);
            cases += 1;
        }
    }
    assert!(cases >= 14, "{cases} cases");
}
