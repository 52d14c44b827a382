//! Where cards stand in the lists, and that nothing stays behind when they move.

use origem_domain::event::{Channel, ChannelKind, Kind};
use origem_domain::key::TicketId;
use origem_domain::position::Position;

use super::*;
use crate::rows::MapRows;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_seconds(minutes * 60)
}

fn channel() -> Channel {
    Channel {
        kind: ChannelKind::Whatsapp,
        id: "1".to_owned(),
    }
}

/// A conversation that was last active at a minute, with a ticket of some status, an agent and a team.
fn card(minute: i64, status: Option<TicketStatus>, agent: &str, team: &str) -> Card {
    let named = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
    let mut card = Card {
        account: "default".to_owned(),
        channel: channel(),
        group: false,
        created: Position::default(),
        position: Position::default(),
        state: Default::default(),
        name: None,
        username: None,
        provider: None,
        edited: Default::default(),
        profile: Default::default(),
        last_message: None,
    };
    card.state.last_activity_at = Some(at(minute));
    card.state.ticket = status.map(|status| Ticket {
        answered: status == TicketStatus::AwaitingCustomer,
        closed_at: (status == TicketStatus::Finished).then(|| at(minute)),
        assignee: named(agent),
        team: named(team),
        ..Ticket::open(TicketId(1), at(minute - 5), Kind::MessageReceived)
    });
    card
}

const ACCOUNT: AccountKey = AccountKey(7);

/// Puts the cards in one after the other, each over the one before of the same number.
fn rows(cards: &[(u64, Option<Card>)]) -> MapRows {
    let mut rows = MapRows::default();
    let mut before = std::collections::BTreeMap::new();
    for (number, card) in cards {
        let mut changes = Changes::default();
        let now = card.as_ref().and_then(|card| Listing::of(card, Beginnings::default()));
        let old = before.remove(number);
        Listing::write(
            &mut changes,
            ACCOUNT,
            ConversationId(*number),
            old.as_ref(),
            now.as_ref(),
        );
        counts::settle(&mut changes, &rows).unwrap();
        rows.commit(&changes);
        before.extend(now.map(|now| (*number, now)));
    }
    rows
}

const NEW: Option<TicketStatus> = Some(TicketStatus::New);
const UNANSWERED: Option<TicketStatus> = Some(TicketStatus::Unanswered);
const AWAITING: Option<TicketStatus> = Some(TicketStatus::AwaitingCustomer);
const FINISHED: Option<TicketStatus> = Some(TicketStatus::Finished);

fn numbers<T>(found: impl Iterator<Item = Result<(T, Entry), RowsError>>, of: fn(T) -> ConversationId) -> Vec<u64> {
    found.map(|found| of(found.unwrap().0).0).collect()
}

#[test]
fn several_statuses_are_one_list() {
    let rows = rows(&[
        (1, Some(card(10, NEW, "", ""))),
        (2, Some(card(40, UNANSWERED, "ana", ""))),
        (3, Some(card(30, FINISHED, "ana", ""))),
        (4, Some(card(20, None, "", ""))),
        (5, Some(card(40, NEW, "", "sales"))),
    ]);
    let place = |minute, conversation| {
        let (at, conversation) = (at(minute), ConversationId(conversation));
        Some(Place { at, conversation })
    };
    for (statuses, oldest_first, after, expected) in [
        (
            &[NEW, UNANSWERED, AWAITING, FINISHED, None][..],
            false,
            None,
            &[2, 5, 3, 4, 1][..],
        ),
        (
            &[NEW, UNANSWERED, AWAITING, FINISHED, None],
            true,
            None,
            &[1, 4, 3, 5, 2],
        ),
        (
            &[NEW, UNANSWERED, AWAITING, FINISHED, None],
            false,
            place(40, 2),
            &[5, 3, 4, 1],
        ),
        (&[NEW, UNANSWERED, AWAITING, FINISHED, None], true, place(40, 5), &[2]),
        (&[NEW], false, None, &[5, 1]),
        (&[NEW], false, place(25, 0), &[1]),
        (&[UNANSWERED, FINISHED], true, None, &[3, 2]),
        (&[AWAITING], false, None, &[]),
    ] {
        let found = listed(&rows, ACCOUNT, statuses, oldest_first, after);
        let found = numbers(found, |place| place.conversation);
        assert_eq!(found, expected, "{statuses:?} {oldest_first} {after:?}");
    }
}

