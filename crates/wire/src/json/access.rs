//! Who calls, and the keys that callers prove it with.

use std::collections::BTreeMap;

use origem_domain::directory::{AccessKey, Agent};
use origem_domain::time::Timestamp;
use origem_engine as engine;
use serde::Serialize;
use utoipa::ToSchema;

/// The caller, as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Me {
    /// `agent`, `manager`, `administrator`, `operator`, `producer`; where nobody has to prove who they are, `operator`.
    pub role: &'static str,
    /// The agent that the caller is, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The agent's name in the directory, else what the key is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The only account of the caller; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The agent's teams, by id.
    pub teams: Vec<String>,
    /// The time zone in which days of reports begin, such as `America/Sao_Paulo` or `-03:00`: the account's; of who is of no
    /// account, or of one without its own, the server's.
    pub time_zone: String,
    /// Nobody has to prove who they are here: no key, token or secret is configured.
    pub open: bool,
    /// What the account may use, by name: what is `false` is switched off in its plan, and the routes of it answer 403 `feature_off`.
    /// Of who is of no account, the server's own.
    pub features: BTreeMap<&'static str, bool>,
}

impl Me {
    /// Adds what the directory says of the agent.
    #[must_use]
    pub fn with_agent(mut self, agent: Option<&Agent>) -> Self {
        if let Some(agent) = agent {
            self.name = Some(agent.name.clone());
            self.teams.clone_from(&agent.teams);
        }
        self
    }
}

/// A key, as far as it is told: never the key itself, nor its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Key {
    /// The part of the key that is public.
    #[schema(example = "1f3a9c0b2d")]
    pub id: String,
    /// What its holder may do: `agent`, `manager`, `administrator`, `operator`, `producer`.
    pub role: &'static str,
    /// The only account it is good for; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The agent its holder is, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Who made it, as far as that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// It is good until then; absent: until it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

impl Key {
    /// A key of the directory.
    #[must_use]
    pub fn of(entry: &engine::Entry, key: &AccessKey) -> Self {
        Self {
            id: entry.id.clone(),
            role: key.role.name(),
            account: key.account.clone(),
            agent: key.agent.clone(),
            name: key.name.clone(),
            created_at: entry.at,
            created_by: entry.by.clone(),
            expires_at: key.expires_at,
        }
    }
}

/// A key that was just made, with the key itself, which is told this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NewKey {
    /// The key itself: to be sent as `Authorization: Bearer KEY`. Kept nowhere; whoever loses it makes another.
    #[schema(example = "origem_1f3a9c0b2d_...")]
    pub key: String,
    /// What is kept of it.
    #[serde(flatten)]
    pub about: Key,
}
