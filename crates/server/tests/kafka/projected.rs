//! Story: a downstream service keeps the last value of each key of our topics, and has exactly our views.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use crate::everywhere::{businesses, pages};
use crate::place::{Place, comes_to, raw};
use crate::process::eventually;
use crate::server::Server;
use crate::topic;
use crate::world::{text, whatsapp};

const TOPICS: [&str; 4] = ["conversations", "touches", "windows", "queue"];

/// The last values of all topics, without their versions.
type Values = BTreeMap<&'static str, BTreeMap<String, Value>>;

fn without_version(mut value: Value) -> Value {
    // What may be sent depends on when it is asked: a topic has none of it.
    for name in ["position", "windows", "temperature"] {
        value.as_object_mut().unwrap().remove(name);
    }
    value
}

fn kept(place: &Place) -> Values {
    let of = |topic| {
        let last = place.last_values(topic).into_iter();
        last.map(|(key, value)| (key, without_version(value))).collect()
    };
    TOPICS.into_iter().map(|topic| (topic, of(topic))).collect()
}

/// Every conversation that lists show. What nobody has said anything in yet is in no list, and has a card all the same.
fn listed(server: &Server) -> BTreeSet<String> {
    let items = pages(server, "/v1/conversations?limit=200").into_iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// What the topics should hold of some conversations, made of what the API answers.
#[track_caller]
fn told(server: &Server, ids: &BTreeSet<String>) -> Values {
    let mut told = Values::new();
    let mut add = |topic, id: &str, value| {
        told.entry(topic).or_default().insert(id.to_owned(), value);
    };
    for id in ids {
        let card = without_version(server.get(&format!("/v1/conversations/{id}")));
        let touches = server.get(&format!("/v1/conversations/{id}/timeline"))["items"].take();
        let count = touches.as_array().unwrap().len();
        let whose = json!({"conversation": id, "account": card["account"], "channel": card["channel"]});
        let with = |more: Value| {
            let mut value = whose.clone();
            value
                .as_object_mut()
                .unwrap()
                .append(&mut more.as_object().unwrap().clone());
            value
        };
        add("touches", id, with(json!({"touches": touches, "touches_count": count})));
        if let Some(ticket) = card["ticket"].as_object() {
            let mut queue = with(json!({
                "ticket_id": ticket["id"], "status": ticket["status"], "revision": ticket["revision"],
                "opened_at": ticket["opened_at"], "unread": card["unread"],
            }));
            let optional = [
                ("team", ticket.get("team")),
                ("assignee", ticket.get("assignee")),
                ("last_activity_at", card.get("last_activity_at")),
            ];
            for (name, value) in optional {
                if let Some(value) = value {
                    queue[name] = value.clone();
                }
            }
            if let Some(origin) = card.get("origin") {
                let shown = ["kind", "platform", "label", "campaign"];
                let parts = shown
                    .iter()
                    .filter_map(|name| Some(((*name).to_owned(), origin.get(name)?.clone())));
                queue["origin"] = Value::Object(parts.collect());
            }
            add("queue", id, queue);
        }
        let windows = server.get(&format!("/v1/conversations/{id}/windows"));
        if let Some(ends) = ends(&windows) {
            add("windows", id, ends);
        }
        add("conversations", id, card);
    }
    told
}

/// When windows opened and close, which no clock changes; `None` if none ever opened.
fn ends(windows: &Value) -> Option<Value> {
    let ends = ["customer_care", "free_entry_point"].map(|window| &windows[window]);
    let ends = ends
        .into_iter()
        .flat_map(|window| ["opened_at", "closes_at"].map(|end| window[end].clone()));
    let ends: Value = ends.collect();
    (ends != json!([null, null, null, null])).then_some(ends)
}

/// Waits until the topics hold what the API answers.
#[track_caller]
fn agree(place: &Place, server: &Server) {
    let listed = listed(server);
    let (mut found, mut expected) = (Values::new(), Values::new());
    let agree = eventually(|| {
        found = kept(place);
        let windows = found.remove("windows").unwrap_or_default().into_iter();
        let windows = windows.filter_map(|(id, value)| Some((id, ends(&value)?)));
        found.insert("windows", windows.collect());
        let known: BTreeSet<String> = found["conversations"].keys().cloned().collect();
        if !known.is_superset(&listed) {
            return false;
        }
        expected = told(server, &known);
        found == expected
    });
    for topic in TOPICS.into_iter().filter(|_| !agree) {
        for (id, value) in &expected[topic] {
            assert_eq!(found[topic].get(id), Some(value), "{topic}");
        }
    }
    assert!(
        agree,
        "{} of {} are published",
        found["conversations"].len(),
        listed.len()
    );
}

/// How many records each key has in each topic.
fn counts(place: &Place) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for topic in TOPICS {
        for read in topic::read(&place.bootstrap, &place.topic(topic)) {
            *counts.entry((topic.to_owned(), read.key)).or_default() += 1;
        }
    }
    counts
}

