//! The rules as data: lengths of time with an effective date, which an operator may change, and names that touches carry. Those of
//! session windows are in [`windows`], what the operator says of campaigns in [`dispatches`].

pub mod dispatches;
pub mod windows;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use self::dispatches::Dispatches;
use crate::time::{DAY, HOUR, Micros, Timestamp};

/// Version of the rules as a whole; a change rebuilds the views.
pub const RULES_VERSION: u32 = 2;

/// The lengths of time that are in force at an instant. Source: design.md 6, reference/meta-platform.md 7.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// A message after this long a silence opens a new interaction.
    pub interaction_gap: Micros,
    /// How long after a campaign dispatch an inbound message without quote counts as its answer.
    pub campaign_reply_window: Micros,
    /// How long after an opened thread, a comment or a click a plain message is not called organic.
    pub organic_withheld: Micros,
    /// How long after a comment our private reply, and the thread that follows, belong to it.
    pub private_reply_window: Micros,
    /// How long after its click a code stands for the click; later it stands for the link only.
    pub click_valid: Micros,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            interaction_gap: 24 * HOUR,
            campaign_reply_window: 72 * HOUR,
            organic_withheld: 24 * HOUR,
            private_reply_window: 7 * DAY,
            click_valid: 7 * DAY,
        }
    }
}

/// Which rules are in force from when on. Part of what views are made from: under another book they are folded again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rulebook {
    /// By the instant they begin at, ascending; the first holds for all that was before, too.
    regimes: Vec<(Timestamp, Rules)>,
    /// Types of messages of which threads keep that they came and not what they said.
    withheld: BTreeSet<String>,
    /// Which messages of ours are dispatches.
    dispatches: Dispatches,
}

impl Default for Rulebook {
    fn default() -> Self {
        Self {
            regimes: vec![(Timestamp::MIN, Rules::default())],
            withheld: ["sticker", "contacts", "location"].map(str::to_owned).into(),
            dispatches: Dispatches::default(),
        }
    }
}

impl Rulebook {
    /// Changes the rules from an instant on, later regimes too.
    #[must_use]
    pub fn changed(mut self, from: Timestamp, change: impl Fn(&mut Rules)) -> Self {
        let begun = self.regimes.partition_point(|(begins, _)| *begins <= from);
        let before = self.regimes[begun.saturating_sub(1)].1;
        if self.regimes.iter().all(|(begins, _)| *begins != from) {
            self.regimes.insert(begun, (from, before));
        }
        for (_, rules) in self.regimes.iter_mut().filter(|(begins, _)| *begins >= from) {
            change(rules);
        }
        self
    }

    /// An instant with the rules in force at it: those of the last regime that had begun.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Moment {
        let begun = self.regimes.partition_point(|(begins, _)| *begins <= at);
        Moment {
            at,
            rules: self.regimes[begun.saturating_sub(1)].1,
        }
    }

    /// The longest that organic was ever withheld for, which is how long a touch waits for its ticket.
    #[must_use]
    pub fn organic_withheld_max(&self) -> Micros {
        let all = self.regimes.iter().map(|(_, rules)| rules.organic_withheld);
        all.max().unwrap_or_default()
    }

    /// Keeps of messages of these types only that they came.
    #[must_use]
    pub fn withholding(self, types: impl IntoIterator<Item = String>) -> Self {
        Self {
            withheld: types.into_iter().collect(),
            ..self
        }
    }

    /// Recognises dispatches by these rules.
    #[must_use]
    pub fn recognising(self, dispatches: Dispatches) -> Self {
        Self { dispatches, ..self }
    }

    /// The rules that dispatches are recognised by.
    #[must_use]
    pub const fn dispatches(&self) -> &Dispatches {
        &self.dispatches
    }

    /// Whether threads keep what messages of a type say.
    #[must_use]
    pub fn keeps(&self, type_of_message: &str) -> bool {
        !self.withheld.contains(type_of_message)
    }

    /// The regimes by the instant they begin at, ascending.
    #[must_use]
    pub fn regimes(&self) -> &[(Timestamp, Rules)] {
        &self.regimes
    }
}

/// An instant and the rules in force at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: Timestamp,
    /// The rules.
    pub rules: Rules,
}

/// The rule that made a touch. The name is part of the API; the number of the view rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)] // `explain` says what each means
pub enum Rule {
    AdReferral,
    PostReferral,
    WeakAdCard,
    ClickCode,
    ForwardedCode,
    UnknownCode,
    LinkReferral,
    LinkClicked,
    ShopReferral,
    FixedText,
    Hashtag,
    KnownHashtag,
    CampaignQuote,
    CampaignButton,
    CampaignWindow,
    CampaignStatus,
    MessageSent,
    MessageQuote,
    MessageStatus,
    Comment,
    CommentReply,
    Takeover,
    Organic,
    History,
    Unsupported,
}

