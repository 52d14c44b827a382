//! The description of all topics for producers and for whoever is downstream: AsyncAPI 3.0, made from the same types that are
//! written. Source: asyncapi.com/docs/reference/specification/v3.0.0.
//!
//! Schemas of JSON are those of the types themselves; messages of protobuf are named, with the file they stand in.

mod schemas;
#[cfg(test)]
mod tests;

use origem_log::Projected;
use serde_json::{Map, Value, json};

use crate::headers::type_of;
use schemas::schemas;

/// The names of the topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses<'a> {
    /// Where producers write.
    pub inbound: &'a str,
    /// The event log.
    pub events: &'a str,
    /// Conversations.
    pub conversations: &'a str,
    /// Touches.
    pub touches: &'a str,
    /// Session windows.
    pub windows: &'a str,
    /// The queue.
    pub queue: &'a str,
}

/// A topic with its messages.
struct Topic<'a> {
    /// What it is called in the document.
    name: &'static str,
    address: &'a str,
    title: &'static str,
    description: &'static str,
    compacted: bool,
    /// `receive` or `send`, from our side.
    action: &'static str,
    messages: Vec<Message>,
}

/// A message of a topic.
struct Message {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    content_type: Option<&'static str>,
    key: Value,
    headers: Value,
    payload: Value,
}

/// The document.
#[must_use]
pub fn document(addresses: Addresses<'_>) -> Value {
    let topics = topics(addresses);
    let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    for topic in topics {
        let name = topic.name;
        let of_channel = topic
            .messages
            .iter()
            .map(|message| (message.name.to_owned(), reference("messages", message.name)));
        channels.insert(name.to_owned(), channel(&topic, of_channel.collect()));
        let shown = format!("{}{}{}", topic.action, &name[..1].to_uppercase(), &name[1..]);
        let operation = json!({
            "action": topic.action,
            "channel": {"$ref": format!("#/channels/{name}")},
            "summary": topic.title,
            "messages": topic.messages.iter().map(|message| json!({"$ref": format!("#/channels/{name}/messages/{}", message.name)})).collect::<Value>(),
        });
        operations.insert(shown, operation);
        for message in topic.messages {
            messages.insert(message.name.to_owned(), message.described());
        }
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Origem topics",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Where customers came from, proved from recorded events: what producers publish, and what whoever is \
                            downstream reads. Operations are from Origem's side. Attributes of CloudEvents are headers (binary \
                            mode). Readers must ignore what they do not know.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas()},
    })
}

fn topics(addresses: Addresses<'_>) -> [Topic<'_>; 6] {
    let projected = |topic, name, address, title, description| Topic {
        name,
        address,
        title,
        description,
        compacted: true,
        action: "send",
        messages: values(topic),
    };
    [
        Topic {
            name: "inbound",
            address: addresses.inbound,
            title: "What producers publish",
            description: "Raw webhooks of any provider, or channel events. Any key. What is not understood is kept, not refused.",
            compacted: false,
            action: "receive",
            messages: vec![
                Message {
                    name: "webhook",
                    title: "A raw webhook",
                    description: "The body as the provider sent it, byte for byte.",
                    content_type: None,
                    key: json!({}),
                    headers: json!({"type": "object"}),
                    payload: json!({}),
                },
                Message {
                    name: "channelEvent",
                    title: "A channel event as JSON",
                    description: "As `POST /v1/events` takes it.",
                    content_type: Some("application/json"),
                    key: json!({}),
                    headers: json!({"type": "object"}),
                    payload: reference("schemas", "Event"),
                },
                Message {
                    name: "channelEventProtobuf",
                    title: "A channel event as protobuf",
                    description: "The same, as protobuf.",
                    content_type: Some("application/protobuf"),
                    key: json!({}),
                    headers: json!({"type": "object"}),
                    payload: protobuf("origem/api/v1/event.proto", "origem.api.v1.Event"),
                },
            ],
        },
        Topic {
            name: "events",
            address: addresses.events,
            title: "The event log",
            description: "Every event, with the bytes it was read from. For Origem itself; whoever is downstream reads the \
                          projected topics.",
            compacted: false,
            action: "send",
            messages: vec![Message {
                name: "record",
                title: "A record of the log",
                description: "One event, in two parts, the second of which may be sealed or gone.",
                content_type: Some("application/protobuf"),
                key: json!({"type": "string", "description": "The channel: `<account>/<kind>:<id>`."}),
                headers: json!({"type": "object"}),
                payload: protobuf("origem/v1/record.proto", "origem.v1.Record"),
            }],
        },
        projected(
            Projected::Conversations,
            "conversations",
            addresses.conversations,
            "Conversations as they are",
            "What `GET /v1/conversations/{id}` answers, for every conversation. Compacted: the last value of a key counts, none \
             means that the conversation is gone.",
        ),
        projected(
            Projected::Touches,
            "touches",
            addresses.touches,
            "Origins of conversations",
            "All touches of every conversation, in order of time. Compacted: the last value of a key counts, none means that the \
             conversation is gone.",
        ),
        projected(
            Projected::Windows,
            "windows",
            addresses.windows,
            "Session windows",
            "What the events of every conversation opened and closed. Compacted: the last value of a key counts, none means that \
             there are no windows. That one ends is time passing and tells nothing here: compare `closes_at` with your clock.",
        ),
        projected(
            Projected::Queue,
            "queue",
            addresses.queue,
            "The queue",
            "Where every conversation with a ticket stands. Compacted: the last value of a key counts, none means that it has no \
             place in the queue.",
        ),
    ]
}

