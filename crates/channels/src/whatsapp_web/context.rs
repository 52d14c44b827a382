//! `contextInfo`: what a message answers, and the ad it came through. Source: reference/meta-platform.md 5.3.
//!
//! It stands in the inner message of whatever kind, in some servers beside the message, in some in both places; so all of
//! them are searched and the first that tells something is heard. A quoted message has its own, which is not ours.

use origem_domain::event::Referral;

use super::names::{Loose as _, same};
use crate::json::Node;

/// Every `contextInfo` of a message.
pub(super) struct Context<'d, 'a>(Vec<Node<'d, 'a>>);

impl<'d, 'a> Context<'d, 'a> {
    /// Those inside of `roots`, in order.
    pub(super) fn of(roots: impl IntoIterator<Item = Node<'d, 'a>>) -> Self {
        let mut found = Vec::new();
        let mut open: Vec<Node<'d, 'a>> = roots.into_iter().collect();
        open.reverse();
        while let Some(node) = open.pop() {
            if node.is_object() && same(&node.key(), "contextinfo") {
                found.push(node);
                continue; // within it only the quoted message could have one
            }
            let first = open.len();
            open.extend(node.children().filter(|child| !same(&child.key(), "quotedmessage")));
            open[first..].reverse();
        }
        Self(found)
    }

    fn word(&self, name: &str) -> Option<String> {
        self.0.iter().find_map(|context| context.any_word(&[name]))
    }

    /// Id of the message this one answers.
    pub(super) fn reply_to(&self) -> Option<String> {
        self.word("stanzaid")
    }

    /// It was forwarded.
    pub(super) fn is_forwarded(&self) -> bool {
        self.0
            .iter()
            .any(|context| context.any_flag(&["isforwarded"]) == Some(true))
    }

    /// The ad, link card or entry point the message came through. Only for messages of customers: bots put cards of their
    /// own into what they send.
    pub(super) fn referral(&self) -> Option<Referral> {
        let entry_source = self.word("entrypointconversionsource");
        let is_status = |word: &Option<String>, value: &str| word.as_deref().is_some_and(|word| same(word, value));
        // An old ad card rides along on answers to a Status.
        if is_status(&entry_source, "status") || is_status(&self.word("remotejid"), "status@broadcast") {
            return None;
        }
        let card = self
            .0
            .iter()
            .find_map(|context| context.any(&["externaladreply"]).filter(|card| card.is_object()));
        let signals = Referral {
            source: self.word("conversionsource"),
            ctwa_clid: self.word("ctwaclid"),
            entry_app: self.word("entrypointconversionapp"),
            entry_source,
            ..Referral::default()
        };
        let mut referral = match card {
            Some(card) => with_card(signals.clone(), card),
            None => signals.clone(),
        };
        if is_ad(&referral) {
            referral.source_type.get_or_insert_with(|| "ad".to_owned());
        } else if is_link(&referral) || !has_card(&referral) {
            referral = signals; // a `wa.me` link is no ad, whatever card its preview made
        } else {
            referral.weak = true;
        }
        // A mere name of the campaign source without anything else would be no evidence of anything.
        (referral != Referral::default()).then_some(referral)
    }
}

/// Adds what the card tells, in the words of the Cloud API.
fn with_card(signals: Referral, card: Node<'_, '_>) -> Referral {
    let media_type = card.any_word(&["mediatype"]).and_then(|word| media_type(&word));
    let media_url = card.any_text(&["mediaurl"]);
    let (image_url, video_url) = if media_type == Some("video") {
        (None, media_url)
    } else {
        (media_url, None)
    };
    Referral {
        source_type: card.any_word(&["sourcetype"]).map(|word| word.to_ascii_lowercase()),
        source_id: card.any_word(&["sourceid"]),
        source_url: card.any_text(&["sourceurl"]),
        ctwa_clid: card.any_word(&["ctwaclid"]).or(signals.ctwa_clid),
        headline: card.any_text(&["title"]),
        body: card.any_text(&["body"]),
        media_type: media_type.map(str::to_owned),
        image_url,
        video_url,
        thumbnail_url: card.any_text(&["thumbnailurl"]),
        reference: card.any_text(&["ref"]),
        entry_app: signals.entry_app.or_else(|| card.any_word(&["sourceapp"])),
        ..signals
    }
}

/// A number in Baileys, a word elsewhere.
fn media_type(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "1" | "image" => Some("image"),
        "2" | "video" => Some("video"),
        _ => None,
    }
}

/// Strong evidence of an ad: any one sign will do.
fn is_ad(referral: &Referral) -> bool {
    referral.source_type.as_deref() == Some("ad")
        || referral.source_id.is_some()
        || referral.ctwa_clid.is_some()
        || referral.entry_source.as_deref() == Some("ctwa_ad")
        || referral.source.as_deref().is_some_and(|source| same(source, "fbads"))
}

fn is_link(referral: &Referral) -> bool {
    referral.entry_source.as_deref() == Some("click_to_chat_link")
}

/// A card that shows something.
fn has_card(referral: &Referral) -> bool {
    [
        &referral.headline,
        &referral.source_url,
        &referral.image_url,
        &referral.video_url,
        &referral.thumbnail_url,
    ]
    .iter()
    .any(|field| field.is_some())
}
