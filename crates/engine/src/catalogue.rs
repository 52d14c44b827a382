//! The catalogue: what the directory says of links, ads and campaigns, as answers join it to touches.
//!
//! ```text
//! directory --once a change--> catalogue <-- touch: names; and what only the catalogue knows of its text
//! ```
//! The fold knows no names, no texts of links and no hashtags that stand for one. It keeps a [`Hint`] on the touch: hashes of how
//! the text begins, and the hashtags in it. So an entry that comes late repairs every answer, and one that goes takes its share along.

mod belongings;
mod texts;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use origem_domain::directory::{Ad, AdNames, Campaign, Link};
use origem_domain::event::{Channel, ChannelKind};
use origem_domain::fact::Hint;
use origem_domain::key::Secret;
use origem_domain::marks::{drawn_code, fresh_code};
use origem_domain::rules::Rule;
use origem_domain::time::Timestamp;
use origem_domain::touch::{Confidence, Entry, Origin, OriginKind, Platform, Touch};

pub(crate) use belongings::{Belongings, Placed, Span};
pub(crate) use texts::KnownTexts;

use crate::directory::Snapshot;
use crate::engine::Engine;

/// Where a touch happened: account and channel.
pub type Place<'a> = (&'a str, &'a Channel);

/// Links, ads and campaigns, with where the texts and hashtags of links lead. Made from the directory at one moment.
#[derive(Debug, Default)]
pub struct Catalogue {
    snapshot: Arc<Snapshot>,
    /// By account and channel.
    texts: BTreeMap<String, BTreeMap<Channel, KnownTexts>>,
    /// Accounts that have a link of that code, in order.
    accounts: BTreeMap<String, Vec<String>>,
    /// What belongs to what, by account.
    belongings: BTreeMap<String, Belongings>,
}

impl Catalogue {
    pub(crate) fn new(snapshot: Arc<Snapshot>, secret: &Secret) -> Self {
        let mut texts: BTreeMap<String, BTreeMap<Channel, KnownTexts>> = BTreeMap::new();
        let mut accounts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut belongings: BTreeMap<String, Belongings> = BTreeMap::new();
        let mut placed: BTreeMap<String, Placed> = BTreeMap::new();
        for (account, id, ad) in snapshot.ads_of_all() {
            let of_account = belongings.entry(account.to_owned()).or_default();
            of_account.add_ad(id, ad, placed.entry(account.to_owned()).or_default());
        }
        for (account, placed) in placed {
            belongings.entry(account).or_default().placed = Arc::new(placed);
        }
        for (account, code, link) in snapshot.links_of_all() {
            belongings.entry(account.to_owned()).or_default().add_link(code, link);
            accounts.entry(code.to_owned()).or_default().push(account.to_owned());
            let Ok(channel) = link.channel.parse() else { continue };
            let of_account = texts.entry(account.to_owned()).or_default();
            of_account.entry(channel).or_default().add(code, link, secret);
        }
        Self {
            snapshot,
            texts,
            accounts,
            belongings,
        }
    }

    /// The directory it was made from.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The texts of an account's links, by channel.
    pub(crate) fn texts(&self, account: &str) -> Option<&BTreeMap<Channel, KnownTexts>> {
        self.texts.get(account)
    }

    /// What belongs to what in an account; `None` where it has neither ads nor links.
    pub(crate) fn belongings(&self, account: &str) -> Option<&Belongings> {
        self.belongings.get(account)
    }

    /// The links that a hashtag stands for on a channel, in order of codes, each with when it ends.
    pub(crate) fn links_of_hashtag(&self, place: Place<'_>, hashtag: &str) -> Vec<(String, Timestamp)> {
        let known = self.of_channel(place);
        known.map(|known| known.links_of_hashtag(hashtag)).unwrap_or_default()
    }

    /// The link of that code with its account: `preferred`, else the first that has one. The same work whether there is one or not.
    #[must_use]
    pub fn find_link(&self, preferred: &str, code: &str) -> Option<(&str, &Link)> {
        let accounts = self.accounts.get(code)?;
        let account = accounts
            .iter()
            .find(|account| *account == preferred)
            .or(accounts.first())?;
        Some((account, self.link(account, code)?))
    }