#[test]
fn who_waits_stands_in_order_with_whoever_has_it() {
    let rows = rows(&[
        (1, Some(card(10, NEW, "", ""))),
        (2, Some(card(40, UNANSWERED, "ana", ""))),
        (3, Some(card(30, FINISHED, "ana", ""))),
        (4, Some(card(20, None, "", ""))),
        (5, Some(card(40, NEW, "", "sales"))),
        (6, Some(card(25, UNANSWERED, "ana", "sales"))),
        (7, Some(card(60, AWAITING, "bia", "sales"))),
        (8, Some(card(50, UNANSWERED, "bia", "sales"))),
        // Handed from one to another, while it waits.
        (9, Some(card(45, UNANSWERED, "ana", "sales"))),
        (9, Some(card(45, UNANSWERED, "bia", "sales"))),
    ]);
    let channel = channel();
    let (ana, bia) = (Facet::Agent("ana"), Facet::Agent("bia"));
    let (sales, free) = (Facet::TeamQueue("sales"), Facet::ChannelQueue(&channel));
    // The waiting began five minutes before.
    let place = |minute: i64, conversation| {
        let (at, conversation) = (at(minute - 5), ConversationId(conversation));
        Some(Place { at, conversation })
    };
    for (holders, shortest_first, after, expected) in [
        (None, false, None, &[1, 6, 2, 5, 9, 8][..]),
        (None, true, None, &[8, 9, 5, 2, 6, 1]),
        (None, false, place(10, 1), &[6, 2, 5, 9, 8]),
        (None, true, place(40, 2), &[6, 1]),
        (Some(&[ana][..]), false, None, &[6, 2]),
        (Some(&[ana]), true, None, &[2, 6]),
        (Some(&[bia]), false, None, &[9, 8]),
        (Some(&[ana, sales, free]), false, None, &[1, 6, 2, 5]),
        (Some(&[ana, sales, free]), true, None, &[5, 2, 6, 1]),
        // Behind the place of one that another has, or nobody.
        (Some(&[ana, sales]), false, place(25, 6), &[2, 5]),
        (Some(&[ana, sales]), true, place(40, 5), &[2, 6]),
        (Some(&[ana, bia]), false, place(40, 5), &[9, 8]),
        (Some(&[ana, bia]), true, place(40, 3), &[2, 6]),
        (Some(&[Facet::Agent("caio")]), false, None, &[]),
        (Some(&[]), false, None, &[]),
    ] {
        let marks = holders.map(|holders: &[Facet<'_>]| holders.iter().map(|one| one.mark()).collect());
        let found = waiting(&rows, ACCOUNT, marks.as_ref(), shortest_first, after);
        let found = numbers(found, |place| place.conversation);
        assert_eq!(found, expected, "{holders:?} {shortest_first} {after:?}");
    }
}

#[test]
fn what_shares_a_mark_is_found_by_the_hour() {
    let rows = rows(&[
        (1, Some(card(10, UNANSWERED, "ana", "sales"))),
        (2, Some(card(70, UNANSWERED, "bia", "sales"))),
        (3, Some(card(130, FINISHED, "ana", ""))),
        (4, Some(card(190, NEW, "", "sales"))),
        (5, Some(card(195, NEW, "", ""))),
    ]);
    let (ana, sales) = (Facet::Agent("ana").mark(), Facet::Team("sales").mark());
    let channel = channel();
    let (team_queue, queue) = (Facet::TeamQueue("sales").mark(), Facet::ChannelQueue(&channel).mark());
    for (marks, parts, oldest_first, from, expected) in [
        (&[ana][..], &Part::ALL[..], false, None, &[(2, 3), (0, 1)][..]),
        (&[ana], &[Part::Open], false, None, &[(0, 1)]),
        (
            &[ana, sales],
            &Part::ALL,
            true,
            None,
            &[(0, 1), (0, 1), (1, 2), (2, 3), (3, 4)],
        ),
        (&[sales], &Part::ALL, false, Some(2), &[(1, 2), (0, 1)]),
        (&[sales], &Part::ALL, true, Some(1), &[(1, 2), (3, 4)]),
        (&[team_queue, queue], &[Part::Open], false, None, &[(3, 4), (3, 5)]),
    ] {
        let marks = marks.iter().copied().collect();
        let found = posted(&rows, ACCOUNT, &marks, parts, oldest_first, from);
        let mut found: Vec<_> = found.map(Result::unwrap).map(|(hour, id)| (hour, id.0)).collect();
        found.sort_by_key(|(hour, id)| (if oldest_first { *hour } else { !*hour }, *id));
        assert_eq!(found, expected, "{marks:?} {parts:?} {oldest_first} {from:?}");
    }
}

#[test]
fn an_entry_tells_what_a_list_is_narrowed_by() {
    let mut told = card(10, UNANSWERED, "ana", "sales");
    told.state.unread = 2;
    told.state.stage = Some("won".to_owned());
    let words = Beginnings::of(&crate::contacts::words("Ana Braga"));
    let entry = Entry::of(&told, words);
    assert!(entry.is_unread() && !entry.is_unassigned());
    assert!(entry.is(TicketStatus::Unanswered) && !entry.is(TicketStatus::New));
    assert_eq!(entry.beginnings(), words);
    assert_eq!(entry.opened_at(), Some(at(5)));
    let channel = channel();
    for (facet, has) in [
        (Facet::Channel(&channel), true),
        (Facet::Agent("ana"), true),
        (Facet::Agent("bia"), false),
        (Facet::Team("sales"), true),
        (Facet::TeamQueue("sales"), false),
        (Facet::ChannelQueue(&channel), false),
        (Facet::Stage("won"), true),
        (Facet::Classification("sale"), false),
    ] {
        assert_eq!(entry.has_any(&BTreeSet::from([facet.mark()]), false), has, "{facet:?}");
    }
    assert!(!entry.has_any(&BTreeSet::new(), true));
    let waits = Entry::of(&card(10, NEW, "", "sales"), Beginnings::default());
    let of_team_or_agent = BTreeSet::from([Facet::TeamQueue("sales").mark(), Facet::Agent("bia").mark()]);
    assert!(waits.is(TicketStatus::New));
    assert!(waits.is_unassigned() && !waits.is_unread() && waits.has_any(&of_team_or_agent, false));
    let imported = Entry::of(&card(10, None, "", ""), Beginnings::default());
    assert!(!imported.is(TicketStatus::New));
    assert!(!imported.is_unassigned() && imported.opened_at().is_none());
    // Rows of nobody's making are not what is sought, and break nothing.
    for bytes in [
        vec![],
        vec![TICKET],
        vec![TICKET; 9],
        vec![TICKET; 17],
        vec![u8::MAX; 20],
    ] {
        let odd = Entry(bytes);
        assert!(!odd.has_any(&BTreeSet::from([Facet::Agent("ana").mark()]), true));
    }
}

#[test]
fn nothing_stays_behind() {
    let states = [
        Some(card(10, NEW, "", "")),
        Some(card(20, UNANSWERED, "ana", "")),
        Some(card(20, UNANSWERED, "ana", "sales")),
        Some(card(20, UNANSWERED, "bia", "sales")),
        Some(card(20, NEW, "", "sales")),
        Some(card(90, AWAITING, "ana", "sales")),
        Some(card(95, FINISHED, "ana", "sales")),
        Some(card(95, None, "", "")),
        None,
    ];
    for last in &states {
        let moved: Vec<_> = states.iter().chain([last]).map(|card| (1, card.clone())).collect();
        assert_eq!(rows(&moved), rows(&[(1, last.clone())]));
    }
    assert_eq!(rows(&[(1, None)]), MapRows::default());
}
