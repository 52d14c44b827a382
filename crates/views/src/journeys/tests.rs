//! Rows that follow the ledger by parts against rows made of all of it; and what they say.

use std::sync::Arc;

use origem_domain::event::ChannelKind;
use origem_domain::fact::Fact;
use origem_domain::rules::Rulebook;
use origem_testkit::script;
use proptest::prelude::*;

use super::*;
use crate::ledger::tests::line as any_line;
use crate::rows::{Changes, MapRows};
use crate::work::Work;

const CONVERSATION: ConversationId = ConversationId(7);

/// Folds the lines of a script, in one unit of work until a line says `save`.
fn folded<'a>(lines: impl IntoIterator<Item = &'a str>, mut check: impl FnMut(&MapRows)) -> MapRows {
    let rulebook = Arc::new(Rulebook::default());
    let mut rows = MapRows::default();
    let mut open: Option<Work> = None;
    for line in lines.into_iter().chain(["save"]) {
        if line == "save" {
            let mut changes = Changes::default();
            if let Some(work) = open.take() {
                work.save(&rows, &mut changes).unwrap();
            }
            rows.commit(&changes);
            check(&rows);
            continue;
        }
        let recorded = &script::records(line)[0];
        let mut work = match open.take() {
            Some(work) => work,
            None => Work::load(&rows, CONVERSATION, recorded, &rulebook).unwrap(),
        };
        work.apply(&rows, recorded, Fact::of(recorded), false).unwrap();
        open = Some(work);
    }
    rows
}

fn kept(rows: &MapRows) -> Option<Journey<String>> {
    rows::read(rows, VIEW, &layout::journey(AccountKey::of("default"), CONVERSATION)).unwrap()
}

/// The row made of the whole ledger.
fn whole(rows: &MapRows) -> Option<Journey<String>> {
    let card = crate::card::load(rows, CONVERSATION).unwrap()?;
    let rulebook = Arc::new(Rulebook::default());
    let outcome = Ledger::new(CONVERSATION, ChannelKind::Whatsapp, &rulebook)
        .outcome(rows)
        .unwrap();
    let tickets: Vec<_> = outcome
        .tickets
        .iter()
        .chain(&card.state.ticket)
        .map(Service::of)
        .collect();
    let touches: Vec<_> = outcome.touches.iter().map(Step::of).collect();
    let opened_last = tickets.last().map_or(Timestamp::MIN, |ticket| ticket.opened_at);
    let is_empty = tickets.is_empty() && touches.is_empty();
    (!is_empty).then_some(Journey {
        opened_last,
        channel_kind: card.channel.kind,
        channel_id: card.channel.id,
        touches,
        tickets,
    })
}

/// A line of a conversation at a minute, with more of what happens to tickets.
fn line(minute: u32, what: u32) -> String {
    let verb = match what {
        16 => "claim agent=ana",
        17 => "stage stage=won agent=ana",
        18 => "finish agent=ana class=sold value=199.90 currency=BRL",
        19 => "reopen agent=ana",
        20 => "transfer team=support agent=ana",
        _ => return any_line(minute, what),
    };
    format!("{}.{}:{} p1 {verb}", 1 + minute / 8, minute % 8 * 2, minute)
}

proptest! {
    #[test]
    fn a_row_is_what_the_whole_ledger_gives(
        facts in prop::collection::vec((0..60_u32, 0..21_u32, any::<bool>()), 1..40),
    ) {
        let mut lines = Vec::new();
        for (minute, what, saves) in facts {
            lines.push(line(minute, what));
            if saves {
                lines.push("save".to_owned());
            }
        }
        folded(lines.iter().map(String::as_str), |rows| assert_eq!(kept(rows), whole(rows)));
    }
}

/// A row in words: touches, then tickets.
fn told(lines: &str) -> String {
    let rows = folded(lines.split("; "), |_| {});
    let Some(journey) = kept(&rows) else {
        return "nothing".to_owned();
    };
    let touches = journey.touches.iter().map(|touch| {
        let references = [&touch.campaign, &touch.ad, &touch.link, &touch.hashtag];
        let told: Vec<&str> = references.into_iter().flatten().map(String::as_str).collect();
        [vec![touch.kind.name()], told].concat().join(" ")
    });
    let tickets = journey.tickets.iter().map(|ticket| {
        let mut told = vec!["ticket".to_owned()];
        told.extend(
            [&ticket.agent, &ticket.team, &ticket.classification]
                .into_iter()
                .flatten()
                .cloned(),
        );
        told.extend(ticket.value.map(|value| value.decimal()));
        told.extend(ticket.currency.clone());
        told.extend(ticket.stage.as_ref().map(|(_, stage)| stage.clone()));
        told.extend(ticket.answered_at.map(|_| "answered".to_owned()));
        told.extend(ticket.closed_at.map(|_| "closed".to_owned()));
        told.join(" ")
    });
    touches.chain(tickets).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_a_row_says() {
    for (lines, row) in [
        ("1.10:00 p1 in", "organic; ticket"),
        ("1.10:00 p1 in ad=A tag=promo", "ad A promo; ticket"),
        (
            "1.10:00 p1 in ad=A; 1.10:05 p1 out via=web agent=ana",
            "ad A; ticket answered",
        ),
        (
            "1.10:00 p1 in; 1.11:00 p1 finish agent=ana class=sold value=10 currency=BRL; 3.10:00 p1 in tag=x",
            "organic; hashtag x; ticket sold 10 BRL closed; ticket",
        ),
        // A stage belongs to the ticket it was set in.
        (
            "1.10:00 p1 in; 1.10:30 p1 stage stage=won agent=ana; 1.11:00 p1 finish agent=ana; 3.10:00 p1 in",
            "organic; organic; ticket won closed; ticket",
        ),
        // What comes late takes its place.
        ("1.10:02 p1 in; save; 1.10:00 p1 in ad=A", "ad A; ticket"),
        ("1.10:00 p1 sent m1", "nothing"),
    ] {
        assert_eq!(told(lines), row, "{lines}");
    }
}

#[test]
fn conversations_without_a_late_ticket_are_passed_over() {
    let rows = folded(["1.10:00 p1 in"], |_| {});
    let all = ConversationId(0)..=ConversationId(u64::MAX);
    for (from, found) in [("2026-09-01T10:00:00Z", 1), ("2026-09-01T10:00:01Z", 0)] {
        let mut seen = 0;
        let from = Timestamp::parse(from).unwrap();
        each(&rows, AccountKey::of("default"), all.clone(), from, |id, journey| {
            assert_eq!((id, journey.channel_id), (CONVERSATION, "200000000000001"));
            seen += 1;
            Ok::<_, RowsError>(())
        })
        .unwrap();
        assert_eq!(seen, found, "{from}");
    }
}