    /// What the directory says customers write to on a channel.
    #[must_use]
    pub fn handle(&self, place: Place<'_>) -> Option<&str> {
        self.snapshot.channel(place.0, &place.1.to_string())?.handle.as_deref()
    }

    /// The link of that code.
    #[must_use]
    pub fn link(&self, account: &str, code: &str) -> Option<&Link> {
        self.snapshot.link(account, code)
    }

    /// The campaign of that id.
    #[must_use]
    pub fn campaign(&self, account: &str, id: &str) -> Option<&Campaign> {
        self.snapshot.campaign(account, id)
    }

    /// The ad of that id, with what it was called at an instant.
    #[must_use]
    pub fn ad(&self, account: &str, id: &str, at: Timestamp) -> Option<(&Ad, &AdNames)> {
        let ad = self.snapshot.ad(account, id)?;
        Some((ad, ad.names_at(at)?))
    }

    /// The link a hashtag stands for on a channel at an instant: of several the first by code.
    #[must_use]
    pub fn link_of_hashtag(&self, place: Place<'_>, at: Timestamp, hashtag: &str) -> Option<&str> {
        self.of_channel(place)?.link_of_hashtag(at, hashtag)
    }

    /// The link whose text a customer's begins with, at an instant: the one with the longest text. `None` also where several
    /// links have that text.
    #[must_use]
    pub fn link_of_text(&self, place: Place<'_>, at: Timestamp, wording: &[u32]) -> Option<&str> {
        self.of_channel(place)?.link_of_text(at, wording)
    }

    fn of_channel(&self, (account, channel): Place<'_>) -> Option<&KnownTexts> {
        self.texts.get(account)?.get(channel)
    }

    /// What a touch is to whoever knows the catalogue: the strongest origin and those beside it. What it was stays among them.
    #[must_use]
    pub fn told(&self, place: Place<'_>, touch: &Touch) -> (Origin, Vec<Origin>) {
        let mut origin = self.placed(place.0, touch.origin.clone());
        let mut also: Vec<Origin> = touch
            .also
            .iter()
            .map(|origin| self.placed(place.0, origin.clone()))
            .collect();
        let Some(hint) = touch.hint.as_deref() else {
            return (origin, also);
        };
        let by_text = self.link_of_text(place, touch.at, &hint.wording);
        if let Some(code) = by_text
            && origin.rule == Rule::UnknownCode
        {
            // Its click was lost; the text still says which link.
            origin.entry = Some(Entry::Link(code.to_owned()));
        }
        for known in self.hinted(place, touch.at, hint) {
            if is_among(&known, &origin) || also.iter().any(|other| is_among(&known, other)) {
                continue;
            }
            if strength(&known) > strength(&origin) {
                also.insert(0, std::mem::replace(&mut origin, known));
            } else {
                also.push(known);
            }
        }
        (origin, also)
    }

    /// The origins that a hint leads to, the strongest first.
    fn hinted(&self, place: Place<'_>, at: Timestamp, hint: &Hint) -> Vec<Origin> {
        let known = |tag: &&String| self.link_of_hashtag(place, at, tag).is_some();
        let hashtags = hint.hashtags.iter().filter(known).map(|tag| Origin {
            entry: Some(Entry::Hashtag(tag.clone())),
            ..Origin::new(OriginKind::Hashtag, Rule::KnownHashtag, Confidence::Certain)
        });
        let text = self.link_of_text(place, at, &hint.wording).map(|code| Origin {
            entry: Some(Entry::Link(code.to_owned())),
            ..Origin::new(OriginKind::Link, Rule::FixedText, Confidence::Likely)
        });
        hashtags.chain(text).collect()
    }

    /// An ad on the platform that the catalogue places it on, where the evidence itself is not sure.
    #[must_use]
    pub fn placed(&self, account: &str, origin: Origin) -> Origin {
        let unsure =
            origin.platform_confidence != Some(Confidence::Certain) || origin.platform == Some(Platform::Unknown);
        let placed = || {
            let id = origin.ad.as_deref()?.id.as_deref()?;
            self.snapshot.ad(account, id)?.platform
        };
        if origin.kind != OriginKind::Ad || !unsure {
            return origin;
        }
        match placed() {
            Some(platform) => Origin {
                platform: Some(platform),
                platform_confidence: Some(Confidence::Certain),
                ..origin
            },
            None => origin,
        }
    }
}

