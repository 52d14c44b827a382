//! What the directory adds to the origins that a filter is about.
//!
//! ```text
//! filter --catalogue--> ads and links of the campaign, hashtags of the links, places of ads --> marks of rows, and a look at the card
//! ```
//! Rows have what events tell; that an ad or a link belongs to a campaign, or where an ad is placed, is said by the directory, which
//! shards do not have: what a filter needs of it goes along with the question. So an entry that comes late repairs lists as it repairs
//! answers. What only the *text* of a message says of a link is in no row that lists are read from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use origem_domain::event::Channel;
use origem_domain::facet::{Facet, Mark};
use origem_domain::time::Timestamp;
use origem_domain::touch::{Confidence, Entry, Origin, OriginKind, Platform, Touch};
use origem_views::card::Card;
use origem_views::contacts::Beginnings;
use origem_views::queue::Entry as Row;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Filter, Origins};
use crate::catalogue::{Catalogue, Span};

/// What the directory says of what one filter asks for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Joined {
    /// Ads that belonged to the campaign asked for, with when.
    ads: BTreeMap<String, Vec<Span>>,
    /// The links of the campaign asked for.
    links: BTreeSet<String>,
    /// Hashtags that stand for one of those links, or for the link asked for, by channel: each with all links it stands for, the first
    /// of those in force counts.
    hashtags: BTreeMap<Channel, BTreeMap<String, Vec<(String, Timestamp)>>>,
    /// Ads on the platform asked for, and those that are placed on another, as marks: no more than is asked for goes along.
    on: Arc<BTreeSet<Mark>>,
    off: Vec<Arc<BTreeSet<Mark>>>,
}

/// What goes with a question, at its end; nothing where an instance asks that knows of none yet.
pub(super) fn or_nothing<'de, D: Deserializer<'de>>(told: D) -> Result<Joined, D::Error> {
    // The format of questions has no names of fields: it says that nothing is left where one is missing.
    Ok(Joined::deserialize(told).unwrap_or_default())
}

impl Joined {
    /// What a catalogue says of what a filter asks for.
    pub(super) fn of(catalogue: &Catalogue, filter: &Filter) -> Self {
        let account = filter.account.as_str();
        let Some(known) = catalogue.belongings(account) else {
            return Self::default();
        };
        let campaign = filter.campaign.as_deref();
        let links = campaign.map(|campaign| known.links_of(campaign)).unwrap_or_default();
        let mut hashtags: BTreeMap<Channel, BTreeMap<String, Vec<(String, Timestamp)>>> = BTreeMap::new();
        for code in links.iter().map(String::as_str).chain(filter.link.as_deref()) {
            for (channel, tag) in known.hashtags_of(code) {
                let of_channel = hashtags.entry(channel.clone()).or_default();
                of_channel
                    .entry(tag.clone())
                    .or_insert_with(|| catalogue.links_of_hashtag((account, channel), tag));
            }
        }
        let is_of_ads = filter.origin.is_none_or(|kind| kind == OriginKind::Ad);
        let platform = filter.platform.filter(|_| is_of_ads);
        Self {
            ads: campaign.map(|campaign| known.ads_of(campaign)).unwrap_or_default(),
            links,
            hashtags,
            on: platform.map(|asked| known.placed.on(asked)).unwrap_or_default(),
            off: platform.map(|asked| known.placed.off(asked)).unwrap_or_default(),
        }
    }

    fn is_empty(&self) -> bool {
        let is_placed = !self.on.is_empty() || !self.off.is_empty();
        self.ads.is_empty() && self.links.is_empty() && self.hashtags.is_empty() && !is_placed
    }

    /// Marks of origins of a campaign: those that say so, and those that only the directory says it of, on one channel or any.
    pub(super) fn of_campaign(&self, campaign: &str, channel: Option<&Channel>) -> BTreeSet<Mark> {
        let ads = self.ads.keys().map(|ad| Facet::Ad(ad).mark());
        let links = self.links.iter().map(|link| Facet::Link(link).mark());
        let tags = self.tags(channel, |code| self.links.contains(code));
        ads.chain(links)
            .chain(tags)
            .chain([Facet::Campaign(campaign).mark()])
            .collect()
    }

    /// Marks of a link and of hashtags that stand for it, on one channel or any.
    pub(super) fn of_link(&self, link: &str, channel: Option<&Channel>) -> BTreeSet<Mark> {
        let tags = self.tags(channel, |code| code == link);
        tags.chain([Facet::Link(link).mark()]).collect()
    }

