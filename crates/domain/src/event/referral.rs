//! The referral: the ad, post or link a message came through, as the provider tells it.

use serde::{Deserialize, Serialize};

/// Everything providers tell about where a message came from. Every field may be missing; opaque values are kept
/// verbatim (a `ctwa_clid` is case-sensitive). Source: reference/meta-platform.md 1.5, 2.3, 5.3.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Referral {
    /// `ad`, `post`, or another word of the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// Ad or post id (WhatsApp).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// Link of the ad or post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// Click id of a click-to-WhatsApp ad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ctwa_clid: Option<String>,
    /// Ad headline or title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Ad text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// `image` or `video`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Image of the ad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Video of the ad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_url: Option<String>,
    /// Thumbnail of the ad's video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
    /// Greeting configured in the ad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome_text: Option<String>,
    /// Ad id (Messenger, Instagram).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad_id: Option<String>,
    /// Our own parameter of an m.me or ig.me link, or of the ad.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// `ADS`, `SHORTLINK`, ...; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Post of the ad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_id: Option<String>,
    /// Shop product the message is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// Page on which a chat plugin or web link was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referer_uri: Option<String>,
    /// App the entry point was in: `instagram`, `facebook`, `whatsapp` (WhatsApp Web protocol only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_app: Option<String>,
    /// Kind of entry point: `ctwa_ad`, `click_to_chat_link`, ... (WhatsApp Web protocol only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_source: Option<String>,
    /// Only a link card without any sign of an ad: weak evidence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weak: bool,
}