/// Waits until an instance has compared the topics with its views for every partition of `all`, whichever it says first.
#[track_caller]
fn compares(server: &Server, all: &BTreeSet<String>) {
    let mut left = all.clone();
    while !left.is_empty() {
        let line = server.says("projected topics agree with the views");
        left.remove(line.rsplit_once("partition=").unwrap().1.trim());
    }
}

/// The partitions that have conversations.
fn partitions(server: &Server) -> BTreeSet<String> {
    let items = pages(server, "/v1/conversations?limit=200").into_iter();
    let partition = |item: Value| item["position"].as_str().unwrap().split_once(':').unwrap().0.to_owned();
    items.map(partition).collect()
}

#[test]
fn the_last_value_of_each_key_is_what_the_api_answers() {
    let Some(place) = Place::begin("the_last_value_of_each_key_is_what_the_api_answers") else {
        return;
    };
    let place = place.with("KAFKA_PUBLISH", "json").init(6);
    let deliveries = businesses(1_200);
    let (first, second) = deliveries.split_at(deliveries.len() / 2);
    place.publish(first);
    let mut a = place.serve("a");
    comes_to(&a, &place.expected(first));
    agree(&place, &a);

    // Partitions move to another while more comes.
    let b = place.serve("b");
    place.publish(second);
    let expected = place.expected(second);
    comes_to(&b, &expected);
    assert!(eventually(|| place.owned().len() == 2));
    comes_to(&b, &expected);
    agree(&place, &b);
    let before = counts(&place);

    // One is killed; who takes over finds everything as it should be and publishes nothing again.
    let all = partitions(&b);
    a.kill();
    assert!(eventually(|| place
        .owned()
        .values()
        .any(|partitions| partitions.len() == 6)));
    comes_to(&b, &expected);
    b.stop();
    // Nothing is left of the views: they are folded again, and all of it has been published already.
    fs::remove_dir_all(place.world.path("b")).unwrap();
    let b = place.serve("b");
    compares(&b, &all);
    comes_to(&b, &expected);
    assert_eq!(counts(&place), before);

    // What is new is published once more, and only that.
    let news = whatsapp(&json!([text("5511955550101", "wamid.news", 0, "oi")]));
    place.publisher("inbound").publish(&[raw(&news)]);
    assert!(eventually(|| b
        .ask("/v1/conversations?contact=BR.1000000000000001", &[])
        .status
        == 200));
    agree(&place, &b);
    let after = counts(&place);
    let id = b.get("/v1/conversations?contact=BR.1000000000000001")["items"][0]["id"].take();
    assert!(
        after
            .iter()
            .all(|(key, count)| json!(key.1) == id || before.get(key) == Some(count))
    );
    assert_eq!(after.len(), before.len() + 4);
    b.stop();
}

#[test]
fn an_embedded_log_is_published_too() {
    let Some(place) = Place::begin("an_embedded_log_is_published_too") else {
        return;
    };
    let place = place.with("KAFKA_PUBLISH", "json").init(4);
    let deliveries = businesses(800);
    let (first, second) = deliveries.split_at(deliveries.len() / 2);
    let serve = || {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(place.world.data());
        Server::start(command)
    };
    let deliver = |server: &Server, deliveries: &[String]| {
        for delivery in deliveries {
            server.deliver(delivery);
        }
    };
    let mut server = serve();
    deliver(&server, first);
    comes_to(&server, &place.expected(first));
    agree(&place, &server);
    let before = counts(&place);

    // Killed, and its views are lost: nothing is published again.
    server.kill();
    fs::remove_dir_all(place.world.data().join("views")).unwrap();
    let server = serve();
    server.says("projected topics agree with the views");
    assert_eq!(counts(&place), before);
    deliver(&server, second);
    comes_to(&server, &place.expected(second));
    agree(&place, &server);
    server.stop();
}
