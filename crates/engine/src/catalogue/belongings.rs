//! What the directory says of the ads and links of an account that a filter may ask for: which campaign they belong to, where they are
//! placed. Made once for each change of the directory, for lists are asked for often.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use origem_domain::directory::{Ad, Link};
use origem_domain::event::Channel;
use origem_domain::facet::{Facet, Mark};
use origem_domain::time::Timestamp;
use origem_domain::touch::{Confidence, Origin, OriginKind, Platform};
use serde::{Deserialize, Serialize};

/// An instant from which on something holds, and one from which on it does not.
pub(crate) type Span = (Timestamp, Timestamp);

/// What belongs to what in one account.
#[derive(Debug, Default)]
pub(crate) struct Belongings {
    /// Ads with the times at which they belonged to a campaign, by the campaign.
    ads: BTreeMap<String, BTreeMap<String, Vec<Span>>>,
    /// Links by the campaign they belong to.
    links: BTreeMap<String, BTreeSet<String>>,
    /// Hashtags that stand for a link, with its channel, by the code of the link.
    hashtags: BTreeMap<String, Vec<(Channel, String)>>,
    /// Where ads are placed.
    pub(crate) placed: Arc<Placed>,
}

/// Where ads are placed, as far as the directory says so.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Placed {
    platforms: BTreeMap<String, Platform>,
    /// What rows have of those ads. Shared: there may be many, and every page asks.
    marks: BTreeMap<Platform, Arc<BTreeSet<Mark>>>,
}

impl Placed {
    /// Whether no ad is placed anywhere.
    pub(crate) fn is_empty(&self) -> bool {
        self.platforms.is_empty()
    }

    /// What rows have of the ads on a platform.
    pub(crate) fn on(&self, platform: Platform) -> Arc<BTreeSet<Mark>> {
        self.marks.get(&platform).cloned().unwrap_or_default()
    }

    /// The platform of an ad where the directory places it and the evidence itself is not sure.
    pub(crate) fn platform_of(&self, origin: &Origin) -> Option<Platform> {
        let is_sure =
            origin.platform_confidence == Some(Confidence::Certain) && origin.platform != Some(Platform::Unknown);
        let id = origin.ad.as_deref()?.id.as_deref()?;
        let placed = || self.platforms.get(id).copied();
        (origin.kind == OriginKind::Ad && !is_sure).then(placed)?
    }

    fn add(&mut self, id: &str, platform: Platform) {
        self.platforms.insert(id.to_owned(), platform);
        let marks = self.marks.entry(platform).or_default();
        Arc::make_mut(marks).insert(Facet::Ad(id).mark());
    }
}

impl Belongings {
    /// Takes an ad in.
    pub(crate) fn add_ad(&mut self, id: &str, ad: &Ad, placed: &mut Placed) {
        if let Some(platform) = ad.platform {
            placed.add(id, platform);
        }
        for (index, names) in ad.names.iter().enumerate() {
            let Some(campaign) = &names.campaign_id else { continue };
            // The first names hold for what was before, too.
            let from = names.from.filter(|_| index > 0).unwrap_or(Timestamp::MIN);
            let until = ad.names.get(index + 1).and_then(|next| next.from);
            let of_campaign = self.ads.entry(campaign.clone()).or_default();
            let spans = of_campaign.entry(id.to_owned()).or_default();
            spans.push((from, until.unwrap_or(Timestamp::MAX)));
        }
    }

    /// Takes a link in.
    pub(crate) fn add_link(&mut self, code: &str, link: &Link) {
        if let Some(campaign) = &link.campaign_id {
            let of_campaign = self.links.entry(campaign.clone()).or_default();
            of_campaign.insert(code.to_owned());
        }
        let Ok(channel) = link.channel.parse::<Channel>() else {
            return;
        };
        let tags = link.hashtags().into_iter().map(|tag| (channel.clone(), tag));
        self.hashtags.entry(code.to_owned()).or_default().extend(tags);
    }

    /// The ads that ever belonged to a campaign, with when.
    pub(crate) fn ads_of(&self, campaign: &str) -> BTreeMap<String, Vec<Span>> {
        self.ads.get(campaign).cloned().unwrap_or_default()
    }

    /// The links of a campaign.
    pub(crate) fn links_of(&self, campaign: &str) -> BTreeSet<String> {
        self.links.get(campaign).cloned().unwrap_or_default()
    }

    /// The hashtags that stand for a link, each with the channel where they do.
    pub(crate) fn hashtags_of(&self, code: &str) -> &[(Channel, String)] {
        self.hashtags.get(code).map(Vec::as_slice).unwrap_or_default()
    }
}
