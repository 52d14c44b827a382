//! `organic`: a message opens an interaction and nothing else explains it.

use crate::event::ChannelKind;
use crate::origin::Obstacle;
use crate::rules::{Moment, Rule};
use crate::state::State;
use crate::touch::{Confidence, Origin, OriginKind, Platform};

/// The organic origin of a message on `channel`.
#[must_use]
pub fn origin(channel: ChannelKind) -> Origin {
    Origin {
        platform: Some(Platform::of(channel)),
        ..Origin::new(OriginKind::Organic, Rule::Organic, Confidence::Likely)
    }
}

/// Why a message without evidence of its own needs no explanation: it goes on with an interaction; or something of the same
/// person explains it already, a thread opened through something, or a comment, within the last day. (A click gives the
/// message an origin: [`super::link::followed`].) Source: design.md 6, "Order-independence".
#[must_use]
pub fn obstacle(state: &State, moment: &Moment) -> Option<Obstacle> {
    let limit = moment.rules.organic_withheld;
    let hint = state.hint_at.filter(|hint| moment.at.since(*hint) <= limit);
    state
        .interaction(moment)
        .or(hint.map(|by| Obstacle::Withheld { by, limit }))
}

#[cfg(test)]
mod tests {
    use crate::fold::table::{check, check_on};

    #[test]
    fn organic_is_the_message_that_opens_an_interaction_unexplained() {
        for (events, timeline) in [
            ("1.10:00 in", "1.10:00 organic?/whatsapp"),
            ("1.10:00 in; 1.10:01 in; 1.10:02 in", "1.10:00 organic?/whatsapp"),
            ("1.10:00 in; 2.09:59 in; 3.09:58 in", "1.10:00 organic?/whatsapp"),
            (
                "1.10:00 in; 2.10:00 in",
                "1.10:00 organic?/whatsapp; 2.10:00 organic?/whatsapp",
            ),
            // Messages of ours keep the interaction open, dispatches do not.
            (
                "1.10:00 in; 2.09:00 out via=web m1; 3.08:00 in",
                "1.10:00 organic?/whatsapp",
            ),
            (
                "1.10:00 in; 2.09:00 out campaign=c1 m1; 6.08:00 in",
                "1.10:00 organic?/whatsapp; 6.08:00 organic?/whatsapp",
            ),
            // Evidence five minutes later does not undo it; evidence before it does, whenever that arrives.
            (
                "1.10:00 in; 1.10:05 in ad=A",
                "1.10:00 organic?/whatsapp; 1.10:05 ad/unknown A",
            ),
            ("1.10:02 in; 1.10:00 in ad=A", "1.10:00 ad/unknown A"),
            ("1.10:00 call", "1.10:00 organic?/whatsapp"),
            ("1.10:00 call; 1.10:05 in", "1.10:00 organic?/whatsapp"),
            ("1.10:00 reaction; 1.10:05 in", "1.10:05 organic?/whatsapp"),
        ] {
            check(events, timeline);
        }
    }

    #[test]
    fn organic_names_the_platform_of_the_channel() {
        for (channel, platform) in [
            ("whatsapp", "whatsapp"),
            ("instagram", "instagram"),
            ("messenger", "facebook"),
            ("webchat", "webchat"),
        ] {
            check_on(channel, "1.10:00 in", &format!("1.10:00 organic?/{platform}"));
        }
    }

    #[test]
    fn a_campaign_on_monday_and_a_message_on_thursday_are_two_origins_of_one_ticket() {
        check(
            "1.10:00 out campaign=c7 m1; 1.11:00 in quote=m1; 1.11:05 out via=web m2; 4.15:00 in; 4.15:01 in",
            "1.11:00 whatsapp_campaign c7; 4.15:00 organic?/whatsapp",
        );
        crate::fold::table::check_tickets(
            "1.10:00 out campaign=c7 m1; 1.11:00 in quote=m1; 1.11:05 out via=web m2; 4.15:00 in; 4.15:01 in",
            "1.11:00 new [whatsapp_campaign organic]",
        );
    }
}
