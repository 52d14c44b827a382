//! Helpers: payloads as providers write them. Field names as in docs/sources.md; people and numbers are invented.

use origem_domain::time::Timestamp;
use origem_engine::Source;
use serde_json::{Value, json};

use crate::story::Told;

pub const RITA: Person = Person {
    phone: "5511955550101",
    bsuid: "BR.1000000000000001",
    name: "Rita Teste",
};
pub const ANA: Person = Person {
    phone: "5511955550102",
    bsuid: "BR.1000000000000002",
    name: "Ana Amiga",
};
/// Our number.
pub const US: &str = "15550001111";
const CHANNEL: &str = "200000000000002";
const PAGE: &str = "300000000000003";
const INSTAGRAM: &str = "17840000000000001";
/// Rita on Messenger and on Instagram.
pub const PSID: &str = "700000000000001";
pub const IGSID: &str = "900000000000001";

#[derive(Clone, Copy)]
pub struct Person {
    pub phone: &'static str,
    pub bsuid: &'static str,
    pub name: &'static str,
}

/// Microseconds of `26 10:01`, a day of September 2026 and a time.
fn micros(time: &str) -> i64 {
    let (day, time) = time.split_once(' ').unwrap();
    Timestamp::parse(&format!("2026-09-{day}T{time}:00Z")).unwrap().micros()
}

/// As WhatsApp writes times.
pub fn seconds(time: &str) -> String {
    (micros(time) / 1_000_000).to_string()
}

/// As Messenger and Instagram write them.
fn millis(time: &str) -> i64 {
    micros(time) / 1_000
}

/// `more` written over `object`.
pub fn with(mut object: Value, more: Value) -> Value {
    object
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    object
}

/// A webhook of WhatsApp Cloud API: `value` besides product and number.
pub fn whatsapp(field: &str, value: Value) -> Told {
    let value = with(
        json!({"messaging_product": "whatsapp", "metadata": {"display_phone_number": US, "phone_number_id": CHANNEL}}),
        value,
    );
    let change = json!({"field": field, "value": value});
    Told {
        source: Source::Meta,
        body: json!({"object": "whatsapp_business_account", "entry": [{"id": "100000000000001", "changes": [change]}]})
            .to_string(),
    }
}

/// A message of a customer; `content` has its type and what goes with it.
pub fn message(person: Person, time: &str, id: &str, content: Value) -> Told {
    let contact = json!({"profile": {"name": person.name}, "wa_id": person.phone, "user_id": person.bsuid});
    let message = json!({"from": person.phone, "from_user_id": person.bsuid, "id": id, "timestamp": seconds(time)});
    whatsapp(
        "messages",
        json!({"contacts": [contact], "messages": [with(message, content)]}),
    )
}

/// A text of a customer.
pub fn says(person: Person, time: &str, id: &str, body: &str) -> Told {
    message(person, time, id, text(body))
}

pub fn text(body: &str) -> Value {
    json!({"type": "text", "text": {"body": body}})
}

/// A text that quotes a message of ours.
pub fn quotes(person: Person, time: &str, id: &str, quoted: &str) -> Told {
    message(
        person,
        time,
        id,
        with(text("sim"), json!({"context": {"from": US, "id": quoted}})),
    )
}

/// A text that came by an ad.
pub fn by_ad(person: Person, time: &str, id: &str, referral: Value) -> Told {
    message(
        person,
        time,
        id,
        with(text("Quero saber mais"), json!({"referral": referral})),
    )
}

/// The usual referral: its link tells nothing.
pub fn ad(id: &str, click: &str) -> Value {
    json!({"source_url": "https://fb.me/AbCdEf123", "source_id": id, "source_type": "ad", "headline": "Fale conosco", "ctwa_clid": click})
}

/// A delivery report on a message of ours.
pub fn status(person: Person, time: &str, id: &str, state: &str, more: Value) -> Told {
    let status = json!({"id": id, "status": state, "timestamp": seconds(time), "recipient_id": person.phone, "recipient_user_id": person.bsuid});
    whatsapp("messages", json!({"statuses": [with(status, more)]}))
}

/// What the phone app sent.
pub fn echo(person: Person, time: &str, id: &str, body: &str) -> Told {
    let echo =
        json!({"from": US, "to": person.phone, "to_user_id": person.bsuid, "id": id, "timestamp": seconds(time)});
    whatsapp(
        "smb_message_echoes",
        json!({"message_echoes": [with(echo, text(body))]}),
    )
}

