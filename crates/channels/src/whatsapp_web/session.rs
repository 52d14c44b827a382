//! What an envelope tells around its messages: which library wrote it and whose number it is.

use std::fmt::Write as _;

use origem_domain::event::{Channel, ChannelKind};

use super::jid::Jid;
use super::names::Loose as _;
use crate::json::Node;

/// Channel id where neither number nor instance is told.
const DEFAULT: &str = "default";

/// A library or server of the WhatsApp Web protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    Baileys,
    Evolution,
    Uazapi,
    Whatsmeow,
}

impl Provider {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Baileys => "baileys",
            Self::Evolution => "evolution",
            Self::Uazapi => "uazapi",
            Self::Whatsmeow => "whatsmeow",
        }
    }
}

/// The session a delivery came from.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) provider: Provider,
    /// Our own number, digits.
    pub(super) own: Option<String>,
    /// The instance or session by name.
    name: Option<String>,
}

impl Session {
    /// The session of the envelope `root`. In Evolution's envelopes `sender` is us.
    pub(super) fn of(provider: Provider, root: Node<'_, '_>) -> Self {
        let instance = root.any(&["instance"]).filter(|instance| instance.is_object());
        let names: &[&str] = match provider {
            Provider::Evolution => &["sender", "owner", "wuid", "ownerjid"],
            _ => &["owner", "wuid", "ownerjid"],
        };
        let me = root.any(&["me"]);
        let own = number(root, names)
            .or_else(|| number(instance?, &["owner", "wuid", "ownerjid", "number"]))
            .or_else(|| number(me?, &["id", "jid", "wid"]));
        let name = root
            .any_word(&[
                "instance",
                "instancename",
                "session",
                "sessionname",
                "sessionid",
                "instanceid",
            ])
            .or_else(|| instance?.any_word(&["instancename", "name", "id"]));
        Self { provider, own, name }
    }

    /// A session of which nothing is told.
    pub(super) const fn unknown(provider: Provider) -> Self {
        Self {
            provider,
            own: None,
            name: None,
        }
    }

    /// The envelope names an instance or session.
    pub(super) const fn is_named(&self) -> bool {
        self.name.is_some()
    }

    /// Takes our number from `item` where the envelope does not tell it.
    pub(super) fn or_own(mut self, item: Node<'_, '_>) -> Self {
        self.own = self.own.or_else(|| number(item, &["owner"]));
        self
    }

    /// Our number, else the name of the session.
    pub(super) fn channel(&self) -> Channel {
        let id = self.own.as_ref().or(self.name.as_ref());
        Channel {
            kind: ChannelKind::Whatsapp,
            id: id.map_or_else(|| DEFAULT.to_owned(), Clone::clone),
        }
    }

    /// The members of an envelope that make this session again, each with a comma behind.
    pub(super) fn members(&self) -> String {
        let mut members = String::new();
        for (key, value) in [("instance", &self.name), ("owner", &self.own)] {
            if let Some(value) = value {
                let value = serde_json::Value::from(value.as_str());
                let _ = write!(members, r#""{key}":{value},"#);
            }
        }
        members
    }
}

/// The first member of those names that is a phone number; an owner may also be a name.
fn number(node: Node<'_, '_>, names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| match Jid::parse(&node.any_word(&[name])?) {
            Jid::Phone(digits) => Some(digits),
            _ => None,
        })
}
