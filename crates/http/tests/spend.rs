//! What was charged and what was free, as the API tells it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{Answer, Edge, edge, options, request};
use serde_json::{Value, json};

const CARD: &str =
    "Market,Currency,Marketing,Utility,Service\nBrazil,BRL,0.3217,0.0350,0.0350\nOther,BRL,0.5,0.2,0.2\n";

async fn put(edge: &Edge, path: &str, body: impl Into<String>) {
    let answer = edge.send(request(Method::PUT, path, &[], body.into())).await;
    assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
}

fn of(phone: &str, at: &str, what: &Value) -> Value {
    let mut event = json!({"channel": {"kind": "whatsapp", "id": "200000000000002"}, "occurred_at": at,
        "contact": {"aliases": [{"kind": "phone", "value": phone}]}});
    for (name, value) in what.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

fn priced(phone: &str, at: &str, message: &str, state: &str, (category, kind): (&str, &str), campaign: &str) -> Value {
    let status = json!({"message_id": message, "state": state, "callback_data": campaign,
        "pricing": {"model": "pmp", "category": category, "type": kind}});
    of(phone, at, &json!({"kind": "message_status", "status": status}))
}

/// Two people in October: one charged twice for a campaign, one served for free, one charged as nobody expected.
async fn spent(edge: &Edge) -> Answer {
    put(
        edge,
        "/v1/accounts/default",
        json!({"time_zone": "America/Sao_Paulo"}).to_string(),
    )
    .await;
    put(edge, "/v1/rate-cards?effective_from=2026-10-01", CARD).await;
    let (ana, john) = ("5511955550101", "254712345678");
    let marketing = ("marketing", "regular");
    let events = [
        // On the evening of the 9th in São Paulo.
        priced(ana, "2026-10-10T01:00:00Z", "wamid.1", "sent", marketing, "c7"),
        priced(ana, "2026-10-10T01:00:05Z", "wamid.1", "delivered", marketing, "c7"),
        priced(ana, "2026-10-10T12:00:00Z", "wamid.2", "delivered", marketing, "c7"),
        priced(john, "2026-10-10T12:00:00Z", "wamid.3", "delivered", marketing, "c8"),
        of(
            ana,
            "2026-10-10T13:00:00Z",
            &json!({"kind": "message_received", "message": {"id": "wamid.i1", "type": "text", "text": "oi"}}),
        ),
        priced(
            ana,
            "2026-10-10T13:05:00Z",
            "wamid.4",
            "delivered",
            ("service", "free_customer_service"),
            "",
        ),
        // Free within the month's thousand, one would say.
        priced(
            ana,
            "2026-10-10T13:06:00Z",
            "wamid.5",
            "delivered",
            ("service", "regular"),
            "",
        ),
        priced(john, "2026-11-02T12:00:00Z", "wamid.6", "sent", marketing, "c8"),
    ];
    // Twice: nothing counts again.
    let all = Value::Array([events.clone(), events].concat());
    let answer = edge.post("/v1/events", all.to_string()).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer
}

/// A line in a few words.
fn told(line: &Value) -> String {
    let word = |place: &str| line.pointer(place).map(ToString::to_string).unwrap_or_default();
    format!(
        "{} {} {} {}: {} charged, {} free, {} undelivered, {}/{} right, BRL {}",
        word("/day"),
        word("/channel/id"),
        word("/category"),
        word("/campaign"),
        word("/charged"),
        word("/free/total"),
        word("/undelivered"),
        word("/estimate/right"),
        word("/estimate/wrong"),
        word("/amounts/BRL"),
    )
    .replace('"', "")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_charged_is_told_by_what_is_asked_for() {
    let edge = edge(options());
    let written = spent(&edge).await;
    for (query, expected) in [
        (
            "from=2026-10-01&to=2026-11-01",
            &[
                "2026-10-09   : 1 charged, 0 free, 0 undelivered, 1/0 right, BRL 0.3217",
                "2026-10-10   : 3 charged, 1 free, 0 undelivered, 3/1 right, BRL 0.8567",
            ][..],
        ),
        (
            "from=2026-10-01&group_by=month,category",
            &[
                "2026-10-01  service : 1 charged, 1 free, 0 undelivered, 1/1 right, BRL 0.035",
                "2026-10-01  marketing : 3 charged, 0 free, 0 undelivered, 3/0 right, BRL 1.1434",
                "2026-11-01  marketing : 0 charged, 0 free, 1 undelivered, 0/0 right, BRL ",
            ],
        ),
        (
            "from=2026-10-10&to=2026-10-11&group_by=campaign,channel",
            &[
                " 200000000000002  : 1 charged, 1 free, 0 undelivered, 1/1 right, BRL 0.035",
                " 200000000000002  c7: 1 charged, 0 free, 0 undelivered, 1/0 right, BRL 0.3217",
                " 200000000000002  c8: 1 charged, 0 free, 0 undelivered, 1/0 right, BRL 0.5",
            ],
        ),
        ("from=2026-12-01", &[]),
        ("from=2026-10-01&account=other", &[]),
    ] {
        let answer = edge.get_after(&written, &format!("/v1/reports/spend?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {:?}", answer.body);
        let answer = answer.json();
        let lines: Vec<String> = answer["items"].as_array().unwrap().iter().map(told).collect();
        assert_eq!(lines, expected, "{query}");
    }
    let answer = edge
        .get_after(&written, "/v1/reports/spend?from=2026-10-01&group_by=")
        .await;
    let answer = answer.json();
    assert_eq!(
        (&answer["time_zone"], &answer["from"]),
        (&json!("America/Sao_Paulo"), &json!("2026-10-01"))
    );
    let totals = json!({"messages": 6, "charged": 4,
        "free": {"total": 1, "customer_service": 1, "entry_point": 0, "other": 0},
        "by_conversation": 0, "undelivered": 1, "unknown": 0,
        "estimate": {"right": 4, "wrong": 1, "unknown": 1}, "amounts": {"BRL": 1.1784}, "no_price": 0});
    assert_eq!(answer["totals"], totals);
    assert_eq!(answer["items"], json!([totals]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_charged_without_a_card_has_no_price() {
    let edge = edge(options());
    let event = priced(
        "5511955550101",
        "2026-10-10T12:00:00Z",
        "wamid.1",
        "delivered",
        ("marketing", "regular"),
        "c7",
    );
    let written = edge.post("/v1/events", event.to_string()).await;
    let answer = edge
        .get_after(&written, "/v1/reports/spend?from=2026-10-01")
        .await
        .json();
    assert_eq!(
        (&answer["totals"]["no_price"], &answer["totals"]["amounts"]),
        (&json!(1), &json!({}))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn late_reports_and_people_who_turn_out_to_be_one_count_as_in_their_time() {
    let edge = edge(options());
    let (phone, bsuid) = ("5511955550101", "BR.1000000000000001");
    let marketing = ("marketing", "regular");
    let mut by_bsuid = priced(bsuid, "2026-10-12T12:00:00Z", "wamid.2", "delivered", marketing, "c7");
    by_bsuid["contact"]["aliases"][0]["kind"] = json!("bsuid");
    let mut both = of(
        phone,
        "2026-10-13T12:00:00Z",
        &json!({"kind": "message_received", "message": {"id": "wamid.i1", "type": "text", "text": "oi"}}),
    );
    both["contact"]["aliases"] = json!([{"kind": "phone", "value": phone}, {"kind": "bsuid", "value": bsuid}]);
    let first = priced(phone, "2026-10-10T12:00:00Z", "wamid.1", "delivered", marketing, "c7");
    let before = priced(phone, "2026-10-09T12:00:00Z", "wamid.1", "sent", marketing, "c7");
    for (event, days) in [
        (first, [0, 1, 0]),
        (by_bsuid, [0, 1, 1]),
        (both, [0, 1, 1]),
        // The report that came last was the first: its day is what counts.
        (before, [1, 0, 1]),
    ] {
        let written = edge.post("/v1/events", event.to_string()).await;
        for (query, expected) in [
            ("from=2026-10-09&to=2026-10-10", days[0]),
            ("from=2026-10-10&to=2026-10-11", days[1]),
            ("from=2026-10-12&to=2026-10-13", days[2]),
            ("from=2026-10-01", days.iter().sum()),
        ] {
            let answer = edge.get_after(&written, &format!("/v1/reports/spend?{query}")).await;
            assert_eq!(answer.json()["totals"]["charged"], json!(expected), "{query}: {event}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_by_name() {
    let edge = edge(options());
    for (query, told) in [
        ("from=october", "from"),
        (
            "from=2026-10-02&to=2026-10-02",
            "to is not valid: it must be after 2026-10-02",
        ),
        ("group_by=week", "group_by: `week` is none of"),
        ("group_by=day,month", "group_by: it is day or month"),
        ("form=2026-10-02", "form"),
    ] {
        let answer = edge.get(&format!("/v1/reports/spend?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains(told), "{query}: {message}");
    }
}

/// The rate is that of the category that was reported, whatever the account says of authentication abroad; who is exempt pays none.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_costs_what_the_provider_said_it_was() {
    let edge = edge(options());
    let card = "Market,Currency,Authentication,Authentication-International\nIndia,BRL,0.1,2\nBrazil,BRL,0.3,n/a\n";
    put(&edge, "/v1/rate-cards?effective_from=2026-10-01", card).await;
    let (asha, ana) = ("919999999901", "5511955550101");
    let home = ("authentication", "regular");
    let abroad = ("authentication_international", "regular");
    let at = "2026-10-10T12:00:00Z";
    let mut exempt = priced(ana, at, "wamid.5", "delivered", ("service", "regular"), "");
    exempt["status"]["pricing"]["subtype"] = json!("paid_exempt");
    let events = Value::Array(vec![
        priced(asha, at, "wamid.1", "delivered", home, ""),
        priced(asha, at, "wamid.2", "delivered", abroad, ""),
        // There is no such rate, and another one is not what was charged.
        priced(ana, at, "wamid.3", "delivered", abroad, ""),
        priced(ana, at, "wamid.4", "delivered", home, ""),
        exempt,
    ]);
    let written = edge.post("/v1/events", events.to_string()).await;
    assert_eq!(written.status, 200, "{:?}", written.body);
    for from in [None, Some("2026-10-01T00:00:00Z"), Some("2026-12-01T00:00:00Z")] {
        let account = match from {
            Some(from) => json!({"authentication_international": {"from": from}}),
            None => json!({}),
        };
        put(&edge, "/v1/accounts/default", account.to_string()).await;
        let answer = edge
            .get_after(&written, "/v1/reports/spend?from=2026-10-01&group_by=")
            .await;
        let totals = &answer.json()["totals"];
        assert_eq!(
            (
                &totals["charged"],
                &totals["free"]["other"],
                &totals["amounts"],
                &totals["no_price"]
            ),
            (&json!(4), &json!(1), &json!({"BRL": 2.4}), &json!(1)),
            "{from:?}"
        );
    }
}
