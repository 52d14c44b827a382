//! Lists of conversations over HTTP: every filter by its name, their counts, cursors and neighbours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::StatusCode;
use common::{Answer, Edge, edge, options};
use serde_json::{Value, json};

/// One of our own events: of contact `number`, at a minute of a day.
fn told(number: u8, kind: &str, minute: u8, more: &Value) -> String {
    let mut event = json!({
        "kind": kind,
        "channel": {"kind": "whatsapp", "id": if number < 4 { "1" } else { "2" }},
        "contact": {"aliases": [{"kind": "phone", "value": format!("551195555010{number}")}]},
        "occurred_at": format!("2026-09-26T10:{minute:02}:00Z"),
    });
    let members = more.as_object().unwrap().clone();
    event.as_object_mut().unwrap().extend(members);
    event.to_string()
}

fn message(number: u8, minute: u8, text: &str) -> String {
    let message = json!({"id": format!("m{number}-{minute}"), "type": "text", "text": text});
    told(number, "message_received", minute, &json!({ "message": message }))
}

/// Five contacts: 1 new by a hashtag, 2 claimed by ana and written to again, 3 answered by bia, 4 finished, 5 new and named.
async fn business(edge: &Edge) -> Answer {
    let directory = [
        ("/v1/agents/ana", json!({"name": "Ana Lima"})),
        ("/v1/teams/sales", json!({"name": "Vendas"})),
    ];
    for (path, entry) in directory {
        let request = common::request(
            axum::http::Method::PUT,
            path,
            &[("content-type", "application/json")],
            entry.to_string(),
        );
        assert!(edge.send(request).await.status.is_success(), "{path}");
    }
    let claim = |number, minute, agent: &str| told(number, "ticket_claimed", minute, &json!({"agent": agent}));
    let named = json!({
        "contact": {"aliases": [{"kind": "phone", "value": "5511955550105"}], "name": "Érica Souza"},
        "message": {"id": "m5", "type": "image", "text": "olha"},
    });
    let events = [
        message(1, 1, "#Promo quero"),
        message(2, 2, "oi"),
        claim(2, 3, "ana"),
        told(
            2,
            "ticket_assigned",
            4,
            &json!({"ticket": {"assignee": "ana", "team": "sales"}}),
        ),
        message(2, 5, "alguém?"),
        message(3, 6, "oi"),
        claim(3, 7, "bia"),
        told(
            3,
            "message_sent",
            8,
            &json!({"via": "web", "agent": "bia", "message": {"id": "b3", "type": "text", "text": "Bom dia"}}),
        ),
        told(3, "stage_set", 9, &json!({"agent": "bia", "ticket": {"stage": "won"}})),
        message(4, 10, "oi"),
        claim(4, 11, "ana"),
        told(
            4,
            "ticket_finished",
            12,
            &json!({"agent": "ana", "ticket": {"classification": "sale"}}),
        ),
        told(5, "message_received", 13, &named),
    ];
    let mut last = None;
    for event in events {
        let answer = edge.post("/v1/events", event).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        last = Some(answer);
    }
    last.unwrap()
}

