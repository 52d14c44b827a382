//! A caller, and what it sees and may ask for.

use origem_domain::access::{Role, Sight};
use origem_domain::directory::Feature;
use origem_engine::{Prepared, Snapshot};

/// Whoever makes a request, as it was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Nobody has to prove who they are here: no key, token or secret is configured.
    pub open: bool,
    /// The only account of the caller; `None`: any.
    pub account: Option<String>,
    /// What the caller is.
    pub role: Role,
    /// The agent that the caller is, by id.
    pub agent: Option<String>,
    /// What the key or token says it is for, or whose it is.
    pub name: Option<String>,
}

/// A caller who is known asks for what is not its to ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Its role may not do that.
    #[error("this needs the role {}; yours is {}", names(allowed), role.name())]
    Role {
        /// What the caller is.
        role: Role,
        /// Who may.
        allowed: &'static [Role],
    },
    /// It asks for another account.
    #[error("your key is of another account than `{told}`")]
    Account {
        /// What it asks for.
        told: String,
    },
    /// The plan of the account leaves that out.
    #[error(
        "this needs the feature `{}`, which is switched off in the plan `{plan}` of account `{account}`; an operator may switch it \
         on: PUT /v1/plans/{plan}?account={account}", feature.name()
    )]
    Feature {
        /// What is needed.
        feature: Feature,
        /// Whose plan it is.
        account: String,
        /// The plan, by id.
        plan: String,
    },
    /// It acts, and is nobody.
    #[error("your key says of no agent whose it is; make one with `origem keys create --agent ID`")]
    NoAgent,
    /// Keys of that role are not its to make.
    #[error("a key of the role {} cannot be made or revoked by {}", wanted.name(), role.name())]
    KeyOf {
        /// What the caller is.
        role: Role,
        /// What the key is of.
        wanted: Role,
    },
}

fn names(roles: &[Role]) -> String {
    let names: Vec<_> = roles.iter().map(|role| role.name()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "of nobody".to_owned(),
    }
}

impl Denied {
    /// The word by which programs know it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Feature { .. } => "feature_off",
            Self::Role { .. } | Self::Account { .. } | Self::NoAgent | Self::KeyOf { .. } => "forbidden",
        }
    }
}

impl Caller {
    /// Whoever calls where nobody has to prove anything.
    #[must_use]
    pub fn open() -> Self {
        Self {
            open: true,
            ..Self::of(Role::Operator)
        }
    }

    /// Whoever is of that role, in all accounts.
    #[must_use]
    pub const fn of(role: Role) -> Self {
        Self {
            open: false,
            account: None,
            role,
            agent: None,
            name: None,
        }
    }

    /// Which conversations the caller sees, by the directory as it is now. Managers need no entry of their own, agents do:
    /// it tells their teams.
    #[must_use]
    pub fn sight(&self, directory: &Snapshot) -> Sight {
        if self.open {
            return Sight::Everything;
        }
        let known = self.account.as_deref().zip(self.agent.as_deref());
        match (self.role, known) {
            (Role::Agent, Some((account, agent))) => directory.sight_as_agent(account, agent),
            (Role::Manager | Role::Administrator, _) => self.account.clone().map_or(Sight::Nothing, Sight::Account),
            (Role::Operator, _) => Sight::Everything,
            (Role::Agent | Role::Producer, _) => Sight::Nothing,
        }
    }

    /// Whether it is an agent who left.
    pub(crate) fn has_left(&self, directory: &Snapshot) -> bool {
        let known = self.account.as_deref().zip(self.agent.as_deref());
        known.is_some_and(|(account, agent)| directory.agent(account, agent).is_some_and(|agent| agent.inactive))
    }

    /// Who acts: the caller. `named`, what the body says, counts for managers and above, and where nobody proves who they are.
    ///
    /// # Errors
    /// [`Denied::NoAgent`].
    pub fn actor(&self, named: Option<String>) -> Result<Option<String>, Denied> {
        if self.open || self.role.manages() {
            return Ok(named.or_else(|| self.agent.clone()));
        }
        self.agent.clone().map(Some).ok_or(Denied::NoAgent)
    }

