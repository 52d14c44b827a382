//! Story: somebody wants to see what a delivery means before it is kept.

use serde_json::{Value, json};

use crate::process::origem_with;
use crate::world::whatsapp;

#[track_caller]
fn decoded(source: &str, deliveries: impl AsRef<[u8]>) -> Vec<Value> {
    origem_with(&["decode", "--source", source, "-"], deliveries.as_ref()).values()
}

/// Compares with what is expected; times of receipt are any.
#[track_caller]
fn check(source: &str, deliveries: impl AsRef<[u8]>, expected: &[Value]) {
    let mut events = decoded(source, deliveries);
    for event in &mut events {
        assert_eq!(event["account"], "default");
        assert!(
            event["dedup_key"].as_str().is_some_and(|key| !key.is_empty()),
            "{event}"
        );
        let members = event.as_object_mut().unwrap();
        members.remove("account");
        members.remove("dedup_key");
        if members.get("time_source").is_some() {
            members.remove("occurred_at");
        }
    }
    assert_eq!(events, expected);
}

#[test]
fn a_whatsapp_message_becomes_the_event_of_the_contract() {
    let message = json!({
        "from": "5511955550101", "from_user_id": "BR.1000000000000001", "id": "wamid.AAA2", "timestamp": "1790416860",
        "type": "text", "text": {"body": "Quero saber mais"}, "context": {"from": "15550001111", "id": "wamid.X"},
        "referral": {"source_url": "https://fb.me/A", "source_id": "1202", "source_type": "ad", "headline": "Fale conosco",
            "body": "Plano em promoção", "media_type": "image", "image_url": "https://scontent.example/i.jpg",
            "ctwa_clid": "Afe_"},
    });
    let mut events = decoded("meta", whatsapp(&json!([message])));
    let key = events[0].as_object_mut().unwrap().remove("dedup_key").unwrap();
    assert!(key.as_str().is_some_and(|key| key.contains("wamid.AAA2")), "{key}");
    assert_eq!(
        events,
        [json!({
            "kind": "message_received", "account": "default", "channel": {"kind": "whatsapp", "id": "200000000000002"},
            "contact": {"aliases": [{"kind": "bsuid", "value": "BR.1000000000000001"}, {"kind": "phone", "value": "5511955550101"}],
                "name": "Rita Teste"},
            "occurred_at": "2026-09-26T10:01:00Z",
            "message": {"id": "wamid.AAA2", "type": "text", "text": "Quero saber mais", "reply_to": "wamid.X"},
            "referral": {"source_type": "ad", "source_id": "1202", "source_url": "https://fb.me/A", "ctwa_clid": "Afe_",
                "headline": "Fale conosco", "body": "Plano em promoção", "media_type": "image",
                "image_url": "https://scontent.example/i.jpg"},
        })]
    );
}

#[test]
fn a_status_has_its_price_and_its_conversation() {
    let status = json!({
        "id": "wamid.OUT1", "status": "sent", "timestamp": "1790420400", "recipient_id": "5511955550101",
        "recipient_user_id": "BR.1000000000000001", "biz_opaque_callback_data": "camp-7",
        "conversation": {"id": "c0ffee00c0ffee00", "expiration_timestamp": "1790679600", "origin": {"type": "referral_conversion"}},
        "pricing": {"billable": "false", "pricing_model": "PMP", "type": "free_entry_point", "category": "authentication-international"},
    });
    let body = whatsapp(&json!([])).replace("\"messages\":[]", &format!("\"statuses\":[{status}]"));
    let events = decoded("meta", body);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["kind"], "message_status");
    assert_eq!(events[0]["occurred_at"], "2026-09-26T11:00:00Z");
    assert_eq!(
        events[0]["status"],
        json!({
            "message_id": "wamid.OUT1", "state": "sent", "callback_data": "camp-7",
            "conversation": {"id": "c0ffee00c0ffee00", "origin": "referral_conversion", "expires_at": "2026-09-29T11:00:00Z"},
            "pricing": {"model": "pmp", "type": "free_entry_point", "category": "authentication_international", "billable": false},
        })
    );
}

