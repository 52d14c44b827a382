//! `takeover`: an agent took over a conversation that was not waiting in the queue.

use crate::event::Via;
use crate::rules::Rule;
use crate::touch::{Confidence, Origin, OriginKind};

/// The origin that a takeover is.
#[must_use]
pub fn origin(via: &Via) -> Origin {
    Origin::new(OriginKind::Takeover, Rule::Takeover, Confidence::Certain).via(via)
}

#[cfg(test)]
mod tests {
    use crate::fold::table::{check, check_tickets};

    #[test]
    fn a_takeover_is_a_touch_of_its_own() {
        check("1.10:00 takeover agent=ana", "1.10:00 takeover via web");
        check("1.10:00 takeover agent=ana via=mobile", "1.10:00 takeover via mobile");
        check(
            "1.10:00 in; 1.10:05 claim agent=bia; 1.10:06 takeover agent=ana",
            "1.10:00 organic?/whatsapp; 1.10:06 takeover via web",
        );
    }

    #[test]
    fn taking_what_waits_in_the_queue_is_a_claim() {
        check("1.10:00 in; 1.10:05 takeover agent=ana", "1.10:00 organic?/whatsapp");
    }

    #[test]
    fn a_takeover_opens_or_takes_the_ticket() {
        check_tickets("1.10:00 takeover agent=ana", "1.10:00 awaiting_customer ana [takeover]");
        check_tickets(
            "1.10:00 in; 1.10:05 takeover agent=ana",
            "1.10:00 unanswered ana [organic]",
        );
    }
}
