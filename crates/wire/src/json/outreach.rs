//! The body of an outreach: to whom, from where, and what is to be sent.

use std::collections::BTreeMap;

use origem_domain::decide::{Act, Wanted};
use origem_domain::event::Outreach;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::json::command::Told;

/// A message that somebody wants sent. It is one of the send options: either a template, or what somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestOutreach {
    /// Whoever has this phone number or other alias, known or not; or the id of a conversation.
    #[schema(example = "5511955550101")]
    pub contact: String,
    /// The channel to write from, `KIND:ID`. Needed where there is no conversation yet.
    #[schema(example = "whatsapp:200000000000002")]
    pub channel: Option<String>,
    /// The tenant, if only conversations of one count. Where there is none yet and it is not told: the server's own.
    pub account: Option<String>,
    /// Who asks, by id: where nobody has to prove who they are, and for managers who act for an agent.
    pub agent: Option<String>,
    /// The revision of the ticket that the caller has seen; if the ticket is not that any more, nothing is done.
    pub revision: Option<u64>,
    /// For which team, by id. Only its templates may be sent then.
    pub team: Option<String>,
    /// The template, by its id in the directory.
    #[schema(example = "hello.pt_BR")]
    pub template: Option<String>,
    /// Values of the variables of the template, by the name of their place: `1` for `{{1}}`.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// What somebody wrote, where free text may be sent.
    pub text: Option<String>,
}

/// To whom, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct To {
    /// An alias, or the id of a conversation.
    pub contact: String,
    /// `KIND:ID`.
    pub channel: Option<String>,
    /// The tenant.
    pub account: Option<String>,
}

impl RequestOutreach {
    /// What it says.
    #[must_use]
    pub fn told(self) -> (To, Told) {
        let Self {
            contact,
            channel,
            account,
            agent,
            revision,
            team,
            template,
            variables,
            text,
        } = self;
        let outreach = Outreach {
            template,
            variables,
            text,
            offer: None,
        };
        let act = Act::RequestOutreach { team, outreach };
        let wanted = Wanted { act, revision };
        let to = To {
            contact,
            channel,
            account,
        };
        (to, Told { agent, wanted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_what_it_names_and_nothing_else() {
        let read = |text: &str| serde_json::from_str::<RequestOutreach>(text).map(RequestOutreach::told);
        let (to, told) =
            read(r#"{"contact":"5511955550101","template":"hello","variables":{"1":"Rita"},"team":"sales"}"#).unwrap();
        assert_eq!((to.contact.as_str(), to.channel), ("5511955550101", None));
        let Act::RequestOutreach { team, outreach } = told.wanted.act else {
            panic!("{:?}", told.wanted.act);
        };
        assert_eq!(team.as_deref(), Some("sales"));
        assert_eq!(outreach.variables["1"], "Rita");
        for text in [
            r#"{"template":"hello"}"#,
            r#"{"contact":"1","offer":{"way":"free_form"}}"#,
            r#"{"contact":"1","variables":["Rita"]}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
