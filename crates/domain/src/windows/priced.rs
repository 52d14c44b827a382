//! Prices beside what is charged: the fold and the rules know none, whoever asks joins them from the rate cards of the account.

use crate::price::{Country, NoPrice, Price, Prices};
use crate::rules::windows::Calendar;
use crate::windows::{Charge, Send, Windows};

impl Windows {
    /// The same with prices, for a customer of a country. Nothing is added where the provider charges nothing by message: on other
    /// platforms, and before 2025-07-01.
    #[must_use]
    pub fn priced(mut self, prices: &Prices<'_>, country: Option<Country>) -> Self {
        let per_message = Calendar::of(self.zone).tariff(self.as_of).per_message;
        if self.tariff.is_some() && per_message {
            let categories = self.send.values().filter_map(|send| send.rate);
            let priced = categories.map(|category| (category, prices.price(self.as_of, country, category)));
            self.prices = priced.collect();
        }
        self
    }

    /// What a message costs where it is charged; why that cannot be told. `None` where there is nothing to tell: it may not be
    /// sent, or is free for certain.
    #[must_use]
    pub fn price(&self, send: &Send) -> Option<Result<&Price, NoPrice>> {
        let price = self.prices.get(&send.rate.filter(|_| send.allowed)?)?;
        Some(price.as_ref().map_err(|none| *none))
    }

    /// The price of what is charged now, as far as it can be told.
    #[must_use]
    pub fn price_now(&self, send: &Send) -> Option<&Price> {
        let price = self.price(send).filter(|_| send.charge == Some(Charge::Rate))?;
        price.ok()
    }
}
