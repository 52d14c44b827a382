//! Ad spend: what an ad or a campaign cost on a day, as the ads manager tells. Reports set it beside what came of it.

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_currency, check_word};
use crate::amount::Amount;
use crate::day::Day;

/// What was spent on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdSpend {
    /// The day, by the account's time zone.
    pub day: Day,
    /// The ad, by the id that referrals name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad_id: Option<String>,
    /// The campaign, by id; where an ad is told too, the one it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// How much, in the currency; told again, it takes the place of what was told before.
    pub amount: Amount,
    /// ISO 4217.
    pub currency: String,
}

impl Entry for AdSpend {
    /// Day, what it was spent on, currency.
    fn own_id(&self) -> Option<String> {
        let on = match (&self.ad_id, &self.campaign_id) {
            (Some(ad), _) => format!("ad.{ad}"),
            (None, Some(campaign)) => format!("campaign.{campaign}"),
            (None, None) => "all".to_owned(),
        };
        Some(format!("{}.{on}.{}", self.day, self.currency))
    }

    fn check(&self, faults: &mut Faults) {
        for (place, id) in [("ad_id", &self.ad_id), ("campaign_id", &self.campaign_id)] {
            if let Some(id) = id {
                check_word(faults, place, id);
            }
        }
        if self.ad_id.is_none() && self.campaign_id.is_none() {
            faults.add("ad_id", "it is missing: say which ad, or which campaign");
        }
        if self.amount < Amount(0) {
            faults.add("amount", "what was spent is not below zero");
        }
        check_currency(faults, "currency", &self.currency);
    }
}
