//! Stories as cases: events in the language of the fold's tables, and what was considered, in a line.
//!
//! ```text
//! 4.18:00 whatsapp_campaign dispatch_too_old 80 h/72 h @0, organic won      fact, then each origin and its fate
//! ```
//! `@0` is the position of the other fact an origin hangs on; `was organic` what the fact was told as before a late one.

mod dispatches;
mod steps;

use proptest::prelude::*;
use proptest::sample::select;

use crate::event::ChannelKind;
use crate::fold::table::{facts, run, write_at};
use crate::fold::{Folding, fold};
use crate::origin::Fate;
use crate::rules::Rulebook;
use crate::state::State;
use crate::time::Timestamp;
use crate::touch::Origin;
use crate::why::text::{self, Language, span};
use crate::why::{Considered, Story, Weighing, explain};

fn story(channel: ChannelKind, events: &str) -> Story {
    let rulebook = Rulebook::default();
    let folding = Folding {
        channel,
        rulebook: &rulebook,
    };
    explain(folding, &facts(events))
}

fn write(weighing: &Weighing) -> String {
    let at = weighing.proof.fact.at;
    let considered: Vec<String> = weighing
        .considered
        .iter()
        .map(|one| write_considered(one, at))
        .collect();
    let was = weighing.replaced.as_ref().map(|replaced| {
        let (kind, by) = (replaced.origin.kind.name(), replaced.by.position.offset);
        format!(", was {kind} until @{by}")
    });
    format!("{} {}{}", write_at(at), considered.join(", "), was.unwrap_or_default())
}

fn write_considered(considered: &Considered, at: Timestamp) -> String {
    let fate = match considered.fate {
        Fate::Won => "won".to_owned(),
        Fate::Kept => "kept".to_owned(),
        Fate::SeenBefore { at: before } => format!("seen {} before", span(at.since(before))),
        Fate::Missed(obstacle) => {
            let since = obstacle
                .instant()
                .map(|instant| format!(" {}", span(at.since(instant))));
            let limit = obstacle.limit().map(|limit| format!("/{}", span(limit)));
            let numbers = since.unwrap_or_default() + &limit.unwrap_or_default();
            format!("{}{numbers}", obstacle.name())
        }
    };
    let proof = considered.proof.map(|proof| format!(" @{}", proof.position.offset));
    format!("{} {fate}{}", considered.kind.name(), proof.unwrap_or_default())
}

#[track_caller]
fn check(events: &str, expected: &[&str]) {
    check_on(ChannelKind::Whatsapp, events, expected);
}

#[track_caller]
fn check_on(channel: ChannelKind, events: &str, expected: &[&str]) {
    let written: Vec<String> = story(channel, events).weighed.iter().map(write).collect();
    assert_eq!(written, expected, "events: {events}");
}

#[test]
fn what_wins_what_stands_beside_it_and_what_was_seen_before() {
    check("1.10:00 in", &["1.10:00 organic won"]);
    check(
        "1.10:00 in ad=A tag=promo",
        &["1.10:00 ad won, hashtag kept, organic explained_better"],
    );
    check(
        "1.10:00 in tag=promo; 1.10:05 in tag=promo",
        &[
            "1.10:00 hashtag won, organic explained_better",
            "1.10:05 hashtag seen 5 min before @0, organic explained_better",
        ],
    );
    check(
        "1.10:00 clicked link=promo; 1.10:05 in",
        &["1.10:05 link won @0, organic explained_better"],
    );
    check("1.10:00 in unsupported", &["1.10:00 unknown won"]);
}

#[test]
fn campaigns() {
    for (events, expected) in [
        (
            "1.10:00 out campaign=c7 m1; 4.18:00 in",
            &["4.18:00 whatsapp_campaign dispatch_too_old 80 h/72 h @0, organic won"][..],
        ),
        (
            "1.10:00 out campaign=c7 m1; 1.10:05 in",
            &["1.10:05 whatsapp_campaign won @0, organic explained_better"],
        ),
        (
            "1.10:00 out campaign=c7 m1; 1.11:00 out campaign=c8 m2; 1.12:00 in",
            &["1.12:00 whatsapp_campaign later_dispatch 2 h @0, whatsapp_campaign won @1, organic explained_better"],
        ),
        (
            "1.10:00 out campaign=c7 m1; 1.11:00 out campaign=c8 m2; 1.12:00 in quote=m1",
            &["1.12:00 whatsapp_campaign won @0, organic explained_better"],
        ),
        (
            "1.10:00 in; 1.10:05 out campaign=c7 m1; 1.10:06 in",
            &[
                "1.10:00 organic won",
                "1.10:06 whatsapp_campaign in_interaction 6 min/24 h @0, organic in_interaction 6 min/24 h @0",
            ],
        ),
        (
            "1.10:00 out via=web m1; 1.10:05 out campaign=c7 m2; 1.10:06 in quote=m1",
            &[
                "1.10:00 new_message won",
                "1.10:06 whatsapp_campaign quotes_another 1 min @1, new_message in_interaction 6 min/24 h @0, \
                 organic in_interaction 6 min/24 h @0",
            ],
        ),
        (
            "1.10:00 out campaign=c7 m1; 1.10:05 in; 2.20:00 in",
            &[
                "1.10:05 whatsapp_campaign won @0, organic explained_better",
                "2.20:00 whatsapp_campaign already_answered 34 h @0, organic won",
            ],
        ),
        (
            "1.10:00 out via=web m1; 1.10:05 in button",
            &[
                "1.10:00 new_message won",
                "1.10:05 whatsapp_campaign in_interaction 5 min/24 h @0, organic in_interaction 5 min/24 h @0",
            ],
        ),
        (
            "1.10:00 out via=salesforce m1; 1.12:00 in ad=A",
            &["1.12:00 ad won, crm kept @0, organic explained_better"],
        ),
    ] {
        check(events, expected);
    }
}

