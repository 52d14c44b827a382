//! What deeds make, by the rules.

use origem_domain::amount::Amount;
use origem_domain::event::ChannelKind;
use origem_domain::rules::Rule;
use origem_domain::time::{DAY, HOUR};
use origem_domain::touch::{AdReference, Confidence, Origin as TouchOrigin};

use super::*;
use crate::tests::{deed, meta_settings, settings};

fn touch(kind: OriginKind, at: Timestamp, clid: Option<&str>) -> Touch {
    let mut origin = TouchOrigin::new(kind, Rule::AdReferral, Confidence::Certain);
    origin.ad = clid.map(|clid| {
        Box::new(AdReference {
            id: Some("A1".to_owned()),
            ctwa_clid: Some(clid.to_owned()),
            ..AdReference::default()
        })
    });
    Touch {
        id: Default::default(),
        at,
        origin,
        position: Default::default(),
        fact: origem_domain::fact::SortKey {
            at,
            kind: Kind::MessageReceived,
            dedup: Default::default(),
        },
        ticket: None,
        also: Vec::new(),
        hint: None,
    }
}

/// Each conversion as `destination:event`, with why it is not to be sent.
fn told(judged: &[Judged]) -> String {
    let told = judged.iter().map(|judged| {
        let conversion = &judged.conversion;
        let reason = judged.objection.as_ref().map(|reason| format!(" ({})", reason.code));
        format!(
            "{}:{}{}",
            conversion.destination,
            conversion.event,
            reason.unwrap_or_default()
        )
    });
    told.collect::<Vec<_>>().join(", ")
}

#[test]
fn deeds_make_what_the_rules_say() {
    let rules = "finished outcome=won value>0 -> Purchase; finished outcome=won -> webhook:won; finished classification=booked -> \
                 LeadSubmitted; stage is=qualified|hot -> QualifiedLead; lead -> meta:LeadSubmitted; finished value>1000 -> Purchase";
    let settings = settings(rules, Some(meta_settings("http://127.0.0.1:1")), true);
    let sale = Deed {
        touches: vec![touch(
            OriginKind::Ad,
            deed(Kind::TicketFinished).at.plus(-DAY),
            Some("x"),
        )],
        ..deed(Kind::TicketFinished)
    };
    let with = |kind: Kind, stage: Option<&str>| Deed {
        kind,
        stage: stage.map(str::to_owned),
        ..sale.clone()
    };
    let closed = |classification: &str, value: Option<i64>| {
        let mut changed = sale.clone();
        let ticket = changed.ticket.as_mut().unwrap();
        ticket.classification = Some(classification.to_owned());
        ticket.value = value.map(|units| Amount(units * 1_000_000));
        changed
    };
    let reopened = {
        let mut changed = sale.clone();
        changed.ticket.as_mut().unwrap().closed_at = None;
        changed
    };
    for (deed, outcome, expected) in [
        (
            sale.clone(),
            Outcome::Won,
            "meta:Purchase, webhook:Purchase, webhook:won",
        ),
        (
            closed("sale", Some(2000)),
            Outcome::Won,
            "meta:Purchase, webhook:Purchase, webhook:won",
        ),
        (closed("sale", None), Outcome::Won, "webhook:won"),
        (sale.clone(), Outcome::Lost, ""),
        (
            closed("booked", None),
            Outcome::None,
            "meta:LeadSubmitted, webhook:LeadSubmitted",
        ),
        (
            with(Kind::StageSet, Some("hot")),
            Outcome::None,
            "meta:QualifiedLead, webhook:QualifiedLead",
        ),
        (with(Kind::StageSet, Some("cold")), Outcome::None, ""),
        (with(Kind::LeadLinked, None), Outcome::None, "meta:LeadSubmitted"),
        (with(Kind::TicketReopened, None), Outcome::Won, ""),
        (reopened, Outcome::Won, ""),
    ] {
        let judged = judge(&settings, &deed, outcome);
        assert_eq!(told(&judged), expected, "{:?} {outcome:?}", deed.kind);
        for judged in judged {
            let is_sale = judged.conversion.trigger == Trigger::Finished;
            assert!(is_sale || judged.conversion.value.is_none(), "a stage sells nothing");
        }
    }
}

