//! A custom link: a short address that leads customers to a channel, with a text that says where they came from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_url, check_word};
use crate::event::Channel as Address;
use crate::marks::{click_code, fold_hashtag, hashtag, other_hashtags};
use crate::time::Timestamp;

/// A link. Its id is the code in its address: `/l/spring`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The same as its id; may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its name, for people.
    pub name: String,
    /// Where it leads, `KIND:ID`.
    pub channel: String,
    /// What the customer's message begins as, in any language. Who writes it without following the link counts for the link, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A hashtag that stands for it, with or without `#`: for print, where nobody clicks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashtag: Option<String>,
    /// Where it is shown: the site or page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// `source`, `medium`, `campaign`, `term`, `content`; what the click itself says wins.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub utm: BTreeMap<String, String>,
    /// The campaign it belongs to, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// From then on it is no origin any more; whoever follows it is led to the channel all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Longest code of a link.
const CODE_MAX: usize = 64;

/// Longest text, in letters: addresses have to carry it.
const TEXT_MAX: usize = 1_000;

/// Longest value of a UTM parameter, in bytes.
const UTM_MAX: usize = 2_048;

impl Link {
    /// Whether it is an origin at an instant: expired links only lead on.
    #[must_use]
    pub fn counts_at(&self, at: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires| at < expires)
    }

    /// The hashtags that stand for it, as they are compared: its own, and those in its text.
    #[must_use]
    pub fn hashtags(&self) -> Vec<String> {
        let text = self.text.as_deref().unwrap_or_default();
        let own = self.hashtag.as_deref().and_then(fold_hashtag);
        let mut all: Vec<String> = own
            .into_iter()
            .chain(hashtag(text))
            .chain(other_hashtags(text))
            .collect();
        all.sort();
        all.dedup();
        all
    }
}

impl Entry for Link {
    fn own_id(&self) -> Option<String> {
        self.code.clone()
    }

    fn check_id(&self, id: &str, faults: &mut Faults) {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if id.len() > CODE_MAX || !id.bytes().all(known) {
            faults.add(
                "id",
                format!("`{id}` is no code; write up to {CODE_MAX} letters, digits, `-` or `_`"),
            );
        }
    }

    fn check(&self, faults: &mut Faults) {
        check_word(faults, "name", &self.name);
        if let Err(error) = self.channel.parse::<Address>() {
            faults.add("channel", error.to_string());
        }
        check_url(faults, "site", self.site.as_deref());
        if self.text.as_ref().is_some_and(|text| text.chars().count() > TEXT_MAX) {
            faults.add("text", format!("it is longer than {TEXT_MAX} letters"));
        }
        if self.text.as_deref().is_some_and(|text| click_code(text).is_some()) {
            faults.add(
                "text",
                "it carries a click code; each click gets its own, so leave it out",
            );
        }
        if let Some(tag) = self.hashtag.as_deref() {
            let one_word = !tag.contains(char::is_whitespace);
            if fold_hashtag(tag).filter(|_| one_word).is_none() {
                faults.add(
                    "hashtag",
                    format!("`{tag}` is no hashtag; write one word, such as spring10"),
                );
            }
        }
        for (name, value) in &self.utm {
            if value.len() > UTM_MAX {
                faults.add(format!("utm.{name}"), format!("it is longer than {UTM_MAX} bytes"));
            }
            if !matches!(
                name.as_str(),
                "source" | "medium" | "campaign" | "term" | "content" | "id"
            ) {
                faults.add(
                    format!("utm.{name}"),
                    "it is none of source, medium, campaign, term, content, id",
                );
            }
        }
    }
}
