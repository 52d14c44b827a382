//! What ends soon: which of a customer's windows closes when, as far as nothing else happens. Time passing is no event, so nothing
//! but a question tells it.

use crate::event::ChannelKind;
use crate::time::{DAY, Micros, Timestamp};
use crate::windows::{Context, EntryState, Sessions};

/// Whoever has anything open was active so lately: a free entry point lasts seven days from an answer, which came within a day.
pub const OPEN_AT_MOST: Micros = 8 * DAY;

/// Something that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Closing {
    /// When, exclusive.
    pub at: Timestamp,
    /// What.
    pub what: Closes,
}

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closes {
    /// The time to answer an ad click.
    AdClick,
    /// The customer service window, or the standard window.
    CustomerCare,
    /// The free entry point window.
    FreeEntryPoint,
}

impl Closes {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdClick => "ad_click",
            Self::CustomerCare => "customer_care",
            Self::FreeEntryPoint => "free_entry_point",
        }
    }
}

impl Sessions {
    /// Every instant at which something of it closes, or closed, as far as nothing else happens: what [`Sessions::closes_next`] picks from.
    pub fn ends(&self, context: &Context<'_>) -> impl Iterator<Item = Timestamp> + use<> {
        let none = context.no_windows().is_some();
        let care = self.care_at(Timestamp::default()).closes_at;
        let is_whatsapp = context.channel == ChannelKind::Whatsapp;
        let reply_by = self.entry.candidate.filter(|_| is_whatsapp).map(|click| click.reply_by);
        let window = self.entry.window.filter(|_| is_whatsapp).map(|window| window.closes_at);
        [care, reply_by, window].into_iter().flatten().filter(move |_| !none)
    }

    /// What is open at `now` and closes first.
    #[must_use]
    pub fn closes_next(&self, now: Timestamp, context: &Context<'_>) -> Option<Closing> {
        if context.no_windows().is_some() {
            return None;
        }
        let care = Some(self.care_at(now)).filter(|care| care.open);
        let care = care.and_then(|care| Some((care.closes_at?, Closes::CustomerCare)));
        let entry = Some(self.entry_at(now)).filter(|_| context.channel == ChannelKind::Whatsapp);
        let entry = entry.and_then(|entry| match entry.state {
            EntryState::Candidate => Some((entry.reply_by?, Closes::AdClick)),
            EntryState::Estimated | EntryState::Confirmed => Some((entry.closes_at?, Closes::FreeEntryPoint)),
            EntryState::None | EntryState::Rejected | EntryState::Expired => None,
        });
        let all = [care, entry].into_iter().flatten();
        all.map(|(at, what)| Closing { at, what })
            .filter(|closing| closing.at > now)
            .min()
    }
}
