//! The document is whole, and what is really written fits it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use origem_log::{MemoryTopics, Projected};
use origem_testkit::samples::{KINDS, sample};
use serde_json::{Value, json};

use super::{Addresses, document};
use crate::tests::following::{follower, settle};
use crate::tests::views::Views;
use crate::{Format, Options};

fn ours() -> Value {
    document(Addresses {
        inbound: "origem.inbound.v1",
        events: "origem.events.v1",
        conversations: "origem.conversations.v1",
        touches: "origem.touches.v1",
        windows: "origem.windows.v1",
        queue: "origem.queue.v1",
    })
}

/// Every object in a value, itself included.
fn objects<'a>(value: &'a Value, found: &mut Vec<&'a serde_json::Map<String, Value>>) {
    match value {
        Value::Object(fields) => {
            found.push(fields);
            fields.values().for_each(|value| objects(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| objects(value, found)),
        _ => {}
    }
}

/// What a schema says, with all it refers to.
struct Schemas {
    document: Value,
}

impl Schemas {
    fn at(&self, reference: &str) -> &Value {
        let pointer = reference
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{reference} leads out of the document"));
        self.document
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    /// What does not fit. `strict`: also what the schema does not know.
    fn check(&self, schema: &Value, value: &Value, place: &str, strict: bool) -> Vec<String> {
        let mut wrong = self.parts(schema, value, place, strict);
        if let (true, Value::Object(fields)) = (strict, value) {
            let mut known = BTreeSet::new();
            let open = self.names(schema, &mut known);
            let unknown = fields.keys().filter(|name| !open && !known.contains(name.as_str()));
            wrong.extend(unknown.map(|name| format!("{place}.{name} is unknown")));
        }
        wrong
    }

    fn parts(&self, schema: &Value, value: &Value, place: &str, strict: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        for (word, said) in schema.as_object().into_iter().flatten() {
            match word.as_str() {
                "$ref" => wrong.extend(self.parts(self.at(said.as_str().unwrap()), value, place, strict)),
                "allOf" => said
                    .as_array()
                    .unwrap()
                    .iter()
                    .for_each(|part| wrong.extend(self.parts(part, value, place, strict))),
                "oneOf" | "anyOf" => {
                    let fits = |part: &&Value| self.check(part, value, place, strict).is_empty();
                    if !said.as_array().unwrap().iter().any(|part| fits(&part)) {
                        wrong.push(format!("{place} fits nothing of {said}"));
                    }
                }
                "type" if !is_of(said, value) => wrong.push(format!("{place} is {value}, not {said}")),
                "const" if said != value => wrong.push(format!("{place} is {value}, not {said}")),
                "enum" if !said.as_array().unwrap().contains(value) => {
                    wrong.push(format!("{place} is {value}, none of {said}"))
                }
                "required" => {
                    let missing = said
                        .as_array()
                        .unwrap()
                        .iter()
                        .filter(|name| value.get(name.as_str().unwrap()).is_none());
                    wrong.extend(missing.map(|name| format!("{place} has no {name}")));
                }
                "properties" => {
                    for (name, schema) in said.as_object().unwrap() {
                        if let Some(value) = value.get(name) {
                            wrong.extend(self.check(schema, value, &format!("{place}.{name}"), strict));
                        }
                    }
                }
                "items" => {
                    for value in value.as_array().into_iter().flatten() {
                        wrong.extend(self.check(said, value, &format!("{place}[]"), strict));
                    }
                }
                _ => {}
            }
        }
        wrong
    }

    /// The properties a schema knows; whether it takes others.
    fn names<'a>(&'a self, schema: &'a Value, known: &mut BTreeSet<&'a str>) -> bool {
        let mut open = schema.get("additionalProperties").is_some();
        for (word, said) in schema.as_object().into_iter().flatten() {
            match word.as_str() {
                "$ref" => open |= self.names(self.at(said.as_str().unwrap()), known),
                "allOf" | "oneOf" | "anyOf" => said
                    .as_array()
                    .unwrap()
                    .iter()
                    .for_each(|part| open |= self.names(part, known)),
                "properties" => known.extend(said.as_object().unwrap().keys().map(String::as_str)),
                _ => {}
            }
        }
        open
    }
}

fn is_of(types: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("no such type: {other}"),
    };
    match types {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        other => panic!("no type: {other}"),
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_file_has_its_message() {
    let schemas = Schemas { document: ours() };
    let mut found = Vec::new();
    objects(&schemas.document, &mut found);
    let references: Vec<_> = found.iter().filter_map(|fields| fields.get("$ref")?.as_str()).collect();
    assert!(references.len() > 30, "{references:?}");
    for reference in references {
        schemas.at(reference);
    }

    let files: Vec<_> = found
        .iter()
        .filter(|fields| fields.contains_key("schemaFormat"))
        .collect();
    assert_eq!(files.len(), 6);
    for file in files {
        let (path, message) = (
            file["schema"]["file"].as_str().unwrap(),
            file["schema"]["message"].as_str().unwrap(),
        );
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto").join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        let (package, message) = message.rsplit_once('.').unwrap();
        assert!(text.contains(&format!("\npackage {package};\n")), "{package}");
        assert!(text.contains(&format!("\nmessage {message} {{\n")), "{message}");
    }
}

#[test]
fn every_topic_has_a_channel_and_one_operation_from_our_side() {
    let document = ours();
    for (channel, address, operation, action) in [
        ("inbound", "origem.inbound.v1", "receiveInbound", "receive"),
        ("events", "origem.events.v1", "sendEvents", "send"),
        ("conversations", "origem.conversations.v1", "sendConversations", "send"),
        ("touches", "origem.touches.v1", "sendTouches", "send"),
        ("windows", "origem.windows.v1", "sendWindows", "send"),
        ("queue", "origem.queue.v1", "sendQueue", "send"),
    ] {
        assert_eq!(document["channels"][channel]["address"], address);
        let operation = &document["operations"][operation];
        assert_eq!(operation["action"], action, "{channel}");
        assert_eq!(operation["channel"]["$ref"], format!("#/channels/{channel}"));
        let messages = document["channels"][channel]["messages"].as_object().unwrap();
        assert_eq!(operation["messages"].as_array().unwrap().len(), messages.len());
    }
    assert_eq!(document["channels"].as_object().unwrap().len(), 6);
    assert_eq!(document["operations"].as_object().unwrap().len(), 6);
    assert_eq!(document["asyncapi"], "3.0.0");
}

/// Everything a value can have.
const RICH: &str =
    "1.10:00 b1,p1 in m1 ad=A clid=x name=Rita username=rita; 1.10:01 p1 claim agent=ana to=ana team=sales
    1.10:02 p1 out m2 via=web agent=ana; 1.10:03 p1 stage agent=ana stage=won; 1.10:04 p1 lead agent=ana lead=l1
    1.10:05 p1 finish agent=ana; 3.10:00 - click code=7 link=promo m3; 3.10:01 p1 in m4 code=7 tag=promo
    5.10:00 p2 in m5 tag=promo; 6.10:00 p3 out m6 campaign=c1; 6.11:00 p3 in m7 quote=m6; 7.10:00 p4 history m8
    8.10:00 p3,p4 in m9; 9.10:00 p5 comment m10 post=P; 9.10:01 p5 in m12";

#[test]
fn what_is_published_fits_its_message() {
    let schemas = Schemas { document: ours() };
    for (format, names) in [
        (Format::Json, ["conversation", "touches", "windows", "queueEntry"]),
        (
            Format::Protobuf,
            [
                "conversationProtobuf",
                "touchesProtobuf",
                "windowsProtobuf",
                "queueEntryProtobuf",
            ],
        ),
    ] {
        let (views, topics) = (Arc::new(Views::of(RICH)), MemoryTopics::new(4_000));
        let options = Options {
            format,
            ..Options::default()
        };
        let mut follower = follower(&views, &topics, options);
        settle(&mut follower);
        views.take_in("9.11:00 p2,p5 in m11");
        settle(&mut follower);
        let mut seen = BTreeSet::new();
        for record in topics.records() {
            let name = names[record.topic as usize];
            let removed = [
                "conversationRemoved",
                "touchesRemoved",
                "windowsRemoved",
                "queueEntryRemoved",
            ][record.topic as usize];
            let name = if record.value.is_some() { name } else { removed };
            seen.insert(name);
            let message = &schemas.document["components"]["messages"][name];
            let headers = record
                .headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect::<Value>();
            assert_eq!(schemas.check(&message["headers"], &headers, "headers", true), [""; 0]);
            if format == Format::Json {
                let value = record
                    .value
                    .map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap());
                assert_eq!(
                    schemas.check(&message["payload"], &value, name, true),
                    [""; 0],
                    "{value:#}"
                );
            }
        }
        assert_eq!(seen.len(), 8, "{seen:?}");
    }
}

#[test]
fn events_of_every_kind_fit_theirs() {
    let schemas = Schemas { document: ours() };
    for kind in KINDS {
        let event = serde_json::to_value(sample(kind)).unwrap();
        let schema = schemas.at("#/components/schemas/Event");
        assert_eq!(schemas.check(schema, &event, "event", false), [""; 0], "{event}");
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let schemas = Schemas { document: ours() };
    let check = |change: &dyn Fn(&mut Value), expected: &str| {
        let views = Views::of("1.10:00 p1 in m1 ad=A");
        let mut value = views.expected(Projected::Touches).into_values().next().unwrap();
        value["position"] = json!("0:1");
        change(&mut value);
        let wrong = schemas.check(schemas.at("#/components/schemas/TouchesValue"), &value, "", true);
        assert_eq!(wrong.join("; "), expected);
    };
    check(&|_| {}, "");
    check(
        &|value| value["touches_count"] = json!("1"),
        ".touches_count is \"1\", not \"integer\"",
    );
    check(
        &|value| drop(value.as_object_mut().unwrap().remove("position")),
        " has no \"position\"",
    );
    check(&|value| value["new"] = json!(1), ".new is unknown");
    check(
        &|value| value["touches"][0]["rule"] = json!(null),
        ".touches[].rule is null, not \"string\"",
    );
}