#[test]
fn messenger_and_instagram_are_told_apart_by_object() {
    let page = json!({"object": "page", "entry": [{"id": "300000000000003", "time": 1_790_416_800_456_u64, "messaging": [
        {"sender": {"id": "700000000000001"}, "recipient": {"id": "300000000000003"}, "timestamp": 1_790_416_801_000_u64,
         "referral": {"ref": "promo-a1", "source": "SHORTLINK", "type": "OPEN_THREAD"}},
        {"sender": {"id": "300000000000003"}, "recipient": {"id": "700000000000001"}, "timestamp": 1_790_416_802_000_u64,
         "message": {"mid": "m_E", "text": "Olá!", "is_echo": true, "app_id": 42}},
    ]}]});
    let instagram = json!({"object": "instagram", "entry": [{"id": "17840000000000001", "time": 1_790_416_800_456_u64, "messaging": [
        {"sender": {"id": "900000000000001"}, "recipient": {"id": "17840000000000001"}, "timestamp": 1_790_416_800_123_u64,
         "message": {"mid": "m_AAA", "text": "oi", "referral": {"ref": "promo-a1", "ad_id": "120200000000000002", "source": "ADS",
            "type": "OPEN_THREAD", "ads_context_data": {"ad_title": "Promoção", "photo_url": "https://scontent.example/p.jpg"}}}}]}]});
    let comment = json!({"object": "instagram", "entry": [{"id": "17840000000000001", "time": 1_790_416_800, "changes": [
        {"field": "comments", "value": {"id": "179001", "text": "Quanto custa?", "from": {"id": "900000000000001", "username": "rita.teste"},
            "media": {"id": "m77", "media_product_type": "FEED"}}}]}]});
    check(
        "meta",
        format!("{page}\n{instagram}\n{comment}\n"),
        &[
            json!({"kind": "referral_opened", "channel": {"kind": "messenger", "id": "300000000000003"},
                "contact": {"aliases": [{"kind": "psid", "value": "700000000000001"}]}, "occurred_at": "2026-09-26T10:00:01Z",
                "referral": {"ref": "promo-a1", "source": "SHORTLINK"}}),
            json!({"kind": "message_sent", "channel": {"kind": "messenger", "id": "300000000000003"},
                "contact": {"aliases": [{"kind": "psid", "value": "700000000000001"}]}, "occurred_at": "2026-09-26T10:00:02Z",
                "message": {"id": "m_E", "type": "text", "text": "Olá!"}, "via": "api"}),
            json!({"kind": "message_received", "channel": {"kind": "instagram", "id": "17840000000000001"},
                "contact": {"aliases": [{"kind": "igsid", "value": "900000000000001"}]}, "occurred_at": "2026-09-26T10:00:00.123Z",
                "message": {"id": "m_AAA", "type": "text", "text": "oi"},
                "referral": {"ref": "promo-a1", "ad_id": "120200000000000002", "source": "ADS", "headline": "Promoção",
                    "image_url": "https://scontent.example/p.jpg"}}),
            json!({"kind": "comment_received", "channel": {"kind": "instagram", "id": "17840000000000001"},
                "contact": {"aliases": [{"kind": "igsid", "value": "900000000000001"}], "username": "rita.teste"},
                "occurred_at": "2026-09-26T10:00:00Z",
                "comment": {"id": "179001", "text": "Quanto custa?", "media_id": "m77"}}),
        ],
    );
}

#[test]
fn twilio_has_no_time_of_its_own() {
    let form = "MessageSid=SM1&From=whatsapp%3A%2B5511955550101&To=whatsapp%3A%2B15550001111&Body=Ol%C3%A1+a%C3%AD&ProfileName=Rita\
                &ReferralSourceId=1202&ReferralSourceType=ad&ReferralSourceUrl=https%3A%2F%2Ffb.me%2FA&ReferralCtwaClid=Afe_\n";
    let event = json!({"kind": "message_received", "channel": {"kind": "whatsapp", "id": "15550001111"}, "provider": "twilio",
        "contact": {"aliases": [{"kind": "phone", "value": "5511955550101"}], "name": "Rita"}, "time_source": "received",
        "message": {"id": "SM1", "type": "text", "text": "Olá aí"},
        "referral": {"source_type": "ad", "source_id": "1202", "source_url": "https://fb.me/A", "ctwa_clid": "Afe_"}});
    check("twilio", form, &[event]);
    let fields = |sid: &str| json!({"MessageSid": sid, "From": "whatsapp:+5511955550101", "To": "whatsapp:+15550001111", "Body": "oi"});
    let events = decoded("twilio", format!("{}\n{}\n", fields("SM2"), fields("SM3")));
    let ids: Vec<_> = events.iter().map(|event| event["message"]["id"].as_str()).collect();
    assert_eq!(ids, [Some("SM2"), Some("SM3")]);
}

