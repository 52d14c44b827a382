//! Stories without a cause: plain visits, imported history, content the provider withholds, calls, reactions, groups.

use serde_json::json;

use crate::payload::{RITA, US, ad, by_ad, message, says, seconds, whatsapp};
use crate::story::{Told, World, check};

fn history(time: &str, id: &str, from: &str) -> Told {
    let mut message = json!({"from": from, "id": id, "timestamp": seconds(time), "type": "text", "text": {"body": "oi"}, "history_context": {"status": "READ"}});
    if from == US {
        message["to"] = json!(RITA.phone);
    }
    let thread =
        json!({"id": RITA.phone, "context": {"wa_id": RITA.phone, "user_id": RITA.bsuid}, "messages": [message]});
    whatsapp(
        "history",
        json!({"history": [{"metadata": {"phase": 0, "chunk_order": 1, "progress": 55}, "threads": [thread]}]}),
    )
}

#[test]
fn a_visit_is_what_follows_a_silence() {
    let story = [
        says(RITA, "20 10:00", "wamid.1", "oi"),
        says(RITA, "20 10:01", "wamid.2", "tudo bem?"),
        says(RITA, "21 09:00", "wamid.3", "alguém?"), // 23 h of silence
        says(RITA, "22 09:00", "wamid.4", "voltei"),  // 24 h
    ];
    let lines = [
        "20 10:00 #1 Orgânico whatsapp, likely organic@1",
        "22 09:00 #1 Orgânico whatsapp, likely organic@1",
    ];
    check(&story, RITA.phone, &lines);
}

#[test]
fn history_is_one_unknown_and_opens_nothing() {
    let story = [
        history("10 10:00", "wamid.H1", RITA.phone),
        history("10 10:05", "wamid.H2", US),
        history("14 10:00", "wamid.H3", RITA.phone),
    ];
    check(
        &story,
        RITA.phone,
        &["10 10:00 - Desconhecido, certain unknown.history@1"],
    );
    assert_eq!(World::told(&story).tickets(RITA.phone), [""; 0]);
    // The first live message is a visit of its own if the silence was long enough.
    let soon = [&story[..], &[says(RITA, "14 20:00", "wamid.1", "oi")]].concat();
    check(
        &soon,
        RITA.phone,
        &["10 10:00 - Desconhecido, certain unknown.history@1"],
    );
    assert_eq!(World::told(&soon).tickets(RITA.phone), ["#1 14 20:00 new nobody"]);
    let later = [&story[..], &[says(RITA, "20 20:00", "wamid.1", "oi")]].concat();
    check(
        &later,
        RITA.phone,
        &[
            "10 10:00 - Desconhecido, certain unknown.history@1",
            "20 20:00 #1 Orgânico whatsapp, likely organic@1",
        ],
    );
}

#[test]
fn what_the_provider_withholds_is_unknown_and_waits_all_the_same() {
    let unsupported = json!({"type": "unsupported", "errors": [{"code": 131_051, "title": "Message type unknown"}], "unsupported": {"type": "poll_creation"}});
    let story = [
        message(RITA, "20 10:00", "wamid.1", unsupported.clone()),
        by_ad(RITA, "20 10:05", "wamid.2", ad("1202", "Afe_")),
    ];
    let lines = [
        "20 10:00 #1 Desconhecido, certain unknown.unsupported@1",
        "20 10:05 #1 Campanha Meta unknown ad:1202, certain ad.referral@1",
    ];
    check(&story, RITA.phone, &lines);
    let inside = [
        says(RITA, "20 10:00", "wamid.1", "oi"),
        message(RITA, "20 10:05", "wamid.2", unsupported),
    ];
    check(
        &inside,
        RITA.phone,
        &["20 10:00 #1 Orgânico whatsapp, likely organic@1"],
    );
}

#[test]
fn a_call_is_a_visit_and_a_reaction_is_none() {
    let call = json!({"id": "wacid.1", "from": RITA.phone, "from_user_id": RITA.bsuid, "to": US, "event": "connect",
        "timestamp": seconds("20 10:00"), "direction": "USER_INITIATED"});
    let story = [whatsapp("calls", json!({"calls": [call]}))];
    check(&story, RITA.phone, &["20 10:00 #1 Orgânico whatsapp, likely organic@1"]);
    assert_eq!(World::told(&story).tickets(RITA.phone), ["#1 20 10:00 new nobody"]);
    let reaction = |time: &str| {
        message(
            RITA,
            time,
            "wamid.R",
            json!({"type": "reaction", "reaction": {"message_id": "wamid.X", "emoji": "👍"}}),
        )
    };
    let story = [reaction("20 10:00")];
    check(&story, RITA.phone, &[]);
    assert_eq!(World::told(&story).tickets(RITA.phone), [""; 0]);
    let between = [
        says(RITA, "20 10:00", "wamid.1", "oi"),
        reaction("21 09:00"),
        says(RITA, "21 11:00", "wamid.2", "oi"),
    ];
    check(
        &between,
        RITA.phone,
        &[
            "20 10:00 #1 Orgânico whatsapp, likely organic@1",
            "21 11:00 #1 Orgânico whatsapp, likely organic@1",
        ],
    );
}

#[test]
fn a_group_is_apart_from_the_person() {
    let in_group = message(
        RITA,
        "20 10:00",
        "wamid.G",
        json!({"type": "text", "text": {"body": "#promo oi"}, "group_id": "group-1"}),
    );
    let story = [in_group, says(RITA, "20 10:05", "wamid.1", "oi")];
    check(&story, RITA.phone, &["20 10:05 #1 Orgânico whatsapp, likely organic@1"]);
}

#[test]
fn the_time_of_the_event_counts_and_not_that_of_its_arrival() {
    let story = [
        by_ad(RITA, "20 10:00", "wamid.1", ad("1202", "Afe_")),
        says(RITA, "20 10:02", "wamid.2", "oi"),
        says(RITA, "22 10:00", "wamid.3", "#promo"),
        says(RITA, "24 10:00", "wamid.4", "oi"),
    ];
    let lines = [
        "20 10:00 #1 Campanha Meta unknown ad:1202, certain ad.referral@1",
        "22 10:00 #1 Hashtag #promo, certain hashtag.first_word@1",
        "24 10:00 #1 Orgânico whatsapp, likely organic@1",
    ];
    // Every order of arrival there is.
    for first in 0..4 {
        for second in (0..4).filter(|second| *second != first) {
            let rest: Vec<usize> = (0..4).filter(|index| ![first, second].contains(index)).collect();
            for last in [[rest[0], rest[1]], [rest[1], rest[0]]] {
                let order = [first, second, last[0], last[1]];
                let world = World::told(order.map(|index| &story[index]));
                assert_eq!(world.timeline(RITA.phone), lines, "{order:?}");
            }
        }
    }
}
