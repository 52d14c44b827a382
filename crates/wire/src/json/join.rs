//! Joins answers with the catalogue: names of links, ads and campaigns, and what only the catalogue knows of a touch. Whatever holds
//! touches passes them on.

use std::sync::Arc;

use origem_domain::directory as said;
use origem_domain::event::Channel;
use origem_domain::time::Timestamp;
use origem_domain::touch as domain;
use origem_engine::{Catalogue, Place};

use super::{Ad, Campaign, Conversation, Conversations, Link, Origin, Page, ThreadRow, Ticket, Touch, Why};

/// The catalogue as a caller sees it.
#[derive(Debug, Clone)]
pub struct Names {
    catalogue: Arc<Catalogue>,
    dashboards: bool,
}

impl Names {
    /// The names of a catalogue. `dashboards`: the caller may see where a campaign's system shows it.
    #[must_use]
    pub const fn new(catalogue: Arc<Catalogue>, dashboards: bool) -> Self {
        Self { catalogue, dashboards }
    }
}

/// What holds touches.
pub trait Join {
    /// Joins each of them with the catalogue.
    fn join(&mut self, names: &Names);

    /// The same, joined.
    #[must_use]
    fn joined(mut self, names: &Names) -> Self
    where
        Self: Sized,
    {
        self.join(names);
        self
    }
}

impl Join for Touch {
    fn join(&mut self, names: &Names) {
        if let Some((account, channel)) = self.made_from.place.clone() {
            self.join_at(names, (&account, &channel));
        }
    }
}

impl Touch {
    fn join_at(&mut self, names: &Names, place: Place<'_>) {
        let (origin, also) = names.catalogue.told(place, &self.made_from.touch);
        let at = self.at;
        self.origin = Origin::named(&origin, names, place, at);
        let others = also.iter().map(|origin| Origin::named(origin, names, place, at));
        self.also = others.collect();
    }
}

impl Origin {
    /// An origin with the names of what it refers to.
    fn named(origin: &domain::Origin, names: &Names, place: Place<'_>, at: Timestamp) -> Self {
        let mut told = Self::of(origin);
        told.name(names, place, at);
        told
    }

    /// Names what it refers to.
    fn name(&mut self, names: &Names, place: Place<'_>, at: Timestamp) {
        let (account, _) = place;
        let Names { catalogue, dashboards } = names;
        let entry = self.entry.as_ref();
        let code = entry.and_then(|entry| match entry.kind {
            "link" => Some(entry.value.as_str()),
            "hashtag" => catalogue.link_of_hashtag(place, at, &entry.value),
            _ => None,
        });
        let link = code.and_then(|code| Some((code, catalogue.link(account, code)?)));
        let ad_id = self.ad.as_ref().and_then(|ad| ad.id.clone());
        let ad = ad_id.and_then(|id| catalogue.ad(account, &id, at));
        if let (Some(told), Some((ad, ad_names))) = (&mut self.ad, ad) {
            told.name(ad, ad_names);
        }
        let of_ad = ad.map(|(_, ad_names)| ad_names);
        let id = self.campaign.as_ref().map(|campaign| campaign.id.clone());
        let id = id
            .or_else(|| of_ad?.campaign_id.clone())
            .or_else(|| link?.1.campaign_id.clone());
        self.campaign = id.map(|id| {
            let known = catalogue.campaign(account, &id);
            let by_ad = of_ad.and_then(|ad_names| ad_names.campaign.clone());
            Campaign::of(id, known, by_ad, *dashboards)
        });
        self.link = link.map(|(code, link)| Link {
            code: code.to_owned(),
            name: link.name.clone(),
            site: link.site.clone(),
        });
    }
}

impl Ad {
    fn name(&mut self, ad: &said::Ad, names: &said::AdNames) {
        self.name = Some(names.ad.clone());
        self.ad_set.clone_from(&names.ad_set);
        self.placement.clone_from(&ad.placement);
        self.url.clone_from(&ad.url);
        self.image_url = self.image_url.take().or_else(|| ad.image_url.clone());
    }
}

impl Campaign {
    fn of(id: String, known: Option<&said::Campaign>, name: Option<String>, dashboards: bool) -> Self {
        let Some(said) = known else {
            return Self {
                id,
                name,
                ..Self::default()
            };
        };
        Self {
            id,
            name: Some(said.name.clone()),
            kind: said.kind.clone(),
            dispatched_at: said.dispatched_at,
            image_url: said.image_url.clone(),
            dashboard_url: said.dashboard_url.clone().filter(|_| dashboards),
        }
    }
}

impl Join for Ticket {
    fn join(&mut self, names: &Names) {
        self.origins.iter_mut().flatten().for_each(|touch| touch.join(names));
    }
}

impl Join for ThreadRow {
    fn join(&mut self, names: &Names) {
        if let Some(touch) = &mut self.touch {
            touch.join(names);
            self.text = Some(touch.origin.label.to_owned());
            touch.origin.kind.name().clone_into(&mut self.type_);
        }
    }
}

impl Join for Conversation {
    fn join(&mut self, names: &Names) {
        // Cards do not repeat with each touch where they are.
        let channel = format!("{}:{}", self.channel.kind, self.channel.id);
        let Ok(channel) = channel.parse::<Channel>() else {
            return;
        };
        let place = (self.account.as_str(), &channel);
        let touches = self.origin.iter_mut().chain(&mut self.origins);
        touches.for_each(|touch| touch.join_at(names, place));
    }
}

impl Join for Conversations {
    fn join(&mut self, names: &Names) {
        self.items.iter_mut().for_each(|item| item.join(names));
    }
}

impl<T: Join> Join for Page<T> {
    fn join(&mut self, names: &Names) {
        self.items.iter_mut().for_each(|item| item.join(names));
    }
}

impl Join for Why {
    fn join(&mut self, names: &Names) {
        self.touches.iter_mut().for_each(|touch| touch.touch.join(names));
    }
}