/// The last digits of the numbers on a page.
fn numbers(page: &Value) -> String {
    let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
    let phones = items.iter().map(|item| item["contact"]["phone"].as_str().unwrap());
    phones.map(|phone| &phone[phone.len() - 1..]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_is_taken_by_its_name() {
    let edge = edge(options());
    let last = business(&edge).await;
    for (query, expected) in [
        ("", "54321"),
        ("order=oldest", "12345"),
        ("order=waiting", "125"),
        ("status=new&order=waiting", "15"),
        ("status=finished&order=waiting", ""),
        ("status=unanswered", "2"),
        ("status=awaiting_customer", "3"),
        ("agent=ana", "42"),
        ("agent=none", "51"),
        ("agent=ana&status=finished", "4"),
        ("team=sales", "2"),
        ("stage=won", "3"),
        ("classification=sale", "4"),
        ("channel=whatsapp:2", "54"),
        ("unread=true", "5421"),
        ("hashtag=%23PROMO", "1"),
        ("origin=hashtag", "1"),
        ("origin=organic&origins=ticket&platform=whatsapp", "5432"),
        ("from=2026-09-26T10:09:00Z", "54"),
        ("to=2026-09-26T10:09:00Z&order=oldest", "123"),
        ("opened_from=2026-09-26T10:02:00Z&opened_to=2026-09-26T10:10:00Z", "32"),
        ("q=erica", "5"),
        ("q=11%2095555-0104", "4"),
        ("q=erica&status=finished", ""),
        ("account=other", ""),
    ] {
        let page = edge.get_after(&last, &format!("/v1/conversations?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}: {:?}", page.body);
        let page = page.json();
        assert_eq!(numbers(&page), expected, "{query}");
        if query != "account=other" {
            let counts = json!({"new": 2, "unanswered": 1, "awaiting_customer": 1, "finished": 1});
            assert_eq!(page["counts"], counts, "{query}");
        }
    }
    for (query, new, unanswered, awaiting, finished) in [
        ("", 2, 1, 1, 1),
        ("agent=ana", 0, 1, 0, 1),
        ("channel=whatsapp:1&status=new", 1, 1, 1, 0),
        ("q=erica", 1, 0, 0, 0),
    ] {
        let counted = edge.get(&format!("/v1/queue?{query}")).await.json();
        let counts = json!({"new": new, "unanswered": unanswered, "awaiting_customer": awaiting, "finished": finished});
        assert_eq!(counted["counts"], counts, "{query}");
        assert_eq!(counted.get("at_least"), None, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_by_name() {
    let edge = edge(options());
    let last = business(&edge).await;
    let first = edge.get_after(&last, "/v1/conversations?limit=2").await.json();
    let next = first["next"].as_str().unwrap();
    for (path, part) in [
        (
            "/v1/conversations?statsu=new".to_owned(),
            "unknown field `statsu`, expected one of account, status",
        ),
        ("/v1/queue?agnet=ana".to_owned(), "unknown field `agnet`"),
        (
            "/v1/conversations?agent=me".to_owned(),
            "agent: `me` is for keys of agents",
        ),
        ("/v1/conversations?channel=2".to_owned(), "channel:"),
        ("/v1/conversations?order=random".to_owned(), "unknown variant `random`"),
        ("/v1/conversations?unread=maybe".to_owned(), "unread"),
        ("/v1/conversations?cursor=x".to_owned(), "cursor"),
        (
            format!("/v1/conversations?cursor={next}&order=oldest"),
            "another filter or order",
        ),
        (
            format!("/v1/conversations?cursor={next}&agent=ana"),
            "another filter or order",
        ),
        (
            "/v1/queue?at=2026-09-26T10:09:00Z&agent=ana".to_owned(),
            "leave the filters out",
        ),
    ] {
        let answer = edge.get(&path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(part), "{path}: {message}");
    }
    let second = edge
        .get(&format!("/v1/conversations?limit=2&cursor={next}"))
        .await
        .json();
    assert_eq!((numbers(&first), numbers(&second)), ("54".to_owned(), "32".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_tells_what_an_inbox_shows() {
    let edge = edge(options());
    let last = business(&edge).await;
    let page = edge.get_after(&last, "/v1/conversations").await.json();
    let item = |number: usize| &page["items"][5 - number];
    assert_eq!(
        item(2)["last_message"],
        json!({"at": "2026-09-26T10:05:00Z", "direction": "in", "type": "text", "text": "alguém?"})
    );
    assert_eq!(item(2)["waiting_since"], "2026-09-26T10:02:00Z");
    assert_eq!(
        (&item(2)["ticket"]["assignee_name"], &item(2)["ticket"]["team_name"]),
        (&json!("Ana Lima"), &json!("Vendas"))
    );
    assert_eq!(
        item(3)["last_message"],
        json!({"at": "2026-09-26T10:08:00Z", "direction": "out", "type": "text", "text": "Bom dia", "agent": "bia"})
    );
    assert_eq!(item(3).get("waiting_since"), None);
    // Nobody has told the directory of bia.
    assert_eq!(item(3)["ticket"].get("assignee_name"), None);
    assert_eq!(item(5)["last_message"]["type"], "image");
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_are_those_of_the_list() {
    let edge = edge(options());
    let last = business(&edge).await;
    let page = edge.get_after(&last, "/v1/conversations?order=oldest").await.json();
    let id = |number: usize| page["items"][number - 1]["id"].as_str().unwrap();
    for (number, query, previous, next) in [
        (1, "", Some(2), None),
        (3, "", Some(4), Some(2)),
        (3, "order=oldest", Some(2), Some(4)),
        (5, "", None, Some(4)),
        (2, "agent=ana", Some(4), None),
        // It does not fit, and has its place all the same.
        (3, "agent=ana", Some(4), Some(2)),
        (1, "order=waiting", None, Some(2)),
        (3, "order=waiting", None, None),
    ] {
        let told = edge
            .get(&format!("/v1/conversations/{}/neighbours?{query}", id(number)))
            .await
            .json();
        let neighbour = |name: &str| told.get(name).and_then(Value::as_str);
        let expected = (previous.map(id), next.map(id));
        assert_eq!((neighbour("previous"), neighbour("next")), expected, "{number} {query}");
    }
    let missing = edge.get("/v1/conversations/cv_0000000000000001/neighbours").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}
