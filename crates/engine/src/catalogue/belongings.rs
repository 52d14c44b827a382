//! What the directory says of the ads and links of an account that a filter may ask for: which campaign they belong to, where they are
//! placed. Made once for each change of the directory, for lists are asked for often.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use origem_domain::directory::{Ad, Link};
use origem_domain::event::Channel;
use origem_domain::facet::{Facet, Mark};
use origem_domain::time::Timestamp;
use origem_domain::touch::Platform;

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

/// What rows have of the ads that the directory places, by where that is. Shared: there may be many, and every page asks.
#[derive(Debug, Default)]
pub(crate) struct Placed(BTreeMap<Platform, Arc<BTreeSet<Mark>>>);

impl Placed {
    /// What rows have of the ads on a platform.
    pub(crate) fn on(&self, platform: Platform) -> Arc<BTreeSet<Mark>> {
        self.0.get(&platform).cloned().unwrap_or_default()
    }

    /// What rows have of the ads that are placed, and not on this platform, though their evidence may say so.
    pub(crate) fn off(&self, platform: Platform) -> Vec<Arc<BTreeSet<Mark>>> {
        // No evidence places an ad there.
        if matches!(platform, Platform::Whatsapp | Platform::Webchat) {
            return Vec::new();
        }
        let elsewhere = self.0.iter().filter(|(other, _)| **other != platform);
        elsewhere.map(|(_, marks)| marks.clone()).collect()
    }

    fn add(&mut self, id: &str, platform: Platform) {
        let marks = self.0.entry(platform).or_default();
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
