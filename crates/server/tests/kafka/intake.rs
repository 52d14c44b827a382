//! Story: producers publish what they have to our topics, and it is as if it had been given to us directly.

use origem_testkit::build;
use origem_wire::proto;
use prost::Message as _;
use serde_json::{Value, json};

use crate::place::{Place, comes_to, is_ready};
use crate::process::eventually;
use crate::topic::{self, Publisher, Record};
use crate::world::{simulated, text, whatsapp};

/// A message as one of our own events.
fn event(from: &str, id: &str) -> proto::Event {
    proto::Event::of(&build::received(from, "2026-09-26T10:00:00Z", id, "oi"))
}

#[test]
fn webhooks_and_events_say_the_same_as_on_segments() {
    let Some(place) = Place::begin("webhooks_and_events_say_the_same_as_on_segments") else {
        return;
    };
    let place = place.init(6);
    let webhooks: Vec<String> = simulated(1_000, 5).lines().map(str::to_owned).collect();
    let events: Vec<proto::Event> = (0..40)
        .map(|number| event(&format!("55119{number:08}"), &format!("wamid.{number}")))
        .collect();
    let baileys = json!({
        "key": {"remoteJid": "5511955550188@s.whatsapp.net", "fromMe": false, "id": "3EB0A1"},
        "message": {"conversation": "oi"}, "messageTimestamp": 1_790_416_800, "pushName": "Rita Teste",
    })
    .to_string();

    let mut records: Vec<Record> = webhooks.iter().map(|delivery| Record::of(delivery.as_str())).collect();
    for (number, event) in events.iter().enumerate() {
        let (json, bytes) = (event.to_json(), event.encode_to_vec());
        records.push(match number % 5 {
            // Told by what it looks like, by our header, by its CloudEvents type, by its content type.
            0 => Record::of(json),
            1 => Record::of(json).header("origem-source", "event"),
            2 => Record::of(json)
                .header("ce_specversion", "1.0")
                .header("ce_type", "origem.event.message_received.v1"),
            3 => Record::of(bytes).header("content-type", "application/protobuf"),
            _ => Record::of(bytes).header("content-type", "application/x-protobuf; charset=binary"),
        });
    }
    records.push(Record::of(baileys.as_str()).header("origem-source", "whatsapp_web"));
    let keys = ["", "a", "any", "5511955550101"];
    for (number, record) in records.iter_mut().enumerate() {
        // Any key, or none.
        record.key = (number % 5 != 0).then(|| keys[number % keys.len()].as_bytes().to_vec());
    }
    place.publisher("inbound").publish(&records);

    let server = place.serve("a");
    place.ingest_on_segments("segments", "meta", &webhooks);
    let json: Vec<String> = events.iter().map(proto::Event::to_json).collect();
    place.ingest_on_segments("segments", "event", &json);
    place.ingest_on_segments("segments", "whatsapp_web", &[baileys]);
    let expected = place.fingerprint_on_segments("segments");
    comes_to(&server, &expected);
    let data = place.world.path("segments");
    let anomalies = place
        .run(&["query", "anomalies", "--data", data.to_str().unwrap()])
        .value();
    assert_eq!(told(&server.get("/v1/anomalies")), told(&anomalies));

    // Everything once more: duplicates change nothing.
    place.publisher("inbound").publish(&records);
    let position = server
        .post(
            "/v1/events",
            &[],
            event("5511999999999", "wamid.last").to_json().as_bytes(),
        )
        .position
        .unwrap();
    server.get_at("/v1/conversations", &position);
    place.ingest_on_segments("segments", "event", &[event("5511999999999", "wamid.last").to_json()]);
    all_taken_in(&place);
    comes_to(&server, &place.fingerprint_on_segments("segments"));
    server.stop();
}

/// What a list of anomalies says, wherever and whenever they came.
fn told(anomalies: &Value) -> Vec<String> {
    let items = anomalies["items"].as_array().unwrap();
    let mut told: Vec<String> = items
        .iter()
        .map(|one| format!("{} {} {}", one["reason"], one["channel"], one["detail"]))
        .collect();
    told.sort();
    told
}

/// Waits until nothing waits in inbound, so that what comes next to the log comes after it.
#[track_caller]
fn all_taken_in(place: &Place) {
    let inbound = place.topic("inbound");
    assert!(eventually(|| {
        let status = place.run(&["kafka", "status", "--format", "json"]).value();
        let items = status["items"].as_array().unwrap();
        let mut waiting = items
            .iter()
            .filter(|item| item["topic"] == inbound.as_str() && item["tail"] != 0);
        waiting.all(|item| item["lag"] == 0)
    }));
}

