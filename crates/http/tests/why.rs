//! Why: the shape of a story, its languages, one touch of it, bytes on request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{Answer, Edge, edge, event, options, request, whatsapp};
use serde_json::{Value, json};

const AD: &str = r##"{"from":"5511955550101","id":"wamid.AD","timestamp":"1790416860","type":"text","text":{"body":"#promo Quero saber mais"},"referral":{"source_type":"ad","source_id":"1202","source_url":"https://fb.me/A","ctwa_clid":"Afe_"}}"##;

/// An ad click, then a plain message that went on with it: an everyday one, told in a number only.
async fn with_an_ad() -> (Edge, Answer, String) {
    let edge = edge(options());
    edge.post("/webhooks/meta", whatsapp(AD)).await;
    let plain = event("5511955550101", "2026-09-26T10:05:00Z", "wamid.A2", "oi");
    let written = edge.post("/v1/events", plain).await;
    assert_eq!(written.status, 200, "{:?}", written.body);
    let page = edge.get_after(&written, "/v1/conversations").await.json();
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    (edge, written, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_has_the_shape_of_the_docs() {
    let (edge, _, id) = with_an_ad().await;
    let mut told = edge.get(&format!("/v1/conversations/{id}/why")).await.json();
    let conversation = edge.get(&format!("/v1/conversations/{id}")).await.json();
    let proof = json!({"position": "0:0", "occurred_at": "2026-09-26T10:01:00Z", "kind": "message_received", "message_id": "wamid.AD"});
    let touch = conversation["origin"].clone();
    let also = touch["also"][0].clone();
    let mut origin = touch.clone();
    for member in ["id", "at", "evidence", "ticket_id", "also"] {
        origin.as_object_mut().unwrap().remove(member);
    }
    // What may be sent depends on when it is asked; the rest does not.
    let windows = told["windows"].as_object_mut().unwrap();
    assert!(windows.remove("as_of").unwrap().is_string());
    let send = windows.remove("send").unwrap();
    let ways: Vec<&String> = send.as_object().unwrap().keys().collect();
    assert_eq!(ways, ["authentication", "free_form", "marketing", "utility"]);
    windows.remove("tariff");
    let expected = json!({
        "conversation": id, "language": "en",
        "rules": {"version": told["rules"]["version"], "regimes": [{
            "interaction_gap_s": 86_400, "campaign_reply_window_s": 259_200, "organic_withheld_s": 86_400,
            "private_reply_window_s": 604_800, "click_valid_s": 604_800}]},
        "touches": [{
            "touch": touch, "rule": "ad.referral@1", "because": "the message carries the referral of an ad", "evidence": proof,
            "considered": [
                {"kind": "ad", "label": "Campanha Meta", "verdict": "won",
                    "text": "the message carries the referral of an ad", "origin": origin},
                {"kind": "hashtag", "label": "Hashtag", "verdict": "kept",
                    "text": "the text starts with the hashtag", "origin": also},
                {"kind": "organic", "label": "organic", "verdict": "lost", "reason": "explained_better",
                    "text": "something stronger explains the message"},
            ],
        }],
        "without_touch": [],
        "quiet": {"received": 1, "sent": 0,
            "text": "1 of the customer and 0 of the business went on with an interaction, without an origin of their own"},
        "status": [{
            "at": "2026-09-26T10:01:00Z", "ticket_id": conversation["ticket"]["id"], "to": "new", "reason": "opened",
            "text": "the customer wrote: the ticket opened", "evidence": proof,
        }],
        "windows": {"steps": [
            {"at": "2026-09-26T10:01:00Z", "window": "customer_care", "change": "opened", "times": 1,
                "until": "2026-09-27T10:01:00Z", "evidence": proof,
                "text": "the customer wrote: the 24 h window opened, until 2026-09-27 10:01"},
            {"at": "2026-09-26T10:01:00Z", "window": "free_entry_point", "change": "candidate", "times": 1,
                "until": "2026-09-27T10:01:00Z", "evidence": proof,
                "text": "the message came through an ad: an answer until 2026-09-27 10:01 opens the free entry point"},
            {"at": "2026-09-26T10:05:00Z", "window": "customer_care", "change": "refreshed", "times": 1,
                "until": "2026-09-27T10:05:00Z",
                "evidence": {"position": "0:1", "occurred_at": "2026-09-26T10:05:00Z", "kind": "message_received",
                    "message_id": "wamid.A2"},
                "text": "the customer wrote again: the 24 h window goes on until 2026-09-27 10:05"},
        ]},
    });
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sentences_are_in_the_language_that_is_asked_for() {
    let (edge, _, id) = with_an_ad().await;
    let path = format!("/v1/conversations/{id}/why");
    for (query, accepted, language, because) in [
        ("", None, "en", "the message carries the referral of an ad"),
        (
            "",
            Some("de, pt-BR;q=0.8"),
            "pt-BR",
            "a mensagem traz a referência de um anúncio",
        ),
        (
            "?lang=en",
            Some("pt-BR"),
            "en",
            "the message carries the referral of an ad",
        ),
        (
            "?lang=pt-BR",
            None,
            "pt-BR",
            "a mensagem traz a referência de um anúncio",
        ),
    ] {
        let headers: Vec<(&str, &str)> = accepted
            .map(|accepted| ("accept-language", accepted))
            .into_iter()
            .collect();
        let told = edge
            .send(request(Method::GET, &format!("{path}{query}"), &headers, ""))
            .await
            .json();
        assert_eq!(told["language"], json!(language), "{query} {accepted:?}");
        assert_eq!(told["touches"][0]["because"], json!(because), "{query} {accepted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_touch_bytes_and_lengths_are_told_on_request() {
    let (edge, _, id) = with_an_ad().await;
    let path = format!("/v1/conversations/{id}/why");
    let whole = edge.get(&path).await.json();
    assert!(!whole.to_string().contains("\"raw\""), "{whole}");
    let touch = whole["touches"][0]["touch"]["id"].as_str().unwrap();
    let told = edge.get(&format!("{path}?touch={touch}&raw=true")).await.json();
    let evidence = &told["touches"][0]["evidence"];
    let raw: Value = serde_json::from_str(evidence["raw"].as_str().unwrap()).unwrap();
    assert_eq!(raw, serde_json::from_str::<Value>(&whatsapp(AD)).unwrap());
    assert!(evidence["received_at"].is_string(), "{evidence}");
    // Of the windows only what that event did.
    assert_eq!(told["windows"]["steps"].as_array().unwrap().len(), 2);
    let short = edge.get(&format!("{path}?limit=1")).await.json();
    assert_eq!(short["left_out"], json!({"weighed": 0, "status": 0, "windows": 2}));
    assert_eq!(short["windows"]["steps"][0]["change"], json!("refreshed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_told_as_it_was() {
    let (edge, _, id) = with_an_ad().await;
    let told = edge
        .get(&format!("/v1/conversations/{id}/why?position=0:0"))
        .await
        .json();
    assert_eq!(told["quiet"]["received"], json!(0), "{told}");
    assert_eq!(told["windows"]["steps"].as_array().unwrap().len(), 2);
    assert_eq!(told["conversation"], json!(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused() {
    let (edge, _, id) = with_an_ad().await;
    for (path, status, says) in [
        (
            format!("{id}/why?touch=to_00000000000000ab"),
            404,
            "to_00000000000000ab",
        ),
        (format!("{id}/why?touch=x"), 400, "touch"),
        (format!("{id}/why?lang=de"), 400, "lang"),
        (format!("{id}/why?raw=perhaps"), 400, "raw"),
        (format!("{id}/why?limit=0"), 400, "limit"),
        ("cv_00000000000000ab/why".to_owned(), 404, "cv_00000000000000ab"),
    ] {
        let answer = edge.get(&format!("/v1/conversations/{path}")).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.json().to_string().contains(says), "{path}: {:?}", answer.body);
    }
}
