//! Proves who calls.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::access::Role;
use origem_domain::directory::{AccessKey, Feature, KEYS};
use origem_domain::event::DEFAULT_ACCOUNT;
use origem_domain::time::Timestamp;
use origem_engine::Snapshot;

use crate::attempts::Attempts;
use crate::caller::{Caller, Denied};
use crate::rules::Who;
use crate::secret::Secret;
use crate::{jwt, key};

/// What stands before the id of the agent that a caller asks to be taken for, where nobody has to prove anything.
const AS: &[u8] = b"as:";

/// By what callers prove who they are, besides the keys of the directory.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account of whoever has one and does not say which: the server's own.
    pub account: String,
    /// A key of operators, from the settings.
    pub operator_token: Option<Secret>,
    /// A key of producers, from the settings.
    pub producer_token: Option<Secret>,
    /// Tokens of somebody else who knows our users.
    pub jwt: Option<Arc<jwt::Verifier>>,
    /// Whether metrics are given to anybody, also where all else needs a key.
    pub open_metrics: bool,
    /// The wrong keys that were shown: one count for all edges with these settings.
    pub attempts: Arc<Attempts>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account: DEFAULT_ACCOUNT.to_owned(),
            operator_token: None,
            producer_token: None,
            jwt: None,
            open_metrics: false,
            attempts: Arc::default(),
        }
    }
}

impl Settings {
    /// Whether there is anything to prove oneself with; keys of the directory count besides.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.operator_token.is_some() || self.producer_token.is_some() || self.jwt.is_some()
    }
}

