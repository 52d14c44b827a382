//! Who acts.

use crate::access::{Role, Sight};

/// Who acts, and what that may touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actor {
    /// The agent who acts, or in whose name a manager does, by id.
    pub agent: Option<String>,
    /// Who it was proved to be that acts: an agent by id, else what its key is called. `None` where nobody has to prove anything.
    pub by: Option<String>,
    /// What the one who acts is.
    pub role: Role,
    /// Which conversations the one who acts sees.
    pub sight: Sight,
}

impl Actor {
    /// Whether it moves tickets of others.
    #[must_use]
    pub const fn manages(&self) -> bool {
        self.role.manages()
    }

    /// Whether it acts as nobody else.
    #[must_use]
    pub fn is_itself(&self) -> bool {
        self.by.is_some() && self.by == self.agent
    }

    /// Whether it decides what is nobody else's to decide.
    #[must_use]
    pub const fn administers(&self) -> bool {
        matches!(self.role, Role::Administrator | Role::Operator)
    }
}
