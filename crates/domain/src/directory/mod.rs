//! The directory: what a business maintains beside the events, and what queries join to them. The fold never sees it, so an
//! entry that comes late repairs every answer without a replay.
//!
//! One file a kind: what an entry is and what must hold of it. A kind is added with its file and one line in `kinds!`.

mod access_key;
mod account;
mod ad;
mod ad_spend;
mod agent;
mod campaign;
mod channel;
mod classification;
mod department;
mod fault;
mod link;
mod plan;
mod rate_card;
mod stage;
mod team;
mod template;

pub use access_key::{AccessKey, KEYS};
pub use account::{Account, International};
pub use ad::{Ad, AdNames};
pub use ad_spend::AdSpend;
pub use agent::Agent;
pub use campaign::Campaign;
pub use channel::Channel;
pub use classification::{Classification, Outcome};
pub use department::Department;
pub use fault::{Fault, Faults};
pub use link::Link;
pub use plan::{Feature, Plan};
pub use rate_card::{Rate, RateCard, RateCategory};
pub use stage::{Stage, usual_stages};
pub use team::Team;
pub use template::{Template, TemplateCategory, TemplateStatus};

use serde::{Deserialize, Deserializer, Serialize};

/// What an entry of any kind can be asked.
trait Entry {
    /// The id it has by what it says, where it has one; otherwise whoever writes it names one.
    fn own_id(&self) -> Option<String> {
        None
    }

    /// Everything that is wrong with the id somebody names it by.
    fn check_id(&self, _id: &str, _faults: &mut Faults) {}

    /// Everything that is wrong with it.
    fn check(&self, faults: &mut Faults);
}

/// Every kind: its type, its name, and its name in paths.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $plural:literal;)*) => {
        /// A kind of entry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The name in records.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// The name in paths.
            #[must_use]
            pub const fn plural(self) -> &'static str {
                match self { $(Self::$kind => $plural,)* }
            }
        }

        /// What an entry says.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Item {
            $($(#[$doc])* $kind($kind),)*
        }

        impl Item {
            /// Reads an entry of a kind.
            ///
            /// # Errors
            /// Those of the format; names that the kind does not have are among them.
            pub fn read<'de, D: Deserializer<'de>>(kind: Kind, deserializer: D) -> Result<Self, D::Error> {
                match kind { $(Kind::$kind => $kind::deserialize(deserializer).map(Self::$kind),)* }
            }

            /// Its kind.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind,)* }
            }

            fn entry(&self) -> &dyn Entry {
                match self { $(Self::$kind(entry) => entry,)* }
            }
        }
    };
}

kinds! {
    /// A tenant: its calendar and its money.
    Account = "account", "accounts";
    /// What the provider charges from a day on.
    RateCard = "rate_card", "rate-cards";
    /// A message approved beforehand.
    Template = "template", "templates";
    /// A business address and who works on it.
    Channel = "channel", "channels";
    /// A unit of agents.
    Team = "team", "teams";
    /// Somebody who answers customers.
    Agent = "agent", "agents";
    /// Teams that close tickets in the same way.
    Department = "department", "departments";
    /// How a ticket ended.
    Classification = "classification", "classifications";
    /// What an account has booked.
    Plan = "plan", "plans";
    /// What origins belong to.
    Campaign = "campaign", "campaigns";
    /// An ad and its names.
    Ad = "ad", "ads";
    /// A short address that leads customers to a channel.
    Link = "link", "links";
    /// What ads cost.
    AdSpend = "ad_spend", "ad-spend";
    /// A key that somebody proves with who they are; no route of the directory gives it out.
    AccessKey = "access_key", "access-keys";
}

impl Kind {
    /// The kind of that name in records.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl Item {
    /// The id it has by what it says, where it has one.
    #[must_use]
    pub fn own_id(&self) -> Option<String> {
        self.entry().own_id()
    }

    /// That it makes sense under the id it goes by.
    ///
    /// # Errors
    /// Everything that is wrong with it, by field; the id is the field `id`.
    pub fn check_as(&self, id: &str) -> Result<(), Faults> {
        let mut faults = Faults::default();
        self.entry().check_id(id, &mut faults);
        self.entry().check(&mut faults);
        faults.none()
    }

    /// That it makes sense.
    ///
    /// # Errors
    /// Everything that is wrong with it, by field.
    pub fn check(&self) -> Result<(), Faults> {
        let mut faults = Faults::default();
        self.entry().check(&mut faults);
        faults.none()
    }
}

/// A text that must say something.
fn check_word(faults: &mut Faults, place: &str, text: &str) {
    if text.trim().is_empty() {
        faults.add(place, "it must not be empty");
    }
}

/// The same of each of several, none of them twice.
fn check_words(faults: &mut Faults, place: &str, texts: &[String]) {
    for (index, text) in texts.iter().enumerate() {
        check_word(faults, &format!("{place}.{index}"), text);
        if texts[..index].contains(text) {
            faults.add(format!("{place}.{index}"), format!("`{text}` is told twice"));
        }
    }
}

/// An address that browsers may be led to.
fn check_url(faults: &mut Faults, place: &str, text: Option<&str>) {
    let leads = |text: &str| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control()))
    };
    if let Some(text) = text.filter(|text| !leads(text)) {
        faults.add(
            place,
            format!("`{text}` is no address; it must begin with https:// or http://"),
        );
    }
}

/// Three capital letters: ISO 4217.
fn check_currency(faults: &mut Faults, place: &str, text: &str) {
    if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        faults.add(
            place,
            format!("`{text}` is no currency; write three capital letters, such as BRL"),
        );
    }
}

#[cfg(test)]
mod tests;
