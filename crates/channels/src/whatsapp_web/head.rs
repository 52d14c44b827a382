//! The address label of a message, in three dialects: whose it is, when, and its id.
//!
//! ```text
//! Baileys, Evolution   {key{remoteJid, fromMe, id, participant}, messageTimestamp, pushName, ...}
//! whatsmeow            {Info{Chat, Sender, IsFromMe, ID, Timestamp, PushName, ...}, ...}
//! uazapi, updates      {chatid, sender, fromMe, messageid, messageTimestamp, senderName, ...}
//! ```

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::event::{Contact, Group};
use origem_domain::time::Timestamp;

use super::jid::Jid;
use super::names::Loose as _;
use super::session::Session;
use crate::json::Node;
use crate::time::At;

/// The label of one message.
pub(super) struct Head<'d, 'a> {
    pub(super) chat: Jid,
    pub(super) from_me: bool,
    pub(super) id: Option<String>,
    told: Option<Node<'d, 'a>>,
    contact: Option<Contact>,
}

/// Other addresses of who wrote, in one-to-one chats and in groups. The last one, `sender`, is not to be trusted beside a
/// Baileys `key`: there servers put our own number.
const WRITER: [&str; 8] = [
    "senderpn",
    "senderlid",
    "senderalt",
    "participant",
    "participantpn",
    "participantlid",
    "participantalt",
    "sender",
];
/// Other addresses of the customer a message of ours went to.
const READER: [&str; 4] = ["remotejidalt", "recipientalt", "recipientpn", "recipientlid"];

impl<'d, 'a> Head<'d, 'a> {
    /// Reads the label of `item`. `None` if it has none.
    pub(super) fn of(item: Node<'d, 'a>, session: &Session) -> Option<Self> {
        let label = item.any(&["key", "info"]).filter(|label| label.is_object());
        let nodes = || label.into_iter().chain([item]);
        let word = |names: &[&str]| nodes().find_map(|node| node.any_word(names));
        let chat = Jid::parse(&word(&["remotejid", "chatid", "chat"])?);
        let from_me = nodes()
            .find_map(|node| node.any_flag(&["fromme", "isfromme"]))
            .unwrap_or(false);
        let id = match label {
            Some(label) => label.any_word(&["id"]),
            None => item
                .any_word(&["keyid", "messageid"])
                .or_else(|| Some(after_owner(&item.any_word(&["id"])?))),
        };
        let writer = if item.any(&["key"]).is_some() {
            &WRITER[..7]
        } else {
            &WRITER
        };
        let names: [&[&str]; 2] = match (&chat, from_me) {
            (Jid::Group(_), true) => [&[], &[]],
            (_, true) => [&READER, &[]],
            (Jid::Group(_), false) => [writer, &[]],
            (_, false) => [writer, &READER[..1]],
        };
        let others = names.iter().flat_map(|names| names.iter());
        let others = others.flat_map(|name| nodes().filter_map(|node| node.any_word(&[name])));
        let ours = session.own.as_ref().map(|own| Alias::new(AliasKind::Phone, own));
        let others = others
            .filter_map(|text| Jid::parse(&text).alias())
            .filter(|alias| Some(alias) != ours.as_ref());
        let mut aliases: Vec<Alias> = chat.alias().into_iter().chain(others).collect();
        aliases.sort();
        aliases.dedup();
        let name = word(&["pushname", "sendername", "notifyname"]).filter(|_| !from_me);
        let contact = (!aliases.is_empty()).then_some(Contact {
            aliases,
            name,
            ..Contact::default()
        });
        let told = nodes()
            .chain(item.any(&["update"]))
            .find_map(|node| node.any(&["messagetimestamp", "timestamp"]));
        Some(Self {
            chat,
            from_me,
            id,
            told,
            contact,
        })
    }

    /// Status updates and newsletters are no conversations.
    pub(super) fn is_noise(&self) -> bool {
        self.chat == Jid::Noise
    }

    pub(super) fn contact(&self) -> Option<Contact> {
        self.contact.clone()
    }

    pub(super) fn group(&self) -> Option<Group> {
        match &self.chat {
            Jid::Group(id) => Some(Group { id: id.clone() }),
            _ => None,
        }
    }

    /// When the message was sent.
    pub(super) fn at(&self, received_at: Timestamp) -> At {
        match self.told.and_then(long) {
            Some(number) => At::of_text(&number.to_string(), received_at),
            None => At::of(self.told, received_at),
        }
    }

    /// The same, for reports that need not tell it.
    pub(super) fn at_or_received(&self, received_at: Timestamp) -> At {
        if self.told.is_none() {
            At::received(received_at)
        } else {
            self.at(received_at)
        }
    }
}

/// The number of a `Long` object `{low, high, unsigned}`: JavaScript has no 64-bit integers.
fn long(node: Node<'_, '_>) -> Option<i64> {
    let part = |name: &str| node.any_word(&[name])?.parse::<i64>().ok();
    let low = part("low")?;
    let high = part("high").unwrap_or(0);
    let is_half = (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&high);
    is_half.then_some((high << 32) | (low & 0xFFFF_FFFF))
}

/// uazapi writes `<our number>:<id>`.
fn after_owner(id: &str) -> String {
    id.split_once(':').map_or(id, |(_, id)| id).to_owned()
}
