//! The schemas of JSON values, from the types that are written.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::value::json::{ConversationValue, QueueValue, TouchesValue, WindowsValue};

/// All schemas of the document, by name.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    add::<ConversationValue>(&mut schemas);
    add::<TouchesValue>(&mut schemas);
    add::<WindowsValue>(&mut schemas);
    add::<QueueValue>(&mut schemas);
    schemas.insert("Event".to_owned(), event());
    schemas
}

/// A type, and all that it refers to.
fn add<T: ToSchema + PartialSchema>(schemas: &mut Map<String, Value>) {
    let mut referred = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut referred);
    for (name, schema) in referred {
        // Cannot fail: it is a tree of maps with texts as keys.
        schemas.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
}

/// A channel event: what every kind has. What a kind carries besides is told in docs/formats/events.md.
fn event() -> Value {
    json!({
        "type": "object",
        "description": "A channel event; what each kind carries is told in docs/formats/events.md.",
        "required": ["kind", "channel", "occurred_at"],
        "properties": {
            "kind": {"type": "string", "examples": ["message_received"]},
            "account": {"type": "string", "description": "The tenant; `default` if left out."},
            "channel": {
                "type": "object",
                "required": ["kind", "id"],
                "properties": {
                    "kind": {"type": "string", "enum": ["whatsapp", "instagram", "messenger", "webchat"]},
                    "id": {"type": "string"},
                },
            },
            "contact": {
                "type": "object",
                "properties": {
                    "aliases": {"type": "array", "items": {
                        "type": "object",
                        "required": ["kind", "value"],
                        "properties": {"kind": {"type": "string"}, "value": {"type": "string"}},
                    }},
                    "name": {"type": "string"},
                    "username": {"type": "string"},
                },
            },
            "occurred_at": {"type": "string", "format": "date-time"},
            "dedup_key": {"type": "string", "description": "Equal for two deliveries of the same fact; made from the event if left out."},
        },
    })
}
