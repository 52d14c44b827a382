//! Story: Meta calls.

use serde_json::json;

use crate::process::{eventually, origem};
use crate::server::{SECRET, Server, VERIFY_TOKEN, signature};
use crate::world::{World, text, whatsapp};

#[test]
fn a_webhook_is_verified_signed_kept_and_shown() {
    let world = World::new();
    let server = Server::serve(&world.data());

    let verification = |token: &str| {
        let path = format!("/webhooks/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
        let answer = server.ask(&path, &[]);
        (answer.status, answer.body)
    };
    assert_eq!(verification(VERIFY_TOKEN), (200, "1158201444".to_owned()));
    assert_eq!(verification("another").0, 403);

    let body = whatsapp(&json!([text("5511955550101", "wamid.A", 0, "oi")]));
    let unsigned = server.post("/webhooks/meta", &[], body.as_bytes());
    assert_eq!(
        (unsigned.refused().as_str(), &unsigned.position),
        ("401 unauthorised", &None)
    );
    let wrong = server.post(
        "/webhooks/meta",
        &[("x-hub-signature-256", &signature("wrong", body.as_bytes()))],
        body.as_bytes(),
    );
    assert_eq!(wrong.refused(), "401 unauthorised");
    let large = vec![b' '; (3 << 20) + 1];
    assert_eq!(server.try_deliver(&large).unwrap().refused(), "413 too_large");

    let position = server.deliver(&body);
    assert_eq!(position, "0:0", "what was refused is not kept");
    let list = server.get_at("/v1/conversations", &position);
    assert_eq!(list["items"][0]["contact"]["phone"], "5511955550101");
    assert_eq!(list["items"][0]["origin"]["kind"], "organic");
    assert_eq!(list["counts"]["new"], 1);
    let id = list["items"][0]["id"].as_str().unwrap();
    let thread = server.get(&format!("/v1/conversations/{id}/thread"));
    assert_eq!(thread["items"][1]["message_id"], "wamid.A");

    // What was written is read, each time, however short the time between.
    for second in 1..40 {
        let position = server.deliver(&whatsapp(&json!([text(
            "5511955550101",
            &format!("wamid.{second}"),
            second,
            "oi"
        )])));
        let card = server.get_at(&format!("/v1/conversations/{id}"), &position);
        assert_eq!(
            (&card["position"], &card["unread"]),
            (&json!(position), &json!(second + 1))
        );
    }

    assert_eq!(server.get("/healthz")["status"], "ok");
    assert!(eventually(|| server.get("/readyz")["lag"] == 0));
    assert!(server.ask("/metrics", &[]).body.contains("# EOF"));
    assert!(server.get("/openapi.json")["paths"]["/webhooks/meta"].is_object());
    assert_eq!(server.ask("/nonsense", &[]).refused(), "404 not_found");
    server.says("listening");
    server.stop();
    assert_eq!(world.run(&["log", "info"]).value()["records"], 40);
}

#[test]
fn producers_send_events_and_ask_for_them() {
    let world = World::new();
    let server = Server::serve(&world.data());
    let event = |id: u32| {
        json!({"kind": "message_received", "channel": {"kind": "webchat", "id": "site"}, "occurred_at": "2026-09-26T10:00:00Z",
            "contact": {"aliases": [{"kind": "visitor", "value": format!("v{id}")}]}, "message": {"id": format!("m{id}"), "text": "#Promo10 oi"}})
    };
    let array = server.post("/v1/events", &[], json!([event(1), event(2)]).to_string().as_bytes());
    assert_eq!(array.ok(), json!({"accepted": 2, "unrecognised": 0, "position": "0:1"}));
    let lines = server.post(
        "/v1/events",
        &[],
        format!("{}\n{}\n", event(3), json!({"kind": "nonsense"})).as_bytes(),
    );
    assert_eq!(lines.ok(), json!({"accepted": 2, "unrecognised": 1, "position": "0:3"}));
    let found = server.get_at("/v1/conversations?hashtag=promo10&origin=hashtag", "0:3");
    assert_eq!(found["items"].as_array().unwrap().len(), 3);
    let one = origem(&["query", "timeline", "--url", &server.url, "--contact", "v2"]).value();
    assert_eq!(one["items"][0]["entry"], json!({"type": "hashtag", "value": "promo10"}));
    let nobody = origem(&["query", "timeline", "--url", &server.url, "--contact", "v9"]).failed(1);
    assert!(nobody.contains("not_found"), "{nobody}");
    server.stop();
}

#[test]
fn without_secrets_the_server_warns_and_takes_unsigned_webhooks() {
    let world = World::new();
    let mut command = crate::process::command(&["serve", "--listen", "127.0.0.1:0"]);
    command.arg("--data").arg(world.data());
    let server = Server::start(command);
    server.says("meta.app_secrets");
    let body = whatsapp(&json!([text("5511955550101", "wamid.A", 0, "oi")]));
    assert_eq!(server.post("/webhooks/meta", &[], body.as_bytes()).status, 200);
    assert_eq!(
        server
            .ask(
                &format!("/webhooks/meta?hub.mode=subscribe&hub.challenge=1&hub.verify_token={SECRET}"),
                &[]
            )
            .status,
        403
    );
    server.stop();
}

#[test]
fn a_server_can_be_stopped_as_soon_as_it_tells_its_address() {
    let world = World::new();
    for _ in 0..5 {
        Server::serve(&world.data()).stop();
    }
}