#[test]
fn links_and_clicks() {
    for (events, expected) in [
        (
            "1.10:00 in code=ABC click=1.09:59 link=promo",
            &["1.10:00 link won, organic explained_better"][..],
        ),
        (
            "1.10:00 in code=ABC click=1.09:59 link=promo forwarded",
            &["1.10:00 link click_of_another, link won, organic explained_better"],
        ),
        (
            "9.10:00 in code=ABC click=1.09:00 link=promo",
            &["9.10:00 link click_too_old 8 d 1 h/7 d, link won, organic explained_better"],
        ),
        (
            "1.10:00 in code=ABC",
            &["1.10:00 link click_not_recorded, link won, organic explained_better"],
        ),
        (
            "1.10:00 clicked link=promo; 2.16:00 in",
            &["2.16:00 link followed_too_long_ago 30 h/24 h @0, organic won"],
        ),
        (
            "1.10:00 in; 1.10:01 clicked link=promo; 1.10:02 in",
            &[
                "1.10:00 organic won",
                "1.10:02 link in_interaction 2 min/24 h @0, organic in_interaction 2 min/24 h @0",
            ],
        ),
        (
            "1.10:00 open; 1.10:05 in",
            &["1.10:00 link nothing_referred", "1.10:05 organic won"],
        ),
    ] {
        check(events, expected);
    }
}

#[test]
fn what_withholds_organic() {
    check(
        "1.10:00 open ad=A; 1.13:00 in",
        &["1.10:00 ad won", "1.13:00 organic withheld 3 h/24 h @0"],
    );
    let by = |events| {
        let story = story(ChannelKind::Whatsapp, events);
        let last = story.weighed.last().and_then(|weighing| weighing.considered.last());
        last.and_then(|considered| considered.by).map(|by| by.name())
    };
    assert_eq!(by("1.10:00 open ad=A; 1.13:00 in"), Some("ad"));
    check_on(
        ChannelKind::Instagram,
        "1.10:00 comment p1; 1.13:00 in",
        &[
            "1.10:00 comment won",
            "1.13:00 comment comment_not_replied 3 h @0, organic withheld 3 h/24 h @0",
        ],
    );
}

#[test]
fn comments_messages_history_and_takeovers() {
    for (events, expected) in [
        (
            "1.10:00 comment p1; 1.10:02 out via=app m1; 4.10:05 in",
            &[
                "1.10:00 comment won",
                "4.10:05 comment won @0, organic explained_better",
            ][..],
        ),
        (
            "1.10:00 comment p1; 1.10:02 out via=app m1; 9.10:05 in",
            &[
                "1.10:00 comment won",
                "9.10:05 comment comment_too_old 8 d/7 d @0, organic won",
            ],
        ),
        (
            "1.10:00 status sent m1 utility; 1.10:05 in",
            &["1.10:05 new_message won @0, organic explained_better"],
        ),
        (
            "1.10:00 status sent m1 utility; 2.11:00 in",
            &["2.11:00 new_message report_too_old 25 h/24 h @0, organic won"],
        ),
        (
            "1.10:00 in; 1.10:05 takeover agent=ana",
            &["1.10:00 organic won", "1.10:05 takeover was_waiting"],
        ),
        ("1.10:00 takeover agent=ana", &["1.10:00 takeover won"]),
        ("1.10:00 history; 1.10:05 history", &["1.10:00 unknown won"]),
    ] {
        check(events, expected);
    }
}

#[test]
fn everyday_messages_are_counted_not_told() {
    let events = "1.09:00 history; 1.10:00 in; 1.10:01 in; 1.10:02 out via=web m1; 1.10:03 in quote=m1; \
                  1.10:04 out campaign=c m2";
    let quiet = story(ChannelKind::Whatsapp, events).quiet;
    assert_eq!((quiet.received, quiet.sent), (3, 2));
    let reply = story(ChannelKind::Instagram, "1.10:00 comment p1; 1.10:02 out via=app m1");
    assert_eq!((reply.quiet.sent, reply.weighed.len()), (1, 1));
}

