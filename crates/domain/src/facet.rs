//! Facets: what lists of conversations are narrowed by, one number each, so that a row of an index can carry many of them and a
//! filter is a comparison of numbers.

use std::hash::Hasher as _;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::event::Channel;
use crate::touch::{Entry, Origin, OriginKind, Platform, Touch};

/// The number of a facet: a hash of what it says, the same everywhere and for ever. Without a secret: facets are ids of the business,
/// nothing personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mark(pub u64);

/// Something a conversation is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet<'a> {
    /// The business address.
    Channel(&'a Channel),
    /// The agent that the latest ticket belongs to, by id.
    Agent(&'a str),
    /// Nobody has the latest ticket; it was given to this team.
    TeamQueue(&'a str),
    /// Nobody has the latest ticket, no team was given it: it waits for whoever works on this channel.
    ChannelQueue(&'a Channel),
    /// The team of the latest ticket, whoever has it.
    Team(&'a str),
    /// The sales stage.
    Stage(&'a str),
    /// How the latest ticket was closed.
    Classification(&'a str),
    /// Kind of an origin.
    Kind(OriginKind),
    /// Platform of an origin.
    Platform(Platform),
    /// Kind and platform of one origin.
    KindOn(OriginKind, Platform),
    /// Campaign of an origin, by id.
    Campaign(&'a str),
    /// Ad of an origin, by id.
    Ad(&'a str),
    /// Link of an origin, by code.
    Link(&'a str),
    /// Hashtag of an origin.
    Hashtag(&'a str),
}

impl Facet<'_> {
    /// Its number.
    #[must_use]
    pub fn mark(self) -> Mark {
        // The first byte tells facets of the same words apart; it is in rows, so it stays.
        match self {
            Self::Channel(channel) => of_channel(1, channel),
            Self::Agent(id) => of(2, &[id]),
            Self::TeamQueue(id) => of(3, &[id]),
            Self::ChannelQueue(channel) => of_channel(4, channel),
            Self::Team(id) => of(5, &[id]),
            Self::Stage(id) => of(6, &[id]),
            Self::Classification(id) => of(7, &[id]),
            Self::Kind(kind) => of(8, &[kind.name()]),
            Self::Platform(platform) => of(9, &[platform.name()]),
            Self::KindOn(kind, platform) => of(10, &[kind.name(), platform.name()]),
            Self::Campaign(id) => of(11, &[id]),
            Self::Ad(id) => of(12, &[id]),
            Self::Link(code) => of(13, &[code]),
            Self::Hashtag(tag) => of(14, &[tag]),
        }
    }

    /// Whether few enough conversations share it that they are worth an index of their own.
    #[must_use]
    pub const fn is_selective(self) -> bool {
        match self {
            Self::Agent(_)
            | Self::TeamQueue(_)
            | Self::ChannelQueue(_)
            | Self::Team(_)
            | Self::Stage(_)
            | Self::Classification(_)
            | Self::Campaign(_)
            | Self::Ad(_)
            | Self::Link(_)
            | Self::Hashtag(_) => true,
            Self::Channel(_) | Self::Kind(_) | Self::Platform(_) | Self::KindOn(..) => false,
        }
    }
}

fn of_channel(first: u8, channel: &Channel) -> Mark {
    of(first, &[channel.kind.name(), &channel.id])
}

fn of(first: u8, words: &[&str]) -> Mark {
    let mut hasher = SipHasher13::new();
    hasher.write_u8(first);
    for word in words {
        hasher.write(word.as_bytes());
        hasher.write_u8(0);
    }
    Mark(hasher.finish())
}

impl Origin {
    /// What it is found by.
    pub fn facets(&self) -> impl Iterator<Item = Facet<'_>> {
        let platform = self.platform;
        let entry = self.entry.as_ref().and_then(|entry| match entry {
            Entry::Link(link) => Some(Facet::Link(link)),
            Entry::Hashtag(tag) => Some(Facet::Hashtag(tag)),
            Entry::Ad(_) | Entry::Post(_) => None,
        });
        let ad = self.ad.as_ref().and_then(|ad| ad.id.as_deref());
        [
            Some(Facet::Kind(self.kind)),
            platform.map(Facet::Platform),
            platform.map(|platform| Facet::KindOn(self.kind, platform)),
            self.campaign_id.as_deref().map(Facet::Campaign),
            ad.map(Facet::Ad),
            entry,
        ]
        .into_iter()
        .flatten()
    }
}

impl Touch {
    /// What any origin of it is found by, those beside the strongest included.
    pub fn facets(&self) -> impl Iterator<Item = Facet<'_>> {
        self.origin.facets().chain(self.also.iter().flat_map(Origin::facets))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::event::ChannelKind;
    use crate::rules::Rule;
    use crate::touch::{AdReference, Confidence};

    #[test]
    fn facets_of_the_same_words_have_numbers_of_their_own() {
        let channel = Channel {
            kind: ChannelKind::Whatsapp,
            id: "a".to_owned(),
        };
        let facets = [
            Facet::Channel(&channel),
            Facet::Agent("a"),
            Facet::TeamQueue("a"),
            Facet::ChannelQueue(&channel),
            Facet::Team("a"),
            Facet::Stage("a"),
            Facet::Classification("a"),
            Facet::Kind(OriginKind::Ad),
            Facet::Platform(Platform::Facebook),
            Facet::KindOn(OriginKind::Ad, Platform::Facebook),
            Facet::Campaign("a"),
            Facet::Ad("a"),
            Facet::Link("a"),
            Facet::Hashtag("a"),
        ];
        let marks: BTreeSet<Mark> = facets.iter().map(|facet| facet.mark()).collect();
        assert_eq!(marks.len(), facets.len());
        assert_ne!(Facet::Agent("a").mark(), Facet::Agent("b").mark());
    }

    #[test]
    fn an_origin_is_found_by_all_that_it_says() {
        let origin = Origin {
            platform: Some(Platform::Instagram),
            campaign_id: Some("spring".to_owned()),
            entry: Some(Entry::Link("LP1".to_owned())),
            ad: Some(Box::new(AdReference {
                id: Some("1202".to_owned()),
                ..AdReference::default()
            })),
            ..Origin::new(OriginKind::Ad, Rule::Organic, Confidence::Certain)
        };
        let facets: Vec<Facet<'_>> = origin.facets().collect();
        assert_eq!(
            facets,
            [
                Facet::Kind(OriginKind::Ad),
                Facet::Platform(Platform::Instagram),
                Facet::KindOn(OriginKind::Ad, Platform::Instagram),
                Facet::Campaign("spring"),
                Facet::Ad("1202"),
                Facet::Link("LP1"),
            ]
        );
    }
}
