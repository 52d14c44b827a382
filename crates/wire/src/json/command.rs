//! The bodies of commands: what is told of a command beside the conversation in the path and the kind in the route.

use origem_domain::alias::digits;
use origem_domain::amount::Amount;
use origem_domain::decide::{Act, Ending, Target, Wanted};
use origem_domain::event::{ContactEdit, Via};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// What a body is told as, in the engine's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Who acts, as the body says.
    pub agent: Option<String>,
    /// What is wanted.
    pub wanted: Wanted,
}

/// The body of a command.
pub trait CommandBody: DeserializeOwned + Send {
    /// What it says.
    fn told(self) -> Told;
}

/// What every body may say.
macro_rules! body {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* } $told:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Who acts, by id: where nobody has to prove who they are, and for managers who act for an agent. Of an agent's own key
            /// it says nothing.
            #[serde(default)]
            pub agent: Option<String>,
            /// The revision of the ticket that the caller has seen; if the ticket is not that any more, nothing is done.
            #[serde(default)]
            pub revision: Option<u64>,
            $($(#[$field_doc])* #[serde(default)] pub $field: $type,)*
        }

        impl CommandBody for $name {
            fn told(self) -> Told {
                let $name { agent, revision, $($field),* } = self;
                #[allow(clippy::redundant_closure_call)] // the fields are named where the body is declared
                let act = ($told)($($field),*);
                Told { agent, wanted: Wanted { act, revision } }
            }
        }
    };
}

body! {
    /// Takes the ticket from the queue.
    Claim {} || Act::Claim
}

body! {
    /// Opens the finished ticket again.
    Reopen {} || Act::Reopen
}

body! {
    /// Gives the ticket to an agent, a team, or both.
    Assign {
        /// The agent it goes to, by id.
        assignee: Option<String>,
        /// The team it goes to, by id. Without an assignee it waits in the queue of the team.
        team: Option<String>,
    } |assignee, team| Act::Assign(Target { assignee, team })
}

body! {
    /// Moves the ticket to another agent, another team, or both.
    Transfer {
        /// The agent it goes to, by id.
        assignee: Option<String>,
        /// The team it goes to, by id. Without an assignee it waits in the queue of the team.
        team: Option<String>,
    } |assignee, team| Act::Transfer(Target { assignee, team })
}

body! {
    /// Takes over a conversation that does not wait in the queue.
    Takeover {
        /// From which console: `web` if not told.
        via: Console,
    } |via| Act::TakeOver {
        via: match via {
            Console::Web => Via::Web,
            Console::Mobile => Via::Mobile,
        },
    }
}

body! {
    /// Closes the ticket.
    Finish {
        /// The closing code, by id. Departments that close in full need one.
        classification: Option<String>,
        /// What was sold, in units of the currency.
        #[schema(value_type = Option<f64>, example = 199.9)]
        value: Option<Amount>,
        /// ISO 4217; goes with the value.
        #[schema(example = "BRL")]
        currency: Option<String>,
        /// Free text.
        note: Option<String>,
    } |classification, value, currency, note| Act::Finish(Ending { classification, value, currency, note })
}

body! {
    /// Leaves a note.
    Note {
        /// What it says.
        #[serde(alias = "text")]
        note: String,
    } |text| Act::Note { text }
}

body! {
    /// Corrects what is known of the contact. What is not named stays as it is.
    EditContact {
        /// Wins over the name of the profile.
        name: Option<String>,
        /// With the country code; anything but digits is passed over.
        #[schema(example = "5511955550101")]
        phone: Option<String>,
        /// E-mail address.
        email: Option<String>,
    } |name: Option<String>, phone: Option<String>, email: Option<String>| {
        let trimmed = |text: String| text.trim().to_owned();
        Act::EditContact(ContactEdit {
            name: name.map(trimmed),
            phone: phone.map(|phone| digits(&phone)),
            email: email.map(trimmed),
        })
    }
}

body! {
    /// Sets the sales stage.
    SetStage {
        /// By id: `to_contact`, `in_progress`, `won`, `lost`, unless the account has stages of its own.
        stage: String,
    } |stage| Act::SetStage { stage }
}

body! {
    /// Links the conversation to a lead.
    LinkLead {
        /// By id, as the CRM has it.
        lead: String,
    } |lead| Act::LinkLead { lead }
}

/// A console that agents work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Console {
    /// In the browser.
    #[default]
    Web,
    /// On the phone.
    Mobile,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<B: CommandBody>(text: &str) -> Result<Act, String> {
        let body: Result<B, _> = serde_json::from_str(text);
        body.map(|body| body.told().wanted.act)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn bodies_say_what_they_name_and_nothing_else() {
        assert_eq!(read::<Claim>("{}"), Ok(Act::Claim));
        let told = serde_json::from_str::<Claim>(r#"{"agent":"ana","revision":3}"#)
            .unwrap()
            .told();
        assert_eq!((told.agent.as_deref(), told.wanted.revision), (Some("ana"), Some(3)));
        let to_team = Target {
            team: Some("sales".to_owned()),
            ..Target::default()
        };
        assert_eq!(read::<Transfer>(r#"{"team":"sales"}"#), Ok(Act::Transfer(to_team)));
        assert_eq!(
            read::<Note>(r#"{"text":"oi"}"#),
            Ok(Act::Note { text: "oi".to_owned() })
        );
        let edit = ContactEdit {
            phone: Some("5511955550101".to_owned()),
            name: Some("Rita".to_owned()),
            email: None,
        };
        let text = r#"{"phone":"+55 (11) 95555-0101","name":" Rita "}"#;
        assert_eq!(read::<EditContact>(text), Ok(Act::EditContact(edit)));
        assert_eq!(
            read::<Takeover>(r#"{"via":"mobile"}"#),
            Ok(Act::TakeOver { via: Via::Mobile })
        );
        for text in [r#"{"ajent":"ana"}"#, r#"{"revision":-1}"#, r#"{"revision":"1"}"#, "1"] {
            assert!(read::<Claim>(text).is_err(), "{text}");
        }
        assert!(read::<Finish>(r#"{"value":"ten"}"#).is_err());
        assert!(read::<Takeover>(r#"{"via":"campaign"}"#).is_err());
    }
}
