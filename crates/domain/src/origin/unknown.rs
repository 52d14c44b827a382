//! `unknown`: evidence cannot be had, because the message is imported history or its content is withheld.

use crate::rules::Rule;
use crate::touch::{Confidence, Origin, OriginKind};

/// The origin of imported history.
#[must_use]
pub fn history() -> Origin {
    Origin::new(OriginKind::Unknown, Rule::History, Confidence::Certain)
}

/// The origin of a message whose content is withheld.
#[must_use]
pub fn unsupported() -> Origin {
    Origin::new(OriginKind::Unknown, Rule::Unsupported, Confidence::Certain)
}

#[cfg(test)]
mod tests {
    use crate::fold::table::{check, check_tickets};

    #[test]
    fn what_cannot_be_known_is_said_to_be_unknown() {
        for (events, timeline) in [
            ("1.10:00 history; 1.10:05 history; 2.20:00 history", "1.10:00 unknown"),
            ("1.10:00 in; 1.10:05 history", "1.10:00 organic?/whatsapp"),
            ("1.10:00 history; 1.10:05 in", "1.10:00 unknown"),
            (
                "1.10:00 history; 3.10:05 in",
                "1.10:00 unknown; 3.10:05 organic?/whatsapp",
            ),
            ("1.10:00 in unsupported", "1.10:00 unknown"),
            ("1.10:00 in; 1.10:05 in unsupported", "1.10:00 organic?/whatsapp"),
        ] {
            check(events, timeline);
        }
    }

    #[test]
    fn history_opens_no_ticket() {
        check_tickets("1.10:00 history", "");
        check_tickets("1.10:00 in unsupported", "1.10:00 new [unknown]");
    }
}
