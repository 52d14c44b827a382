//! Stories that begin in public: comments on Instagram and Facebook, then a private thread.

use serde_json::json;

use crate::payload::{IGSID, PSID, comment, direct, direct_echo, messenger, page_comment};
use crate::story::{Told, World, check};

fn writes(time: &str, mid: &str) -> Told {
    direct(time, json!({"message": {"mid": mid, "text": "oi"}}))
}

fn feed(time: &str, id: &str) -> Told {
    comment(time, id, json!({"id": "m77", "media_product_type": "FEED"}))
}

#[test]
fn a_comment_is_an_origin_and_explains_the_thread_that_follows() {
    let line = "26 10:00 #1 Comentário Instagram instagram post:m77, certain comment.received@1";
    check(&[feed("26 10:00", "1791")], IGSID, &[line]);
    check(&[feed("26 10:00", "1791"), writes("26 12:00", "m_1")], IGSID, &[line]);
    let later = [feed("26 10:00", "1791"), writes("28 12:00", "m_1")];
    check(
        &later,
        IGSID,
        &[line, "28 12:00 #1 Orgânico instagram, likely organic@1"],
    );
}

#[test]
fn the_answer_to_a_private_reply_belongs_to_the_comment() {
    let story = [
        feed("20 10:00", "1791"),
        direct_echo("20 15:00", "m_E"),
        writes("22 12:00", "m_1"),
    ];
    let lines = [
        "20 10:00 #1 Comentário Instagram instagram post:m77, certain comment.received@1",
        "22 12:00 #1 Comentário Instagram instagram post:m77, likely comment.private_reply@1",
    ];
    check(&story, IGSID, &lines);
}

#[test]
fn a_comment_on_an_ad_names_the_ad_and_comes_once() {
    let on_ad = || {
        comment(
            "26 10:00",
            "1792",
            json!({"id": "m78", "media_product_type": "AD", "ad_id": "1206", "ad_title": "Promoção"}),
        )
    };
    check(
        &[on_ad(), on_ad()],
        IGSID,
        &["26 10:00 #1 Comentário Instagram instagram ad:1206, certain comment.received@1"],
    );
}

#[test]
fn a_comment_on_the_page_is_on_messenger() {
    let story = [
        page_comment("26 10:00", "300_1_9"),
        messenger("26 10:30", json!({"message": {"mid": "m_1", "text": "oi"}})),
    ];
    check(
        &story,
        PSID,
        &["26 10:00 #1 Comentário Facebook facebook post:300_1, certain comment.received@1"],
    );
}

#[test]
fn the_same_person_on_two_channels_is_two_conversations() {
    let story = [
        feed("26 10:00", "1791"),
        messenger("26 10:30", json!({"message": {"mid": "m_1", "text": "oi"}})),
    ];
    assert_eq!(World::told(&story).conversations(), 2);
    check(&story, PSID, &["26 10:30 #1 Orgânico facebook, likely organic@1"]);
}

#[test]
fn an_unsent_message_is_not_another_one() {
    let story = [
        writes("26 10:00", "m_1"),
        direct("27 12:00", json!({"message": {"mid": "m_1", "is_deleted": true}})),
    ];
    check(&story, IGSID, &["26 10:00 #1 Orgânico instagram, likely organic@1"]);
}