    /// The account of a request: `told`, else the caller's own, else `home`, that of the server.
    ///
    /// # Errors
    /// [`Denied::Account`] for another than the caller's.
    pub fn account(&self, told: Option<String>, home: &str) -> Result<String, Denied> {
        match (&self.account, told) {
            (Some(own), Some(told)) if *own != told => Err(Denied::Account { told }),
            (Some(own), _) => Ok(own.clone()),
            (None, told) => Ok(told.unwrap_or_else(|| home.to_owned())),
        }
    }

    /// That the events it brings are of its own account, as they were read: a body may say it in more ways than one.
    ///
    /// # Errors
    /// [`Denied::Account`].
    pub fn brings(&self, events: &Prepared) -> Result<(), Denied> {
        let Some(own) = &self.account else { return Ok(()) };
        match events.accounts().find(|account| account != own) {
            Some(told) => Err(Denied::Account { told: told.to_owned() }),
            None => Ok(()),
        }
    }

    /// Whether it may see what only those who manage an account see: addresses of dashboards, keys.
    #[must_use]
    pub const fn manages(&self) -> bool {
        self.open || self.role.manages()
    }

    /// That it may make and revoke keys of a role. Administrators look after their own account, operators after all.
    ///
    /// # Errors
    /// [`Denied::KeyOf`].
    pub fn may_give(&self, wanted: Role) -> Result<(), Denied> {
        let role = self.role;
        match (role, wanted) {
            (Role::Operator, _) => Ok(()),
            (Role::Administrator, Role::Agent | Role::Manager | Role::Administrator | Role::Producer) => Ok(()),
            _ => Err(Denied::KeyOf { role, wanted }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: Role, account: Option<&str>, agent: Option<&str>) -> Caller {
        Caller {
            account: account.map(str::to_owned),
            agent: agent.map(str::to_owned),
            ..Caller::of(role)
        }
    }

    #[test]
    fn who_acts_is_the_caller_unless_it_manages() {
        for (caller, named, actor) in [
            (Caller::open(), Some("ana"), Ok(Some("ana"))),
            (Caller::open(), None, Ok(None)),
            (caller(Role::Agent, Some("a"), Some("ana")), None, Ok(Some("ana"))),
            (
                caller(Role::Agent, Some("a"), Some("ana")),
                Some("bia"),
                Ok(Some("ana")),
            ),
            (caller(Role::Agent, Some("a"), None), Some("bia"), Err(Denied::NoAgent)),
            (
                caller(Role::Manager, Some("a"), Some("mia")),
                Some("bia"),
                Ok(Some("bia")),
            ),
            (caller(Role::Manager, Some("a"), Some("mia")), None, Ok(Some("mia"))),
            (caller(Role::Operator, None, None), None, Ok(None)),
        ] {
            let told = caller.actor(named.map(str::to_owned));
            assert_eq!(
                told,
                actor.map(|actor| actor.map(str::to_owned)),
                "{caller:?} {named:?}"
            );
        }
    }

    #[test]
    fn who_has_an_account_asks_for_no_other() {
        for (own, told, account) in [
            (None, None, Some("home")),
            (None, Some("b"), Some("b")),
            (Some("a"), None, Some("a")),
            (Some("a"), Some("a"), Some("a")),
            (Some("a"), Some("b"), None),
        ] {
            let given = caller(Role::Manager, own, None).account(told.map(str::to_owned), "home");
            assert_eq!(given.ok().as_deref(), account, "{own:?} {told:?}");
        }
    }

    #[test]
    fn keys_are_made_by_who_looks_after_those_who_hold_them() {
        for role in Role::ALL {
            for wanted in Role::ALL {
                let may = match role {
                    Role::Operator => true,
                    Role::Administrator => wanted != Role::Operator,
                    Role::Agent | Role::Manager | Role::Producer => false,
                };
                assert_eq!(Caller::of(role).may_give(wanted).is_ok(), may, "{role:?} {wanted:?}");
            }
        }
    }

    #[test]
    fn a_refusal_says_who_may() {
        let allowed = &[Role::Manager, Role::Administrator, Role::Operator];
        let denied = Denied::Role {
            role: Role::Agent,
            allowed,
        };
        assert_eq!(
            denied.to_string(),
            "this needs the role manager, administrator or operator; yours is agent"
        );
    }
}
