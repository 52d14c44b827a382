//! `new_message`: the interaction was opened by a message that an agent or an integration sent.
//!
//! It is the origin when it is sent, if it opens the interaction; or when the customer opens one by quoting it. A message
//! that only its delivery report tells of is the origin at the answer, because until then it might be a mere notification.

use crate::dispatch::is_dispatch;
use crate::event::Via;
use crate::fact::Inbound;
use crate::origin::{Finding, Obstacle};
use crate::rules::{Moment, Rule};
use crate::state::{Dispatch, State};
use crate::touch::{Confidence, Origin, OriginKind};

/// The origin that a message of the business is when it opens an interaction.
#[must_use]
pub fn sent(via: &Via) -> Origin {
    Origin::new(OriginKind::NewMessage, Rule::MessageSent, Confidence::Certain).via(via)
}

/// The message of the business that an inbound message which opens an interaction answers.
#[must_use]
pub fn answer(state: &State, moment: &Moment, inbound: &Inbound) -> Finding {
    let interaction = state.interaction(moment);
    if let Some(quoted) = inbound.quoted.as_deref() {
        // A one-time password that only reports tell of is no conversation.
        if is_dispatch(&quoted.via) || (quoted.inferred && quoted.is_password) {
            return Finding::Nothing;
        }
        return match interaction {
            Some(obstacle) => Finding::Missed(OriginKind::NewMessage, obstacle),
            None => {
                let origin = Origin::new(OriginKind::NewMessage, Rule::MessageQuote, Confidence::Certain);
                Finding::Origin(origin.via(&quoted.via))
            }
        };
    }
    let Some(report) = reported(state) else {
        return Finding::Nothing;
    };
    let (sent, limit) = (report.at, moment.rules.interaction_gap);
    let obstacle = if report.answered {
        Some(Obstacle::Answered { sent })
    } else if moment.at.since(sent) >= limit {
        Some(Obstacle::ReportTooOld { sent, limit })
    } else {
        interaction
    };
    if let Some(obstacle) = obstacle {
        return Finding::Missed(OriginKind::NewMessage, obstacle);
    }
    let origin = Origin::new(OriginKind::NewMessage, Rule::MessageStatus, Confidence::Likely);
    Finding::Origin(origin.via(&report.sent.via))
}

/// The latest message of ours that only its report tells of.
pub(crate) fn reported(state: &State) -> Option<&Dispatch> {
    let mut dispatches = state.dispatches.iter().rev();
    dispatches.find(|dispatch| !is_dispatch(&dispatch.sent.via))
}

#[cfg(test)]
mod tests {
    use crate::fold::table::{check, check_tickets};

    #[test]
    fn a_message_that_opens_an_interaction_is_its_origin() {
        for (events, timeline) in [
            (
                "1.10:00 out via=web agent=ana m1; 1.10:05 in",
                "1.10:00 new_message via web",
            ),
            (
                "1.10:00 out via=oto m1; 1.10:05 in quote=m1",
                "1.10:00 new_message via oto",
            ),
            ("1.10:00 out via=app m1; 1.10:05 in", "1.10:00 new_message via app"),
            // An answer to the customer is none.
            (
                "1.10:00 in; 1.10:05 out via=web m1; 1.10:06 in",
                "1.10:00 organic?/whatsapp",
            ),
            (
                "1.10:00 in; 1.10:05 out via=web m1; 1.10:06 in quote=m1",
                "1.10:00 organic?/whatsapp",
            ),
            // A later interaction: with the quote it is the message again, without it nothing explains it.
            (
                "1.10:00 out via=web m1; 3.10:00 in quote=m1",
                "1.10:00 new_message via web; 3.10:00 new_message via web",
            ),
            (
                "1.10:00 out via=web m1; 3.10:00 in",
                "1.10:00 new_message via web; 3.10:00 organic?/whatsapp",
            ),
            // In an open ticket, after the gap.
            (
                "1.10:00 in; 3.10:00 out via=mobile m1",
                "1.10:00 organic?/whatsapp; 3.10:00 new_message via mobile",
            ),
        ] {
            check(events, timeline);
        }
    }

    #[test]
    fn a_message_known_by_its_report_is_the_origin_at_the_answer() {
        for (events, timeline) in [
            (
                "1.10:00 status sent m1 utility; 1.10:05 in",
                "1.10:05 new_message? via api",
            ),
            ("1.10:00 status sent m1 utility", ""),
            (
                "1.10:00 status sent m1 authentication; 1.10:05 in",
                "1.10:05 organic?/whatsapp",
            ),
            (
                "1.10:00 status sent m1 authentication; 1.10:05 in quote=m1",
                "1.10:05 organic?/whatsapp",
            ),
            (
                "1.10:00 status sent m1 utility; 2.10:05 in",
                "2.10:05 organic?/whatsapp",
            ),
            (
                "1.10:00 in; 1.10:05 status sent m1 service; 1.10:06 in",
                "1.10:00 organic?/whatsapp",
            ),
            // The report of a message we know of is not another message.
            (
                "1.10:00 out via=web m1; 1.10:00 status sent m1 service; 1.10:01 status read m1",
                "1.10:00 new_message via web",
            ),
        ] {
            check(events, timeline);
        }
    }

    #[test]
    fn it_opens_the_ticket_for_its_agent() {
        for (events, tickets) in [
            (
                "1.10:00 out via=web agent=ana m1",
                "1.10:00 awaiting_customer ana [new_message]",
            ),
            (
                "1.10:00 out via=web agent=ana m1; 1.10:05 in",
                "1.10:00 unanswered ana [new_message]",
            ),
            (
                "1.10:00 out via=app agent=ana m1",
                "1.10:00 awaiting_customer [new_message]",
            ),
            (
                "1.10:00 in; 1.10:05 out via=app m1",
                "1.10:00 awaiting_customer [organic]",
            ),
            (
                "1.10:00 in; 1.10:05 out via=app m1; 1.10:06 in",
                "1.10:00 new [organic]",
            ),
            (
                "1.10:00 in; 1.10:05 status sent m1 service",
                "1.10:00 awaiting_customer [organic]",
            ),
            ("1.10:00 status sent m1 utility", ""),
            // That the customer read something of ours is no answer to the customer.
            ("1.10:00 in; 1.10:05 status read m1 service", "1.10:00 new [organic]"),
        ] {
            check_tickets(events, tickets);
        }
    }
}
