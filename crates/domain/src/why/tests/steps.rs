//! What each fact did to ticket and windows, as cases: the sentences are those that people read.

use super::story;
use crate::event::ChannelKind;
use crate::ticket::TicketStatus;
use crate::why::text::{self, Language};
use crate::zone::Zone;

#[test]
fn every_step_of_a_ticket_has_its_cause() {
    for (events, expected) in [
        (
            "1.10:00 in; 1.10:01 claim agent=ana on=1; 1.10:02 out via=web agent=ana m1; 1.10:03 in; 1.10:04 finish agent=ana code=sale",
            &[
                "-new the customer wrote: the ticket opened",
                "new-unanswered ana claimed it",
                "unanswered-awaiting_customer ana answered: the last word is ours",
                "awaiting_customer-unanswered the customer wrote: it waits for us",
                "unanswered-finished ana finished it (sale)",
            ][..],
        ),
        (
            "1.10:00 in; 1.10:01 claim agent=ana on=1; 1.10:02 claim agent=bia on=1 void; 1.10:03 claim agent=caio",
            &[
                "-new the customer wrote: the ticket opened",
                "new-unanswered ana claimed it",
                "unanswered-unanswered bia wanted to claim it, in vain: decided on revision 1, the ticket was at 2",
                "unanswered-unanswered caio wanted to claim it, in vain: it was ana's already",
            ],
        ),
        (
            "1.10:00 claim agent=ana",
            &["- ana wanted to claim it, in vain: there was no ticket"],
        ),
        (
            "1.10:00 in; 1.10:01 reopen agent=ana; 1.10:02 assign agent=ana; 1.10:03 assign agent=ana to=bia; \
             1.10:04 transfer agent=bia team=t2; 1.10:05 finish agent=ana; 1.10:06 finish agent=bia; 1.10:07 reopen agent=ana",
            &[
                "-new the customer wrote: the ticket opened",
                "new-new ana wanted to reopen it, in vain: it was still open",
                "new-new ana wanted to assign it, in vain: it names neither an agent nor a team",
                "new-unanswered ana assigned it to bia",
                "unanswered-new bia transferred it to t2",
                "new-finished ana finished it",
                "finished-finished bia wanted to finish it, in vain: it was finished already",
                "finished-new ana reopened it",
            ],
        ),
        (
            "1.10:00 takeover agent=ana; 1.10:01 takeover agent=bia",
            &[
                "-awaiting_customer ana took over: the ticket opened",
                "awaiting_customer-awaiting_customer bia took it over",
            ],
        ),
    ] {
        let steps = story(ChannelKind::Whatsapp, events).status;
        let written = steps.iter().map(|step| {
            let name = |status: Option<TicketStatus>| status.map_or("", |status| status.name());
            let text = text::status(step, Language::En);
            let change = format!("{}-{}", name(step.from), name(step.to));
            format!("{change} {text}")
        });
        assert_eq!(written.collect::<Vec<_>>(), expected, "{events}");
    }
}

#[test]
fn every_step_of_a_window_has_its_cause() {
    for (channel, events, expected) in [
        (
            ChannelKind::Whatsapp,
            "2026-10-20T10:00 in ad=A; 2026-10-20T10:02 in; 2026-10-20T10:03 in; 2026-10-20T10:05 out via=api m1; \
             2026-10-20T10:06 status sent m1 referral_conversion type=free_entry_point exp=2026-10-27T10:05; \
             2026-10-22T10:00 in; 2026-10-22T11:00 out via=api m2; \
             2026-10-22T11:01 status failed m2 service type=regular error=131047; 2026-10-22T12:00 stop; 2026-10-22T13:00 resume",
            &[
                "the customer wrote: the 24 h window opened, until 2026-10-21 10:00",
                "the message came through an ad: an answer until 2026-10-21 10:00 opens the free entry point",
                "the customer wrote again (2 times): the 24 h window goes on until 2026-10-21 10:03",
                "the customer wrote again: the ad click can be answered until 2026-10-21 10:03",
                "we answered in time: the free entry point opened, as an estimate, until 2026-10-23 10:05",
                "the provider confirmed the free entry point and its end: 2026-10-27 10:05",
                "the customer wrote: the 24 h window opened, until 2026-10-23 10:00",
                "the provider refused a message: the 24 h window was closed",
                "the customer wants no more marketing",
                "the customer wants marketing again",
            ][..],
        ),
        (
            ChannelKind::Whatsapp,
            "2026-08-20T10:00 in post=P; 2026-08-20T10:05 out via=api m1; \
             2026-08-20T10:06 status delivered m1 service type=regular",
            &[
                "the customer wrote: the 24 h window opened, until 2026-08-21 10:00",
                "the message came through a boosted post: an answer until 2026-08-21 10:00 may open the free entry point",
                "we answered in time: the free entry point opened, as an estimate, until 2026-08-23 10:05",
                "the provider priced our answer: there is no free entry point",
            ],
        ),
        (
            ChannelKind::Whatsapp,
            "2026-08-20T10:00 in ad=A; 2026-08-20T10:04 status sent m1; 2026-08-20T10:05 out via=app m1",
            &[
                "the customer wrote: the 24 h window opened, until 2026-08-21 10:00",
                "the message came through an ad: an answer until 2026-08-21 10:00 opens the free entry point",
                "we answered in time: the free entry point opened, as an estimate, until 2026-08-23 10:04",
                "the message taken for our answer is none: typed in the phone app, or not delivered",
            ],
        ),
        (
            ChannelKind::Whatsapp,
            "2025-03-10T10:00 status sent m1 marketing conv=c1 exp=2025-03-11T10:00 model=cbp; \
             2025-03-10T11:00 status delivered m1 marketing conv=c1 exp=2025-03-11T12:00 model=cbp",
            &[
                "the provider counted a conversation of marketing, until 2025-03-11 10:00",
                "the end moved to 2025-03-11 12:00",
            ],
        ),
        (
            ChannelKind::Instagram,
            "2026-08-20T10:00 comment p1; 2026-08-20T10:05 out via=app m1",
            &[
                "the customer commented: one private reply is possible until 2026-08-27 10:00",
                "the private reply was given",
            ],
        ),
    ] {
        let steps = story(channel, events).windows;
        let written = steps.iter().map(|step| text::change(step, Zone::UTC, Language::En));
        assert_eq!(written.collect::<Vec<_>>(), expected, "{events}");
    }
}
