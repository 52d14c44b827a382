//! Story: agents work at two instances that share one partition.

use std::sync::Barrier;

use serde_json::{Value, json};

use crate::place::{Place, is_ready, unavailable_or};
use crate::process::eventually;
use crate::server::{Answer, Server};

/// A customer writes; gives the conversation.
#[track_caller]
fn customer(server: &Server, number: usize) -> String {
    let phone = format!("55119{number:08}");
    let event = json!({
        "kind": "message_received", "channel": {"kind": "whatsapp", "id": "1"},
        "contact": {"aliases": [{"kind": "phone", "value": phone}]},
        "occurred_at": "2026-09-26T10:01:00Z",
        "message": {"id": format!("wamid.{number}"), "type": "text", "text": "oi"},
    });
    let answer = server.post("/v1/events", &[], event.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
    let found = server.get_at(&format!("/v1/conversations?contact={phone}"), &answer.position.unwrap());
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

fn act(server: &Server, id: &str, act: &str, key: &str, body: &Value) -> Answer {
    let path = format!("/v1/conversations/{id}/{act}");
    server.post(&path, &[("idempotency-key", key)], body.to_string().as_bytes())
}

#[test]
fn of_two_claims_at_the_same_instant_one_wins_and_the_other_is_told_who() {
    let Some(place) = Place::begin("of_two_claims_at_the_same_instant_one_wins_and_the_other_is_told_who") else {
        return;
    };
    let place = place.init(1);
    let [a, b] = place.serve_all(["a", "b"]);
    is_ready(&a);
    is_ready(&b);
    let mut wins = [0, 0];
    let mut last = None;
    for round in 0..30 {
        let id = customer(&a, round);
        let together = Barrier::new(2);
        let claim = |server: &Server, agent: &str| {
            together.wait();
            act(
                server,
                &id,
                "claim",
                &format!("{agent}-{round}"),
                &json!({"agent": agent, "revision": 1}),
            )
        };
        let (one, other) = std::thread::scope(|scope| {
            let one = scope.spawn(|| claim(&a, "ana"));
            let other = scope.spawn(|| claim(&b, "bia"));
            (one.join().unwrap(), other.join().unwrap())
        });
        let (winner, won, lost) = match (one.status, other.status) {
            (200, 409) => (0, one, other),
            (409, 200) => (1, other, one),
            _ => panic!("{} and {}", one.body, other.body),
        };
        wins[winner] += 1;
        let agent = ["ana", "bia"][winner];
        let told = crate::process::value(&lost.body);
        assert_eq!(
            (
                &told["error"]["code"],
                &told["error"]["owner"]["id"],
                &told["error"]["revision"]
            ),
            (&json!("already_claimed"), &json!(agent), &json!(2)),
            "{}",
            lost.body
        );
        let position = won.position.unwrap();
        for server in [&a, &b] {
            let card = server.get_at(&format!("/v1/conversations/{id}"), &position);
            assert_eq!(card["ticket"]["assignee"], agent);
        }
        last = Some((id, agent, format!("{agent}-{round}"), position));
    }
    println!("ana won {}, bia {}", wins[0], wins[1]);

    // The same again, at the other instance, and after the first was killed.
    let (id, agent, key, position) = last.unwrap();
    let body = json!({"agent": agent, "revision": 1});
    let again = act(&b, &id, "claim", &key, &body);
    assert_eq!(
        (again.status, again.position.as_ref()),
        (200, Some(&position)),
        "{}",
        again.body
    );
    a.crash();
    let mut again = None;
    assert!(eventually(|| {
        let answer = act(&b, &id, "claim", &key, &body);
        unavailable_or(&answer, 200);
        let done = answer.status == 200;
        again = Some(answer);
        done
    }));
    assert_eq!(again.unwrap().position, Some(position));
    let finished = act(&b, &id, "finish", "f1", &json!({"agent": agent}));
    assert_eq!(finished.status, 200, "{}", finished.body);
    let rows = b.get(&format!("/v1/conversations/{id}/history"));
    let voided = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row.get("voided").is_some());
    assert!(voided.count() <= 1, "{rows}");
    b.stop();
}
