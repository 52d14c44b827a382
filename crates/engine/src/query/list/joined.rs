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
use origem_domain::touch::{Entry, Origin, OriginKind, Platform, Touch};
use origem_views::card::Card;
use origem_views::queue::Entry as Row;
use serde::{Deserialize, Serialize};

use super::{Filter, Origins};
use crate::catalogue::{Catalogue, Placed, Span};

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
    /// Where ads are placed; nothing where no platform is asked for.
    placed: Arc<Placed>,
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
        Self {
            ads: campaign.map(|campaign| known.ads_of(campaign)).unwrap_or_default(),
            links,
            hashtags,
            placed: filter.platform.map(|_| known.placed.clone()).unwrap_or_default(),
        }
    }

    fn is_empty(&self) -> bool {
        self.ads.is_empty() && self.links.is_empty() && self.hashtags.is_empty() && self.placed.is_empty()
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

    /// Marks of ads that the directory places on a platform, whatever their evidence says.
    pub(super) fn on_platform(&self, kind: Option<OriginKind>, platform: Platform) -> Arc<BTreeSet<Mark>> {
        let is_of_ads = kind.is_none_or(|kind| kind == OriginKind::Ad);
        if is_of_ads {
            self.placed.on(platform)
        } else {
            Arc::default()
        }
    }

    /// Whether the current origin of a card, with what the directory adds, is what a filter asks for. Of other origins of the ticket a
    /// card has marks only, which say neither when nor how sure: there those of its channel have the last word.
    pub(super) fn fits(&self, filter: &Filter, card: &Card) -> bool {
        if self.is_empty() {
            return true;
        }
        let (campaign, link) = (filter.campaign.as_deref(), filter.link.as_deref());
        if filter.origins == Origins::OfTicket {
            let (row, channel) = (Row::of(card), Some(&card.channel));
            return campaign.is_none_or(|asked| row.has_any(&self.of_campaign(asked, channel), true))
                && link.is_none_or(|asked| row.has_any(&self.of_link(asked, channel), true));
        }
        let Some(touch) = card.state.landmarks.current() else {
            return true;
        };
        let Touch { at, origin, .. } = touch;
        let platform = self.placed.platform_of(origin).or(origin.platform);
        filter.platform.is_none_or(|asked| platform == Some(asked))
            && campaign.is_none_or(|asked| self.is_of_campaign(&card.channel, *at, origin, asked))
            && link.is_none_or(|asked| self.link_of(&card.channel, *at, origin) == Some(asked))
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
