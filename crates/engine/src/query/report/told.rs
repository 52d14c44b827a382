//! Touches as they are told with the links that the directory knows: in shards, which have no directory but what a question brings.

use origem_domain::rules::Rule;
use origem_domain::time::Timestamp;
use origem_domain::touch::{OriginKind, Platform};
use origem_views::journeys::Step;

use super::catalogue::KnownTexts;
use crate::catalogue::precedence;

/// A touch as it is told with the links that the directory knows: as [`crate::Catalogue::told`] has it.
pub(super) struct Told<'a> {
    pub at: Timestamp,
    pub kind: OriginKind,
    rule: Rule,
    pub platform: Option<Platform>,
    pub campaign: Option<&'a str>,
    pub ad: Option<&'a str>,
    pub link: Option<&'a str>,
    pub hashtag: Option<&'a str>,
}

impl<'a> Told<'a> {
    pub(super) fn of(texts: Option<&'a KnownTexts>, touch: &Step<&'a str>) -> Self {
        let mut told = Self {
            at: touch.at,
            kind: touch.kind,
            rule: touch.rule,
            platform: touch.platform,
            campaign: touch.campaign,
            ad: touch.ad,
            link: touch.link,
            hashtag: touch.hashtag,
        };
        let Some((texts, hint)) = texts.zip(touch.hint.as_ref()) else {
            return told;
        };
        let by_text = texts.link_of_text(touch.at, &hint.wording);
        if told.rule == Rule::UnknownCode && by_text.is_some() {
            told.link = by_text;
        }
        for tag in &hint.hashtags {
            if texts.link_of_hashtag(touch.at, tag).is_some() {
                let becomes = told.becomes(OriginKind::Hashtag, Rule::KnownHashtag);
                told.hashtag = if becomes {
                    Some(*tag)
                } else {
                    told.hashtag.or(Some(*tag))
                };
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
