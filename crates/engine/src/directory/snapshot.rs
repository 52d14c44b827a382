//! All entries at one moment, and what queries take from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use origem_codec::directory::Change;
use origem_domain::access::{AgentSight, Sight};
use origem_domain::directory::{
    AccessKey, Account, Ad, AdSpend, Agent, Campaign, Channel, Classification, Department, Item, Kind, Link, Plan,
    RateCard, Team, Template,
};
use origem_domain::position::Offset;
use origem_domain::price::Prices;
use origem_domain::time::Timestamp;
use origem_domain::zone::Zone;

use crate::error::EngineError;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id, unique among those of its kind and account.
    pub id: String,
    /// What it says.
    pub item: Item,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it, as far as that is known.
    pub by: Option<String>,
}

/// Account, kind, id.
type Key = (String, Kind, String);

/// All entries at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    entries: BTreeMap<Key, Arc<Entry>>,
    /// An access key was here once, perhaps one that is revoked since.
    had_keys: bool,
    /// A plan was here once: without, nobody has to look for what it leaves out.
    had_plans: bool,
}

impl Snapshot {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether there is an access key, or was one: that somebody revoked the last of them does not unmake it.
    #[must_use]
    pub const fn had_keys(&self) -> bool {
        self.had_keys
    }

    /// Whether there is a plan, or was one.
    #[must_use]
    pub const fn had_plans(&self) -> bool {
        self.had_plans
    }

    /// An entry.
    ///
    /// # Errors
    /// `NoEntry` if there is none.
    pub fn entry(&self, account: &str, kind: Kind, id: &str) -> Result<&Arc<Entry>, EngineError> {
        let missing = || EngineError::NoEntry {
            kind: kind.name(),
            id: id.to_owned(),
        };
        self.find(account, kind, id).ok_or_else(missing)
    }

    fn find(&self, account: &str, kind: Kind, id: &str) -> Option<&Arc<Entry>> {
        self.entries.get(&(account.to_owned(), kind, id.to_owned()))
    }

    /// The entries of a kind, in order of ids.
    pub fn list(&self, account: &str, kind: Kind) -> impl Iterator<Item = &Arc<Entry>> {
        let first = (account.to_owned(), kind, String::new());
        let account = account.to_owned();
        let from = self.entries.range(first..);
        from.take_while(move |((of, is, _), _)| *of == account && *is == kind)
            .map(|(_, entry)| entry)
    }

    /// The links of all accounts: account, code, link; in order.
    pub fn links_of_all(&self) -> impl Iterator<Item = (&str, &str, &Link)> {
        let links = self.entries.iter();
        links.filter_map(|((account, _, code), entry)| match &entry.item {
            Item::Link(link) => Some((account.as_str(), code.as_str(), link)),
            _ => None,
        })
    }

    /// The channels of all accounts: account, id; in order.
    pub fn channels_of_all(&self) -> impl Iterator<Item = (&str, &str)> {
        let channels = self.entries.keys().filter(|(_, kind, _)| *kind == Kind::Channel);
        channels.map(|(account, _, id)| (account.as_str(), id.as_str()))
    }

    /// The ads of all accounts: account, id, ad; in order.
    pub fn ads_of_all(&self) -> impl Iterator<Item = (&str, &str, &Ad)> {
        let ads = self.entries.iter();
        ads.filter_map(|((account, _, id), entry)| match &entry.item {
            Item::Ad(ad) => Some((account.as_str(), id.as_str(), ad)),
            _ => None,
        })
    }

