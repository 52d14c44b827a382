//! What a message costs, and by which rate card.

use origem_domain::amount::Amount;
use origem_domain::price;
use origem_domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The list price of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Price {
    /// In the currency; a decimal of up to six places.
    #[schema(value_type = f64, example = 0.035)]
    pub amount: Amount,
    /// ISO 4217.
    #[schema(example = "BRL")]
    pub currency: String,
    /// The row of the rate card.
    #[schema(example = "Brazil")]
    pub market: String,
    /// The column of the rate card.
    #[schema(example = "utility")]
    pub category: &'static str,
    /// The rate card.
    #[schema(example = "BRL-2026-10-01")]
    pub rate_card: String,
    /// When a later rate card takes over, as far as one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

impl Price {
    /// A price.
    #[must_use]
    pub fn of(price: &price::Price) -> Self {
        Self {
            amount: price.amount,
            currency: price.currency.clone(),
            market: price.market.clone(),
            category: price.category.name(),
            rate_card: price.card.clone(),
            until: price.until,
        }
    }
}
