//! The `referral` of Messenger and Instagram. Source: reference/meta-platform.md 2.3.
//!
//! One extractor for all its places: in a message, in a postback, as an event of its own, and the `ref` of an opt-in.

use origem_domain::event::Referral;

use crate::json::Node;

/// What `node`, a `referral` or an `optin`, tells; nothing if it tells nothing.
pub(super) fn of(node: Option<Node<'_, '_>>) -> Option<Referral> {
    let node = node?;
    let ad = node.get("ads_context_data");
    let ad_text = |key: &str| ad.and_then(|ad| ad.text(key));
    let ad_word = |key: &str| ad.and_then(|ad| ad.word(key));
    let referral = Referral {
        ad_id: node.word("ad_id"),
        reference: node.text("ref").or_else(|| node.word("ref")),
        source: node.text("source"),
        headline: ad_text("ad_title"),
        image_url: ad_text("photo_url"),
        video_url: ad_text("video_url"),
        post_id: ad_word("post_id"),
        product_id: node
            .get("product")
            .and_then(|product| product.word("id"))
            .or_else(|| ad_word("product_id")),
        referer_uri: node.text("referer_uri"),
        ..Referral::default()
    };
    (referral != Referral::default()).then_some(referral)
}
