//! Referrals: how a provider tells which ad, post or link a customer came through.

use crate::business::{Ad, AdSource};
use crate::json::Json;
use crate::rng::Rng;

/// Letters of click ids and of Meta's other opaque values.
pub(crate) const OPAQUE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A new click id of a click-to-WhatsApp ad.
pub(crate) fn click_id(rng: &mut Rng) -> String {
    let mut id = String::with_capacity(110);
    id.push_str("Af");
    let length = 86 + rng.index(24);
    rng.letters(&mut id, OPAQUE, length);
    id
}

/// `referral` of a WhatsApp message.
pub(crate) fn whatsapp(json: &mut Json, ad: &Ad, click: Option<&str>) {
    json.object("referral", |json| {
        json.text("source_url", &ad.url).text("source_id", &ad.id);
        json.text("source_type", if ad.source == AdSource::Post { "post" } else { "ad" });
        json.text("body", &ad.body).text("headline", &ad.headline);
        match &ad.video {
            Some(video) => {
                json.text("media_type", "video")
                    .text("video_url", video)
                    .text("thumbnail_url", &ad.image);
            }
            None => {
                json.text("media_type", "image").text("image_url", &ad.image);
            }
        }
        json.maybe("ctwa_clid", click);
        if let Some(welcome) = &ad.welcome {
            json.object("welcome_message", |json| _ = json.text("text", welcome));
        }
    });
}

/// What a page or Instagram referral points at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Door {
    /// An ad, by its place in `Business::ads`.
    Ad(usize),
    /// A link with a `ref`, by its place in `Business::ref_links`.
    Link(usize),
}

/// `referral` of a page or Instagram event, for an ad.
pub(crate) fn page_ad(json: &mut Json, ad: &Ad) {
    json.object("referral", |json| {
        json.maybe("ref", ad.reference.as_deref());
        json.text("ad_id", &ad.id)
            .text("source", "ADS")
            .text("type", "OPEN_THREAD");
        json.object("ads_context_data", |json| {
            json.text("ad_title", &ad.headline);
            match &ad.video {
                Some(video) => json.text("video_url", video),
                None => json.text("photo_url", &ad.image),
            };
            json.text("post_id", &ad.id[4..]);
        });
    });
}

/// `referral` of a page or Instagram event, for a link.
pub(crate) fn page_link(json: &mut Json, reference: &str, instagram: bool) {
    json.object("referral", |json| {
        json.text("ref", reference);
        json.text("source", if instagram { "IGME-SOURCE-LINK" } else { "SHORTLINK" })
            .text("type", "OPEN_THREAD");
    });
}
