//! Protobuf and JSON say the same of everything that a story leaves behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::position::Partition;
use origem_domain::time::Timestamp;
use origem_engine::query::{AnomalyFilter, Filter, ThreadQuery};
use origem_engine::{Cause, Delivery, Engine, Options, Readiness, Source};
use origem_log::MemoryLog;
use origem_testkit::SECRET;
use origem_views::rows::MemoryStore;
use origem_wire::{json, proto};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde::Serialize;
use serde_json::Value;

/// An ad, a click, a hashtag, a campaign, answers, commands, an edit, and something senseless.
const STORY: &str = r##"
{"kind":"message_received","message":{"id":"m1","text":"Quero saber mais"},"referral":{"source_type":"ad","source_id":"1202","source_url":"https://www.instagram.com/p/A/","ctwa_clid":"Afe_x","headline":"Plano anual","image_url":"https://cdn.example/i.jpg"},"occurred_at":"2026-09-26T10:00:00.250Z"}
{"kind":"message_sent","message":{"id":"m2","text":"Oi!"},"via":"web","agent":"ana","occurred_at":"2026-09-26T10:01:00Z"}
{"kind":"ticket_claimed","ticket":{},"agent":"ana","revision":1,"via":"web","occurred_at":"2026-09-26T10:02:00Z"}
{"kind":"contact_edited","ticket":{},"agent":"ana","contact_edit":{"name":"Rita T.","email":"rita@mail.example"},"occurred_at":"2026-09-26T10:03:00Z"}
{"kind":"stage_set","ticket":{"stage":"proposal"},"agent":"ana","occurred_at":"2026-09-26T10:04:00Z"}
{"kind":"lead_linked","ticket":{"lead":"lead-9"},"agent":"ana","occurred_at":"2026-09-26T10:05:00Z"}
{"kind":"outreach_requested","ticket":{"team":"sales"},"agent":"ana","outreach":{"template":"oferta.pt_BR","variables":{"1":"Rita"},"offer":{"way":"marketing","template":{"name":"oferta","language":"pt_BR","category":"marketing"},"charge":"rate","price":0.35,"currency":"BRL","until":"2026-10-01T03:00:00Z"}},"occurred_at":"2026-09-26T10:05:30Z"}
{"kind":"ticket_finished","ticket":{"classification":"sale","value":1250.5,"currency":"BRL"},"agent":"ana","occurred_at":"2026-09-26T10:06:00Z"}
{"kind":"link_clicked","click":{"id":"c1","code":"2ABC9U","link":"promo","utm":{"source":"mail"},"click_ids":{"gclid":"Cj0"}},"contact":null,"occurred_at":"2026-09-28T09:59:00Z"}
{"kind":"message_received","message":{"id":"m3","text":"#Promo agora [2ABC9U]"},"occurred_at":"2026-09-28T10:00:00Z"}
{"kind":"message_edited","edit":{"message_id":"m3","text":"#Promo agora mesmo"},"occurred_at":"2026-09-28T10:01:00Z"}
{"kind":"message_received","message":{"id":"m4","text":"esquece"},"occurred_at":"2026-09-28T10:02:00Z"}
{"kind":"message_revoked","revoke":{"message_id":"m4"},"occurred_at":"2026-09-28T10:03:00Z"}
{"kind":"message_reaction","reaction":{"message_id":"m2","emoji":"👍"},"occurred_at":"2026-09-28T10:04:00Z"}
{"kind":"stage_set","ticket":{"stage":"lost"},"agent":"ana","revision":99,"occurred_at":"2026-09-28T10:05:00Z"}
{"kind":"message_sent","message":{"id":"m5","type":"template"},"via":"campaign","campaign_id":"c-1","occurred_at":"2026-10-05T10:00:00Z"}
{"kind":"message_received","message":{"id":"m6","text":"sim","reply_to":"m5"},"occurred_at":"2026-10-05T10:05:00Z"}
{"kind":"message_sent","message":{"id":"m7","text":"Oi de novo"},"via":"web","agent":"ana","occurred_at":"2026-10-08T10:00:00Z"}
{"kind":"message_received","message":{"id":"m8","text":"oi"},"occurred_at":"2026-10-08T10:01:00Z"}
{"kind":"who knows"}
"##;

/// The line with the channel and the contact that it does not name itself.
fn told(line: &str) -> String {
    let mut value: Value = serde_json::from_str(line).unwrap();
    let others: Value = serde_json::from_str(
        r#"{"channel":{"kind":"whatsapp","id":"200000000000002"},
            "contact":{"aliases":[{"kind":"bsuid","value":"BR.1000000000000001"},{"kind":"phone","value":"5511955550101"}],
                       "name":"Rita Teste","username":"rita.teste"}}"#,
    )
    .unwrap();
    let members = value.as_object_mut().unwrap();
    for (name, value) in others.as_object().unwrap() {
        members.entry(name).or_insert_with(|| value.clone());
    }
    value.to_string()
}

