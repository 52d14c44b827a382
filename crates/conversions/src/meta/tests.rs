//! What Meta's answers mean, and what a request holds.

use origem_domain::amount::Amount;
use origem_domain::time::Timestamp;

use super::*;
use crate::tests::{conversion, meta_settings};

#[test]
fn answers_are_told_apart() {
    let error = |code: i64, subcode: Option<i64>| {
        let mut error = json!({"error": {"message": "(#100) Param data must be ...", "type": "OAuthException", "code": code,
            "fbtrace_id": "AbC"}});
        if let Some(subcode) = subcode {
            error["error"]["error_subcode"] = json!(subcode);
            error["error"]["error_user_msg"] = json!("Event time is too old");
        }
        error
    };
    let taken = json!({"events_received": 1, "messages": [], "fbtrace_id": "AbC"});
    let transient = json!({"error": {"message": "An unknown error occurred", "code": 2600, "is_transient": true}});
    for (status, body, expected) in [
        (200, taken, "taken"),
        (200, json!("<html>a portal</html>"), "later answer"),
        (400, error(100, Some(2_804_066)), "faulty refused"),
        (400, error(100, Some(2_804_003)), "faulty refused"),
        (400, error(100, None), "faulty refused"),
        (400, error(100, Some(33)), "later dataset"),
        (400, error(803, None), "later dataset"),
        (400, error(190, None), "later token"),
        (401, error(190, Some(463)), "later token"),
        (403, error(10, None), "later permission"),
        (403, error(200, None), "later permission"),
        (403, error(299, None), "later permission"),
        (400, error(4, None), "later rate_limited"),
        (400, error(80_004, None), "later rate_limited"),
        (429, error(100, None), "later rate_limited"),
        (429, json!(null), "later rate_limited"),
        (400, error(1, None), "later unavailable"),
        (500, error(2, None), "later unavailable"),
        (400, transient, "later unavailable"),
        (503, error(100, None), "later unavailable"),
        (502, json!("bad gateway"), "later unavailable"),
        (400, json!("a proxy's own page"), "later unavailable"),
        (302, json!(null), "later unavailable"),
    ] {
        let response = Response {
            status,
            body: body.to_string().into_bytes(),
            ..Response::default()
        };
        let found = match read(&response) {
            Verdict::Taken { trace } => {
                assert_eq!(trace.as_deref(), Some("AbC"));
                "taken".to_owned()
            }
            Verdict::Faulty { reason, trace } => {
                assert_eq!(trace.as_deref(), Some("AbC"));
                format!("faulty {}", reason.code)
            }
            Verdict::Later { reason, .. } => format!("later {}", reason.code),
        };
        assert_eq!(found, expected, "{status} {body}");
    }
}

#[test]
fn what_meta_says_is_kept_for_people() {
    let body = json!({"error": {"message": "Invalid parameter", "error_user_msg": "Event\nname is not supported", "code": 100,
        "error_subcode": 2_804_066, "fbtrace_id": "T"}});
    let response = Response {
        status: 400,
        body: body.to_string().into_bytes(),
        ..Response::default()
    };
    let Verdict::Faulty { reason, .. } = read(&response) else {
        panic!("a fault")
    };
    assert_eq!(reason.message, "Meta's error 100/2804066: Event name is not supported");
}

#[test]
fn seven_days_are_the_limit() {
    let at = Timestamp::from_seconds(1_790_417_000);
    for (since, is_late) in [
        (0, false),
        (6 * DAY, false),
        (7 * DAY - HOUR, false),
        (7 * DAY, true),
        (8 * DAY, true),
    ] {
        assert_eq!(too_old(at, at.plus(since)).is_some(), is_late, "{since}");
    }
}

