//! Facts to session windows: which fact counts as what, by platform.

use crate::event::{CallEvent, ChannelKind, DeliveryState, Direction, Kind, Via};
use crate::fact::{Evidence, Fact, Form, Inbound, What};
use crate::state::State;

/// Whether an event of that kind can change session windows. Of the others it need not be asked what they changed.
#[must_use]
pub const fn can_change_windows(kind: Kind) -> bool {
    match kind {
        Kind::ReferralOpened
        | Kind::CommentReceived
        | Kind::MessageReceived
        | Kind::CallReceived
        | Kind::MessageSent
        | Kind::MessageStatus
        | Kind::MessageReaction
        | Kind::PreferenceChanged => true,
        Kind::IdentityChanged
        | Kind::LinkClicked
        | Kind::HistoryImported
        | Kind::MessageEdited
        | Kind::MessageRevoked
        | Kind::ConversionReported
        | Kind::TicketClaimed
        | Kind::TicketAssigned
        | Kind::TicketTransferred
        | Kind::TicketTakenOver
        | Kind::TicketFinished
        | Kind::TicketReopened
        | Kind::NoteAdded
        | Kind::ContactEdited
        | Kind::StageSet
        | Kind::LeadLinked
        | Kind::OutreachRequested
        | Kind::AccountUpdated
        | Kind::Unrecognised => false,
    }
}

/// Applies one fact to the session windows of its conversation, before the rest of the state learns of it.
pub(super) fn evolve(state: &mut State, channel: ChannelKind, fact: &Fact) {
    match channel {
        ChannelKind::Whatsapp => whatsapp(state, fact),
        ChannelKind::Messenger | ChannelKind::Instagram => messenger(state, channel, fact),
        ChannelKind::Webchat => {}
    }
}

/// Source: reference/meta-platform.md 4.2, 4.3. Reactions, edits and what the system says are no words of the customer.
fn whatsapp(state: &mut State, fact: &Fact) {
    let at = fact.key.at;
    match &fact.what {
        What::Inbound(inbound) => {
            if let Some(post) = ad_click(inbound) {
                state.windows.clicked_ad(at, post);
            }
            let uncertain = inbound.form == Form::Unsupported;
            state.windows.customer_spoke(at, uncertain);
        }
        // A call counts answered or not; so does taking ours.
        What::Call {
            event: CallEvent::Connect,
            direction: Direction::In,
        }
        | What::Call {
            event: CallEvent::Accepted,
            direction: Direction::Out,
        } => state.windows.customer_spoke(at, false),
        What::Sent(sent) if sent.via == Via::App => state.windows.echoed(sent.message),
        What::Sent(sent) => state.windows.replied(at, sent.message),
        What::Status {
            message,
            state: delivery,
            report,
            ..
        } => {
            // Nobody told us of the message: the report that it was sent stands for it.
            if let Some(message) = message
                && *delivery == DeliveryState::Sent
                && !state.knows_sent(*message)
            {
                state.windows.replied(at, Some(*message));
            }
            let report = report.as_deref().copied().unwrap_or_default();
            state.windows.reported(at, &report.on(*message, *delivery));
        }
        What::Preference { stop } => state.windows.prefers(at, *stop),
        _ => {}
    }
}

/// Whether a message came through an ad or, `true`, through a boosted post; `None` if through neither.
fn ad_click(inbound: &Inbound) -> Option<bool> {
    let referral: &Evidence = inbound.referral.as_deref().filter(|referral| !referral.weak)?;
    match referral.source_type.as_deref() {
        Some("ad") => Some(false),
        Some("post") => Some(true),
        _ => None,
    }
}

/// Source: reference/meta-platform.md 4.6.
fn messenger(state: &mut State, channel: ChannelKind, fact: &Fact) {
    let at = fact.key.at;
    let on_messenger = channel == ChannelKind::Messenger;
    match &fact.what {
        What::Inbound(_) => state.windows.customer_spoke(at, false),
        // Opening an existing thread by a link, and reacting: on Messenger only.
        What::Opened { referral: Some(_) } | What::Reacted { removed: false } if on_messenger => {
            state.windows.customer_spoke(at, false);
        }
        What::Comment { .. } => state.windows.commented(at),
        What::Sent(_) => state.windows.spoke(at),
        _ => {}
    }
}
