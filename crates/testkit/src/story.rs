//! Random scripts, in the language of [`crate::script`]. The same event always has the same time, however often it is drawn: what two lines disagree on would be
//! decided by the order of arrival, and that is for the tests that ask for it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;

/// Slots of a person's story. Four make a burst, bursts are nine hours apart.
const SLOTS: u32 = 48;
/// From this slot on a person has new aliases.
const CHANGED: u32 = 24;

/// What may happen in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    /// Everything.
    Any,
    /// Nothing whose meaning is the order of the log: no commands decided on a revision.
    AnyOrder,
}

#[derive(Debug, Clone)]
struct Moment {
    person: u32,
    slot: u32,
    about: u32,
    verb: u32,
    aliases: u32,
    extra: u32,
}

/// The lines of a story of up to `persons` people, each line once, in the order of time as a log would have it.
pub fn story(plot: Plot, persons: u32, lines_max: usize) -> impl Strategy<Value = Vec<String>> {
    (1..=persons).prop_flat_map(move |persons| story_of(plot, persons, lines_max))
}

fn story_of(plot: Plot, persons: u32, lines_max: usize) -> impl Strategy<Value = Vec<String>> {
    let moment = (0..persons, 0..SLOTS, 0..SLOTS, 0..100_u32, 0..6_u32, 0..1000_u32);
    let moments = prop::collection::vec(moment, 1..lines_max);
    let changes = prop::collection::vec(select(&["", "b>b", "p>bp", "bp>bp", "p>pb"][..]), persons as usize);
    (moments, changes).prop_map(move |(moments, changes)| {
        let mut lines = BTreeMap::new();
        for (person, slot, about, verb, aliases, extra) in moments {
            let moment = Moment {
                person,
                slot,
                about,
                verb,
                aliases,
                extra,
            };
            let change = changes[person as usize];
            let line = moment.line(plot, !change.is_empty());
            lines.entry(moment.event()).or_insert(line);
        }
        for (person, change) in (0..).zip(&changes) {
            if let Some((from, to)) = change.split_once('>') {
                let names = |kinds: &str, phase| {
                    let names: Vec<String> = kinds
                        .chars()
                        .map(|kind| format!("{kind}{}", person * 2 + phase))
                        .collect();
                    names.join(",")
                };
                let line = format!("{} change to={}", names(from, 0), names(to, 1));
                lines.insert((100, person, 0), (time(CHANGED) - 1, line));
            }
        }
        let lines: BTreeSet<(u32, String)> = lines.into_values().collect();
        let lines = lines.into_iter();
        lines
            .map(|(minutes, line)| format!("{}.{}:{} {line}", 29 + minutes / 1440, minutes / 60 % 24, minutes % 60))
            .collect()
    })
}

/// Minutes since the beginning.
const fn time(slot: u32) -> u32 {
    60 + slot / 4 * 9 * 60 + slot % 4 * 7
}

impl Moment {
    /// What makes two moments the same event: one slot holds one event, but any number of reports on a message.
    fn event(&self) -> (u32, u32, u32) {
        match self.verb {
            59..62 => (1, self.person, self.about),
            62..64 => (2, self.person, self.about),
            64..66 => (3, self.person, self.about),
            66 => (4, self.person, self.about),
            67..71 => (5, self.person, self.about),
            86 => (6, self.person, self.about),
            79..82 => (7, 0, self.extra % 4),
            _ => (0, self.person, self.slot),
        }
    }

    fn line(&self, plot: Plot, changes: bool) -> (u32, String) {
        let Self {
            person,
            slot,
            about,
            extra,
            ..
        } = *self;
        let (now, then) = (time(slot), time(about));
        let own = format!("m{}", person * 100 + slot);
        let other = format!("m{}", person * 100 + about);
        let code = extra % 4;
        let agent = ["ana", "bia"][extra as usize % 2];
        let who = self.who(if changes { slot / CHANGED } else { 0 });
        let who_then = self.who(if changes { about / CHANGED } else { 0 });
        let revision = match plot {
            Plot::Any if extra % 3 > 0 => format!("revision={}", extra % 4),
            _ => String::new(),
        };
        let command = |verb| format!("{who} {verb} agent={agent} to={agent} {revision}");
        match self.verb {
            0..20 => (now, format!("{who} in {own}")),
            20..25 => (now, format!("{who} in {own} name=Rita{extra}")),
            25..30 => (now, format!("{who} in {own} ad=A{} clid=c{person}x{slot}", extra % 3)),
            30..33 => (now, format!("{who} in {own} tag=promo{}", extra % 2)),
            33..38 => (now, format!("{who} in {own} code={code}")),
            38..45 => (now, format!("{who} in {own} quote={other}")),
            45..47 => (now, format!("{who} in {own} quote={other} type=button")),
            47..53 => (now, format!("{who} out {own} via=web agent={agent}")),
            53..57 => (now, format!("{who} out {own} campaign=c{}", extra % 3)),
            57..59 => (now, format!("{who} out {own} via=app")),
            59..62 => (then + 1, format!("{who_then} sent {other} price=marketing data=c7")),
            62..64 => {
                // Days before and after the service messages of a number are counted.
                let kind = ["regular", "free_customer_service", "free_entry_point"][about as usize % 3];
                let conversation = if about % 4 == 0 { "conv=c1 until=34.10:00" } else { "" };
                (
                    then + 2,
                    format!("{who_then} delivered {other} price=service type={kind} {conversation}"),
                )
            }
            64..66 => (then + 3, format!("{who_then} read {other} price=service type=regular")),
            66..67 => (then + 4, format!("{who_then} failed {other} error=131047")),
            67..71 => (then + about % 2, format!("{who_then} history {other}")),
            71..74 => (now, format!("{who} open ref=r{}", extra % 2)),
            74..77 => (now, format!("{who} comment {own} post=x{}", extra % 2)),
            77..79 => (now, format!("{who} call {own}")),
            79..82 => (1440 + 97 * code, format!("- click code={code} link=promo")),
            82..84 => (now, format!("{who} click {own} link=site")),
            84..85 => (now, format!("- conversion {own} clid=c{person}x{about}")),
            85..86 => (now, format!("{who} edited {other} text=x")),
            86..87 => (then + 10, format!("{who_then} revoked {other}")),
            87..88 => (now, format!("- unrecognised reason={own}")),
            88..89 => (now, format!("{who} unrecognised reason={own}")),
            89..90 => (now, format!("- account field={own}")),
            90..91 => (now, format!("{who}@g1 in {own}")),
            91..92 => (now, format!("{who}/2 in {own}")),
            92..94 => (now, command("claim")),
            94..96 => (now, command("finish")),
            96..97 => (now, command("reopen")),
            97..98 => (now, command("takeover")),
            98..99 => (now, command("stage")),
            _ => (now, format!("{who} edit agent={agent} edit=Rita{extra}")),
        }
    }

    /// Some of the aliases of a phase.
    fn who(&self, phase: u32) -> String {
        let number = self.person * 2 + phase;
        match self.aliases {
            0 | 1 => format!("b{number},p{number}"),
            2 | 3 => format!("b{number}"),
            4 => format!("p{number}"),
            _ => format!("p{number},b{number}"),
        }
    }
}
