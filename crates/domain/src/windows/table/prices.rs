//! Prices beside the charges, and what can be sent by them. A card of Brazil in force from 2026-10-01; ten service messages were
//! delivered in the month.

use super::windows;
use crate::amount::Amount;
use crate::day::Day;
use crate::directory::{Rate, RateCard, RateCategory, Template, TemplateCategory, TemplateStatus};
use crate::event::{Channel, ChannelKind};
use crate::price::{Country, MarketName, Prices};
use crate::windows::{Wanted, Way, Windows};

fn card() -> RateCard {
    let rate = |category, amount: &str| Rate {
        market: MarketName::new("Brazil"),
        category,
        from_message: 1,
        amount: Amount::parse(amount).unwrap(),
    };
    RateCard {
        currency: "BRL".to_owned(),
        effective_from: Day::parse("2026-10-01").unwrap(),
        regions: [].into(),
        rates: vec![
            rate(RateCategory::Marketing, "0.3217"),
            rate(RateCategory::Utility, "0.035"),
            rate(RateCategory::Service, "0.034"),
        ],
        unpriced: Vec::new(),
    }
}

/// The windows of a customer of a country, told in a time zone, after so many service messages.
fn priced((zone, delivered, country): (&str, u32, &str), day: &str, events: &str, at: &str) -> Windows {
    let card = card();
    let windows = windows(ChannelKind::Whatsapp, (zone, Some(delivered)), day, events, at);
    let prices = Prices::new(None, [("BRL-2026-10-01", &card)], windows.zone);
    windows.priced(&prices, Country::coded(country))
}

/// Of free text, utility, authentication and marketing: what is charged, `+` what might be, or why that is not known.
fn told(windows: &Windows) -> String {
    let ways = [Way::FreeForm, Way::Utility, Way::Authentication, Way::Marketing];
    let told = ways.map(|way| {
        let send = &windows.send[&way];
        let charge = send.charge.map_or("no", |charge| charge.name());
        match windows.price(send) {
            None => charge.to_owned(),
            Some(Err(none)) => format!("{charge}:{}", none.name()),
            Some(Ok(price)) if windows.price_now(send).is_some() => {
                format!("{} {}", price.currency, price.amount.decimal())
            }
            Some(Ok(price)) => format!("{charge}+{}", price.amount.decimal()),
        }
    });
    told.join("; ")
}

#[test]
fn what_is_charged_has_a_price() {
    const NOT: &str = "rate:not_on_rate_card";
    for (context, day, events, at, expected) in [
        (
            ("UTC", 10, "BR"),
            "2026-10-20",
            "",
            "+0:00",
            format!("no; BRL 0.035; {NOT}; BRL 0.3217"),
        ),
        (
            ("UTC", 10, "BR"),
            "2026-10-20",
            "+0:00 in",
            "+1:00",
            format!("free; BRL 0.035; {NOT}; BRL 0.3217"),
        ),
        // The month's thousand are used: free text is charged as service.
        (
            ("UTC", 1_000, "BR"),
            "2026-10-20",
            "+0:00 in",
            "+1:00",
            format!("BRL 0.034; BRL 0.035; {NOT}; BRL 0.3217"),
        ),
        // An estimate tells what it costs if it is wrong; the provider's word needs none.
        (
            ("UTC", 10, "BR"),
            "2026-10-20",
            "+0:00 in ad=A; +1:00 out via=api m1",
            "+2:00",
            "free; free+0.035; free:not_on_rate_card; free+0.3217".to_owned(),
        ),
        (
            ("UTC", 10, "BR"),
            "2026-10-20",
            "+0:00 in ad=A; +1:00 out via=api m1; +1:00 status sent m1 type=free_entry_point exp=+169:00",
            "+2:00",
            "free; free; free; free".to_owned(),
        ),
        // No market, no card, no price by message.
        (
            ("UTC", 10, "??"),
            "2026-10-20",
            "",
            "+0:00",
            "no; rate:market_unknown; rate:market_unknown; rate:market_unknown".to_owned(),
        ),
        (
            ("UTC", 10, "CL"),
            "2026-10-20",
            "",
            "+0:00",
            format!("no; {NOT}; {NOT}; {NOT}"),
        ),
        (
            ("UTC", 10, "BR"),
            "2026-03-10",
            "",
            "+0:00",
            "no; rate:no_rate_card; rate:no_rate_card; rate:no_rate_card".to_owned(),
        ),
        (
            ("UTC", 10, "BR"),
            "2025-06-10",
            "",
            "+0:00",
            "no; rate; rate; rate".to_owned(),
        ),
        // A card begins at midnight of the account's time zone, with the tariff.
        (
            ("-03:00", 10, "BR"),
            "2026-09-30",
            "",
            "+16:59",
            "no; rate:no_rate_card; rate:no_rate_card; rate:no_rate_card".to_owned(),
        ),
        (
            ("-03:00", 10, "BR"),
            "2026-09-30",
            "",
            "+17:00",
            format!("no; BRL 0.035; {NOT}; BRL 0.3217"),
        ),
        (
            ("UTC", 10, "BR"),
            "2026-09-30",
            "",
            "+14:00",
            format!("no; BRL 0.035; {NOT}; BRL 0.3217"),
        ),
    ] {
        assert_eq!(
            told(&priced(context, day, events, at)),
            expected,
            "{context:?} {day}: {events}, asked at {at}"
        );
    }
}