    fn tags<'a>(
        &'a self,
        channel: Option<&'a Channel>,
        is_meant: impl Fn(&str) -> bool + 'a,
    ) -> impl Iterator<Item = Mark> + 'a {
        let of_channel = move |of: &Channel| channel.is_none_or(|channel| channel == of);
        let known = self.hashtags.iter().filter(move |(of, _)| of_channel(of));
        let known = known.flat_map(|(_, tags)| tags);
        let meant = known.filter(move |(_, codes)| codes.iter().any(|(code, _)| is_meant(code)));
        meant.map(|(tag, _)| Facet::Hashtag(tag).mark())
    }

    /// Marks of ads that the directory places on the platform asked for, whatever their evidence says.
    pub(super) fn on_platform(&self) -> Arc<BTreeSet<Mark>> {
        self.on.clone()
    }

    /// Whether the current origin of a card, with what the directory adds, is what a filter asks for. Of earlier origins of the ticket
    /// a card has marks only, which say neither when nor how sure: there those of its channel have the last word.
    pub(super) fn fits(&self, filter: &Filter, card: &Card) -> bool {
        if self.is_empty() {
            return true;
        }
        let (campaign, link) = (filter.campaign.as_deref(), filter.link.as_deref());
        let fits_platform = filter.platform.is_none_or(|asked| self.is_on(filter, asked, card));
        if filter.origins == Origins::OfTicket {
            let (row, channel) = (Row::of(card, Beginnings::default()), Some(&card.channel));
            return fits_platform
                && campaign.is_none_or(|asked| row.has_any(&self.of_campaign(asked, channel), true))
                && link.is_none_or(|asked| row.has_any(&self.of_link(asked, channel), true));
        }
        let Some(touch) = card.state.landmarks.current() else {
            return true;
        };
        let Touch { at, origin, .. } = touch;
        fits_platform
            && campaign.is_none_or(|asked| self.is_of_campaign(&card.channel, *at, origin, asked))
            && link.is_none_or(|asked| self.link_of(&card.channel, *at, origin) == Some(asked))
    }

    /// Whether one of the origins that a filter looks at is on a platform.
    fn is_on(&self, filter: &Filter, asked: Platform, card: &Card) -> bool {
        let landmarks = &card.state.landmarks;
        let Some(touch) = landmarks.current() else {
            return true;
        };
        let is_one =
            |origin: &Origin| filter.origin.is_none_or(|kind| origin.kind == kind) && self.is_placed(origin, asked);
        let said = filter
            .origin
            .map_or(Facet::Platform(asked), |kind| Facet::KindOn(kind, asked))
            .mark();
        let is_earlier = |mark: &Mark| *mark == said || self.on.contains(mark);
        is_one(&touch.origin)
            || (filter.origins == Origins::OfTicket
                && (touch.also.iter().any(is_one) || landmarks.earlier().iter().any(is_earlier)))
    }

    /// Where the evidence of an ad itself is not sure, the directory has the word: as answers tell it.
    fn is_placed(&self, origin: &Origin, asked: Platform) -> bool {
        let is_said = origin.platform == Some(asked);
        let is_sure =
            origin.platform_confidence == Some(Confidence::Certain) && origin.platform != Some(Platform::Unknown);
        if origin.kind != OriginKind::Ad || is_sure {
            return is_said;
        }
        let ad = origin.ad.as_deref().and_then(|ad| ad.id.as_deref());
        let Some(mark) = ad.map(|ad| Facet::Ad(ad).mark()) else {
            return is_said;
        };
        self.on.contains(&mark) || (is_said && !self.off.iter().any(|marks| marks.contains(&mark)))
    }

    /// Its own word wins, then that of the ad, then that of the link: as answers tell it.
    fn is_of_campaign(&self, channel: &Channel, at: Timestamp, origin: &Origin, asked: &str) -> bool {
        if let Some(campaign) = &origin.campaign_id {
            return campaign == asked;
        }
        let ad = origin.ad.as_deref().and_then(|ad| ad.id.as_deref());
        let spans = ad.and_then(|ad| self.ads.get(ad));
        spans.is_some_and(|spans| spans.iter().any(|(from, until)| *from <= at && at < *until))
            || self
                .link_of(channel, at, origin)
                .is_some_and(|link| self.links.contains(link))
    }

    /// The link that an origin is, or that its hashtag stands for.
    fn link_of<'a>(&'a self, channel: &Channel, at: Timestamp, origin: &'a Origin) -> Option<&'a str> {
        match origin.entry.as_ref()? {
            Entry::Link(code) => Some(code),
            Entry::Hashtag(tag) => {
                let codes = self.hashtags.get(channel)?.get(tag)?;
                let in_force = codes.iter().find(|(_, until)| at < *until);
                in_force.map(|(code, _)| code.as_str())
            }
            Entry::Ad(_) | Entry::Post(_) => None,
        }
    }
}
