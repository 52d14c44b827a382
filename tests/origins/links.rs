//! Stories of links and hashtags: our page, m.me, codes that travel.

use origem_domain::marks::{code_from_number, frame};
use serde_json::json;

use crate::payload::{ANA, IGSID, PSID, RITA, ad, clicked, direct, message, messenger, says, text, with};
use crate::story::check;

#[test]
fn a_code_leads_to_its_click_whichever_is_heard_of_first() {
    let code = code_from_number(77_777);
    let story = [
        clicked("26 09:58", &code, "bio"),
        says(RITA, "26 10:00", "wamid.1", &format!("Oi! Quero o plano [{code}]")),
    ];
    // `check` tells it backwards too: the click after the message.
    check(
        &story,
        RITA.phone,
        &["26 10:00 #1 Link link:bio click(source=google), certain link.click_code@1"],
    );
    let lower = [
        clicked("26 09:58", &code, "bio"),
        says(RITA, "26 10:00", "wamid.1", &format!("[{}] oi", code.to_lowercase())),
    ];
    check(
        &lower,
        RITA.phone,
        &["26 10:00 #1 Link link:bio click(source=google), certain link.click_code@1"],
    );
}

#[test]
fn a_code_that_nobody_sees_leads_to_its_click_too() {
    let code = code_from_number(31_415);
    let line = "26 10:00 #1 Link link:bio click(source=google), certain link.click_code@1";
    let framed = frame(&code);
    for text in [
        format!("{framed}Oi! Quero o plano"),
        format!("Oi {framed}"),
        framed.clone(),
    ] {
        let story = [
            clicked("26 09:58", &code, "bio"),
            says(RITA, "26 10:00", "wamid.1", &text),
        ];
        check(&story, RITA.phone, &[line]);
    }
    // A part of a frame is nothing, and neither are the joiners of emoji.
    let cut: String = framed.chars().skip(1).collect();
    for text in [format!("{cut}Oi!"), "👩\u{200d}💻 oi".to_owned()] {
        let story = [
            clicked("26 09:58", &code, "bio"),
            says(RITA, "26 10:00", "wamid.1", &text),
        ];
        check(&story, RITA.phone, &["26 10:00 #1 Orgânico whatsapp, likely organic@1"]);
    }
}

#[test]
fn a_friend_who_forwards_the_text_came_by_the_link_but_not_by_the_click() {
    let code = code_from_number(5);
    let story = [
        clicked("26 09:58", &code, "bio"),
        says(RITA, "26 10:00", "wamid.1", &format!("Oi [{code}]")),
        says(ANA, "26 12:00", "wamid.2", &format!("Oi [{code}]")),
    ];
    check(
        &story,
        RITA.phone,
        &["26 10:00 #1 Link link:bio click(source=google), certain link.click_code@1"],
    );
    check(
        &story,
        ANA.phone,
        &["26 12:00 #1 Link link:bio, likely link.forwarded_code@1"],
    );
}

#[test]
fn a_code_is_worth_what_is_known_of_it() {
    let code = code_from_number(5);
    let words = format!("Oi [{code}]");
    let old = [
        clicked("10 10:00", &code, "bio"),
        says(RITA, "18 10:01", "wamid.1", &words),
    ];
    check(
        &old,
        RITA.phone,
        &["18 10:01 #1 Link link:bio, likely link.forwarded_code@1"],
    );
    let unknown = [says(RITA, "26 10:00", "wamid.1", &words)];
    check(
        &unknown,
        RITA.phone,
        &[&format!("26 10:00 #1 Link link:{code}, likely link.unknown_code@1")],
    );
    let last = if code.ends_with('A') { 'B' } else { 'A' };
    let mistyped = format!("Oi [{}{last}]", &code[..5]);
    let wrong = [
        clicked("26 09:58", &code, "bio"),
        says(RITA, "26 10:00", "wamid.1", &mistyped),
    ];
    check(&wrong, RITA.phone, &["26 10:00 #1 Orgânico whatsapp, likely organic@1"]);
    let numbers = [says(RITA, "26 10:00", "wamid.1", "pedido [123456]")];
    check(
        &numbers,
        RITA.phone,
        &["26 10:00 #1 Orgânico whatsapp, likely organic@1"],
    );
}

