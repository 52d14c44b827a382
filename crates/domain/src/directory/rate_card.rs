//! A rate card: what the provider charges for a delivered message, by the customer's market, from a day on.
//!
//! ```text
//! customer --calling code or BSUID--> country --> its own row, else the row of its region, else `Other` --> amount
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, de};

use super::{Entry, Faults, check_currency};
use crate::amount::Amount;
use crate::day::Day;
use crate::price::{Country, Market, MarketName};

/// The prices of one currency from a day on, until a later card of that currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateCard {
    /// ISO 4217.
    pub currency: String,
    /// The day from which it holds, at midnight of the account's time zone.
    pub effective_from: Day,
    /// Countries (ISO 3166-1 alpha-2) of regions that are not as we know them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub regions: BTreeMap<String, Vec<String>>,
    /// The prices.
    pub rates: Vec<Rate>,
    /// Countries and regions that have a row without any price: there is none, not that of a wider region.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpriced: Vec<MarketName>,
}

/// What one message costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// A country or a region, named as the provider does, or by its two letters.
    pub market: MarketName,
    /// Of which messages.
    pub category: RateCategory,
    /// From the how manieth message of a month on, where there are volume tiers; 1 is the list price.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub from_message: u64,
    /// In the card's currency.
    #[serde(deserialize_with = "exactly")]
    pub amount: Amount,
}

/// What messages are priced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateCategory {
    /// Marketing templates.
    Marketing,
    /// Utility templates.
    Utility,
    /// Authentication templates.
    Authentication,
    /// Authentication templates of a business that is at home elsewhere.
    AuthenticationInternational,
    /// Everything that is no template.
    Service,
}

impl RateCategory {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Marketing,
        Self::Utility,
        Self::Authentication,
        Self::AuthenticationInternational,
        Self::Service,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Utility => "utility",
            Self::Authentication => "authentication",
            Self::AuthenticationInternational => "authentication_international",
            Self::Service => "service",
        }
    }
}

const fn first() -> u64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
const fn is_first(from: &u64) -> bool {
    *from == 1
}

/// An amount that loses nothing: a rate with more decimals than are kept would become another rate.
fn exactly<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an amount as a number or decimal text")]
    enum Written {
        Number(f64),
        Text(String),
    }
    let text = match Written::deserialize(deserializer)? {
        // The shortest decimal that reads back as the same number, so 0.0034 stays 0.0034.
        Written::Number(number) => number.to_string(),
        Written::Text(text) => text,
    };
    let amount = Amount::parse_exactly(&text);
    amount.ok_or_else(|| de::Error::custom(format_args!("`{text}` is no amount of up to six decimals")))
}

impl RateCard {
    /// The id of a card of a currency that holds from a day on.
    #[must_use]
    pub fn id_of(currency: &str, effective_from: Day) -> String {
        format!("{currency}-{effective_from}")
    }

    /// The list price of a category for customers of a country: the country's own, else its region's, else that of `Other`.
    /// A row without a price of the category says that there is none.
    #[must_use]
    pub fn rate(&self, country: Country, category: RateCategory) -> Option<&Rate> {
        let own = self
            .regions
            .iter()
            .find(|(_, countries)| countries.iter().any(|code| code == country.code()));
        let own = own.map(|(name, _)| name.as_str());
        let is = |wanted: Market| move |name: &MarketName| name.market() == Some(wanted);
        let is_country = is(Market::Country(country));
        let is_own = |name: &MarketName| own.is_some_and(|own| name.name() == own);
        let is_region = |name: &MarketName| own.is_none() && is(country.region())(name);
        let is_other = is(Market::Other);
        let levels: [&dyn Fn(&MarketName) -> bool; 4] = [&is_country, &is_own, &is_region, &is_other];
        let row = levels.into_iter().find(|is_in| {
            self.rates
                .iter()
                .map(|rate| &rate.market)
                .chain(&self.unpriced)
                .any(is_in)
        })?;
        let mut row = self.rates.iter().filter(|rate| row(&rate.market));
        row.find(|rate| rate.category == category && rate.from_message == 1)
    }

    fn check_market(&self, faults: &mut Faults, place: &str, market: &MarketName) {
        if market.market().is_none() && !self.regions.contains_key(market.name()) {
            let advice = "name a country or region as the provider does, or tell its countries in `regions`";
            faults.add(place, format!("`{market}` is no market; {advice}"));
        }
    }
}

impl Entry for RateCard {
    fn own_id(&self) -> Option<String> {
        Some(Self::id_of(&self.currency, self.effective_from))
    }

    fn check(&self, faults: &mut Faults) {
        check_currency(faults, "currency", &self.currency);
        for (region, countries) in &self.regions {
            for code in countries.iter().filter(|code| Country::coded(code).is_none()) {
                faults.add(
                    format!("regions.{region}"),
                    format!("`{code}` is no country; write two capital letters, such as BR"),
                );
            }
        }
        if self.rates.is_empty() {
            faults.add("rates", "a card must have at least one rate");
        }
        // Sets, for a card may have as many rows as fit into a body.
        let list_prices = self.rates.iter().filter(|rate| rate.from_message == 1);
        let list_prices: BTreeSet<_> = list_prices.map(|rate| (rate.category, rate.market.key())).collect();
        let mut told = BTreeSet::new();
        for (index, rate) in self.rates.iter().enumerate() {
            if faults.is_full() {
                return;
            }
            let place = format!("rates.{index}");
            self.check_market(faults, &format!("{place}.market"), &rate.market);
            if rate.amount < Amount(0) {
                faults.add(format!("{place}.amount"), "it must not be negative");
            }
            let what = || format!("{} of `{}`", rate.category.name(), rate.market);
            let priced = (rate.category, rate.market.key());
            if !told.insert((priced, rate.from_message)) {
                faults.add(&place, format!("{} is told twice", what()));
            }
            if !list_prices.contains(&priced) {
                faults.add(
                    format!("{place}.from_message"),
                    format!("the list price of {} is missing", what()),
                );
            }
        }
        for (index, market) in self.unpriced.iter().enumerate() {
            self.check_market(faults, &format!("unpriced.{index}"), market);
        }
    }
}