impl Rule {
    /// Its name and version in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdReferral => "ad.referral@1",
            Self::PostReferral => "ad.post@1",
            Self::WeakAdCard => "ad.card@1",
            Self::ClickCode => "link.click_code@1",
            Self::ForwardedCode => "link.forwarded_code@1",
            Self::UnknownCode => "link.unknown_code@1",
            Self::LinkReferral => "link.ref@1",
            Self::LinkClicked => "link.clicked@1",
            Self::ShopReferral => "link.shop@1",
            Self::FixedText => "link.fixed_text@1",
            Self::Hashtag => "hashtag.first_word@1",
            Self::KnownHashtag => "hashtag.known@1",
            Self::CampaignQuote => "campaign.quote@1",
            Self::CampaignButton => "campaign.button@1",
            Self::CampaignWindow => "campaign.window@1",
            Self::CampaignStatus => "campaign.status@1",
            Self::MessageSent => "message.sent@1",
            Self::MessageQuote => "message.quote@1",
            Self::MessageStatus => "message.status@1",
            Self::Comment => "comment.received@1",
            Self::CommentReply => "comment.private_reply@1",
            Self::Takeover => "takeover@1",
            Self::Organic => "organic@1",
            Self::History => "unknown.history@1",
            Self::Unsupported => "unknown.unsupported@1",
        }
    }

    /// What it means, for a person.
    #[must_use]
    pub const fn explain(self) -> &'static str {
        match self {
            Self::AdReferral => "the message carries the referral of an ad",
            Self::PostReferral => "the message carries the referral of a boosted post",
            Self::WeakAdCard => "the message carries a link card that looks like an ad's, without any id of one",
            Self::ClickCode => "the text carries the code of a click on a link",
            Self::ForwardedCode => {
                "the text carries the code of somebody else's click, or of one too long ago: the link counts"
            }
            Self::UnknownCode => "the text carries a valid click code whose click was not recorded",
            Self::LinkReferral => "the thread was opened by a link with a ref",
            Self::LinkClicked => "the customer followed a link within the day before",
            Self::ShopReferral => "the message is about a product of the shop",
            Self::FixedText => "the text begins with that of the link",
            Self::Hashtag => "the text starts with the hashtag",
            Self::KnownHashtag => "the text carries a hashtag of the catalogue",
            Self::CampaignQuote => "the message quotes, or presses a button of, a message of the campaign",
            Self::CampaignButton => "a template's button was pressed without naming the message",
            Self::CampaignWindow => "first message inside the reply window of the dispatch",
            Self::CampaignStatus => "answer to a message that was priced as marketing",
            Self::MessageSent => "a message of the business opened the interaction",
            Self::MessageQuote => "the message quotes a message of the business",
            Self::MessageStatus => "answer to a message of the business known only by its delivery report",
            Self::Comment => "the customer commented",
            Self::CommentReply => "the thread follows our private reply to the comment",
            Self::Takeover => "an agent took the conversation over",
            Self::Organic => "the message opens an interaction and nothing else explains it",
            Self::History => "imported history carries no evidence",
            Self::Unsupported => "the provider withholds the message, and so its evidence",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_holds_from_its_date_on() {
        let day = |day: i64| Timestamp::from_seconds(day * 86_400);
        let gap = |hours: i64| move |rules: &mut Rules| rules.interaction_gap = hours * HOUR;
        let book = Rulebook::default()
            .changed(day(20), gap(6))
            .changed(day(10), |rules| rules.click_valid = HOUR)
            .changed(day(30), gap(12))
            .changed(day(30), gap(48));
        for (at, hours, valid) in [
            (0, 24, 168),
            (9, 24, 168),
            (10, 24, 1),
            (19, 24, 1),
            (20, 6, 1),
            (29, 6, 1),
            (30, 48, 1),
            (99, 48, 1),
        ] {
            let rules = book.at(day(at)).rules;
            assert_eq!(
                (rules.interaction_gap / HOUR, rules.click_valid / HOUR),
                (hours, valid),
                "day {at}"
            );
        }
        let before_all = Rulebook::default().changed(Timestamp::MIN, gap(12));
        assert_eq!(before_all.regimes().len(), 1);
        assert_eq!(before_all.at(day(0)).rules.interaction_gap, 12 * HOUR);
    }
}