/// An engine that was told the story.
fn engine() -> Arc<Engine> {
    let log = Arc::new(MemoryLog::default());
    let engine = Engine::start(log, Arc::new(MemoryStore::default()), SECRET, Options::default());
    let engine = Arc::new(engine.unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bodies: Vec<String> = STORY.lines().filter(|line| !line.is_empty()).map(told).collect();
        let deliveries = bodies.iter().map(|body| Delivery {
            source: Source::Event,
            body: body.as_bytes(),
            received_at: Timestamp::parse("2026-11-22T12:00:00Z").unwrap(),
            account: "default",
        });
        let accepted = engine.accept_all(deliveries).await.unwrap();
        let patience = Duration::from_secs(30);
        engine.wait(&accepted.positions(), patience).await.unwrap();
    });
    engine
}

/// The facts of a message, under the names of its schema.
fn facts_of(name: &str, message: &impl Message) -> Value {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
    let descriptor = pool.get_message_by_name(&format!("origem.api.v1.{name}")).unwrap();
    let message = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).unwrap();
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .stringify_64_bit_integers(false);
    let value = message.serialize_with_options(serde_json::value::Serializer, &options);
    facts(value.unwrap())
}

/// Without what says nothing, which protobuf leaves out and JSON need not; amounts in millionths.
#[allow(clippy::cast_possible_truncation)]
fn facts(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members
                .into_iter()
                .map(|(name, value)| match (name.as_str(), value.as_f64()) {
                    ("value" | "price", Some(units)) => {
                        (format!("{name}_micros"), Value::from((units * 1e6).round() as i64))
                    }
                    _ => (name, facts(value)),
                });
            Value::Object(members.filter(|(_, value)| !says_nothing(value)).collect())
        }
        Value::Array(items) => items.into_iter().map(facts).collect(),
        other => other,
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(_) => false,
    }
}

/// The message made from a shape says what the shape says, which is told.
#[track_caller]
fn check<J: Serialize, P: Message + From<J>>(name: &str, shape: J) -> String {
    let said = facts(serde_json::to_value(&shape).unwrap());
    assert_eq!(facts_of(name, &P::from(shape)), said, "{name}");
    said.to_string()
}

#[test]
fn protobuf_says_what_json_says() {
    let engine = engine();
    let id = engine.find("+55 11 95555-0101", None).unwrap();
    let (conversation, timeline) = (engine.conversation(id).unwrap(), engine.timeline(id).unwrap());
    let shape = json::Conversation::of(&conversation, Some(&timeline));
    let mut said = check::<_, proto::Conversation>("Conversation", shape);
    for touch in &timeline {
        said += &check::<_, proto::Touch>("Touch", json::Touch::of(touch));
    }
    for ticket in &engine.tickets(id).unwrap() {
        said += &check::<_, proto::Ticket>("Ticket", json::Ticket::of(ticket));
    }
    let whole = ThreadQuery {
        limit: 100,
        ..ThreadQuery::default()
    };
    for row in &engine.thread(id, &whole).unwrap().rows {
        said += &check::<_, proto::ThreadRow>("ThreadRow", json::ThreadRow::of(row));
    }
    let filter = Filter {
        account: "default".to_owned(),
        ..Filter::default()
    };
    let page = engine.conversations(&filter, None, 1).unwrap();
    said += &check::<_, proto::ListConversationsResponse>("ListConversationsResponse", json::Conversations::of(&page));
    for anomaly in &engine.anomalies(&AnomalyFilter::default(), None, 10).unwrap().items {
        said += &check::<_, proto::Anomaly>("Anomaly", json::Anomaly::of(anomaly));
    }
    let readiness = Readiness {
        cause: Some(Cause::LAGGING),
        partition: Some(Partition(0)),
        ..engine.readiness(Instant::now())
    };
    let now = Timestamp::parse("2026-11-22T12:00:30Z").unwrap();
    said += &check::<_, proto::Status>("Status", json::Status::of(&readiness, Some("no_space"), now));
    // Otherwise nothing would have been compared with nothing.
    for member in [
        "account",
        "ad",
        "advice",
        "also",
        "assignee",
        "campaign",
        "cause",
        "classification",
        "click",
        "click_ids",
        "closed_at",
        "closed_by",
        "counts",
        "ctwa_clid",
        "currency",
        "detail",
        "direction",
        "edited",
        "email",
        "entry",
        "first_response_at",
        "last_message_at",
        "lead",
        "log",
        "message",
        "message_id",
        "next",
        "origins",
        "phone",
        "platform",
        "platform_confidence",
        "reason",
        "received_at",
        "revoked",
        "stage",
        "ticket_id",
        "touch",
        "unread",
        "username",
        "utm",
        "value_micros",
        "via",
        "voided",
    ] {
        assert!(said.contains(&format!("\"{member}\":")), "no {member} was compared");
    }
    engine.stop().unwrap();
}