#[test]
fn platforms_without_a_price_by_message_get_none() {
    let card = card();
    for channel in [ChannelKind::Messenger, ChannelKind::Instagram, ChannelKind::Webchat] {
        let windows = windows(channel, ("UTC", None), "2026-10-20", "+0:00 in", "+1:00");
        let prices = Prices::new(None, [("BRL-2026-10-01", &card)], windows.zone);
        assert_eq!(
            windows.clone().priced(&prices, Country::coded("BR")),
            windows,
            "{}",
            channel.name()
        );
    }
}

#[test]
fn advice_names_the_price() {
    for (delivered, events, at, expected) in [
        (10, "", "+0:00", "o mais barato é o de utilidade, por BRL 0,035"),
        (1_000, "+0:00 in", "+1:00", "pela tarifa de serviço (BRL 0,034)"),
    ] {
        let advice = priced(("UTC", delivered, "BR"), "2026-10-20", events, at).advice();
        assert!(advice.pt_br.contains(expected), "{}", advice.pt_br);
    }
}

/// Free text at its rate is compared with the templates that may be sent, as far as all is known.
#[test]
fn advice_compares_what_it_has_prices_of() {
    for (events, utility, marketing, authentication, expected) in [
        ("", "0.034", "0.3", Some("0.04"), "used, and no template costs less; "),
        (
            "",
            "0.03",
            "0.3",
            Some("0.04"),
            "used, but utility templates cost less (BRL 0.03); ",
        ),
        (
            "",
            "0.03",
            "0.02",
            Some("0.04"),
            "used, but marketing templates cost less (BRL 0.02); ",
        ),
        // Those that may not be sent do not count.
        (
            "; +0:30 stop",
            "0.034",
            "0.02",
            Some("0.04"),
            "used, and no template costs less; ",
        ),
        // One without a price may cost less; what is known to cost less does so anyway.
        ("", "0.034", "0.3", None, "used; "),
        (
            "",
            "0.03",
            "0.3",
            None,
            "used, but utility templates cost less (BRL 0.03); ",
        ),
    ] {
        let mut card = card();
        card.rates.retain(|rate| rate.category == RateCategory::Service);
        let others = [
            (RateCategory::Utility, Some(utility)),
            (RateCategory::Marketing, Some(marketing)),
            (RateCategory::Authentication, authentication),
        ];
        card.rates.extend(others.into_iter().filter_map(|(category, amount)| {
            Some(Rate {
                market: MarketName::new("Brazil"),
                category,
                from_message: 1,
                amount: Amount::parse(amount?).unwrap(),
            })
        }));
        let events = format!("+0:00 in{events}");
        let windows = windows(
            ChannelKind::Whatsapp,
            ("UTC", Some(1_000)),
            "2026-10-20",
            &events,
            "+1:00",
        );
        let prices = Prices::new(None, [("BRL-2026-10-01", &card)], windows.zone);
        let advice = windows.priced(&prices, Country::coded("BR")).advice();
        assert!(advice.en.contains(expected), "{events}: {}", advice.en);
    }
}

/// The options of a customer: `free_form`, or the template's name.
fn options(delivered: u32, events: &str, at: &str, wanted: &Wanted) -> String {
    let template = |name: &str, category| Template {
        category: Some(category),
        ..Template::called(name, "pt_BR")
    };
    let of = |template: Template| (Template::id_of(&template.name, &template.language), template);
    let templates = [
        template("sale", TemplateCategory::Marketing),
        template("code", TemplateCategory::Authentication),
        template("bill", TemplateCategory::Utility),
        Template {
            teams: vec!["north".to_owned()],
            channels: vec!["whatsapp:1".to_owned()],
            ..template("visit", TemplateCategory::Utility)
        },
        Template {
            status: Some(TemplateStatus::Paused),
            ..template("paused", TemplateCategory::Utility)
        },
        Template::called("nameless", "pt_BR"),
    ];
    let windows = priced(("UTC", delivered, "BR"), "2026-10-20", events, at);
    let options = windows.options(templates.map(of), wanted);
    let names = options.iter().map(|option| {
        option
            .template
            .as_ref()
            .map_or(option.way.name(), |(_, template)| &template.name)
    });
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_cheapest_comes_first() {
    let any = Wanted::default();
    let on = |id: &str| Wanted {
        channel: Some(Channel {
            kind: ChannelKind::Whatsapp,
            id: id.to_owned(),
        }),
        ..Wanted::default()
    };
    let team = |team: &str| Wanted {
        team: Some(team.to_owned()),
        ..Wanted::default()
    };
    let category = Wanted {
        category: Some(TemplateCategory::Marketing),
        ..Wanted::default()
    };
    for (delivered, events, at, wanted, expected) in [
        // Nobody wrote: templates only. What has no price comes last.
        (10, "", "+0:00", &any, "bill visit sale code"),
        (10, "+0:00 in", "+1:00", &any, "free_form bill visit sale code"),
        (1_000, "+0:00 in", "+1:00", &any, "free_form bill visit sale code"),
        (
            10,
            "+0:00 in ad=A; +1:00 out via=api m1",
            "+30:00",
            &any,
            "bill visit code sale",
        ),
        (10, "+0:00 in; +0:30 stop", "+1:00", &any, "free_form bill visit code"),
        (10, "+0:00 in", "+1:00", &on("1"), "free_form bill visit sale code"),
        (10, "+0:00 in", "+1:00", &on("2"), "free_form bill sale code"),
        (
            10,
            "+0:00 in",
            "+1:00",
            &team("north"),
            "free_form bill visit sale code",
        ),
        (10, "+0:00 in", "+1:00", &team("south"), "free_form bill sale code"),
        (10, "+0:00 in", "+1:00", &category, "sale"),
    ] {
        assert_eq!(
            options(delivered, events, at, wanted),
            expected,
            "{events} at {at}, {wanted:?}"
        );
    }
}
