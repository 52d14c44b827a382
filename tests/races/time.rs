//! Clocks that differ and clocks that go back: a command never happens before what it was decided on.

use origem_domain::decide::{Act, Ending};
use origem_domain::ticket::TicketStatus;

use crate::shop::{Shop, at, to_agent};

#[test]
fn a_clock_that_is_behind_changes_nothing() {
    let shop = Shop::new();
    // The provider's clock is ahead of ours, and ours goes back.
    let id = shop.says("5511900000001", 10);
    shop.wants(id, "ana", Act::Claim, 3).unwrap();
    shop.wants(id, "ana", Act::Transfer(to_agent("bia")), 1).unwrap();
    let done = shop.wants(id, "bia", Act::Finish(Ending::default()), 2).unwrap();
    let ticket = done.conversation.card.state.ticket.unwrap();
    assert_eq!(
        (ticket.status(), ticket.assignee.as_deref(), ticket.revision),
        (TicketStatus::Finished, Some("bia"), 4)
    );
    assert_eq!(ticket.closed_at, Some(at(10).plus(3)));
    shop.wants(id, "bia", Act::Reopen, 0).unwrap();
    assert_eq!(shop.ticket(id).status(), TicketStatus::Unanswered);
}

#[test]
fn a_message_that_comes_late_moves_no_command() {
    let shop = Shop::new();
    let id = shop.says("5511900000001", 10);
    shop.wants(id, "ana", Act::Claim, 20).unwrap();
    shop.wants(id, "ana", Act::Finish(Ending::default()), 30).unwrap();
    // Of before the end, and of before everything.
    for second in [25, 5] {
        shop.says("5511900000001", second);
        let ticket = shop.ticket(id);
        assert_eq!(
            (ticket.status(), ticket.assignee.as_deref()),
            (TicketStatus::Finished, Some("ana"))
        );
    }
    // Of after the end: the next ticket, for which nothing counts that was decided on the one before.
    shop.says("5511900000001", 40);
    assert_eq!(shop.ticket(id).status(), TicketStatus::New);
    shop.wants(id, "bia", Act::Claim, 35).unwrap();
    assert_eq!(shop.ticket(id).assignee.as_deref(), Some("bia"));
}

#[test]
fn what_says_to_be_of_later_ends_no_ticket_later() {
    const HOUR: i64 = 3_600;
    let shop = Shop::new();
    let id = shop.says("5511900000001", 0);
    shop.wants(id, "ana", Act::Claim, 10).unwrap();
    // Dated two hours ahead, and taken in all the same.
    shop.take(&[shop.message("5511900000001", 2 * HOUR)], at(20));
    let done = shop.wants(id, "ana", Act::Finish(Ending::default()), 30).unwrap();
    assert!(
        done.conversation
            .card
            .state
            .ticket
            .is_some_and(|ticket| ticket.is_open())
    );
    let finished = shop.engine().tickets(id).unwrap();
    let ends = finished
        .iter()
        .map(|view| (view.ticket.closed_at, view.ticket.opened_at));
    assert_eq!(
        ends.collect::<Vec<_>>(),
        [(Some(at(30)), at(0)), (None, at(2 * HOUR))],
        "it ended when it ended; the message from later opened the next"
    );
    // What the customer really writes next opens the next ticket, and the message from later belongs to it.
    shop.says("5511900000001", 60);
    let ticket = shop.ticket(id);
    assert_eq!(
        (ticket.status(), ticket.opened_at, ticket.assignee.as_deref()),
        (TicketStatus::New, at(60), None)
    );
    shop.wants(id, "bia", Act::Claim, 70).unwrap();
    let ticket = shop.ticket(id);
    assert_eq!((ticket.opened_at, ticket.assignee.as_deref()), (at(60), Some("bia")));
}

#[test]
fn a_ticket_that_opens_later_is_claimed_after_it_opened() {
    let shop = Shop::new();
    shop.take(&[shop.message("5511900000001", 7_200)], at(0));
    let id = shop.engine().find("5511900000001", None).unwrap();
    shop.wants(id, "ana", Act::Claim, 10).unwrap();
    // Every command is after the one it was decided on.
    shop.wants(id, "ana", Act::Transfer(to_agent("bia")), 20).unwrap();
    let ticket = shop.ticket(id);
    assert_eq!((ticket.assignee.as_deref(), ticket.revision), (Some("bia"), 3));
}
