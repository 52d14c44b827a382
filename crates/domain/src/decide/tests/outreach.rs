//! What may be sent: one of what is offered, filled in, for a team that writes from the channel.

use super::*;
use crate::day::Day;
use crate::directory::{RateCategory, Template, TemplateCategory};
use crate::price::Price;
use crate::windows::{Basis, Certainty, Charge, Send, SendOption, Way};

/// Free text, `hello` with a variable at 0.35 BRL, `news` without a text that is known, and `clearance` of the outlet and support.
pub(super) fn offers() -> Vec<Offered> {
    let offered = |way, template: Option<(&str, Option<&str>)>, price: Option<i64>| Offered {
        option: SendOption {
            way,
            template: template.map(|(id, body)| {
                let template = Template {
                    name: format!("the_{id}"),
                    language: "pt_BR".to_owned(),
                    category: Some(TemplateCategory::Marketing),
                    status: None,
                    body: body.map(str::to_owned),
                    channels: Vec::new(),
                    teams: words(if id == "clearance" { "outlet support" } else { "" }),
                };
                (id.to_owned(), template)
            }),
            send: Send {
                allowed: true,
                charge: Some(if price.is_some() { Charge::Rate } else { Charge::Free }),
                rate: None,
                basis: Basis::Template,
                confidence: Certainty::High,
                otherwise: None,
                until: Some(Timestamp::from_micros(9)),
            },
        },
        price: price.map(|price| Price {
            amount: Amount(price),
            currency: "BRL".to_owned(),
            market: "Brazil".to_owned(),
            category: RateCategory::Marketing,
            card: "card".to_owned(),
            effective_from: Day::parse("2026-10-01").unwrap(),
            until: None,
        }),
    };
    vec![
        offered(Way::FreeForm, None, None),
        offered(Way::Marketing, Some(("hello", Some("Olá, {{1}}!"))), Some(350_000)),
        offered(Way::Marketing, Some(("news", None)), Some(350_000)),
        offered(Way::Marketing, Some(("clearance", None)), Some(350_000)),
    ]
}

#[test]
fn what_is_sent_is_one_of_what_is_offered_filled_in() {
    let shop = Shop::new();
    for (who, act, on, answer) in [
        ("ana", "outreach text=oi", "none", "ok"),
        ("ana", "outreach text=oi", "ana", "ok"),
        ("ana", "outreach text=oi @4", "new", "ok"),
        ("ana", "outreach text=oi @3", "new", "stale_revision"),
        ("ana", "outreach template=hello 1=Rita", "none", "ok"),
        ("ana", "outreach template=hello 1=Rita team=sales", "none", "ok"),
        ("dora", "outreach template=news", "finished", "ok"),
        // Nobody knows the text of this one, so its variables are not looked at.
        ("ana", "outreach template=news 1=x", "none", "ok"),
        ("ana", "outreach", "none", "invalid_value"),
        ("ana", "outreach text=", "none", "invalid_value"),
        ("ana", "outreach template=", "none", "invalid_value"),
        ("ana", "outreach text=oi template=hello", "none", "invalid_value"),
        ("ana", "outreach text=oi 1=Rita", "none", "invalid_value"),
        ("ana", "outreach template=other", "none", "not_offered"),
        ("ana", "outreach template=hello", "none", "variable_required"),
        ("ana", "outreach template=hello 1=", "none", "variable_required"),
        // Whose.
        ("ana", "outreach text=oi", "bia", "not_yours bia"),
        ("dora", "outreach text=oi", "bia", "ok"),
        ("caio", "outreach text=oi", "none", "not_visible"),
        ("fabio", "outreach text=oi", "none", "agent_inactive"),
        ("dora/zoe", "outreach text=oi", "none", "unknown_agent"),
        ("ana", "outreach text=oi team=press", "none", "unknown_team"),
        ("ana", "outreach text=oi team=support", "none", "team_not_linked"),
        // For whom: agents for their own teams, with templates of these or of nobody in particular.
        ("ana", "outreach text=oi team=outlet", "none", "agent_not_in_team"),
        ("hugo", "outreach text=oi team=outlet", "none", "ok"),
        ("dora", "outreach text=oi team=outlet", "none", "ok"),
        ("dora/ana", "outreach text=oi team=outlet", "none", "ok"),
        ("ana", "outreach template=clearance", "none", "not_offered"),
        ("ana", "outreach template=clearance team=sales", "none", "not_offered"),
        ("iris", "outreach template=clearance", "none", "ok"),
        ("hugo", "outreach template=clearance team=outlet", "none", "ok"),
        ("dora", "outreach template=clearance", "none", "ok"),
    ] {
        check_in(&shop, who, act, on, "", answer);
    }
}

#[test]
fn a_value_without_a_place_is_refused() {
    let variables = [("1", "Rita"), ("2", "R$ 10")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let wanted = Outreach {
        template: Some("hello".to_owned()),
        variables: variables.into(),
        ..Outreach::default()
    };
    let refused = crate::decide::outreach::find(&wanted, &offers(), None)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(refused.code(), "invalid_value");
}

#[test]
fn the_event_tells_what_was_offered_and_names_no_revision() {
    let (shop, channel, offers) = (Shop::new(), number(), offers());
    let subject = Subject {
        account: "default",
        channel: &channel,
        group: false,
        ticket: None,
        lead: None,
        leads: &[],
        offers: &offers,
    };
    let told = |act: &str| {
        let body = decide(&wanted(act), &shop.actor("ana"), &subject, &shop.maintained()).unwrap();
        serde_json::to_string(&body).unwrap()
    };
    assert_eq!(
        told("outreach template=hello 1=Rita team=sales"),
        r#"{"kind":"outreach_requested","ticket":{"team":"sales"},"agent":"ana","outreach":{"template":"hello","variables":{"1":"Rita"},"offer":{"way":"marketing","template":{"name":"the_hello","language":"pt_BR","category":"marketing"},"charge":"rate","price":0.35,"currency":"BRL","until":"1970-01-01T00:00:00.000009Z"}}}"#
    );
    assert_eq!(
        told("outreach text=oi"),
        r#"{"kind":"outreach_requested","ticket":{},"agent":"ana","outreach":{"text":"oi","offer":{"way":"free_form","charge":"free","until":"1970-01-01T00:00:00.000009Z"}}}"#
    );
}