#[test]
fn a_code_sent_twice_is_one_touch() {
    let code = code_from_number(6);
    let story = [
        clicked("26 09:58", &code, "bio"),
        says(RITA, "26 10:00", "wamid.1", &format!("Oi [{code}]")),
        says(RITA, "26 10:01", "wamid.2", &format!("Oi [{code}]")),
    ];
    check(
        &story,
        RITA.phone,
        &["26 10:00 #1 Link link:bio click(source=google), certain link.click_code@1"],
    );
}

#[test]
fn a_hashtag_is_the_first_word_without_accents_and_punctuation() {
    for (words, tag) in [
        ("#Verão2026, oi", Some("verao2026")),
        ("  #PROMO10! quero", Some("promo10")),
        ("#Ação\nlinha", Some("acao")),
        ("#AÇÃO", Some("acao")),
        ("#black_friday", Some("black_friday")),
        ("quero a #promo", None),
        ("# promo", None),
        ("#", None),
    ] {
        let line = match tag {
            Some(tag) => format!("26 10:00 #1 Hashtag #{tag}, certain hashtag.first_word@1"),
            None => "26 10:00 #1 Orgânico whatsapp, likely organic@1".to_owned(),
        };
        check(&[says(RITA, "26 10:00", "wamid.1", words)], RITA.phone, &[&line]);
    }
}

#[test]
fn the_same_hashtag_counts_once_a_visit() {
    let story = [
        says(RITA, "24 10:00", "wamid.1", "#promo oi"),
        says(RITA, "24 10:05", "wamid.2", "#PROMO"),
        says(RITA, "26 10:00", "wamid.3", "#promo de novo"),
    ];
    let lines = [
        "24 10:00 #1 Hashtag #promo, certain hashtag.first_word@1",
        "26 10:00 #1 Hashtag #promo, certain hashtag.first_word@1",
    ];
    check(&story, RITA.phone, &lines);
}

#[test]
fn precedence_picks_the_label_and_nothing_is_lost() {
    let code = code_from_number(9);
    let words = text(&format!("#promo quero [{code}]"));
    let story = [
        clicked("26 09:58", &code, "bio"),
        message(
            RITA,
            "26 10:00",
            "wamid.1",
            with(words, json!({"referral": ad("1202", "Afe_")})),
        ),
    ];
    let line = "26 10:00 #1 Campanha Meta unknown ad:1202, certain ad.referral@1 + Link link:bio click(source=google), certain link.click_code@1 + Hashtag #promo, certain hashtag.first_word@1";
    check(&story, RITA.phone, &[line]);
}

#[test]
fn a_thread_opened_by_a_link_explains_the_message_that_follows() {
    let referral = json!({"ref": "promo-a1", "source": "SHORTLINK", "type": "OPEN_THREAD"});
    let line = "26 10:00 #1 Link link:promo-a1, certain link.ref@1";
    let opened = messenger("26 10:00", json!({"referral": referral}));
    let written = messenger("26 10:02", json!({"message": {"mid": "m_1", "text": "oi"}}));
    check(&[opened.clone(), written.clone()], PSID, &[line]);
    // Some messages bring the referral along once more.
    let repeated = messenger(
        "26 10:02",
        json!({"message": {"mid": "m_1", "text": "oi", "referral": referral}}),
    );
    check(&[opened.clone(), repeated], PSID, &[line]);
    check(&[opened], PSID, &[&line.replace("#1", "-")]);
    // Two days later nothing explains it.
    let later = messenger("28 10:02", json!({"message": {"mid": "m_2", "text": "oi"}}));
    check(
        &[written, later],
        PSID,
        &[
            "26 10:02 #1 Orgânico facebook, likely organic@1",
            "28 10:02 #1 Orgânico facebook, likely organic@1",
        ],
    );
    let started = messenger(
        "26 10:00",
        json!({"postback": {"mid": "m_P", "title": "Começar", "payload": "GET_STARTED", "referral": referral}}),
    );
    check(&[started], PSID, &[line]);
    let breaker = direct(
        "26 10:00",
        json!({"postback": {"mid": "m_P", "title": "Preços?", "payload": "PRICES",
        "referral": {"ref": "promo-a1", "source": "IGME-SOURCE-LINK", "type": "OPEN_THREAD"}}}),
    );
    check(&[breaker], IGSID, &[line]);
}
