//! The links of a channel by what customers write.

use std::collections::BTreeMap;

use origem_domain::directory::Link;
use origem_domain::key::Secret;
use origem_domain::marks::Pattern;
use origem_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The texts and hashtags of a channel's links, each with the codes of the links that have it; those of reports travel with the question.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct KnownTexts {
    /// By the hash of how their text begins.
    beginnings: BTreeMap<u32, Vec<(Pattern, String)>>,
    hashtags: BTreeMap<String, Vec<String>>,
    /// When links end that do.
    expires: BTreeMap<String, Timestamp>,
}

impl KnownTexts {
    /// Takes a link in. Links come in order of codes.
    pub(crate) fn add(&mut self, code: &str, link: &Link, secret: &Secret) {
        if let Some(pattern) = link.text.as_deref().and_then(|text| Pattern::of(text, secret)) {
            let known = self.beginnings.entry(pattern.beginning).or_default();
            known.push((pattern, code.to_owned()));
        }
        for tag in link.hashtags() {
            self.hashtags.entry(tag).or_default().push(code.to_owned());
        }
        if let Some(at) = link.expires_at {
            self.expires.insert(code.to_owned(), at);
        }
    }

    fn counts(&self, code: &str, at: Timestamp) -> bool {
        self.expires.get(code).is_none_or(|expires| at < *expires)
    }

    /// The link whose text a customer's begins with, at an instant: the one with the longest text. `None` also where several
    /// links have that text: then it says which of them as little as no text would.
    pub(crate) fn link_of_text(&self, at: Timestamp, wording: &[u32]) -> Option<&str> {
        let known = wording.iter().filter_map(|hash| self.beginnings.get(hash)).flatten();
        let mut found: Vec<&(Pattern, String)> = known.filter(|(_, code)| self.counts(code, at)).collect();
        let longest = found.iter().map(|(pattern, _)| pattern.words).max()?;
        found.retain(|(pattern, _)| pattern.words == longest);
        if found.len() > 1 {
            // They begin alike; all of the text may tell them apart.
            let whole = wording.last();
            found.retain(|(pattern, _)| Some(&pattern.whole) == whole);
        }
        match found[..] {
            [(_, code)] => Some(code),
            _ => None,
        }
    }

    /// The links a hashtag stands for, in order of codes, each with when it ends.
    pub(crate) fn links_of_hashtag(&self, hashtag: &str) -> Vec<(String, Timestamp)> {
        let ends = |code: &String| self.expires.get(code).copied().unwrap_or(Timestamp::MAX);
        let codes = self.hashtags.get(hashtag).into_iter().flatten();
        codes.map(|code| (code.clone(), ends(code))).collect()
    }

    /// The link a hashtag stands for at an instant: of several the first by code.
    pub(crate) fn link_of_hashtag(&self, at: Timestamp, hashtag: &str) -> Option<&str> {
        let codes = self.hashtags.get(hashtag)?;
        codes.iter().map(String::as_str).find(|code| self.counts(code, at))
    }
}
