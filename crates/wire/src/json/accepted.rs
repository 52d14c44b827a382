//! What became of what was taken in.

use origem_domain::position::Positions;
use origem_engine::Accepted;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of a webhook delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AcceptedDelivery {
    /// Events read from it.
    pub events: u64,
    /// Of these, not understood; kept all the same.
    pub unrecognised: u64,
    /// Where the last event stands in the log, for each partition that took some; absent if there was nothing to keep.
    #[serde(skip_serializing_if = "Positions::is_empty")]
    #[schema(value_type = Option<String>, example = "0:41")]
    pub position: Positions,
}

/// What became of the events of a producer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AcceptedEvents {
    /// Events taken in, those not understood included.
    pub accepted: u64,
    /// Of these, not understood; kept all the same.
    pub unrecognised: u64,
    /// Where the last event stands in the log, for each partition that took some; absent if there were none.
    #[serde(skip_serializing_if = "Positions::is_empty")]
    #[schema(value_type = Option<String>, example = "0:41")]
    pub position: Positions,
}

/// What became of bare deliveries taken in together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AcceptedDeliveries {
    /// Deliveries taken in.
    pub deliveries: u64,
    /// Events read from them.
    pub events: u64,
    /// Of these, not understood; kept all the same.
    pub unrecognised: u64,
    /// Of these, known before. Only with `wait=true`, and absent if the views did not come as far in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<u64>,
    /// Conversations the views hold now. Only with `wait=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversations: Option<u64>,
    /// Where the last event stands in the log, for each partition that took some; absent if there was nothing to keep.
    #[serde(skip_serializing_if = "Positions::is_empty")]
    #[schema(value_type = Option<String>, example = "0:41")]
    pub position: Positions,
}

impl AcceptedDelivery {
    /// What became of one delivery.
    #[must_use]
    pub fn of(accepted: &Accepted) -> Self {
        Self {
            events: accepted.events,
            unrecognised: accepted.unrecognised,
            position: accepted.positions(),
        }
    }
}

impl AcceptedEvents {
    /// What became of the events of a request.
    #[must_use]
    pub fn of(accepted: &Accepted) -> Self {
        Self {
            accepted: accepted.events,
            unrecognised: accepted.unrecognised,
            position: accepted.positions(),
        }
    }
}
