//! Stories of ads: which platform, which evidence, how often.

use serde_json::json;

use crate::payload::{IGSID, PSID, RITA, ad, by_ad, direct, message, messenger, says, twilio, whatsapp_web, with};
use crate::story::{World, check};

#[test]
fn a_link_that_tells_nothing_is_never_called_facebook() {
    let story = [by_ad(RITA, "26 10:00", "wamid.1", ad("1202", "Afe_"))];
    check(
        &story,
        RITA.phone,
        &["26 10:00 #1 Campanha Meta unknown ad:1202, certain ad.referral@1"],
    );
}

#[test]
fn the_link_of_an_ad_tells_its_platform_as_sure_as_it_can() {
    for (url, told) in [
        (
            "https://www.instagram.com/p/Abc/",
            "Campanha Instagram instagram(likely)",
        ),
        ("https://instagr.am/p/Abc/", "Campanha Instagram instagram(likely)"),
        (
            "https://www.facebook.com/loja/posts/1",
            "Campanha Facebook facebook(guess)",
        ),
        ("https://fb.watch/xyz/", "Campanha Facebook facebook(guess)"),
        ("https://fb.me/AbC", "Campanha Meta unknown"),
        ("https://instagram.com.evil.example/p/", "Campanha Meta unknown"),
        ("https://example.com/?u=facebook.com", "Campanha Meta unknown"),
        ("", "Campanha Meta unknown"),
    ] {
        let story = [by_ad(
            RITA,
            "26 10:00",
            "wamid.1",
            with(ad("1202", "Afe_"), json!({"source_url": url})),
        )];
        check(
            &story,
            RITA.phone,
            &[&format!("26 10:00 #1 {told} ad:1202, certain ad.referral@1")],
        );
    }
}

#[test]
fn a_post_with_a_button_is_likely_an_ad() {
    let referral =
        json!({"source_url": "https://fb.me/P", "source_id": "300_1", "source_type": "post", "headline": "Novidade"});
    let story = [by_ad(RITA, "26 10:00", "wamid.1", referral)];
    check(
        &story,
        RITA.phone,
        &["26 10:00 #1 Campanha Meta unknown via post ad:300_1, likely ad.post@1"],
    );
}