/// An event of a producer on the same number.
pub fn event(kind: &str, person: Person, time: &str, details: Value) -> Told {
    let contact = json!({"aliases": [{"kind": "phone", "value": person.phone}]});
    let event = json!({"kind": kind, "channel": {"kind": "whatsapp", "id": CHANNEL}, "contact": contact, "occurred_at": micros(time)});
    Told {
        source: Source::Event,
        body: with(event, details).to_string(),
    }
}

/// What we sent through an integration that tells us.
pub fn sent(person: Person, time: &str, id: &str, via: &str, details: Value) -> Told {
    event(
        "message_sent",
        person,
        time,
        with(json!({"via": via, "message": {"id": id, "text": "Olá"}}), details),
    )
}

/// The click of a link on our page.
pub fn clicked(time: &str, code: &str, link: &str) -> Told {
    let click = json!({"code": code, "link": link, "utm": {"source": "google"}, "click_ids": {"gclid": "G-1"}});
    let event = json!({"kind": "link_clicked", "channel": {"kind": "whatsapp", "id": CHANNEL}, "occurred_at": micros(time), "click": click});
    Told {
        source: Source::Event,
        body: event.to_string(),
    }
}

fn page_of(object: &str, account: &str, time: &str, content: Value) -> Told {
    let entry = with(json!({"id": account, "time": millis(time)}), content);
    Told {
        source: Source::Meta,
        body: json!({"object": object, "entry": [entry]}).to_string(),
    }
}

/// A message of Rita's as the WhatsApp Web protocol has it, with what it tells of where it came from.
pub fn whatsapp_web(time: &str, id: &str, context: Value) -> Told {
    let key = json!({"remoteJid": format!("{}@s.whatsapp.net", RITA.phone), "fromMe": false, "id": id});
    let message = json!({"extendedTextMessage": {"text": "oi", "contextInfo": context}});
    let seconds = micros(time) / 1_000_000;
    Told {
        source: Source::WhatsappWeb,
        body: json!({"key": key, "messageTimestamp": seconds, "pushName": RITA.name, "message": message}).to_string(),
    }
}

/// A message of Rita's as Twilio posts it, which tells no time.
pub fn twilio(id: &str, more: &str) -> Told {
    let Person { phone, .. } = RITA;
    Told {
        source: Source::Twilio,
        body: format!("MessageSid={id}&From=whatsapp%3A%2B{phone}&To=whatsapp%3A%2B{US}&Body=oi{more}"),
    }
}

/// Something Rita did on Messenger.
pub fn messenger(time: &str, content: Value) -> Told {
    let element = json!({"sender": {"id": PSID}, "recipient": {"id": PAGE}, "timestamp": millis(time)});
    page_of("page", PAGE, time, json!({"messaging": [with(element, content)]}))
}

/// Something Rita did in Instagram Direct.
pub fn direct(time: &str, content: Value) -> Told {
    let element = json!({"sender": {"id": IGSID}, "recipient": {"id": INSTAGRAM}, "timestamp": millis(time)});
    page_of(
        "instagram",
        INSTAGRAM,
        time,
        json!({"messaging": [with(element, content)]}),
    )
}

/// What our Instagram account wrote to Rita.
pub fn direct_echo(time: &str, mid: &str) -> Told {
    let element = json!({"sender": {"id": INSTAGRAM}, "recipient": {"id": IGSID}, "timestamp": millis(time),
        "message": {"mid": mid, "text": "Oi! Te chamei aqui", "is_echo": true}});
    page_of("instagram", INSTAGRAM, time, json!({"messaging": [element]}))
}

/// A comment of Rita's on Instagram.
pub fn comment(time: &str, id: &str, media: Value) -> Told {
    let value =
        json!({"id": id, "text": "Quanto custa?", "from": {"id": IGSID, "username": "rita.teste"}, "media": media});
    // The time of changes is in seconds.
    let entry =
        json!({"id": INSTAGRAM, "time": micros(time) / 1_000_000, "changes": [{"field": "comments", "value": value}]});
    Told {
        source: Source::Meta,
        body: json!({"object": "instagram", "entry": [entry]}).to_string(),
    }
}

/// A comment of Rita's on our Facebook page.
pub fn page_comment(time: &str, id: &str) -> Told {
    let value = json!({"item": "comment", "verb": "add", "comment_id": id, "post_id": "300_1", "message": "Preço?",
        "from": {"id": PSID, "name": "Rita Teste"}, "created_time": micros(time) / 1_000_000});
    page_of(
        "page",
        PAGE,
        time,
        json!({"changes": [{"field": "feed", "value": value}]}),
    )
}
