//! Stories of people who change their number, have no number, or turn out to be one.

use serde_json::{Value, json};

use crate::payload::{Person, RITA, ad, by_ad, event, says, seconds, text, whatsapp, with};
use crate::story::{Told, World, check};

const NEW_PHONE: &str = "5511955550909";
const NEW_BSUID: &str = "BR.2000000000000009";

fn system(time: &str, id: &str, from: Option<&str>, system: Value) -> Told {
    let mut message = json!({"id": id, "timestamp": seconds(time), "type": "system", "system": system});
    if let Some(from) = from {
        message["from"] = json!(from);
    }
    whatsapp("messages", json!({"messages": [message]}))
}

/// Somebody with a user name: no number anywhere.
fn hidden(time: &str, id: &str, bsuid: &str, content: Value) -> Told {
    let contact = json!({"profile": {"name": "Rita Teste", "username": "@rita"}, "user_id": bsuid});
    let message = json!({"from_user_id": bsuid, "id": id, "timestamp": seconds(time)});
    whatsapp(
        "messages",
        json!({"contacts": [contact], "messages": [with(message, content)]}),
    )
}

const BOTH: [&str; 2] = [
    "20 10:00 #1 Campanha Meta unknown ad:1202, certain ad.referral@1",
    "24 10:00 #1 Orgânico whatsapp, likely organic@1",
];

#[test]
fn a_person_without_a_number_is_known_by_the_scoped_id() {
    let referral = json!({"referral": ad("1202", "Afe_")});
    let story = [
        hidden("20 10:00", "wamid.1", RITA.bsuid, with(text("oi"), referral)),
        hidden("24 10:00", "wamid.2", RITA.bsuid, text("oi")),
    ];
    check(&story, RITA.bsuid, &BOTH);
}

#[test]
fn a_number_that_becomes_known_later_joins_the_two() {
    let first = by_ad(RITA, "20 10:00", "wamid.1", ad("1202", "Afe_"));
    let story = [first, hidden("24 10:00", "wamid.2", RITA.bsuid, text("oi"))];
    for alias in [RITA.bsuid, RITA.phone] {
        check(&story, alias, &BOTH);
    }
    // Old payloads had the number only; one with both joins the two, before or after.
    let old = whatsapp(
        "messages",
        json!({"contacts": [{"profile": {"name": "Rita"}, "wa_id": RITA.phone}],
        "messages": [with(json!({"from": RITA.phone, "id": "wamid.1", "timestamp": seconds("20 10:00")}), with(text("oi"), json!({"referral": ad("1202", "Afe_")})))]}),
    );
    let story = [
        old,
        hidden("24 10:00", "wamid.2", RITA.bsuid, text("oi")),
        says(RITA, "24 10:05", "wamid.3", "sou eu"),
    ];
    for alias in [RITA.bsuid, RITA.phone] {
        check(&story, alias, &BOTH);
    }
}

#[test]
fn a_new_number_is_the_same_person() {
    let change = system(
        "22 10:00",
        "wamid.SYS",
        Some(RITA.phone),
        json!({"type": "user_changed_number", "wa_id": NEW_PHONE, "user_id": NEW_BSUID,
        "previous_user_id": RITA.bsuid, "body": "User Rita changed from 5511955550101 to 5511955550909"}),
    );
    let now = Person {
        phone: NEW_PHONE,
        bsuid: NEW_BSUID,
        name: RITA.name,
    };
    let story = [
        by_ad(RITA, "20 10:00", "wamid.1", ad("1202", "Afe_")),
        change,
        says(now, "24 10:00", "wamid.2", "oi"),
    ];
    for alias in [NEW_PHONE, NEW_BSUID, RITA.phone, RITA.bsuid] {
        check(&story, alias, &BOTH);
    }
    assert!(World::told(&story).anomalies().is_empty());
}

#[test]
fn a_new_scoped_id_is_the_same_person() {
    let change = system(
        "22 10:00",
        "wamid.SYS",
        None,
        json!({"type": "user_changed_user_id", "user_id": NEW_BSUID, "previous_user_id": RITA.bsuid,
        "body": "User Rita changed from BR.1000000000000001 to BR.2000000000000009"}),
    );
    let story = [
        by_ad(RITA, "20 10:00", "wamid.1", ad("1202", "Afe_")),
        change,
        hidden("24 10:00", "wamid.2", NEW_BSUID, text("oi")),
    ];
    for alias in [NEW_BSUID, RITA.phone, RITA.bsuid] {
        check(&story, alias, &BOTH);
    }
}

#[test]
fn numbers_with_and_without_the_ninth_digit_are_one_person() {
    let person = |phone| Person { phone, ..RITA };
    let (long, short) = (person("5511987654321"), person("551187654321"));
    let story = [
        by_ad(long, "20 10:00", "wamid.1", ad("1202", "Afe_")),
        event(
            "message_received",
            short,
            "24 10:00",
            json!({"message": {"id": "wamid.2", "text": "oi"}}),
        ),
    ];
    for alias in [long.phone, short.phone, "+55 (11) 98765-4321"] {
        check(&story, alias, &BOTH);
    }
    assert_eq!(World::told(&story).conversations(), 1);
}

#[test]
fn two_people_who_shared_a_number_are_not_mixed_up() {
    let other = Person {
        bsuid: NEW_BSUID,
        ..RITA
    };
    let story = [
        by_ad(RITA, "20 10:00", "wamid.1", ad("1202", "Afe_")),
        says(other, "24 10:00", "wamid.2", "oi"),
    ];
    let world = World::told(&story);
    assert_eq!(world.timeline(RITA.bsuid), BOTH[..1]);
    assert_eq!(world.timeline(NEW_BSUID), BOTH[1..]);
    assert!(
        world.anomalies().contains("identity_conflict"),
        "{:?}",
        world.anomalies()
    );
}

#[test]
fn a_message_of_several_people_goes_to_each() {
    let contact =
        |person: Person| json!({"profile": {"name": person.name}, "wa_id": person.phone, "user_id": person.bsuid});
    let from = |person: Person, id: &str, body: &str| {
        with(
            json!({"from": person.phone, "from_user_id": person.bsuid, "id": id, "timestamp": seconds("20 10:00")}),
            text(body),
        )
    };
    let ana = crate::payload::ANA;
    let story = [whatsapp(
        "messages",
        json!({"contacts": [contact(RITA), contact(ana)], "messages": [from(ana, "wamid.2", "#um"), from(RITA, "wamid.1", "#dois")]}),
    )];
    check(
        &story,
        RITA.phone,
        &["20 10:00 #1 Hashtag #dois, certain hashtag.first_word@1"],
    );
    check(
        &story,
        ana.phone,
        &["20 10:00 #1 Hashtag #um, certain hashtag.first_word@1"],
    );
}
