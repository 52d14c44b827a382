//! A template: a message the provider approved beforehand.

use serde::{Deserialize, Serialize};

use super::{Entry, Faults, check_word};
use crate::event::Channel as Address;

/// A message of a business in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its name, by which it is sent.
    pub name: String,
    /// Its language, as the provider writes it: `pt_BR`.
    pub language: String,
    /// What it is priced by. Absent only of what the provider reported without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<TemplateCategory>,
    /// How far it is; absent: as the provider reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<TemplateStatus>,
    /// The text, with the places of its variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Channels that may send it (`whatsapp:200000000000002`); none named: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Teams that may send it; none named: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
}

/// What a template is priced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names are the provider's
pub enum TemplateCategory {
    Utility,
    Marketing,
    Authentication,
}

impl TemplateCategory {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utility => "utility",
            Self::Marketing => "marketing",
            Self::Authentication => "authentication",
        }
    }

    /// The category of that name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Utility, Self::Marketing, Self::Authentication];
        all.into_iter()
            .find(|category| category.name().eq_ignore_ascii_case(name))
    }
}

/// How far a template is with the provider's approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateStatus {
    /// It may be sent.
    Approved,
    /// It waits for the provider.
    Pending,
    /// The provider refused it.
    Rejected,
    /// The provider stopped it for a while.
    Paused,
    /// It may not be sent any more.
    Disabled,
    /// It is gone.
    Deleted,
}

impl TemplateStatus {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }

    /// What a template becomes by an event of that name. `None` where the event says nothing about that. Source:
    /// reference/meta-platform.md 1.8.
    #[must_use]
    pub fn after(event: &str) -> Option<Self> {
        Some(match event {
            "APPROVED" | "REINSTATED" | "UNARCHIVED" => Self::Approved,
            "PENDING" | "IN_APPEAL" => Self::Pending,
            "REJECTED" => Self::Rejected,
            "PAUSED" => Self::Paused,
            "DISABLED" | "ARCHIVED" | "PENDING_DELETION" => Self::Disabled,
            "DELETED" => Self::Deleted,
            // `FLAGGED`, `LOCKED`, `LIMIT_EXCEEDED`: warnings of something that may come.
            _ => return None,
        })
    }
}

impl Template {
    /// One of which nothing is known but its name and language.
    #[must_use]
    pub fn called(name: &str, language: &str) -> Self {
        Self {
            name: name.to_owned(),
            language: language.to_owned(),
            category: None,
            status: None,
            body: None,
            channels: Vec::new(),
            teams: Vec::new(),
        }
    }

    /// The id of a template of a name in a language. Languages are written with `-` or `_`.
    #[must_use]
    pub fn id_of(name: &str, language: &str) -> String {
        format!("{name}.{}", language.replace('-', "_"))
    }
}

impl Entry for Template {
    fn own_id(&self) -> Option<String> {
        Some(Self::id_of(&self.name, &self.language))
    }

    fn check(&self, faults: &mut Faults) {
        check_word(faults, "name", &self.name);
        check_word(faults, "language", &self.language);
        if self.category.is_none() {
            faults.add("category", "it is missing: utility, marketing or authentication");
        }
        for (index, channel) in self.channels.iter().enumerate() {
            if let Err(error) = channel.parse::<Address>() {
                faults.add(format!("channels.{index}"), error.to_string());
            }
        }
    }
}
