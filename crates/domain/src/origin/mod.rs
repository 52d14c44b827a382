//! Origin kinds: one file each, with its rule and its table of cases.
//!
//! Adding a kind: a file here, one line in [`evidence_in_message`] or in the fold, a row in `touch.rs`; see
//! docs/howto/add-an-origin.md.

pub mod ad;
pub mod business_message;
pub mod campaign;
pub mod comment;
pub mod hashtag;
pub mod link;
pub mod organic;
pub mod takeover;
pub mod unknown;

use crate::event::ChannelKind;
use crate::fact::Inbound;
use crate::rules::Moment;
use crate::state::State;
use crate::touch::Origin;

/// Everything an inbound message gives evidence of by itself, the strongest first: ad, then click code or link, then
/// hashtag, then answer to a message of ours. Source: design.md 6, "Precedence".
#[must_use]
pub fn evidence_in_message(state: &State, channel: ChannelKind, moment: &Moment, inbound: &Inbound) -> Vec<Origin> {
    let referral = inbound.referral.as_deref();
    [
        referral.and_then(|referral| ad::origin(referral, channel)),
        link::from_code(inbound, moment),
        referral.and_then(link::from_referral),
        hashtag::origin(inbound),
        campaign::answer(state, moment, inbound),
        business_message::answer(state, moment, inbound),
    ]
    .into_iter()
    .flatten()
    .collect()
}
