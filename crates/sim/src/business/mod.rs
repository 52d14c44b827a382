//! The business: what its owner configured before the first customer wrote. All of it follows from the seed.
//!
//! The fields are public so that a demo can fill its directory with the very names, ads, links and campaigns that the
//! deliveries then refer to.

mod ads;
mod campaigns;
mod links;
pub(crate) mod people;
pub(crate) mod trades;
pub(crate) mod words;

pub use ads::{Ad, AdSource};
pub use campaigns::{Campaign, Category};
pub use links::{Hashtag, Link, RefLink, Utm};

use origem_domain::event::ChannelKind;

use crate::rng::Rng;
use trades::{TRADES, Trade};

/// A business and everything it configured.
#[derive(Debug, Clone)]
pub struct Business {
    /// Its name.
    pub name: String,
    /// Its time zone, an IANA name. Opening hours and campaigns follow it; monthly tiers are counted in UTC, the time zone
    /// of an account until one is configured.
    pub time_zone: &'static str,
    /// Three WhatsApp numbers of two accounts (the last one shared with the phone app), an Instagram account, a page.
    pub channels: Vec<Channel>,
    /// Who answers.
    pub teams: Vec<Team>,
    /// The people of the teams.
    pub agents: Vec<Agent>,
    /// Ads and boosted posts, for every platform.
    pub ads: Vec<Ad>,
    /// WhatsApp campaigns.
    pub campaigns: Vec<Campaign>,
    /// Custom links with a click code.
    pub links: Vec<Link>,
    /// Links to the page and to Instagram that carry a `ref`.
    pub ref_links: Vec<RefLink>,
    /// Hashtags that are known to the catalogue.
    pub hashtags: Vec<Hashtag>,
    pub(crate) trade: &'static Trade,
}

/// An address of the business.
#[derive(Debug, Clone)]
pub struct Channel {
    /// The platform.
    pub kind: ChannelKind,
    /// Phone number id, Instagram account id or page id: the id Origem knows the channel by.
    pub id: String,
    /// The WhatsApp Business account (`entry.id`); the same as `id` elsewhere.
    pub account_id: String,
    /// The phone number in digits, the Instagram name, the page's name.
    pub display: String,
    /// What people of the business call it.
    pub name: String,
    /// Shared with the phone app: echoes, edits and a history come from it.
    pub coexistence: bool,
    /// The team that answers it, by id.
    pub team_id: String,
}

/// A team.
#[derive(Debug, Clone)]
pub struct Team {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// An agent.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// The team, by id.
    pub team_id: String,
}

const TEAMS: [(&str, &str); 3] = [
    ("vendas", "Vendas"),
    ("unidade-norte", "Unidade Norte"),
    ("redes", "Redes sociais"),
];
const AGENTS: [(&str, &str, usize); 8] = [
    ("ana.conceicao", "Ana Conceição", 0),
    ("bruno.araujo", "Bruno Araújo", 0),
    ("carla.munoz", "Carla Muñoz", 0),
    ("diego.falcao", "Diego Falcão", 1),
    ("elaine.guimaraes", "Elaine Guimarães", 1),
    ("fabio.lourenco", "Fábio Lourenço", 1),
    ("grace.oliveira", "Grace Oliveira", 2),
    ("heloisa.brandao", "Heloísa Brandão", 2),
];

impl Business {
    /// The business of `seed`.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let rng = &mut Rng::seeded(seed, 1);
        let trade = &TRADES[rng.index(TRADES.len())];
        let channels = channels(rng, trade);
        Self {
            name: trade.name.to_owned(),
            time_zone: "America/Sao_Paulo",
            teams: TEAMS
                .iter()
                .map(|(id, name)| Team {
                    id: (*id).to_owned(),
                    name: (*name).to_owned(),
                })
                .collect(),
            agents: AGENTS
                .iter()
                .map(|(id, name, team)| Agent {
                    id: (*id).to_owned(),
                    name: (*name).to_owned(),
                    team_id: TEAMS[*team].0.to_owned(),
                })
                .collect(),
            ads: ads::of(rng, trade, &channels),
            campaigns: campaigns::of(trade),
            links: links::of(rng, trade),
            ref_links: links::refs(),
            hashtags: links::hashtags(trade),
            channels,
            trade,
        }
    }

    /// The place in [`Business::channels`] of the first channel of `kind`.
    pub(crate) fn first(&self, kind: ChannelKind) -> usize {
        self.channels
            .iter()
            .position(|channel| channel.kind == kind)
            .unwrap_or(0)
    }

    /// The place of the number shared with the phone app.
    pub(crate) fn shared_number(&self) -> usize {
        self.channels
            .iter()
            .position(|channel| channel.coexistence)
            .unwrap_or(0)
    }

    /// The WhatsApp numbers, which are the first channels.
    pub(crate) fn numbers(&self) -> usize {
        self.channels
            .iter()
            .filter(|channel| channel.kind == ChannelKind::Whatsapp)
            .count()
    }
}

fn channels(rng: &mut Rng, trade: &Trade) -> Vec<Channel> {
    let accounts = [rng.digits("1", 15), rng.digits("1", 15)];
    let number = |rng: &mut Rng, account: usize, city: &str, name: &str, team: usize| Channel {
        kind: ChannelKind::Whatsapp,
        id: rng.digits("1", 15),
        account_id: accounts[account].clone(),
        display: rng.digits(&format!("55{city}35550"), 12),
        name: format!("{} {name}", trade.short),
        coexistence: account == 1,
        team_id: TEAMS[team].0.to_owned(),
    };
    let page = |kind, id: String, display: &str, name: &str| Channel {
        kind,
        account_id: id.clone(),
        id,
        display: display.to_owned(),
        name: format!("{} {name}", trade.short),
        coexistence: false,
        team_id: TEAMS[2].0.to_owned(),
    };
    vec![
        number(rng, 0, "11", "Vendas", 0),
        number(rng, 0, "11", "Unidade Norte", 1),
        number(rng, 1, "21", "Loja da praia", 0),
        page(
            ChannelKind::Instagram,
            rng.digits("17841", 17),
            trade.handle,
            "no Instagram",
        ),
        page(ChannelKind::Messenger, rng.digits("10", 15), trade.name, "no Facebook"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_business_follows_from_its_seed() {
        assert_eq!(format!("{:?}", Business::of(3)), format!("{:?}", Business::of(3)));
        assert_ne!(Business::of(3).channels[0].id, Business::of(4).channels[0].id);
    }

    #[test]
    fn every_reference_inside_a_business_is_known() {
        for seed in 0..20 {
            let business = Business::of(seed);
            let team = |id: &str| business.teams.iter().any(|team| team.id == id);
            let campaign = |id: &str| business.campaigns.iter().any(|campaign| campaign.id == id);
            assert!(business.channels.iter().all(|channel| team(&channel.team_id)));
            assert!(business.agents.iter().all(|agent| team(&agent.team_id)));
            assert!(business.links.iter().all(|link| link.channel < business.numbers()));
            assert!(
                business
                    .hashtags
                    .iter()
                    .all(|tag| tag.campaign_id.as_deref().is_none_or(campaign))
            );
            assert_eq!(business.shared_number(), 2);
        }
    }
}