/// Why nobody is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Nothing was shown.
    #[error("a key is required: send it as `Authorization: Bearer KEY`")]
    Missing,
    /// What was shown is no key and no token of ours. It is not told which part of it is wrong.
    #[error("the key or token is not valid here")]
    Unknown,
    /// It was good once.
    #[error("the key has expired; ask an administrator for another")]
    Expired,
    /// The agent is marked as inactive in the directory.
    #[error("the agent of this key has left")]
    Left,
    /// A token that was proved and says too little, or what cannot be.
    #[error("the token is not usable here: {0}")]
    Claims(&'static str),
    /// Nor is it valid here, and many others were not that came from the same address.
    #[error(
        "too many wrong keys came from your address: wait {} s and mend the key; a right one is let in at once",
        whole_seconds(*retry_after)
    )]
    TooMany {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// A wait in seconds: whoever has waited as long as it is told is let in.
#[must_use]
pub fn whole_seconds(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(begun).max(1)
}

/// Proves who calls. Cheap to clone. It remembers wrong keys only, by where they came from: whether there ever was a key is known to the directory, so that all
/// guards over one, of every edge and instance, say the same.
#[derive(Debug, Clone)]
pub struct Guard {
    settings: Arc<Settings>,
    /// Whoever gets here has proved enough by getting here.
    lets_all_in: bool,
}

impl Guard {
    /// One that lets everybody do everything, whatever keys there are: for whoever holds the data itself.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            lets_all_in: true,
            ..Self::new(Settings::default())
        }
    }

    /// A guard of these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
            lets_all_in: false,
        }
    }

    /// Whether anybody may do everything, because there is nothing to prove oneself with, and never was a key: whoever revokes the
    /// last one does not open the doors.
    #[must_use]
    pub fn is_open(&self, directory: &Snapshot) -> bool {
        self.lets_all_in || !(self.settings.is_set() || directory.had_keys())
    }

    /// Who calls. `authorization` is the value of the header or metadata of that name.
    ///
    /// # Errors
    /// [`Unproven`].
    pub fn caller(
        &self,
        directory: &Snapshot,
        authorization: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Caller, Unproven> {
        if self.is_open(directory) {
            return self.unproven(directory, authorization);
        }
        let given = authorization.and_then(bearer).ok_or(Unproven::Missing)?;
        let caller = self.known(directory, given, now)?;
        if caller.has_left(directory) {
            return Err(Unproven::Left);
        }
        Ok(caller)
    }

    /// Whoever comes through open doors: anybody, or the agent that it asks to be taken for by `as:AGENT` in place of a key. It may do
    /// less by that, never more.
    fn unproven(&self, directory: &Snapshot, authorization: Option<&[u8]>) -> Result<Caller, Unproven> {
        let Some(agent) = authorization.and_then(bearer).and_then(|given| given.strip_prefix(AS)) else {
            return Ok(Caller::open());
        };
        let agent = str::from_utf8(agent).map_err(|_| Unproven::Unknown)?;
        let account = &self.settings.account;
        let known = directory.agent(account, agent).ok_or(Unproven::Unknown)?;
        if known.inactive {
            return Err(Unproven::Left);
        }
        Ok(Caller {
            open: false,
            account: Some(account.clone()),
            role: known.role,
            agent: Some(agent.to_owned()),
            name: None,
        })
    }

    /// The same of a request from an address, where that is known: whoever shows many wrong keys is told to wait.
    ///
    /// # Errors
    /// [`Unproven`].
    pub fn caller_from(
        &self,
        directory: &Snapshot,
        authorization: Option<&[u8]>,
        now: Timestamp,
        address: Option<IpAddr>,
    ) -> Result<Caller, Unproven> {
        let caller = self.caller(directory, authorization, now);
        if caller == Err(Unproven::Unknown) {
            let counted = self.settings.attempts.count(address, Instant::now());
            counted.map_err(|retry_after| Unproven::TooMany { retry_after })?;
        }
        caller
    }

    /// The wrong keys that were shown.
    #[must_use]
    pub fn attempts(&self) -> &Arc<Attempts> {
        &self.settings.attempts
    }

    fn known(&self, directory: &Snapshot, given: &[u8], now: Timestamp) -> Result<Caller, Unproven> {
        let settings = &self.settings;
        let is = |token: &Option<Secret>| token.as_ref().is_some_and(|token| token.is(given));
        if is(&settings.operator_token) {
            return Ok(Caller::of(Role::Operator));
        }
        if is(&settings.producer_token) {
            return Ok(Caller::of(Role::Producer));
        }
        let given = str::from_utf8(given).map_err(|_| Unproven::Unknown)?;
        if let Some(id) = key::id(given) {
            let entry = directory.access_key(KEYS, id).ok_or(Unproven::Unknown)?;
            return self.of_key(entry, given, now);
        }
        let verifier = settings.jwt.as_ref().ok_or(Unproven::Unknown)?;
        Ok(self.at_home(verifier.caller(given)?))
    }

    fn of_key(&self, entry: &AccessKey, given: &str, now: Timestamp) -> Result<Caller, Unproven> {
        if !key::is_of(given, entry) {
            return Err(Unproven::Unknown);
        }
        if entry.expires_at.is_some_and(|end| end <= now) {
            return Err(Unproven::Expired);
        }
        Ok(self.at_home(Caller {
            open: false,
            account: entry.account.clone(),
            role: entry.role,
            agent: entry.agent.clone(),
            name: entry.name.clone(),
        }))
    }

    /// Only operators and producers are of no account.
    fn at_home(&self, mut caller: Caller) -> Caller {
        if matches!(caller.role, Role::Agent | Role::Manager | Role::Administrator) {
            caller.account.get_or_insert_with(|| self.settings.account.clone());
        }
        caller
    }

    /// That a caller may ask what `who` may.
    ///
    /// # Errors
    /// [`Denied::Role`].
    pub fn admit(&self, caller: &Caller, who: Who) -> Result<(), Denied> {
        match who {
            Who::Anybody | Who::Signed => Ok(()),
            Who::Roles(allowed) if caller.open || allowed.contains(&caller.role) => Ok(()),
            Who::Roles(allowed) => Err(Denied::Role {
                role: caller.role,
                allowed,
            }),
        }
    }

    /// Whether it is asked what the plan of an account includes. Not of operators, who write plans and look after all accounts; nor of
    /// whoever holds the data itself.
    #[must_use]
    pub fn asks_plans(&self, directory: &Snapshot, caller: &Caller) -> bool {
        directory.had_plans() && !self.lets_all_in && (caller.open || caller.role != Role::Operator)
    }

    /// That the plan of an account includes a feature, if that is asked of the caller. Without a plan everything is included.
    ///
    /// # Errors
    /// [`Denied::Feature`].
    pub fn includes(
        &self,
        directory: &Snapshot,
        caller: &Caller,
        account: &str,
        feature: Feature,
    ) -> Result<(), Denied> {
        match directory
            .plan_of(account)
            .filter(|_| self.asks_plans(directory, caller))
        {
            Some((plan, said)) if !said.has(feature) => Err(Denied::Feature {
                feature,
                account: account.to_owned(),
                plan: plan.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// What a caller may use of an account, by name of the feature.
    #[must_use]
    pub fn features(&self, directory: &Snapshot, caller: &Caller, account: &str) -> BTreeMap<&'static str, bool> {
        let is_on = |feature| self.includes(directory, caller, account, feature).is_ok();
        Feature::ALL.map(|feature| (feature.name(), is_on(feature))).into()
    }

    /// Who may read metrics, as it is set.
    #[must_use]
    pub fn of_metrics(&self, who: Who) -> Who {
        if self.settings.open_metrics { Who::Anybody } else { who }
    }
}

/// What follows `Bearer`.
fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, given) = authorization.split_first_chunk::<7>()?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| given.trim_ascii())
}

#[cfg(test)]
mod tests;
