//! Prices: what a message to a customer costs by the rate cards an account has. Nothing is compiled in: without a card there is
//! no price, and the answer says why.
//!
//! ```text
//! account --currency--> its cards --the latest that has begun in its time zone--> card --country, category--> price
//! ```

mod countries;
mod market;

pub use market::{Country, Market, MarketName};

use std::collections::BTreeSet;

use crate::amount::Amount;
use crate::day::Day;
use crate::directory::{Account, RateCard, RateCategory};
use crate::time::Timestamp;
use crate::windows::Category;
use crate::zone::Zone;

/// What a message costs, and where that is from. The list price: volume tiers are told by the provider's bill only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// In the currency.
    pub amount: Amount,
    /// ISO 4217.
    pub currency: String,
    /// The row of the card, as the card names it.
    pub market: String,
    /// The column of the card.
    pub category: RateCategory,
    /// The card, by id.
    pub card: String,
    /// The day from which the card holds.
    pub effective_from: Day,
    /// When a later card takes over, or authentication abroad gets its own rate, as far as that is known.
    pub until: Option<Timestamp>,
}

/// Why there is no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoPrice {
    /// No card holds at that instant.
    NoCard,
    /// There are cards of several currencies, and the account does not say which is its own.
    CurrencyNotChosen,
    /// The customer's country is not known.
    MarketUnknown,
    /// The card has no price of that category for the customer's market.
    NotOnCard,
}

impl NoPrice {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCard => "no_rate_card",
            Self::CurrencyNotChosen => "currency_not_chosen",
            Self::MarketUnknown => "market_unknown",
            Self::NotOnCard => "not_on_rate_card",
        }
    }
}

/// The prices of one account.
#[derive(Debug, Clone, Default)]
pub struct Prices<'a> {
    account: Option<&'a Account>,
    cards: Vec<(&'a str, &'a RateCard)>,
    zone: Zone,
}

impl<'a> Prices<'a> {
    /// The prices of an account in its time zone, from its cards by id.
    #[must_use]
    pub fn new(
        account: Option<&'a Account>,
        cards: impl IntoIterator<Item = (&'a str, &'a RateCard)>,
        zone: Zone,
    ) -> Self {
        Self {
            account,
            cards: cards.into_iter().collect(),
            zone,
        }
    }

    /// What a message of a category costs at an instant, to a customer of a country.
    ///
    /// # Errors
    /// Why that cannot be told.
    pub fn price(&self, at: Timestamp, country: Option<Country>, category: Category) -> Result<Price, NoPrice> {
        self.price_of(at, country, category, None)
    }

    /// The same where the provider may have told whether it charged authentication at its rate abroad: its word beats what the
    /// account says, and no other rate will do.
    ///
    /// # Errors
    /// As [`Prices::price`].
    pub fn price_of(
        &self,
        at: Timestamp,
        country: Option<Country>,
        category: Category,
        international: Option<bool>,
    ) -> Result<Price, NoPrice> {
        let (id, card) = self.card(at)?;
        let country = country.ok_or(NoPrice::MarketUnknown)?;
        let columns: &[RateCategory] = match category {
            Category::Service => &[RateCategory::Service],
            Category::Utility => &[RateCategory::Utility],
            Category::Marketing => &[RateCategory::Marketing],
            Category::Authentication => match international {
                Some(true) => &[RateCategory::AuthenticationInternational],
                None if self.is_international(at, country) => {
                    &[RateCategory::AuthenticationInternational, RateCategory::Authentication]
                }
                Some(false) | None => &[RateCategory::Authentication],
            },
            // Categories of the time before prices per message.
            Category::ReferralConversion | Category::BusinessInitiated | Category::Other => &[],
        };
        let rate = columns.iter().find_map(|column| card.rate(country, *column));
        let rate = rate.ok_or(NoPrice::NotOnCard)?;
        let later = self.cards.iter().filter(|(_, other)| other.currency == card.currency);
        let begins = later.map(|(_, other)| other.effective_from.begins(self.zone));
        let turn = self.turn(country).filter(|_| {
            let has_rate_abroad = || card.rate(country, RateCategory::AuthenticationInternational).is_some();
            category == Category::Authentication && international.is_none() && has_rate_abroad()
        });
        Ok(Price {
            amount: rate.amount,
            currency: card.currency.clone(),
            market: rate.market.to_string(),
            category: rate.category,
            card: id.to_owned(),
            effective_from: card.effective_from,
            until: begins.chain(turn).filter(|begins| *begins > at).min(),
        })
    }

    /// The card that holds at an instant: of the account's currency, or of the only one there is.
    fn card(&self, at: Timestamp) -> Result<(&'a str, &'a RateCard), NoPrice> {
        let chosen = self.account.and_then(|account| account.currency.as_deref());
        let begun = self.cards.iter().copied().filter(|(_, card)| {
            chosen.is_none_or(|chosen| card.currency == chosen) && card.effective_from.begins(self.zone) <= at
        });
        let begun: Vec<(&str, &RateCard)> = begun.collect();
        let currencies: BTreeSet<&str> = begun.iter().map(|(_, card)| card.currency.as_str()).collect();
        if currencies.len() > 1 {
            return Err(NoPrice::CurrencyNotChosen);
        }
        begun
            .into_iter()
            .max_by_key(|(_, card)| card.effective_from)
            .ok_or(NoPrice::NoCard)
    }

    fn is_international(&self, at: Timestamp, country: Country) -> bool {
        self.turn(country).is_some_and(|turn| turn <= at)
    }

    /// When authentication of customers of a country gets the rate abroad.
    fn turn(&self, country: Country) -> Option<Timestamp> {
        let announced = self.account?.authentication_international.as_ref()?;
        announced.holds(announced.from, country).then_some(announced.from)
    }
}

#[cfg(test)]
mod tests;