#[test]
fn a_request_is_that_of_the_channel() {
    let settings = meta_settings("http://127.0.0.1:1");
    let common = |channel: &str| {
        json!({"event_name": "Purchase", "event_time": 1_790_417_000, "event_id": "k1", "action_source": "business_messaging",
            "messaging_channel": channel})
    };
    for (kind, person, user) in [
        (
            ChannelKind::Whatsapp,
            None,
            json!({"whatsapp_business_account_id": "waba", "ctwa_clid": "Afe_1"}),
        ),
        (
            ChannelKind::Messenger,
            Some("77"),
            json!({"page_id": "2", "page_scoped_user_id": "77", "ctwa_clid": "Afe_1"}),
        ),
        (
            ChannelKind::Instagram,
            Some("88"),
            json!({"instagram_business_account_id": "2", "ig_sid": "88", "ctwa_clid": "Afe_1"}),
        ),
    ] {
        let mut conversion = conversion("k1", kind);
        let dataset = settings.dataset(&conversion.channel).unwrap();
        let mut expected = common(kind.name());
        expected["user_data"] = user;
        expected["custom_data"] = json!({"value": 199.9, "currency": "BRL", "order_id": conversion.ticket});
        assert_eq!(event(&conversion, dataset, person), expected);
        conversion.value = None;
        expected.as_object_mut().unwrap().remove("custom_data");
        assert_eq!(event(&conversion, dataset, person), expected, "no value");
    }
    assert_eq!(
        address(&settings, &settings.datasets[&(ChannelKind::Whatsapp, None)]),
        "http://127.0.0.1:1/ds-w/events"
    );
    let tested = MetaSettings {
        test_event_code: Some("TEST1".to_owned()),
        ..settings
    };
    let expected = json!({"data": [1], "partner_agent": "origem", "test_event_code": "TEST1"});
    assert_eq!(body(&[json!(1)], &tested), expected);
}

#[test]
fn what_is_of_no_use_is_not_sent() {
    let settings = meta_settings("http://127.0.0.1:1");
    let whole = conversion("k1", ChannelKind::Whatsapp);
    let recent = Some(whole.at.plus(-2 * DAY));
    let old = Some(whole.at.plus(-29 * DAY));
    let with = |change: &dyn Fn(&mut Conversion)| {
        let mut changed = whole.clone();
        change(&mut changed);
        changed
    };
    let on = |kind| with(&|conversion| conversion.channel.kind = kind);
    for (conversion, ad_at, clicked_at, expected) in [
        (whole.clone(), recent, recent, None),
        (whole.clone(), recent, None, Some("no_click")),
        (whole.clone(), None, None, Some("no_click")),
        (whole.clone(), old, old, Some("click_too_old")),
        (on(ChannelKind::Messenger), recent, None, None),
        (on(ChannelKind::Messenger), old, None, Some("no_ad")),
        (on(ChannelKind::Instagram), recent, None, None),
        (on(ChannelKind::Instagram), None, None, Some("no_ad")),
        (on(ChannelKind::Webchat), recent, recent, Some("channel")),
        (
            with(&|one| one.event = "Other".to_owned()),
            recent,
            recent,
            Some("event_name"),
        ),
        (with(&|one| one.value = None), recent, recent, Some("no_value")),
        (
            with(&|one| one.value = Some(Amount(-1))),
            recent,
            recent,
            Some("bad_value"),
        ),
        (with(&|one| one.currency = None), recent, recent, Some("no_currency")),
        (
            with(&|one| one.currency = Some("R$".to_owned())),
            recent,
            recent,
            Some("bad_currency"),
        ),
        (
            with(&|one| one.currency = Some("brl".to_owned())),
            recent,
            recent,
            Some("bad_currency"),
        ),
        (
            with(&|one| {
                one.event = "LeadSubmitted".to_owned();
                one.value = None;
            }),
            recent,
            recent,
            None,
        ),
    ] {
        let found = objection(&conversion, &settings, ad_at, clicked_at).map(|reason| reason.code);
        assert_eq!(found.as_deref(), expected, "{conversion:?}");
    }
    let nowhere = MetaSettings {
        datasets: Default::default(),
        ..settings
    };
    let found = objection(&whole, &nowhere, recent, recent).map(|reason| reason.code);
    assert_eq!(found.as_deref(), Some("no_dataset"));
}
