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
