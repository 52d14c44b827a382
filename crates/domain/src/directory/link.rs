//! A custom link: a short address that leads customers to a channel, with a text that says where they came from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_url, check_word};
use crate::event::Channel as Address;
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
    /// What the customer's message begins as, in any language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
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
        for name in self.utm.keys() {
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
