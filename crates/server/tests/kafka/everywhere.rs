//! Story: three instances share twelve partitions, and each answers everything.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::place::{Place, comes_to};
use crate::process::{PATIENCE, eventually, value};
use crate::server::Server;
use crate::world::simulated;

/// Everything of a list, page by page.
#[track_caller]
pub fn pages(server: &Server, path: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("{path}{next}"));
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return items,
        }
    }
}

/// An answer without what depends on the instant it was asked at: windows are told as of then.
fn at_any_time(mut answer: Value) -> Value {
    match &mut answer {
        Value::Object(members) => {
            members.remove("windows");
            members.remove("temperature");
            for member in members.values_mut() {
                *member = at_any_time(member.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = at_any_time(item.take());
            }
        }
        _ => {}
    }
    answer
}

/// Ids and data of the first `count` changes after a place.
#[track_caller]
fn changes(server: &Server, after: &str, count: usize) -> (Vec<Value>, String) {
    let lines = server.stream(&format!("/v1/changes?after={after}"), &[]);
    let (mut changes, mut last) = (Vec::new(), after.to_owned());
    while changes.len() < count {
        let line = lines.recv_timeout(PATIENCE).unwrap();
        match line.split_once(": ") {
            Some(("id", id)) => last = id.to_owned(),
            Some(("data", data)) => changes.push(value(data)),
            _ => {}
        }
    }
    (changes, last)
}

fn ids(items: &Value) -> Vec<&Value> {
    items.as_array().unwrap().iter().map(|item| &item["id"]).collect()
}

fn positions(changes: &[Value]) -> BTreeSet<String> {
    changes
        .iter()
        .map(|change| change["position"].as_str().unwrap().to_owned())
        .collect()
}

/// Deliveries of several businesses, so that most partitions have some.
pub fn businesses(events: u64) -> Vec<String> {
    (1..=4)
        .flat_map(|seed| {
            simulated(events / 4, seed)
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_instance_answers_everything_alike() {
    let Some(place) = Place::begin("every_instance_answers_everything_alike") else {
        return;
    };
    let place = place.init(12);
    let deliveries = businesses(1_200);
    place.publish(&deliveries);
    let servers = place.serve_all(["a", "b", "c"]);
    let events = place.ingest_on_segments("segments", "meta", &deliveries)["events"]
        .as_u64()
        .unwrap();
    let expected = place.fingerprint_on_segments("segments");
    for server in &servers {
        comes_to(server, &expected);
    }
    assert!(eventually(|| {
        let owned = place.owned();
        owned.len() == 3 && owned.values().all(|partitions| partitions.len() == 4)
    }));

    // Lists, in pages of any length and by any filter; one; what belongs to it; who is found by name and number.
    let told = |server: &Server| {
        let list = pages(server, "/v1/conversations?limit=7");
        let mut told = vec![
            json!(list),
            json!(pages(server, "/v1/conversations?limit=200&order=oldest")),
            json!(pages(server, "/v1/conversations?limit=3&origin=ad&status=new")),
            json!(pages(server, "/v1/anomalies?limit=5")),
            server.get("/v1/conversations?limit=1")["counts"].clone(),
        ];
        for conversation in list.iter().step_by(9) {
            let id = conversation["id"].as_str().unwrap();
            for part in ["", "/timeline", "/tickets", "/thread"] {
                told.push(server.get(&format!("/v1/conversations/{id}{part}")));
            }
            if let Some(phone) = conversation["contact"]["phone"].as_str() {
                let found = server.get(&format!("/v1/conversations?contact={phone}"));
                assert_eq!(found["items"][0]["contact"]["phone"], phone);
                told.push(found);
            }
        }
        told.into_iter().map(at_any_time).collect::<Vec<_>>()
    };
    let first = told(&servers[0]);
    let segments = place.world.path("segments");
    let on_segments = place.run(&[
        "query",
        "conversations",
        "--filter",
        "limit=200",
        "--data",
        segments.to_str().unwrap(),
    ]);
    assert_eq!(
        ids(&first[0]),
        ids(&on_segments.value()["items"]),
        "the same list in the same order"
    );
    for server in &servers[1..] {
        for (one, other) in told(server).iter().zip(&first) {
            assert_eq!(one, other);
        }
    }
    for server in &servers {
        assert_eq!(
            server.ask("/v1/conversations/cv_0000000000000001", &[]).refused(),
            "404 not_found"
        );
        assert_eq!(
            server.ask("/v1/conversations?contact=5500000000000", &[]).refused(),
            "404 not_found"
        );
    }

    // The feed, begun at one instance and resumed at another: each change once.
    let (all, end) = changes(&servers[0], "start", usize::try_from(events).unwrap());
    let (begun, place_in_feed) = changes(&servers[1], "start", all.len() / 2);
    let (rest, end_elsewhere) = changes(&servers[2], &place_in_feed, all.len() - begun.len());
    assert_eq!(end, end_elsewhere);
    assert!(positions(&begun).is_disjoint(&positions(&rest)));
    assert_eq!(&positions(&begun) | &positions(&rest), positions(&all));

    for (number, server) in servers.iter().enumerate() {
        reads_its_writes(server, &servers, number);
    }
    for server in servers {
        server.stop();
    }
}

/// What one instance accepted is read at each, at once.
#[track_caller]
fn reads_its_writes(writer: &Server, servers: &[Server], number: usize) {
    for round in 0..6 {
        let phone = format!("55118{number:03}{round:05}");
        let event = json!({
            "kind": "message_received", "account": "default",
            "channel": {"kind": "whatsapp", "id": format!("30000000000000{round}")},
            "contact": {"aliases": [{"kind": "phone", "value": phone}]},
            "occurred_at": "2026-09-26T10:01:00Z",
            "message": {"id": format!("wamid.{number}.{round}"), "type": "text", "text": "oi"},
        });
        let answer = writer.post("/v1/events", &[], event.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
        let position = answer.position.unwrap();
        for server in servers {
            let found = server.get_at(&format!("/v1/conversations?contact={phone}"), &position);
            assert_eq!(found["items"][0]["contact"]["phone"], phone.as_str());
        }
    }
}