#[test]
fn a_referral_counts_on_every_type_of_message_with_or_without_a_click_id() {
    let status_ad = json!({"source_url": "https://fb.me/S", "source_id": "1203", "source_type": "ad"});
    for content in [
        json!({"type": "image", "image": {"id": "1", "mime_type": "image/jpeg", "sha256": "x"}}),
        json!({"type": "audio", "audio": {"id": "1", "mime_type": "audio/ogg", "sha256": "x", "voice": true}}),
        json!({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Sim"}}}),
        json!({"type": "unsupported", "errors": [{"code": 131_051, "title": "Message type unknown"}], "unsupported": {"type": "gif"}}),
    ] {
        let story = [message(
            RITA,
            "26 10:00",
            "wamid.1",
            with(content, json!({"referral": status_ad})),
        )];
        check(
            &story,
            RITA.phone,
            &["26 10:00 #1 Campanha Meta unknown ad:1203, certain ad.referral@1"],
        );
    }
}

#[test]
fn a_template_button_with_a_referral_is_the_ad_and_perhaps_an_answer() {
    let button = json!({"type": "button", "button": {"payload": "p", "text": "Sim"}, "referral": ad("1202", "Afe_")});
    let line =
        "26 10:00 #1 Campanha Meta unknown ad:1202, certain ad.referral@1 + Campanha WhatsApp, guess campaign.button@1";
    check(&[message(RITA, "26 10:00", "wamid.1", button)], RITA.phone, &[line]);
}

#[test]
fn one_click_is_one_touch_and_the_next_click_is_the_next() {
    let story = [
        by_ad(RITA, "26 10:00", "wamid.1", ad("1202", "Afe_1")),
        by_ad(RITA, "26 10:05", "wamid.2", ad("1202", "Afe_1")), // a client that repeats the referral
        by_ad(RITA, "26 10:10", "wamid.3", ad("1202", "Afe_2")), // clicked again
        by_ad(RITA, "26 10:15", "wamid.4", ad("1204", "Afe_3")), // another ad
        says(RITA, "26 10:20", "wamid.5", "oi"),
        by_ad(RITA, "29 10:00", "wamid.6", ad("1204", "Afe_3")), // the old link again, another visit
    ];
    let line = |at: &str, id: &str| format!("{at} #1 Campanha Meta unknown ad:{id}, certain ad.referral@1");
    let lines = [
        line("26 10:00", "1202"),
        line("26 10:10", "1202"),
        line("26 10:15", "1204"),
        line("29 10:00", "1204"),
    ];
    check(&story, RITA.phone, &lines.each_ref().map(String::as_str));
}

#[test]
fn an_ad_before_a_plain_message_explains_it_and_one_after_it_does_not() {
    let plain = says(RITA, "26 10:02", "wamid.2", "oi");
    let before = [by_ad(RITA, "26 10:00", "wamid.1", ad("1202", "Afe_")), plain.clone()];
    check(
        &before,
        RITA.phone,
        &["26 10:00 #1 Campanha Meta unknown ad:1202, certain ad.referral@1"],
    );
    let after = [plain, by_ad(RITA, "26 10:05", "wamid.3", ad("1202", "Afe_"))];
    let both = [
        "26 10:02 #1 Orgânico whatsapp, likely organic@1",
        "26 10:05 #1 Campanha Meta unknown ad:1202, certain ad.referral@1",
    ];
    check(&after, RITA.phone, &both);
}

#[test]
fn ads_of_messenger_and_instagram_are_of_their_channel() {
    let referral = json!({"ad_id": "1205", "source": "ADS", "type": "OPEN_THREAD", "ref": "promo-a1", "ads_context_data": {"ad_title": "Promoção"}});
    let written = json!({"message": {"mid": "m_1", "text": "oi", "referral": referral}});
    let line = "26 10:00 #1 Campanha Instagram instagram(likely) ad:1205, certain ad.referral@1 + Link link:promo-a1, certain link.ref@1";
    check(&[direct("26 10:00", written.clone())], IGSID, &[line]);
    let line = line.replace("Campanha Instagram instagram", "Campanha Facebook facebook");
    check(&[messenger("26 10:00", written)], PSID, &[&line]);
    // A thread that exists is opened first; then the message repeats the referral.
    let opened = [
        messenger("26 10:00", json!({"referral": referral})),
        messenger(
            "26 10:01",
            json!({"message": {"mid": "m_2", "text": "oi", "referral": referral}}),
        ),
    ];
    check(&opened, PSID, &[&line]);
    assert_eq!(World::told(&opened).tickets(PSID), ["#1 26 10:01 new nobody"]);
}

#[test]
fn whatsapp_web_may_name_the_app_the_ad_was_in() {
    let card = json!({"sourceType": "ad", "sourceId": "1207", "sourceUrl": "https://fb.me/W", "ctwaClid": "Afe_"});
    for (entry, told) in [
        (
            json!({"entryPointConversionSource": "ctwa_ad", "entryPointConversionApp": "instagram"}),
            "Campanha Instagram instagram(certain)",
        ),
        (
            json!({"entryPointConversionSource": "ctwa_ad", "entryPointConversionApp": "facebook"}),
            "Campanha Facebook facebook(certain)",
        ),
        (
            json!({"entryPointConversionSource": "ctwa_ad"}),
            "Campanha Meta unknown",
        ),
        (json!({}), "Campanha Meta unknown"),
    ] {
        let story = [whatsapp_web(
            "26 10:00",
            "3EB0A",
            with(entry, json!({"externalAdReply": card})),
        )];
        check(
            &story,
            RITA.phone,
            &[&format!("26 10:00 #1 {told} ad:1207, certain ad.referral@1")],
        );
    }
}

#[test]
fn an_ad_through_a_provider_without_times_is_an_ad_of_when_it_came() {
    let referral =
        "&ReferralSourceId=1208&ReferralSourceType=ad&ReferralSourceUrl=https%3A%2F%2Ffb.me%2FT&ReferralCtwaClid=Afe_";
    check(
        &[twilio("SM1", referral)],
        RITA.phone,
        &["2026-11-22T12:00:00Z #1 Campanha Meta unknown ad:1208, certain ad.referral@1"],
    );
}