#[test]
fn whatsapp_web_is_read_in_each_of_its_envelopes() {
    let key = |id: &str| json!({"remoteJid": "5511955550101@s.whatsapp.net", "fromMe": false, "id": id});
    let bare = |id: &str| json!({"key": key(id), "messageTimestamp": 1_790_416_800, "pushName": "Rita", "message": {"conversation": "oi"}});
    let lines = [
        bare("W1"),
        json!({"messages": [bare("W2")]}),
        json!({"event": "messages.upsert", "instance": "loja", "data": bare("W3")}),
        json!({"EventType": "messages", "message": {"id": "W4", "content": "oi", "chatid": "5511955550101@s.whatsapp.net",
            "messageTimestamp": 1_790_416_800_000_u64, "fromMe": false, "senderName": "Rita"}}),
        json!({"event": {"Info": {"ID": "W5", "Chat": "5511955550101@s.whatsapp.net", "Sender": "5511955550101@s.whatsapp.net",
            "IsFromMe": false, "Timestamp": "2026-09-26T10:00:00Z", "PushName": "Rita"}, "Message": {"conversation": "oi"}}}),
    ];
    let events = decoded("whatsapp_web", lines.map(|line| line.to_string()).join("\n"));
    let told: Vec<String> = events
        .iter()
        .map(|event| {
            let of = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or("-");
            [
                "/kind",
                "/channel/id",
                "/contact/aliases/0/value",
                "/occurred_at",
                "/message/id",
                "/message/text",
            ]
            .map(of)
            .join(" ")
        })
        .collect();
    let rest = "5511955550101 2026-09-26T10:00:00Z";
    assert_eq!(
        told,
        [
            format!("message_received default {rest} W1 oi"),
            format!("message_received default {rest} W2 oi"),
            format!("message_received loja {rest} W3 oi"),
            format!("message_received default {rest} W4 oi"),
            format!("message_received default {rest} W5 oi"),
        ]
    );
    assert!(events.iter().all(|event| event["provider"].is_string()), "{events:#?}");
    let lid = json!({"key": {"remoteJid": "123@lid", "fromMe": false, "id": "W6"}, "messageTimestamp": 1_790_416_800, "message": {"conversation": "oi"}});
    assert_eq!(
        decoded("whatsapp_web", lid.to_string())[0]["contact"]["aliases"],
        json!([{"kind": "lid", "value": "123"}])
    );
}

#[test]
fn our_own_events_come_back_as_they_went_in() {
    let events = [
        json!({"kind": "message_sent", "account": "default", "channel": {"kind": "whatsapp", "id": "2"}, "dedup_key": "k1",
            "contact": {"aliases": [{"kind": "phone", "value": "5511955550101"}]}, "occurred_at": "2026-09-26T10:00:00Z",
            "message": {"id": "wamid.C1", "type": "text", "text": "Promoção"}, "via": "campaign", "campaign_id": "black",
            "template": {"name": "promo", "language": "pt_BR", "category": "marketing"}}),
        json!({"kind": "ticket_finished", "account": "default", "channel": {"kind": "whatsapp", "id": "2"}, "dedup_key": "k2",
            "contact": {"aliases": [{"kind": "phone", "value": "5511955550101"}]}, "occurred_at": "2026-09-26T10:00:00Z",
            "ticket": {"classification": "sale", "value": 12.5, "currency": "BRL"}, "agent": "ana", "revision": 3}),
        json!({"kind": "link_clicked", "account": "default", "channel": {"kind": "whatsapp", "id": "2"}, "dedup_key": "k3",
            "occurred_at": "2026-09-26T10:00:00Z",
            "click": {"id": "c1", "code": "222222", "link": "promo", "utm": {"source": "google"}, "click_ids": {"gclid": "G"}}}),
        json!({"kind": "identity_changed", "account": "default", "channel": {"kind": "whatsapp", "id": "2"}, "dedup_key": "k4",
            "contact": {"aliases": [{"kind": "bsuid", "value": "BR.2"}]}, "occurred_at": "2026-09-26T10:00:00Z",
            "from": [{"kind": "bsuid", "value": "BR.1"}], "to": [{"kind": "bsuid", "value": "BR.2"}]}),
    ];
    let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
    assert_eq!(decoded("event", lines.join("\n")), events);
}

#[test]
fn what_is_not_understood_is_printed_with_its_smallest_part() {
    let unrecognised = |raw: &str, channel: &str| json!({"kind": "unrecognised", "channel": {"kind": "whatsapp", "id": channel}, "raw": raw, "time_source": "received"});
    let known = json!({"from": "5511955550101", "id": "wamid.K", "timestamp": "1790416800", "type": "text", "text": {"body": "oi"}});
    let delivery = whatsapp(&json!([known, 17]));
    let mut events = decoded("meta", format!("{delivery}\nno json\n"));
    assert_eq!(events.len(), 3);
    assert_eq!(events.remove(0)["message"]["id"], "wamid.K");
    for (event, expected) in events.iter_mut().zip([
        unrecognised("17", "200000000000002"),
        unrecognised("no json", "unknown"),
    ]) {
        let members = event.as_object_mut().unwrap();
        assert!(members["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
        for name in ["account", "dedup_key", "occurred_at", "reason"] {
            members.remove(name);
        }
        assert_eq!(*event, expected);
    }
    let bytes = decoded("meta", b"\xff\xfe abc");
    assert_eq!(
        (bytes.len(), &bytes[0]["kind"], &bytes[0]["raw_base64"]),
        (1, &json!("unrecognised"), &json!("//4gYWJj"))
    );
    assert_eq!(bytes[0].get("raw"), None);
}

#[test]
fn decoding_keeps_nothing() {
    let world = crate::world::World::new();
    let mut command = crate::process::command(&["decode", "-"]);
    std::fs::create_dir(world.path("cwd")).unwrap();
    command.current_dir(world.path("cwd"));
    crate::process::finish(command, b"{}").done();
    assert_eq!(std::fs::read_dir(world.path("cwd")).unwrap().count(), 0);
}
