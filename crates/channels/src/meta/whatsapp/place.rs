//! Where an item stands in a delivery: its channel, the contacts beside it, and the envelope it needs to be read again.

use std::fmt::Write as _;

use origem_domain::event::{Body, Channel, ChannelKind, Contact, Event};

use super::identity::Person;
use crate::Delivery;
use crate::json::Node;
use crate::output::{self, Envelope, UNKNOWN_CHANNEL};
use crate::time::At;

/// What a change stands in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Level<'d, 'a> {
    /// The delivery has no entries: it is the change, or its value.
    Root,
    /// The entry has no changes: it is the change.
    Entry(Node<'d, 'a>),
    /// An element of `changes` of this entry.
    Change(Node<'d, 'a>),
}

impl<'d, 'a> Level<'d, 'a> {
    pub(super) const fn entry(self) -> Option<Node<'d, 'a>> {
        match self {
            Self::Root => None,
            Self::Entry(entry) | Self::Change(entry) => Some(entry),
        }
    }

    /// The envelope of the change.
    pub(super) fn around(self) -> Envelope {
        match self {
            Self::Root => Envelope::default(),
            Self::Entry(_) => entries(),
            Self::Change(entry) => changes(Some(entry)),
        }
    }
}

fn entries() -> Envelope {
    Envelope::default().nest(r#"{"object":"whatsapp_business_account","entry":["#, "]}")
}

fn changes(entry: Option<Node<'_, '_>>) -> Envelope {
    let mut before = "{".to_owned();
    for key in ["id", "time", "field"] {
        if let Some(node) = entry.and_then(|entry| entry.get(key)) {
            let _ = write!(before, r#""{key}":{},"#, node.raw());
        }
    }
    entries().nest(&before, "}").nest(r#""changes":["#, "]")
}

/// The channel of a change: the phone number id of its value, else its number, else the business account.
pub(super) fn channel(level: Level<'_, '_>, value: Option<Node<'_, '_>>) -> Channel {
    let metadata = value.and_then(|value| value.get("metadata"));
    let id = metadata
        .and_then(|metadata| {
            metadata
                .word("phone_number_id")
                .or_else(|| metadata.digits("display_phone_number"))
        })
        .or_else(|| level.entry()?.word("id"))
        .unwrap_or_else(|| UNKNOWN_CHANNEL.to_owned());
    Channel {
        kind: ChannelKind::Whatsapp,
        id,
    }
}

/// One value and what stands around it.
#[derive(Debug)]
pub(super) struct Place<'d, 'a> {
    pub(super) delivery: Delivery<'a>,
    pub(super) level: Level<'d, 'a>,
    pub(super) value: Node<'d, 'a>,
    pub(super) field: &'d str,
    pub(super) channel: Channel,
    /// The contact of a value that holds one item and one contact: they belong together, whatever ids they name.
    only_contact: Option<Node<'d, 'a>>,
}

impl<'d, 'a> Place<'d, 'a> {
    pub(super) fn new(delivery: Delivery<'a>, level: Level<'d, 'a>, value: Node<'d, 'a>, field: &'d str) -> Self {
        let mut contacts = value.list("contacts");
        let only_contact = contacts
            .next()
            .filter(|_| contacts.next().is_none() && items(value) == 1);
        Self {
            delivery,
            level,
            value,
            field,
            channel: channel(level, Some(value)),
            only_contact,
        }
    }

    /// An event of this place.
    pub(super) fn event(&self, at: At, contact: Option<Contact>, body: Body) -> Event {
        Event {
            contact,
            ..output::event(&self.delivery, self.channel.clone(), at, body)
        }
    }

    /// The time of an item.
    pub(super) fn at(&self, item: Node<'_, '_>) -> At {
        At::of(item.get("timestamp"), self.delivery.received_at)
    }

    /// The time of the account-level change.
    pub(super) fn entry_at(&self) -> At {
        let time = self.level.entry().and_then(|entry| entry.get("time"));
        At::of(time.or_else(|| self.value.get("timestamp")), self.delivery.received_at)
    }

    /// `person` with what the contact beside it tells more.
    pub(super) fn with_contact(&self, mut person: Person) -> Person {
        if let Some(contact) = self.contact_of(&person) {
            person.complete(&Person::of_contact(contact));
        }
        person
    }

    /// The element of `contacts` that is `person`: by business-scoped id, else by phone, else the only one beside the only
    /// item unless their ids exclude each other. Never by index.
    fn contact_of(&self, person: &Person) -> Option<Node<'d, 'a>> {
        let contacts = || self.value.list("contacts").map(|node| (node, Person::of_contact(node)));
        let by_id = contacts().find(|(_, contact)| contact.has_id_of(person));
        let by_phone = || contacts().find(|(_, contact)| contact.has_phone_of(person));
        let found = by_id.or_else(by_phone).map(|(node, _)| node);
        found.or_else(|| {
            self.only_contact
                .filter(|node| !Person::of_contact(*node).excludes(person))
        })
    }

    /// The envelope of an item of the list `key`, with the element of `contacts` that belongs to `contact`.
    pub(super) fn around_item(&self, key: &str, contact: Option<&Contact>) -> Envelope {
        let person = contact.map(Person::of_event).unwrap_or_default();
        let contact = match self.contact_of(&person) {
            Some(node) => format!(r#""contacts":[{}],"#, node.raw()),
            None => String::new(),
        };
        self.around_value().nest(&format!(r#"{contact}"{key}":["#), "]")
    }

    /// The envelope of the member `key` of the value.
    pub(super) fn around_member(&self, key: &str) -> Envelope {
        self.around_value().nest(&format!(r#""{key}":"#), "")
    }

    /// The envelope of members of the value: account, field and number.
    pub(super) fn around_value(&self) -> Envelope {
        let field = serde_json::to_string(self.field).unwrap_or_default();
        let metadata = match self.value.get("metadata") {
            Some(metadata) => format!(r#""metadata":{},"#, metadata.raw()),
            None => String::new(),
        };
        changes(self.level.entry()).nest(&format!(r#"{{"field":{field},"value":{{{metadata}"#), "}}")
    }
}

/// How many items the lists of a value hold together, errors aside: those beside an item belong to it.
pub(super) fn items(value: Node<'_, '_>) -> usize {
    let lists = value
        .children()
        .filter(|list| !["contacts", "errors"].contains(&list.key().as_ref()));
    lists.map(|list| list.items().count()).sum()
}

/// The value cannot become more than one event.
pub(super) fn holds_one(value: Node<'_, '_>) -> bool {
    const BESIDE: &[&str] = &["messaging_product", "metadata", "contacts"];
    let mut count = 0;
    for member in value.children() {
        count += match member.key().as_ref() {
            key if BESIDE.contains(&key) => 0,
            // Each chunk of it holds many.
            "history" => 2,
            _ if member.is_array() => member.items().count(),
            _ => 1,
        };
    }
    count <= 1
}
