//! Origin kinds: one file each, with its rule and its table of cases.
//!
//! Adding a kind: a file here, one line in [`evidence_in_message`] or in the fold, a row in `touch.rs`; see
//! docs/howto/add-an-origin.md.

pub mod ad;
pub mod business_message;
pub mod campaign;
pub mod comment;
mod finding;
pub mod hashtag;
pub mod link;
pub mod organic;
pub mod takeover;
pub mod unknown;

pub use finding::{Fate, Finding, Observer, Obstacle};

use crate::event::ChannelKind;
use crate::fact::Inbound;
use crate::rules::Moment;
use crate::state::State;
use crate::touch::{Origin, OriginKind};

/// Everything an inbound message gives evidence of by itself, the strongest first: ad, then click code or link, then
/// hashtag, then answer to a message of ours. `observer` is told what nearly was. Source: design.md 6, "Precedence".
pub fn evidence_in_message(
    state: &State,
    channel: ChannelKind,
    moment: &Moment,
    inbound: &Inbound,
    observer: &mut impl Observer,
) -> Vec<Origin> {
    let referral = inbound.referral.as_deref();
    if let Some(obstacle) = link::not_the_click(inbound, moment) {
        observer.missed(OriginKind::Link, obstacle);
    }
    let [by_code, by_referral] = link::origins(inbound, moment);
    [
        referral.and_then(|referral| ad::origin(referral, channel)).into(),
        by_code.into(),
        by_referral.into(),
        hashtag::origin(inbound).into(),
        campaign::answer(state, moment, inbound, observer),
        business_message::answer(state, moment, inbound),
    ]
    .into_iter()
    .filter_map(|finding| finding.told(observer))
    .collect()
}