    /// Every account that has an entry of its own, in order.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries
            .iter()
            .filter(|((_, kind, _), _)| *kind == Kind::Account)
            .map(|(_, entry)| entry)
    }

    /// What is said of an account itself.
    #[must_use]
    pub fn account(&self, account: &str) -> Option<&Account> {
        match &self.find(account, Kind::Account, account)?.item {
            Item::Account(said) => Some(said),
            _ => None,
        }
    }

    /// The plan of an account, by id; `None` where it has none, or one that nobody wrote.
    #[must_use]
    pub fn plan_of(&self, account: &str) -> Option<(&str, &Plan)> {
        let id = self.account(account)?.plan.as_deref()?;
        Some((id, self.plan(account, id)?))
    }

    /// What an agent sees of conversations: nothing, if the account has no such agent or it left.
    #[must_use]
    pub fn sight(&self, account: &str, agent: &str) -> Sight {
        match self.agent(account, agent) {
            Some(known) if !known.inactive && known.role.manages() => Sight::Account(account.to_owned()),
            _ => self.sight_as_agent(account, agent),
        }
    }

    /// The same of whoever is here as an agent, also where it is a manager otherwise.
    #[must_use]
    pub fn sight_as_agent(&self, account: &str, agent: &str) -> Sight {
        let Some(known) = self.agent(account, agent).filter(|agent| !agent.inactive) else {
            return Sight::Nothing;
        };
        let of_others = |channel: &Channel| {
            !channel.teams.is_empty() && !channel.teams.iter().any(|team| known.teams.contains(team))
        };
        let closed = self.channels(account).filter(|(_, channel)| of_others(channel));
        Sight::Agent(AgentSight {
            account: account.to_owned(),
            agent: agent.to_owned(),
            teams: known.teams.iter().cloned().collect(),
            closed: closed.filter_map(|(id, _)| id.parse().ok()).collect(),
        })
    }

    /// The time zone of an account; `default` where it has none of its own.
    #[must_use]
    pub fn zone(&self, account: &str, default: Zone) -> Zone {
        self.account(account)
            .and_then(|account| account.time_zone)
            .unwrap_or(default)
    }

    /// The time zones of accounts that have their own.
    #[must_use]
    pub fn zones(&self) -> BTreeMap<String, Zone> {
        let zones = self.accounts().filter_map(|entry| match &entry.item {
            Item::Account(account) => Some((entry.id.clone(), account.time_zone?)),
            _ => None,
        });
        zones.collect()
    }

    /// The prices of an account, in its time zone.
    #[must_use]
    pub fn prices(&self, account: &str, zone: Zone) -> Prices<'_> {
        Prices::new(self.account(account), self.rate_cards(account), zone)
    }

    /// The templates of an account, each with when it was written.
    pub fn templates(&self, account: &str) -> impl Iterator<Item = (&Template, Timestamp)> {
        self.list(account, Kind::Template)
            .filter_map(|entry| match &entry.item {
                Item::Template(template) => Some((template, entry.at)),
                _ => None,
            })
    }

    /// Takes a change in. What is of a kind that is not known here, or says what this build cannot read, is passed over: it stays
    /// in the log for who can.
    pub(super) fn apply(&mut self, change: &Change, offset: Offset) {
        let Some(kind) = Kind::named(&change.kind) else {
            tracing::warn!(%offset, kind = change.kind, "an entry of the directory is of a kind this build does not know");
            return;
        };
        self.had_keys |= kind == Kind::AccessKey;
        self.had_plans |= kind == Kind::Plan;
        let key = (change.account.clone(), kind, change.id.clone());
        let Some(value) = &change.value else {
            self.entries.remove(&key);
            return;
        };
        match Item::read(kind, &mut serde_json::Deserializer::from_str(value.get())) {
            Ok(item) => {
                let entry = Entry {
                    id: change.id.clone(),
                    item,
                    at: change.at,
                    by: change.by.clone(),
                };
                self.entries.insert(key, Arc::new(entry));
            }
            Err(error) => {
                tracing::warn!(%offset, kind = kind.name(), id = change.id, %error, "an entry of the directory cannot be read");
            }
        }
    }
}

/// One entry of a kind by its id, and all of them, as what they say.
macro_rules! kinds {
    ($($kind:ident: $one:ident, $all:ident;)*) => {
        impl Snapshot {
            $(
                /// What the entry of that id says.
                #[must_use]
                pub fn $one(&self, account: &str, id: &str) -> Option<&$kind> {
                    match &self.find(account, Kind::$kind, id)?.item {
                        Item::$kind(said) => Some(said),
                        _ => None,
                    }
                }

                /// All of an account with their ids, in order of ids.
                pub fn $all(&self, account: &str) -> impl Iterator<Item = (&str, &$kind)> {
                    self.list(account, Kind::$kind).filter_map(|entry| match &entry.item {
                        Item::$kind(said) => Some((entry.id.as_str(), said)),
                        _ => None,
                    })
                }
            )*
        }
    };
}

kinds! {
    Channel: channel, channels;
    Team: team, teams;
    Agent: agent, agents;
    Department: department, departments;
    Classification: classification, classifications;
    Plan: plan, plans;
    Campaign: campaign, campaigns;
    Ad: ad, ads;
    Link: link, links;
    AdSpend: spent_on, ad_spend;
    RateCard: rate_card, rate_cards;
    AccessKey: access_key, access_keys;
}
