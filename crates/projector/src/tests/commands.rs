//! Commands are decided on a revision: the first in the log wins, whatever the clocks say.

use std::sync::Arc;

use origem_domain::ticket::Ticket;
use origem_testkit::script;

use super::world::World;

/// Assignee, revision and status of the ticket of `p1`, and the offsets of voided commands.
#[track_caller]
fn check(text: &str, ticket: &str, voided: &[u64]) {
    let records = script::records(text);
    let world = World::of(&records);
    world.check_lists(&records);
    let card = world.card(world.owner("p1").unwrap());
    let written = |ticket: &Ticket| {
        let assignee = ticket.assignee.as_deref().unwrap_or("-");
        format!("{assignee} {} {}", ticket.revision, ticket.status().name())
    };
    let found = card.state.ticket.as_ref().map_or_else(String::new, written);
    assert_eq!(found, ticket, "{text}");
    let anomalies = world.anomalies();
    let voids = anomalies.iter().filter(|(_, reason)| *reason == "voided");
    let voids: Vec<u64> = voids.map(|(position, _)| position.offset.0).collect();
    assert_eq!(voids, voided, "{text}");
}

#[test]
fn the_first_claim_wins_and_the_stale_one_is_void() {
    for (text, ticket, voided) in [
        (
            "1.10:00 p1 in m1; 1.10:05 p1 claim agent=ana revision=1; 1.10:06 p1 claim agent=bia revision=1",
            "ana 2 unanswered",
            &[2][..],
        ),
        // The clock of the second is behind.
        (
            "1.10:00 p1 in m1; 1.10:05 p1 claim agent=ana revision=1; 1.10:04 p1 claim agent=bia revision=1",
            "ana 2 unanswered",
            &[2],
        ),
        // The same command once more is a duplicate and no anomaly.
        (
            "1.10:00 p1 in m1; 1.10:05 p1 claim agent=ana revision=1; 1.10:05 p1 claim agent=ana revision=1",
            "ana 2 unanswered",
            &[],
        ),
        // What a later revision decides on the void one's ticket goes on.
        (
            "1.10:00 p1 in m1; 1.10:05 p1 claim agent=ana revision=1; 1.10:06 p1 claim agent=bia revision=1; \
             1.10:07 p1 finish agent=ana revision=2",
            "ana 3 finished",
            &[2],
        ),
        // A void command stays void when a late fact has everything folded again.
        (
            "1.10:00 p1 in m1; 1.10:05 p1 claim agent=ana revision=1; 1.10:06 p1 claim agent=bia revision=1; \
             1.09:00 p1 in m2; 1.10:05 p1 in m3",
            "ana 2 unanswered",
            &[2],
        ),
        // What was decided on a finished ticket does not fit the next one.
        (
            "1.10:00 p1 in m1; 1.10:05 p1 finish agent=ana revision=1; 1.10:06 p1 in m2; 1.10:07 p1 finish agent=bia revision=1",
            "- 3 new",
            &[3],
        ),
        // Notes and edits of the contact need no revision to be right.
        (
            "1.10:00 p1 in m1; 1.10:05 p1 note agent=ana text=oi revision=9; 1.10:06 p1 edit agent=ana edit=Rita revision=9",
            "- 1 new",
            &[],
        ),
        // No ticket, no revision.
        (
            "1.10:00 p1 open ref=r1; 1.10:05 p1 claim agent=ana revision=1",
            "",
            &[1],
        ),
    ] {
        check(text, ticket, voided);
    }
}

#[test]
fn commands_of_an_imported_past_fold_by_time() {
    let (first, second) = ("1.10:05 p1 claim agent=ana", "1.10:06 p1 claim agent=bia");
    check(&format!("1.10:00 p1 in m1; {second}; {first}"), "ana 2 unanswered", &[]);
    check(&format!("1.10:00 p1 in m1; {first}; {second}"), "ana 2 unanswered", &[]);
}

#[test]
fn commands_of_both_survive_a_merge() {
    check(
        "1.10:00 p1 in m1; 1.10:01 b1 in m2; 1.10:02 p1 claim agent=ana revision=1; \
         1.10:03 b1 claim agent=bia revision=1; 1.10:04 b1,p1 in m3; 1.10:05 p1 transfer to=caio revision=2",
        "caio 3 unanswered",
        &[],
    );
}

#[test]
fn conversions_and_clicks_find_their_conversation_once() {
    let records = script::records(
        "1.09:00 - conversion m9 clid=x; 1.10:00 p1 in m1 ad=A clid=x; 1.11:00 - conversion m8 clid=x; \
         1.09:00 - conversion m9 clid=x; 1.11:00 - conversion m8 clid=x; 1.12:00 - click code=1; 1.12:00 - click code=1",
    );
    let world = World::of(&records);
    assert_eq!(world.duplicates(), 3);
    let id = world.owner("p1").unwrap();
    let facts = origem_views::ledger::Ledger::new(id, records[0].event.channel.kind, &Arc::default())
        .facts(&world.rows)
        .unwrap();
    assert_eq!(facts.len(), 3);
}

#[test]
fn a_command_that_makes_no_sense_is_an_anomaly() {
    for (text, senseless) in [
        (
            "1.10:00 p1 in m1; 1.10:05 p1 claim agent=ana; 1.10:06 p1 claim agent=bia",
            &[2][..],
        ),
        (
            "1.10:00 p1 in m1; 1.10:05 p1 finish agent=ana; 1.10:06 p1 finish agent=ana",
            &[2],
        ),
        ("1.10:00 p1 open ref=r1; 1.10:05 p1 finish agent=ana", &[1]),
        (
            "1.10:00 p1 in m1; 1.10:05 p1 claim agent=ana; 1.10:06 p1 note agent=bia text=oi",
            &[],
        ),
        // It comes late, and makes sense where it belongs.
        (
            "1.10:00 p1 in m1; 1.10:06 p1 finish agent=ana; 1.10:05 p1 claim agent=ana",
            &[],
        ),
    ] {
        let world = World::of(&script::records(text));
        let anomalies = world.anomalies();
        let found = anomalies.iter().filter(|(_, reason)| *reason == "no_effect");
        let found: Vec<u64> = found.map(|(position, _)| position.offset.0).collect();
        assert_eq!(found, senseless, "{text}");
    }
}
