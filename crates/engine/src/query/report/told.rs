//! Touches as they are told with the links that the directory knows: in shards, which have no directory but what a question brings.
//! Reports and the export tell them apart by the same.

use origem_domain::rules::Rule;
use origem_domain::time::Timestamp;
use origem_domain::touch::{OriginKind, Platform};
use origem_views::journeys::Step;

use super::catalogue::Catalogue;
use super::group::{Dimension, Origin};
use crate::catalogue::{KnownTexts, precedence};

/// What touches have in common, with texts borrowed or by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct OriginKey<T> {
    kind: Option<OriginKind>,
    platform: Option<Platform>,
    campaign: Option<T>,
    ad: Option<T>,
    link: Option<T>,
    unknown_code: bool,
    hashtag: Option<T>,
}

impl<T> OriginKey<T> {
    pub(super) fn map<U>(self, mut text: impl FnMut(T) -> U) -> OriginKey<U> {
        OriginKey {
            kind: self.kind,
            platform: self.platform,
            campaign: self.campaign.map(&mut text),
            ad: self.ad.map(&mut text),
            link: self.link.map(&mut text),
            unknown_code: self.unknown_code,
            hashtag: self.hashtag.map(&mut text),
        }
    }
}

impl From<OriginKey<String>> for Origin {
    fn from(key: OriginKey<String>) -> Self {
        Self {
            kind: key.kind,
            platform: key.platform,
            campaign: key.campaign,
            ad: key.ad,
            link: key.link,
            unknown_code: key.unknown_code,
            hashtag: key.hashtag,
        }
    }
}

impl Catalogue {
    /// What of a touch is asked for, and whether it is organic, for whoever knows the links of its channel.
    pub(super) fn origin<'a, T: AsRef<str>>(
        &'a self,
        texts: Option<&'a KnownTexts>,
        touch: &'a Step<T>,
        asked: impl Fn(Dimension) -> bool,
    ) -> (OriginKey<&'a str>, bool) {
        let touch = Told::of(texts, touch);
        let known = touch.ad.and_then(|ad| self.ads.get(ad));
        let of_ad = || known.and_then(|ad| ad.campaign_at(touch.at)).map(String::as_str);
        let of_hashtag = || texts?.link_of_hashtag(touch.at, touch.hashtag?);
        let link = || touch.link.or_else(of_hashtag);
        let of_link = || link().and_then(|link| self.links.get(link)).map(String::as_str);
        let asks_link = asked(Dimension::Link);
        let key = OriginKey {
            kind: asked(Dimension::Kind).then_some(touch.kind),
            platform: match asked(Dimension::Platform) {
                true => known.and_then(|ad| ad.platform).or(touch.platform),
                false => None,
            },
            campaign: match asked(Dimension::Campaign) {
                true => touch.campaign.or_else(of_ad).or_else(of_link),
                false => None,
            },
            ad: touch.ad.filter(|_| asked(Dimension::Ad)),
            link: if asks_link { link() } else { None },
            unknown_code: asks_link && touch.rule == Rule::UnknownCode && link().is_none(),
            hashtag: touch.hashtag.filter(|_| asked(Dimension::Hashtag)),
        };
        (key, matches!(touch.kind, OriginKind::Organic | OriginKind::Unknown))
    }
}

/// A touch as it is told with the links that the directory knows: as [`crate::Catalogue::told`] has it.
struct Told<'a> {
    at: Timestamp,
    kind: OriginKind,
    rule: Rule,
    platform: Option<Platform>,
    campaign: Option<&'a str>,
    ad: Option<&'a str>,
    link: Option<&'a str>,
    hashtag: Option<&'a str>,
}

impl<'a> Told<'a> {
    fn of<T: AsRef<str>>(texts: Option<&'a KnownTexts>, touch: &'a Step<T>) -> Self {
        let mut told = Self {
            at: touch.at,
            kind: touch.kind,
            rule: touch.rule,
            platform: touch.platform,
            campaign: touch.campaign.as_ref().map(AsRef::as_ref),
            ad: touch.ad.as_ref().map(AsRef::as_ref),
            link: touch.link.as_ref().map(AsRef::as_ref),
            hashtag: touch.hashtag.as_ref().map(AsRef::as_ref),
        };
        let Some((texts, hint)) = texts.zip(touch.hint.as_ref()) else {
            return told;
        };
        let by_text = texts.link_of_text(touch.at, &hint.wording);
        if told.rule == Rule::UnknownCode && by_text.is_some() {
            told.link = by_text;
        }
        for tag in hint.hashtags.iter().map(AsRef::as_ref) {
            if texts.link_of_hashtag(touch.at, tag).is_some() {
                let becomes = told.becomes(OriginKind::Hashtag, Rule::KnownHashtag);
                told.hashtag = if becomes { Some(tag) } else { told.hashtag.or(Some(tag)) };
            }
        }
        if by_text.is_some() {
            let becomes = told.becomes(OriginKind::Link, Rule::FixedText);
            told.link = if becomes { by_text } else { told.link.or(by_text) };
        }
        told
    }

    /// Takes a kind on if it is stronger.
    fn becomes(&mut self, kind: OriginKind, rule: Rule) -> bool {
        let is_stronger = precedence(kind, rule) > precedence(self.kind, self.rule);
        if is_stronger {
            (self.kind, self.rule, self.platform) = (kind, rule, None);
        }
        is_stronger
    }
}
