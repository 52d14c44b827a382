//! What the directory knows that reports need: for shards what decides, for answers what things are called.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::amount::Amount;
use origem_domain::directory::{Outcome, usual_stages};
use origem_domain::event::Channel;
use origem_domain::time::Timestamp;
use origem_domain::touch::Platform;
use serde::{Deserialize, Serialize};

use crate::catalogue::KnownTexts;

/// ISO 4217: no currency. What was sold for a value without a currency, in an account that has none either.
const NO_CURRENCY: &str = "XXX";

/// What decides: sent along with a question.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Catalogue {
    pub ads: BTreeMap<String, KnownAd>,
    /// Campaigns of links.
    pub links: BTreeMap<String, String>,
    /// Links by what customers write, by channel.
    pub channels: BTreeMap<Channel, KnownTexts>,
    /// What classifications mean.
    pub outcomes: BTreeMap<String, Outcome>,
    /// The sales stages that are a sale.
    pub won_stages: BTreeSet<String>,
    /// Of values that tell none.
    pub currency: String,
}

/// What is known of an ad.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct KnownAd {
    /// The campaign from an instant on, in that order.
    campaigns: Vec<(Timestamp, String)>,
    pub platform: Option<Platform>,
}

impl KnownAd {
    /// Its campaign at an instant.
    pub fn campaign_at(&self, at: Timestamp) -> Option<&String> {
        let holding = self.campaigns.iter().rev().find(|(from, _)| *from <= at);
        holding.or(self.campaigns.first()).map(|(_, campaign)| campaign)
    }
}

/// What of a ticket says whether it was won.
pub(crate) struct Ending<'a> {
    pub closed_at: Option<Timestamp>,
    pub classification: Option<&'a str>,
    pub value: Option<Amount>,
    pub stage: Option<(Timestamp, &'a str)>,
}

impl Catalogue {
    /// When a ticket was won; `None` if it was not: it is won when finished with a value or with a classification that is a sale, or
    /// when its stage became one that is. A classification that says it was lost has the last word.
    pub fn won_at(&self, ending: &Ending<'_>) -> Option<Timestamp> {
        let outcome = ending.classification.and_then(|code| self.outcomes.get(code));
        let has_value = ending.value.is_some_and(|value| value > Amount(0));
        let closed = ending.closed_at.filter(|_| has_value || outcome == Some(&Outcome::Won));
        let staged = ending.stage.filter(|(_, stage)| self.won_stages.contains(*stage));
        closed
            .or(staged.map(|(at, _)| at))
            .filter(|_| outcome != Some(&Outcome::Lost))
    }
}

/// What things are called, by id, as far as the directory knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)] // they say whose names they are
pub struct Names {
    pub campaigns: BTreeMap<String, String>,
    pub ads: BTreeMap<String, String>,
    pub links: BTreeMap<String, String>,
    pub teams: BTreeMap<String, String>,
    pub agents: BTreeMap<String, String>,
    pub classifications: BTreeMap<String, String>,
}

/// What the directory knows of an account.
pub(crate) fn of(known: &crate::Catalogue, account: &str) -> (Catalogue, Names) {
    let directory = known.snapshot();
    let said = directory.account(account);
    let stages = said.map_or_else(usual_stages, |account| account.stages());
    let mut catalogue = Catalogue {
        won_stages: stages
            .into_iter()
            .filter(|stage| stage.outcome == Outcome::Won)
            .map(|stage| stage.id)
            .collect(),
        currency: said
            .and_then(|account| account.currency.clone())
            .unwrap_or_else(|| NO_CURRENCY.to_owned()),
        channels: known.texts(account).cloned().unwrap_or_default(),
        ..Catalogue::default()
    };
    let mut names = Names::default();
    for (id, ad) in directory.ads(account) {
        let mut known = KnownAd {
            campaigns: Vec::new(),
            platform: ad.platform,
        };
        for named in &ad.names {
            names.ads.insert(id.to_owned(), named.ad.clone());
            if let Some(campaign) = &named.campaign_id {
                let from = named.from.unwrap_or(Timestamp::MIN);
                known.campaigns.push((from, campaign.clone()));
                let name = named.campaign.as_ref().unwrap_or(campaign);
                names.campaigns.insert(campaign.clone(), name.clone());
            }
        }
        catalogue.ads.insert(id.to_owned(), known);
    }
    for (id, link) in directory.links(account) {
        names.links.insert(id.to_owned(), link.name.clone());
        if let Some(campaign) = &link.campaign_id {
            catalogue.links.insert(id.to_owned(), campaign.clone());
        }
    }
    for (id, said) in directory.classifications(account) {
        names.classifications.insert(id.to_owned(), said.name.clone());
        catalogue.outcomes.insert(id.to_owned(), said.outcome);
    }
    // A campaign's own entry wins over what ads managers call it.
    let campaigns = directory.campaigns(account);
    names
        .campaigns
        .extend(campaigns.map(|(id, campaign)| (id.to_owned(), campaign.name.clone())));
    let teams = directory.teams(account);
    names.teams = teams.map(|(id, team)| (id.to_owned(), team.name.clone())).collect();
    let agents = directory.agents(account);
    names.agents = agents.map(|(id, agent)| (id.to_owned(), agent.name.clone())).collect();
    (catalogue, names)
}