/// Whether two origins are of the same kind and entry.
fn is_among(one: &Origin, other: &Origin) -> bool {
    one.kind == other.kind && one.entry == other.entry
}

/// Which of two origins in one message is the label. Source: design.md 6, "Precedence".
const fn strength(origin: &Origin) -> u8 {
    precedence(origin.kind, origin.rule)
}

/// The same by kind and rule alone.
pub(crate) const fn precedence(kind: OriginKind, rule: Rule) -> u8 {
    match (kind, rule) {
        (OriginKind::Ad, _) => 6,
        (OriginKind::Link, Rule::FixedText) => 3,
        // A click before the message, without a code in it: the text says more.
        (OriginKind::Link, Rule::LinkClicked) => 2,
        (OriginKind::Link, _) => 5,
        (OriginKind::Hashtag, _) => 4,
        (OriginKind::Organic | OriginKind::Unknown, _) => 0,
        _ => 1,
    }
}

/// The address customers write to on a channel: what [`Link`]s lead to. `handle`: what the directory says of it.
///
/// `None` where nobody said so: the id of a WhatsApp number at Meta is not its number, and that of an Instagram account not its name.
#[must_use]
pub fn reached_at(channel: &Channel, handle: Option<&str>) -> Option<String> {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let name = |text: &str| {
        let name = text.trim().trim_start_matches('@');
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        (!name.is_empty() && name.len() <= 80 && name.bytes().all(is_name)).then(|| name.to_owned())
    };
    match channel.kind {
        ChannelKind::Whatsapp => {
            // Providers that have no ids of their own name the channel by its number. Meta's ids have 15 digits or more.
            let of_id = || {
                (channel.id.len() < 15 && channel.id.bytes().all(|byte| byte.is_ascii_digit())).then_some(&*channel.id)
            };
            let number = digits(handle.or_else(of_id)?);
            let number = number.trim_start_matches('0');
            (7..=15)
                .contains(&number.len())
                .then(|| format!("https://wa.me/{number}"))
        }
        ChannelKind::Messenger => name(handle.unwrap_or(&channel.id)).map(|page| format!("https://m.me/{page}")),
        ChannelKind::Instagram => name(handle?).map(|profile| format!("https://ig.me/m/{profile}")),
        ChannelKind::Webchat => None,
    }
}

/// The latest catalogue of one secret. Made anew where the directory is folded, which is no thread that others wait for: whoever
/// asks takes what there is.
#[derive(Debug)]
pub(crate) struct Latest {
    secret: Secret,
    catalogue: RwLock<Arc<Catalogue>>,
}

impl Latest {
    pub(crate) fn new(secret: Secret) -> Arc<Self> {
        Arc::new(Self {
            secret,
            catalogue: RwLock::default(),
        })
    }

    /// Makes it anew. Takes a while where there are many links.
    pub(crate) fn renew(&self, snapshot: &Arc<Snapshot>) {
        if !Arc::ptr_eq(&self.get().snapshot, snapshot) {
            let catalogue = Arc::new(Catalogue::new(snapshot.clone(), &self.secret));
            *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = catalogue;
        }
    }

    fn get(&self) -> Arc<Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engine {
    /// The catalogue as it is now. Made once for each change of the directory, before whoever wrote that is answered.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.get()
    }

    /// The click code of a slot of time: see [`origem_domain::marks::Slots`].
    #[must_use]
    pub fn fresh_click_code(&self, slot: u64) -> String {
        fresh_code(slot, &self.projecting.secret)
    }

    /// A longer click code, drawn by a lot that nobody else has.
    #[must_use]
    pub fn drawn_click_code(&self, lot: &str) -> String {
        drawn_code(lot, &self.projecting.secret)
    }

    /// Whether no other instance answers for this log: all slots of time are its own.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        let shards = self.shards();
        !shards.is_empty() && shards.iter().all(|shard| shard.alone)
    }

    /// A visitor of a link by a keyed hash of what the edge knows of them, to be kept instead of it.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // half of the hash is meant
    pub fn visitor(&self, known: &str) -> String {
        format!("{:016x}", self.projecting.secret.join("visitor", known).0 as u64)
    }
}

#[cfg(test)]
mod tests;