#[test]
fn a_late_fact_replaces_what_a_message_was_told_as() {
    for (events, expected) in [
        (
            "1.10:02 in; 1.10:00 in ad=A",
            &[
                "1.10:00 ad won, organic explained_better",
                "1.10:02 organic in_interaction 2 min/24 h @1, was organic until @1",
            ][..],
        ),
        (
            "1.13:00 in; 1.10:00 open ad=A",
            &[
                "1.10:00 ad won",
                "1.13:00 organic withheld 3 h/24 h @1, was organic until @1",
            ],
        ),
        (
            "1.10:05 in; 1.10:00 out campaign=c7 m1",
            &["1.10:05 whatsapp_campaign won @1, organic explained_better, was organic until @1"],
        ),
        (
            "1.10:05 in quote=m1; 1.10:00 out campaign=c7 m1",
            &["1.10:05 whatsapp_campaign won @1, organic explained_better, was organic until @1"],
        ),
        // It was in an interaction without the late one, too.
        (
            "1.09:50 in; 1.10:02 in; 1.10:00 in ad=A",
            &["1.09:50 organic won", "1.10:00 ad won, organic explained_better"],
        ),
    ] {
        check(events, expected);
    }
}

const TEMPLATES: &[&str] = &[
    "in",
    "in ad=A clid=x",
    "in ad=B tag=promo",
    "in tag=promo",
    "in code=ABC",
    "in code=DEF click=1.09:00 link=l1",
    "in code=GHI click=1.09:00 link=l1 forwarded",
    "in quote=m1",
    "in quote=m2",
    "in button",
    "in unsupported",
    "call",
    "open ad=A clid=x",
    "open ref=r1",
    "open",
    "comment p1",
    "clicked link=l1",
    "history",
    "out via=web agent=ana m1",
    "out via=app m3",
    "out campaign=c1 m2",
    "out via=bulk_web m4",
    "status sent m5 utility",
    "status sent m6 marketing data=c2",
    "status failed m2",
    "claim agent=ana",
    "claim agent=bia on=1 void",
    "takeover agent=ana",
    "finish agent=ana",
    "reopen agent=ana",
    "transfer team=t1",
    "stop",
    "reaction",
];

fn arb_events() -> impl Strategy<Value = String> {
    let line = (0..12_i64, 0..24_i64, 0..60_i64, select(TEMPLATES));
    let line = line.prop_map(|(day, hour, minute, what)| format!("{day}.{hour:02}:{minute:02} {what}"));
    prop::collection::vec(line, 0..24).prop_map(|lines| lines.join("; "))
}

proptest! {
    /// What is told to have won is what the fold says, in its order; so is what stands beside it, and the status at the end.
    #[test]
    fn a_story_says_what_the_fold_says(events in arb_events(), instagram: bool) {
        let channel = if instagram { ChannelKind::Instagram } else { ChannelKind::Whatsapp };
        let (state, outcome) = run(channel.name(), &events);
        let story = story(channel, &events);
        let of = |weighing: &Weighing, fate: Fate| -> Vec<Origin> {
            let found = weighing.considered.iter().filter(|considered| considered.fate == fate);
            found.filter_map(|considered| considered.origin.clone()).collect()
        };
        let told: Vec<_> = story.weighed.iter().filter(|weighing| !of(weighing, Fate::Won).is_empty()).collect();
        prop_assert_eq!(told.len(), outcome.touches.len());
        for (weighing, touch) in told.into_iter().zip(&outcome.touches) {
            prop_assert_eq!(weighing.touch, Some(touch.id));
            prop_assert_eq!(weighing.proof.position, touch.position);
            prop_assert_eq!(of(weighing, Fate::Won), vec![touch.origin.clone()]);
            prop_assert_eq!(of(weighing, Fate::Kept), touch.also.clone());
        }
        prop_assert_eq!(story.status.last().and_then(|step| step.to), state.status());
        for language in [Language::En, Language::PtBr] {
            for weighing in &story.weighed {
                for considered in &weighing.considered {
                    let text = text::considered(considered, weighing.proof.fact.at, language);
                    prop_assert!(!text.is_empty() && !text.starts_with(';') && !text.contains("  "), "{}", text);
                }
            }
        }
    }

    /// What a fact is told to have been before a late one is what the fold of the facts up to its arrival says.
    #[test]
    fn what_was_replaced_is_what_was_told(events in arb_events()) {
        let facts = facts(&events);
        let rulebook = Rulebook::default();
        let folding = Folding { channel: ChannelKind::Whatsapp, rulebook: &rulebook };
        for weighing in explain(folding, &facts).weighed {
            let Some(replaced) = weighing.replaced else { continue };
            let arrived = weighing.proof.position;
            // Only of facts whose quote was known: the table knows all quotes from the start.
            let known: Vec<_> = facts.iter().filter(|fact| fact.position <= arrived).cloned().collect();
            let fact = known.iter().find(|fact| fact.key == weighing.proof.fact);
            let quotes = fact.is_some_and(|fact| matches!(&fact.what, crate::fact::What::Inbound(inbound) if inbound.quoted.is_some()));
            if quotes {
                continue;
            }
            let outcome = fold(&mut State::default(), folding, &known);
            let touch = outcome.touches.iter().find(|touch| touch.fact == weighing.proof.fact);
            prop_assert_eq!(touch.map(|touch| &touch.origin), Some(&replaced.origin));
        }
    }
}
