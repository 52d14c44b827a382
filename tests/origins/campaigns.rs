//! Stories of messages we sent first: campaigns, several recipients, CRM, agents, the phone app.

use serde_json::{Value, json};

use crate::payload::{RITA, US, echo, event, message, quotes, says, sent, status};
use crate::story::{Told, World, check};

fn dispatch(time: &str, id: &str, campaign: &str) -> Told {
    let template = json!({"name": "promo", "language": "pt_BR", "category": "marketing"});
    sent(
        RITA,
        time,
        id,
        "campaign",
        json!({"campaign_id": campaign, "template": template}),
    )
}

fn button(time: &str, id: &str, context: Option<&str>) -> Told {
    let mut content = json!({"type": "button", "button": {"payload": "quero", "text": "Quero"}});
    if let Some(quoted) = context {
        content["context"] = json!({"from": US, "id": quoted});
    }
    message(RITA, time, id, content)
}

#[test]
fn a_dispatch_opens_nothing_until_it_is_answered() {
    let story = [dispatch("20 09:00", "wamid.C1", "black")];
    check(&story, RITA.phone, &[]);
    assert_eq!(World::told(&story).tickets(RITA.phone), [""; 0]);
}

#[test]
fn an_answer_names_its_campaign_by_quote_by_button_or_by_time() {
    let first = dispatch("20 09:00", "wamid.C1", "black");
    let second = dispatch("21 09:00", "wamid.C2", "natal");
    let both = |answer: Told| [first.clone(), second.clone(), answer];
    for (answer, told) in [
        (
            quotes(RITA, "21 10:00", "wamid.1", "wamid.C1"),
            "21 10:00 #1 Campanha WhatsApp campaign:black, certain campaign.quote@1",
        ),
        (
            quotes(RITA, "28 10:00", "wamid.1", "wamid.C1"),
            "28 10:00 #1 Campanha WhatsApp campaign:black, certain campaign.quote@1",
        ),
        (
            button("21 10:00", "wamid.1", Some("wamid.C1")),
            "21 10:00 #1 Campanha WhatsApp campaign:black, certain campaign.quote@1",
        ),
        (
            button("21 10:00", "wamid.1", None),
            "21 10:00 #1 Campanha WhatsApp campaign:natal, likely campaign.button@1",
        ),
        (
            says(RITA, "21 10:00", "wamid.1", "oi"),
            "21 10:00 #1 Campanha WhatsApp campaign:natal, likely campaign.window@1",
        ),
        (
            says(RITA, "24 08:59", "wamid.1", "oi"),
            "24 08:59 #1 Campanha WhatsApp campaign:natal, likely campaign.window@1",
        ),
        (
            says(RITA, "24 09:01", "wamid.1", "oi"),
            "24 09:01 #1 Orgânico whatsapp, likely organic@1",
        ),
    ] {
        check(&both(answer), RITA.phone, &[told]);
    }
}

#[test]
fn one_dispatch_has_one_answer_and_a_burst_is_one_visit() {
    let story = [
        dispatch("20 09:00", "wamid.C1", "black"),
        says(RITA, "20 10:00", "wamid.1", "oi"),
        says(RITA, "20 10:01", "wamid.2", "quero saber"),
        quotes(RITA, "20 10:02", "wamid.3", "wamid.C1"),
        says(RITA, "22 10:00", "wamid.4", "e aí?"),
    ];
    let lines = [
        "20 10:00 #1 Campanha WhatsApp campaign:black, likely campaign.window@1",
        "22 10:00 #1 Orgânico whatsapp, likely organic@1",
    ];
    check(&story, RITA.phone, &lines);
}

#[test]
fn a_campaign_that_is_known_by_its_reports_only_is_one_step_less_sure() {
    let marketing = json!({"biz_opaque_callback_data": "camp-7", "pricing": {"billable": true, "pricing_model": "PMP", "type": "regular", "category": "marketing"}});
    let reports = |answer: Told| {
        [
            status(RITA, "20 09:00", "wamid.OUT1", "sent", marketing.clone()),
            status(RITA, "20 09:01", "wamid.OUT1", "delivered", marketing.clone()),
            answer,
        ]
    };
    let quoted = reports(quotes(RITA, "20 10:00", "wamid.1", "wamid.OUT1"));
    check(
        &quoted,
        RITA.phone,
        &["20 10:00 #1 Campanha WhatsApp campaign:camp-7, likely campaign.status@1"],
    );
    let plain = reports(says(RITA, "20 10:00", "wamid.1", "oi"));
    check(
        &plain,
        RITA.phone,
        &["20 10:00 #1 Campanha WhatsApp campaign:camp-7, guess campaign.status@1"],
    );
    let late = reports(says(RITA, "23 09:02", "wamid.1", "oi"));
    check(&late, RITA.phone, &["23 09:02 #1 Orgânico whatsapp, likely organic@1"]);
}

#[test]
fn nobody_answers_what_nobody_got() {
    let failed = json!({"errors": [{"code": 131_049, "title": "Held back"}]});
    let story = [
        dispatch("20 09:00", "wamid.C1", "black"),
        status(RITA, "20 09:01", "wamid.C1", "failed", failed),
        says(RITA, "20 10:00", "wamid.1", "oi"),
    ];
    check(&story, RITA.phone, &["20 10:00 #1 Orgânico whatsapp, likely organic@1"]);
}