#[test]
fn a_topic_of_another_system_is_read_as_the_settings_say() {
    let Some(place) = Place::begin("a_topic_of_another_system_is_read_as_the_settings_say") else {
        return;
    };
    let (raw, nowhere) = (
        format!("{}raw.twilio", place.prefix),
        format!("{}nowhere", place.prefix),
    );
    let place = place.with("KAFKA_INTAKE", &format!("inbound, {raw}=twilio")).init(2);
    topic::make(&place.bootstrap, &raw, 1, &[]);
    let form = "MessageSid=SM0001&ProfileName=Rita+Teste&WaId=5511955550101&SmsStatus=received&Body=oi\
                &To=whatsapp%3A%2B15550001111&From=whatsapp%3A%2B5511955550101&NumMedia=0&AccountSid=AC0001";
    Publisher::to(&place.bootstrap, &raw).publish(&[Record::of(form)]);
    let server = place.serve("a");
    is_ready(&server);
    let path = "/v1/conversations?contact=5511955550101&channel=whatsapp:15550001111";
    assert!(
        eventually(|| server.ask(path, &[]).status == 200),
        "{:#?}",
        server.said()
    );
    let id = server.get(path)["items"][0]["id"].as_str().unwrap().to_owned();
    let thread = server.get(&format!("/v1/conversations/{id}/thread"));
    assert!(thread.to_string().contains("SM0001"), "{thread}");

    // A topic that is not there is named; others are read all the same.
    let place = place.with("KAFKA_INTAKE", &format!("inbound, {nowhere}=meta"));
    drop(server);
    let server = place.serve("a");
    server.says(&nowhere);
    place.publish(&[whatsapp(&json!([text("5511955550101", "wamid.A", 0, "oi")]))]);
    assert!(eventually(|| server
        .ask("/v1/conversations?contact=BR.1000000000000001", &[])
        .status
        == 200));
}

#[test]
fn what_nobody_understands_and_what_is_too_large_stops_nothing() {
    let Some(place) = Place::begin("what_nobody_understands_and_what_is_too_large_stops_nothing") else {
        return;
    };
    // The events topic takes less than producers may publish.
    topic::make(
        &place.bootstrap,
        &place.topic("events"),
        1,
        &[("max.message.bytes", "100000"), ("retention.ms", "-1")],
    );
    let place = place.init(1);
    let inbound = place.publisher("inbound");
    let large = whatsapp(&json!([text("5511955550101", "wamid.large", 1, &noise(200_000))]));
    inbound.publish(&[
        Record::of("not JSON at all").key("a"),
        Record::of(vec![0xff, 0xfe, 0x00]).header("content-type", "application/protobuf"),
        Record::of(large),
        Record::of(whatsapp(&json!([text("5511955550101", "wamid.small", 2, "oi")]))),
    ]);
    let server = place.serve("a");
    is_ready(&server);
    let path = "/v1/conversations?contact=5511955550101";
    assert!(
        eventually(|| server.ask(path, &[]).status == 200),
        "{:#?}",
        server.said()
    );
    let anomalies = server.get("/v1/anomalies");
    let reasons: Vec<&Value> = anomalies["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["reason"])
        .collect();
    assert_eq!(reasons, ["unrecognised"; 3], "{anomalies}");
    let id = server.get(path)["items"][0]["id"].as_str().unwrap().to_owned();
    let card = server.get(&format!("/v1/conversations/{id}"));
    assert_eq!(card["unread"], 1, "what is too large is not there: {card}");

    // With their bytes, or with where they are.
    let records = topic::read(&place.bootstrap, &place.topic("events"));
    let delivery = format!("{}/0:2", place.topic("inbound"));
    for part in [
        b"not JSON at all".as_slice(),
        b"//4A",
        b"too_large",
        delivery.as_bytes(),
    ] {
        let has = |record: &topic::Read| {
            let value = record.value.as_deref().unwrap();
            value.windows(part.len()).any(|window| window == part)
        };
        assert_eq!(
            records.iter().filter(|record| has(record)).count(),
            1,
            "{}",
            part.escape_ascii()
        );
    }
    server.stop();
}

/// So many letters that no compression makes them few.
fn noise(letters: usize) -> String {
    let mut state = 7_u64;
    let letter = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(b'A' + (state >> 59) as u8)
    };
    (0..letters).map(letter).collect()
}

#[test]
fn a_delivery_of_megabytes_is_taken_in_whole() {
    let Some(place) = Place::begin("a_delivery_of_megabytes_is_taken_in_whole") else {
        return;
    };
    let place = place.init(1);
    // One event, so one record.
    let delivery = whatsapp(&json!([text("5511955550101", "wamid.A", 0, &noise(1_500_000))]));
    place.publish(std::slice::from_ref(&delivery));
    let server = place.serve("a");
    comes_to(&server, &place.expected(&[delivery]));
    assert_eq!(server.get("/v1/anomalies")["items"], json!([]));
    server.stop();
}
