//! The caller of a request, as handlers ask for it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use origem_domain::access::{Role, Sight};

use crate::error::Refusal;
use crate::state::State;

/// Whoever makes a request. Handlers take it as an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Nobody has to prove who they are here: no key, token or secret is configured.
    pub(crate) open: bool,
    /// The only account of the caller; `None`: any, or with `role` an operator's.
    pub(crate) account: Option<String>,
    /// What the caller is.
    pub(crate) role: Role,
    /// The agent that the caller is, by id.
    pub(crate) agent: Option<String>,
}

impl Caller {
    /// Whoever calls where nobody has to prove anything.
    pub(crate) const fn open() -> Self {
        Self {
            open: true,
            account: None,
            role: Role::Operator,
            agent: None,
        }
    }

    /// Which conversations the caller sees, by the directory as it is now.
    pub(crate) fn sight(&self, state: &State) -> Sight {
        if self.open {
            return Sight::Everything;
        }
        let whole = || self.account.clone().map_or(Sight::Everything, Sight::Account);
        match (self.role, &self.agent) {
            (Role::Producer, _) | (Role::Agent, None) => Sight::Nothing,
            (Role::Operator, _) | (Role::Manager | Role::Administrator, None) => whole(),
            (Role::Agent, Some(agent)) => {
                let account = self.account.as_deref().unwrap_or(&state.options().account);
                state.engine().directory().snapshot().sight(account, agent)
            }
            (Role::Manager | Role::Administrator, Some(agent)) => {
                let account = self.account.as_deref().unwrap_or(&state.options().account);
                let snapshot = state.engine().directory().snapshot();
                // Who left sees nothing any more, whatever the key says; managers need no entry of their own.
                match snapshot.agent(account, agent) {
                    Some(known) if known.inactive => Sight::Nothing,
                    _ => whole(),
                }
            }
        }
    }

    /// Who acts: the caller. `named`, what the body says, counts for managers and above, and where nobody proves who they are.
    ///
    /// # Errors
    /// `Forbidden` for an agent's key that names no agent.
    pub(crate) fn actor(&self, named: Option<String>) -> Result<Option<String>, Refusal> {
        if self.open || self.role.manages() {
            return Ok(named.or_else(|| self.agent.clone()));
        }
        match &self.agent {
            Some(agent) => Ok(Some(agent.clone())),
            None => Err(Refusal::Forbidden(
                "the key names no agent; make one with `origem keys create --agent`".to_owned(),
            )),
        }
    }

    /// The account of a request: `told`, else the caller's own, else the server's.
    ///
    /// # Errors
    /// `Forbidden` for another account than the caller's.
    pub(crate) fn account(&self, state: &State, told: Option<String>) -> Result<String, Refusal> {
        match (&self.account, told) {
            (Some(own), Some(told)) if *own != told => Err(Refusal::Forbidden(format!(
                "account: this key is of another account than `{told}`"
            ))),
            (Some(own), _) => Ok(own.clone()),
            (None, told) => Ok(told.unwrap_or_else(|| state.options().account.clone())),
        }
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(_parts: &mut Parts, _state: &State) -> Result<Self, Refusal> {
        Ok(Self::open())
    }
}
