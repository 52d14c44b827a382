//! An account: the calendar that dated rules go by, and what it pays in.

use serde::{Deserialize, Serialize};

use super::stage::{Stage, usual_stages};
use super::{Entry, Faults, check_currency, check_word, check_words};
use crate::price::Country;
use crate::time::Timestamp;
use crate::zone::Zone;

/// A tenant. What it does not say is as the settings of the server have it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its time zone: it decides from which instant a tariff or a rate is in force, and where a month begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
    /// What it pays the provider in, ISO 4217. Needed only where there are rate cards of several currencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Since when, and where not, its authentication templates abroad have the international rate, as the provider announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication_international: Option<International>,
    /// The plan it has, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Its sales stages, in order; none named: to contact, in progress, won, lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// A lead that is in another team already may be linked all the same: its conversations count as one customer's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unify_leads: bool,
}

impl Account {
    /// The sales stages, in order.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        if self.stages.is_empty() {
            usual_stages()
        } else {
            self.stages.clone()
        }
    }
}

/// The provider's announcement on international authentication. Source: reference/meta-platform.md 4.4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct International {
    /// From this instant on.
    pub from: Timestamp,
    /// Countries without it, ISO 3166-1 alpha-2: where the business is at home.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

impl International {
    /// Whether it holds for customers of a country at an instant.
    #[must_use]
    pub fn holds(&self, at: Timestamp, country: Country) -> bool {
        at >= self.from && !self.except.iter().any(|code| code == country.code())
    }
}

impl Entry for Account {
    fn check(&self, faults: &mut Faults) {
        if let Some(name) = &self.name {
            check_word(faults, "name", name);
        }
        if let Some(currency) = &self.currency {
            check_currency(faults, "currency", currency);
        }
        let ids: Vec<String> = self.stages.iter().map(|stage| stage.id.clone()).collect();
        check_words(faults, "stages", &ids);
        let except = self
            .authentication_international
            .iter()
            .flat_map(|announced| &announced.except);
        for (index, code) in except.enumerate() {
            if Country::coded(code).is_none() {
                let place = format!("authentication_international.except.{index}");
                faults.add(
                    place,
                    format!("`{code}` is no country; write two capital letters, such as BR"),
                );
            }
        }
    }
}