/// The messages of a projected topic: a value in either format, and its removal.
fn values(topic: Projected) -> Vec<Message> {
    let (names, title, schema, message, file) = match topic {
        Projected::Conversations => (
            ["conversation", "conversationProtobuf", "conversationRemoved"],
            "A conversation",
            "ConversationValue",
            "origem.api.v1.Conversation",
            "origem/api/v1/conversation.proto",
        ),
        Projected::Touches => (
            ["touches", "touchesProtobuf", "touchesRemoved"],
            "The touches of a conversation",
            "TouchesValue",
            "origem.api.v1.TouchesValue",
            "origem/api/v1/topics.proto",
        ),
        Projected::Windows => (
            ["windows", "windowsProtobuf", "windowsRemoved"],
            "The session windows of a conversation",
            "WindowsValue",
            "origem.api.v1.WindowsValue",
            "origem/api/v1/topics.proto",
        ),
        Projected::Queue => (
            ["queueEntry", "queueEntryProtobuf", "queueEntryRemoved"],
            "The place of a conversation in the queue",
            "QueueValue",
            "origem.api.v1.QueueValue",
            "origem/api/v1/topics.proto",
        ),
    };
    let key = json!({"type": "string", "description": "The conversation.", "examples": ["cv_00000000000000ab"]});
    let value = |name, description, content_type, payload| Message {
        name,
        title,
        description,
        content_type: Some(content_type),
        key: key.clone(),
        headers: headers(topic, Some(content_type)),
        payload,
    };
    vec![
        value(
            names[0],
            "As JSON, where `kafka.publish` says so.",
            "application/json",
            reference("schemas", schema),
        ),
        value(
            names[1],
            "As protobuf: what is published with the log on Kafka, unless configured otherwise.",
            "application/protobuf",
            protobuf(file, message),
        ),
        Message {
            name: names[2],
            title,
            description: "There is no value any more.",
            content_type: None,
            key: key.clone(),
            headers: headers(topic, None),
            payload: json!({"type": "null"}),
        },
    ]
}

/// The headers of a value, or of a removal if it has no content type.
fn headers(topic: Projected, content_type: Option<&str>) -> Value {
    let mut properties = json!({
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_type": {"type": "string", "const": type_of(topic)},
        "ce_source": {"type": "string", "description": "Who says it."},
        "ce_id": {"type": "string", "description": "The same for the same value at the same version, however often it is published."},
        "ce_subject": {"type": "string", "description": "The conversation."},
        "ce_origemposition": {"type": "string", "pattern": "^[0-9]+:[0-9]+$", "description": "The version; grows for a key, and never goes back."},
    });
    let mut required = vec![
        "ce_specversion",
        "ce_type",
        "ce_source",
        "ce_id",
        "ce_subject",
        "ce_origemposition",
    ];
    if let Some(content_type) = content_type {
        properties["content-type"] = json!({"type": "string", "const": content_type});
        properties["ce_origemdigest"] = json!({"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "Equal where only the version differs."});
        properties["ce_origemtruncated"] = json!({"type": "string", "const": "true", "description": "The oldest touches were left out, because the value would be too large."});
        required.extend(["content-type", "ce_origemdigest"]);
    }
    json!({"type": "object", "properties": properties, "required": required})
}

fn channel(topic: &Topic<'_>, messages: Map<String, Value>) -> Value {
    let policy = if topic.compacted { "compact" } else { "delete" };
    json!({
        "address": topic.address,
        "title": topic.title,
        "description": topic.description,
        "messages": messages,
        "bindings": {"kafka": {
            "topic": topic.address,
            "topicConfiguration": {"cleanup.policy": [policy]},
            "bindingVersion": "0.5.0",
        }},
    })
}

impl Message {
    fn described(self) -> Value {
        let mut message = json!({
            "name": self.name,
            "title": self.title,
            "summary": self.description,
            "headers": self.headers,
            "payload": self.payload,
            "bindings": {"kafka": {"key": self.key, "bindingVersion": "0.5.0"}},
        });
        if let Some(content_type) = self.content_type {
            message["contentType"] = json!(content_type);
        }
        message
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

/// A message of a `.proto` file under `proto/`.
fn protobuf(file: &str, message: &str) -> Value {
    json!({
        "schemaFormat": "application/vnd.google.protobuf;version=3",
        "schema": {"file": file, "message": message},
    })
}