#[test]
fn a_password_is_no_visit() {
    let code = json!({"pricing": {"billable": true, "pricing_model": "PMP", "type": "regular", "category": "authentication-international"}});
    let story = [
        status(RITA, "20 09:00", "wamid.OTP", "sent", code),
        says(RITA, "20 09:10", "wamid.1", "oi"),
    ];
    check(&story, RITA.phone, &["20 09:10 #1 Orgânico whatsapp, likely organic@1"]);
}

#[test]
fn several_recipients_and_crm_make_their_touch_at_the_answer() {
    for (via, told) in [
        ("bulk_web", "Múltiplos destinatários via web"),
        ("bulk_mobile", "Múltiplos destinatários via mobile"),
        ("salesforce", "Integração CRM via salesforce"),
    ] {
        let story = [
            sent(RITA, "20 09:00", "wamid.B1", via, json!({})),
            quotes(RITA, "20 10:00", "wamid.1", "wamid.B1"),
        ];
        check(
            &story,
            RITA.phone,
            &[&format!("20 10:00 #1 {told}, certain campaign.quote@1")],
        );
    }
}

#[test]
fn an_agent_who_writes_first_opens_the_ticket_and_is_its_origin() {
    for (via, agent, ticket) in [
        ("web", json!({"agent": "ana"}), "#1 20 09:00 unanswered ana"),
        ("mobile", json!({"agent": "ana"}), "#1 20 09:00 unanswered ana"),
        ("oto", json!({}), "#1 20 09:00 new nobody"),
        ("dito", json!({}), "#1 20 09:00 new nobody"),
        ("api", json!({}), "#1 20 09:00 new nobody"),
    ] {
        let story = [
            sent(RITA, "20 09:00", "wamid.W1", via, agent),
            says(RITA, "20 10:00", "wamid.1", "oi"),
            says(RITA, "20 10:01", "wamid.2", "tudo bem?"),
        ];
        check(
            &story,
            RITA.phone,
            &[&format!("20 09:00 #1 Nova mensagem via {via}, certain message.sent@1")],
        );
        assert_eq!(World::told(&story).tickets(RITA.phone), [ticket], "{via}");
    }
}

#[test]
fn the_phone_app_answers_without_a_name() {
    let first = [
        echo(RITA, "20 09:00", "wamid.E1", "Oi Rita"),
        says(RITA, "20 10:00", "wamid.1", "oi"),
    ];
    check(
        &first,
        RITA.phone,
        &["20 09:00 #1 Nova mensagem via app, certain message.sent@1"],
    );
    let answer = [
        says(RITA, "20 10:00", "wamid.1", "oi"),
        echo(RITA, "20 10:05", "wamid.E1", "Oi Rita"),
    ];
    check(
        &answer,
        RITA.phone,
        &["20 10:00 #1 Orgânico whatsapp, likely organic@1"],
    );
    assert_eq!(
        World::told(&answer).tickets(RITA.phone),
        ["#1 20 10:00 awaiting_customer nobody"]
    );
}

#[test]
fn a_takeover_is_an_origin_where_nobody_waited() {
    let command = |kind: &str, time: &str, details: Value| event(kind, RITA, time, details);
    let story = [
        says(RITA, "20 10:00", "wamid.1", "oi"),
        command("ticket_claimed", "20 10:01", json!({"agent": "bia"})),
        sent(RITA, "20 10:02", "wamid.W1", "web", json!({"agent": "bia"})),
        command("ticket_taken_over", "20 11:00", json!({"agent": "ana", "via": "web"})),
    ];
    let lines = [
        "20 10:00 #1 Orgânico whatsapp, likely organic@1",
        "20 11:00 #1 Assumir atendimento via web, certain takeover@1",
    ];
    check(&story, RITA.phone, &lines);
    assert_eq!(
        World::told(&story).tickets(RITA.phone),
        ["#1 20 10:00 awaiting_customer ana"]
    );
}

#[test]
fn one_ticket_holds_every_origin_of_its_time() {
    let story = [
        dispatch("20 09:00", "wamid.C1", "black"),
        quotes(RITA, "20 10:00", "wamid.1", "wamid.C1"),
        event("ticket_claimed", RITA, "20 10:01", json!({"agent": "ana"})),
        sent(RITA, "20 10:02", "wamid.W1", "web", json!({"agent": "ana"})),
        says(RITA, "23 10:00", "wamid.2", "voltei"),
        says(RITA, "23 10:30", "wamid.3", "#Verão quero esse"),
        event(
            "ticket_finished",
            RITA,
            "23 11:00",
            json!({"agent": "ana", "ticket": {"classification": "sale"}}),
        ),
        says(RITA, "25 10:00", "wamid.4", "de novo"),
    ];
    let lines = [
        "20 10:00 #1 Campanha WhatsApp campaign:black, certain campaign.quote@1",
        "23 10:00 #1 Orgânico whatsapp, likely organic@1",
        "23 10:30 #1 Hashtag #verao, certain hashtag.first_word@1",
        "25 10:00 #2 Orgânico whatsapp, likely organic@1",
    ];
    check(&story, RITA.phone, &lines);
    assert_eq!(
        World::told(&story).tickets(RITA.phone),
        ["#1 20 10:00 finished ana", "#2 25 10:00 new nobody"]
    );
}