#[test]
fn the_latest_click_before_it_is_credited() {
    let settings = settings("finished -> Purchase", Some(meta_settings("http://127.0.0.1:1")), false);
    let at = deed(Kind::TicketFinished).at;
    let ad = |ago: i64, clid| touch(OriginKind::Ad, at.plus(-ago), clid);
    let plain = |ago: i64| touch(OriginKind::Organic, at.plus(-ago), None);
    for (touches, clid, reason) in [
        (vec![ad(DAY, Some("x"))], Some("x"), None),
        (
            vec![ad(5 * DAY, Some("x")), ad(DAY, Some("y")), plain(HOUR)],
            Some("y"),
            None,
        ),
        // The later ad came without a click id: the click before it is still a click.
        (vec![ad(5 * DAY, Some("x")), ad(DAY, None)], Some("x"), None),
        (vec![ad(DAY, Some("x")), ad(-HOUR, Some("after"))], Some("x"), None),
        (vec![ad(30 * DAY, Some("x"))], Some("x"), Some("click_too_old")),
        (vec![ad(DAY, None)], None, Some("no_click")),
        (vec![plain(HOUR)], None, Some("no_click")),
        (Vec::new(), None, Some("no_click")),
    ] {
        let deed = Deed {
            touches,
            ..deed(Kind::TicketFinished)
        };
        let judged = judge(&settings, &deed, Outcome::Won);
        assert_eq!(judged.len(), 1);
        assert_eq!(judged[0].conversion.ctwa_clid.as_deref(), clid, "{:?}", deed.touches);
        let found = judged[0].objection.as_ref().map(|reason| reason.code.as_str());
        assert_eq!(found, reason, "{:?}", deed.touches);
    }
}

#[test]
fn a_key_is_of_destination_ticket_and_name() {
    let settings = settings(
        "finished -> Purchase; stage -> Purchase; lead -> LeadSubmitted",
        Some(meta_settings("http://127.0.0.1:1")),
        true,
    );
    let keys = |deed: &Deed| -> Vec<String> {
        let judged = judge(&settings, deed, Outcome::None);
        judged.into_iter().map(|judged| judged.conversion.key).collect()
    };
    let sale = deed(Kind::TicketFinished);
    let first = keys(&sale);
    assert_eq!(first.len(), 2);
    assert_ne!(first[0], first[1], "each destination has its own");
    assert!(first.iter().all(|key| key.len() == 32));
    let later = Deed {
        kind: Kind::StageSet,
        stage: Some("hot".to_owned()),
        position: origem_domain::position::Position::new(0, 99),
        ..sale.clone()
    };
    assert_eq!(
        keys(&later),
        first,
        "the same name of the same ticket is told once, however it came about"
    );
    let lead = Deed {
        kind: Kind::LeadLinked,
        ..sale.clone()
    };
    assert!(keys(&lead).iter().all(|key| !first.contains(key)));
    let mut other = sale.clone();
    other.channel.kind = ChannelKind::Messenger;
    assert!(
        keys(&other).iter().all(|key| !first.contains(key)),
        "tickets of other channels are others"
    );
}

#[test]
fn values_without_a_currency_have_that_of_the_settings() {
    let mut settings = settings("finished -> Purchase", None, true);
    let mut sale = deed(Kind::TicketFinished);
    sale.ticket.as_mut().unwrap().currency = None;
    let currency = |settings: &Settings| judge(settings, &sale, Outcome::None)[0].conversion.currency.clone();
    assert_eq!(currency(&settings), None);
    settings.currency = Some("USD".to_owned());
    assert_eq!(currency(&settings).as_deref(), Some("USD"));
}
