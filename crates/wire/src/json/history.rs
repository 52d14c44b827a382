//! A row of a change log, with the names of the directory.

use origem_domain::event::Kind;
use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use origem_engine::Snapshot;
use origem_engine::query::{ChangeTold, Field, HistoryPage, HistoryRow};
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that somebody changed, or wanted to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HistoryChange {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The agent who did it, by id; absent for what customers and machines do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The agent's name, as the directory has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who_name: Option<String>,
    /// Who did it in the agent's name: another agent by id, else what the key was called. Absent where the agent did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The name of whoever did it, as the directory has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_name: Option<String>,
    /// What: `ticket` (one opened), `status`, `assignee`, `team`, `classification`, `value`, `stage`, `lead`, `origin`, `name`,
    /// `phone`, `email`, `note`, `outreach` (a message that somebody wants sent).
    pub what: &'static str,
    /// From what; absent: from nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// What people call that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_name: Option<String>,
    /// To what; absent: to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// What people call that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_name: Option<String>,
    /// It did not become so: `stale_revision` where another command came first, else what was in the way, such as
    /// `already_claimed`, `ticket_finished`. Absent where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voided: Option<&'static str>,
    /// The kind of event that did it. What one event did has one position.
    #[schema(value_type = String, example = "ticket_transferred")]
    pub event: Kind,
    /// Where the event stands.
    #[schema(value_type = String, example = "0:41")]
    pub position: Position,
}

impl HistoryChange {
    /// The rows of a page, with names from the directory.
    #[must_use]
    pub fn all(page: &HistoryPage, directory: &Snapshot) -> Vec<Self> {
        let names = Names {
            directory,
            account: &page.account,
        };
        page.items.iter().map(|row| Self::of(row, &names)).collect()
    }

    fn of(row: &HistoryRow, names: &Names<'_>) -> Self {
        let text = |told: &Option<ChangeTold>| told.as_ref().map(|told| told.text.clone());
        let name = |told: &Option<ChangeTold>| told.as_ref().and_then(|told| names.of(row.what, told));
        Self {
            at: row.at,
            who: row.who.clone(),
            who_name: row.who.as_deref().and_then(|agent| names.agent(agent)),
            by: row.by.clone(),
            by_name: row.by.as_deref().and_then(|agent| names.agent(agent)),
            what: row.what.name(),
            old: text(&row.old),
            old_name: name(&row.old),
            new: text(&row.new),
            new_name: name(&row.new),
            voided: row.lost.map(|lost| lost.name()),
            event: row.event,
            position: row.position,
        }
    }
}

/// What people call what events name by id.
struct Names<'a> {
    directory: &'a Snapshot,
    account: &'a str,
}

impl Names<'_> {
    fn agent(&self, id: &str) -> Option<String> {
        Some(self.directory.agent(self.account, id)?.name.clone())
    }

    fn of(&self, field: Field, told: &ChangeTold) -> Option<String> {
        let Self { directory, account } = *self;
        let id = told.text.as_str();
        match field {
            Field::Assignee => self.agent(id),
            Field::Team => Some(directory.team(account, id)?.name.clone()),
            Field::Classification => Some(directory.classification(account, id)?.name.clone()),
            Field::Stage => {
                let stages = directory.account(account)?.stages();
                stages.into_iter().find(|stage| stage.id == id)?.name
            }
            Field::Origin => told.label.clone(),
            Field::Ticket
            | Field::Status
            | Field::Value
            | Field::Lead
            | Field::Name
            | Field::Phone
            | Field::Email
            | Field::Note
            | Field::Outreach => None,
        }
    }
}
