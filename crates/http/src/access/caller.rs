//! The caller of a request, as handlers ask for it.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use origem_access::Unproven;
use origem_domain::access::Sight;
use origem_engine::Prepared;

use crate::error::Refusal;
use crate::serve::Peer;
use crate::state::{State, now};

/// Whoever makes a request. Handlers take it as an argument; the guard has proved it before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller(origem_access::Caller);

impl Caller {
    /// Whoever the headers of a request prove, wherever it comes from.
    ///
    /// # Errors
    /// `Unproven`.
    pub(crate) fn proven(state: &State, headers: &HeaderMap, extensions: &Extensions) -> Result<Self, Unproven> {
        let directory = state.engine().directory().snapshot();
        let shown = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
        let from = extensions.get::<Peer>().map(|peer| peer.0);
        state.guard().caller_from(&directory, shown, now(), from).map(Self)
    }

    /// Which conversations the caller sees, by the directory as it is now.
    pub(crate) fn sight(&self, state: &State) -> Sight {
        self.0.sight(&state.engine().directory().snapshot())
    }

    /// Who acts: the caller. `named`, what the body says, counts for managers and above, and where nobody proves who they are.
    ///
    /// # Errors
    /// `Denied` for an agent's key that names no agent.
    pub(crate) fn actor(&self, named: Option<String>) -> Result<Option<String>, Refusal> {
        Ok(self.0.actor(named)?)
    }

    /// The account of a request: `told`, else the caller's own, else the server's.
    ///
    /// # Errors
    /// `Denied` for another account than the caller's.
    pub(crate) fn account(&self, state: &State, told: Option<String>) -> Result<String, Refusal> {
        Ok(self.0.account(told, &state.options().account)?)
    }

    /// That the events it brings are of its own account.
    ///
    /// # Errors
    /// `Denied` for an event of another account.
    pub(crate) fn brings(&self, events: &Prepared) -> Result<(), Refusal> {
        Ok(self.0.brings(events)?)
    }

    /// Who writes an entry, to be kept with it: whom the caller names, if it may, else what it is.
    pub(crate) fn writer(&self, named: Option<String>) -> Result<Option<String>, Refusal> {
        let who = self.actor(named)?;
        Ok(who.or_else(|| (!self.open).then(|| self.role.name().to_owned())))
    }
}

impl Deref for Caller {
    type Target = origem_access::Caller;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        match parts.extensions.get::<Self>() {
            Some(caller) => Ok(caller.clone()),
            // A route that the guard lets everybody through to, and that wants to know nevertheless.
            None => Ok(Self::proven(state, &parts.headers, &parts.extensions)?),
        }
    }
}
