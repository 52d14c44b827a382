//! How much an account uses of its plan.

use std::collections::BTreeMap;

use origem_domain::day::Day;
use origem_domain::directory::Plan;
use serde::Serialize;
use utoipa::ToSchema;

/// What an account used in a month of UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Usage {
    /// The account.
    pub account: String,
    /// The first day of the month.
    #[schema(value_type = String, format = Date)]
    pub month: Day,
    /// Customers who wrote, commented or called. Who did on two channels counts twice.
    pub active_customers: u64,
    /// The plan of the account, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<UsagePlan>,
}

/// The plan of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UsagePlan {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Features by name, on or off; one that is not named is on.
    pub features: BTreeMap<String, bool>,
    /// The active customers it is meant for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_active_customers: Option<u64>,
}

impl UsagePlan {
    /// A plan by its id.
    #[must_use]
    pub fn of(id: &str, plan: &Plan) -> Self {
        Self {
            id: id.to_owned(),
            name: plan.name.clone(),
            features: plan.features.clone(),
            monthly_active_customers: plan.monthly_active_customers,
        }
    }
}
