//! The `referral` of click-to-WhatsApp ads and posts. Source: reference/meta-platform.md 1.5.

use origem_domain::event::Referral;

use crate::json::Node;

/// The referral of a message of any type. Every field is optional; one that tells nothing is none. Values are kept as they
/// came: `ctwa_clid` is case-sensitive, an unknown `source_type` is kept.
pub(super) fn read(message: Node<'_, '_>) -> Option<Referral> {
    let node = message.get("referral")?;
    let referral = Referral {
        source_type: node.word("source_type"),
        source_id: node.word("source_id"),
        source_url: node.word("source_url"),
        ctwa_clid: node.text("ctwa_clid"),
        headline: node.text("headline"),
        body: node.text("body"),
        media_type: node.word("media_type"),
        image_url: node.word("image_url"),
        video_url: node.word("video_url"),
        thumbnail_url: node.word("thumbnail_url"),
        welcome_text: node.get("welcome_message").and_then(|welcome| welcome.text("text")),
        ad_id: node.word("ad_id"),
        reference: node.text("ref"),
        source: node.word("source"),
        ..Referral::default()
    };
    (referral != Referral::default()).then_some(referral)
}
