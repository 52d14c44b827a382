//! What is refused, by kind: what comes in as JSON, and what is said of it.

use super::*;

/// Reads an entry and checks it; what is wrong, or nothing.
fn faults(kind: Kind, json: &str) -> String {
    faults_as(kind, "id", json)
}

/// The same under an id.
fn faults_as(kind: Kind, id: &str, json: &str) -> String {
    let mut reader = serde_json::Deserializer::from_str(json);
    match Item::read(kind, &mut reader) {
        Err(error) => error.to_string(),
        Ok(item) => item
            .check_as(id)
            .err()
            .map(|faults| faults.to_string())
            .unwrap_or_default(),
    }
}

#[test]
fn what_makes_no_sense_is_named_by_field() {
    let card = |rates: &str| format!(r#"{{"currency":"BRL","effective_from":"2026-10-01","rates":[{rates}]}}"#);
    let rate =
        |market: &str, amount: &str| format!(r#"{{"market":"{market}","category":"utility","amount":{amount}}}"#);
    for (kind, json, said) in [
        (Kind::Account, "{}".to_owned(), ""),
        (Kind::Account, r#"{"time_zone":"America/Sao_Paulo","currency":"BRL"}"#.to_owned(), ""),
        (Kind::Account, r#"{"time_zone":"Mars"}"#.to_owned(), "`Mars` is no time zone"),
        (Kind::Account, r#"{"timezone":"UTC"}"#.to_owned(), "unknown field `timezone`"),
        (Kind::Account, r#"{"currency":"R$"}"#.to_owned(), "currency: `R$` is no currency"),
        (
            Kind::RateCard,
            card(&rate("Brazil", "true")),
            "an amount as a number or decimal text",
        ),
        (
            Kind::Account,
            r#"{"authentication_international":{"from":"2026-10-01T00:00:00Z","except":["BR","XX"]}}"#.to_owned(),
            "authentication_international.except.1: `XX` is no country",
        ),
        (Kind::RateCard, card(&rate("Brazil", "0.035")), ""),
        (Kind::RateCard, card(&rate("Brazil", r#""0.0350""#)), ""),
        (Kind::RateCard, card(""), "rates: a card must have at least one rate"),
        (Kind::RateCard, card(&rate("Brasilia", "1")), "rates.0.market: `Brasilia` is no market"),
        (Kind::RateCard, card(&rate("Brazil", "-1")), "rates.0.amount: it must not be negative"),
        (Kind::RateCard, card(&rate("Brazil", "0.0000001")), "is no amount of up to six decimals"),
        (
            Kind::RateCard,
            card(&format!("{},{}", rate("Brazil", "1"), rate("BR", "2"))),
            "rates.1: utility of `BR` is told twice",
        ),
        (
            Kind::RateCard,
            card(r#"{"market":"Brazil","category":"utility","from_message":1001,"amount":1}"#),
            "rates.0.from_message: the list price of utility of `Brazil` is missing",
        ),
        (
            Kind::RateCard,
            r#"{"currency":"brl","effective_from":"2026-10-01","regions":{"Iberia":["ES","P"]},"rates":[{"market":"Iberia","category":"service","amount":1}]}"#
                .to_owned(),
            "currency: `brl` is no currency; write three capital letters, such as BRL; regions.Iberia: `P` is no country",
        ),
        (
            Kind::RateCard,
            r#"{"currency":"BRL","effective_from":"2026-10-01","rates":[{"market":"Other","category":"service","amount":1}],"unpriced":["CU","Cuba Libre"]}"#
                .to_owned(),
            "unpriced.1: `Cuba Libre` is no market",
        ),
        (Kind::RateCard, r#"{"currency":"BRL","effective_from":"soon","rates":[]}"#.to_owned(), "`soon` is no date"),
        (Kind::Template, r#"{"name":"hello","language":"pt_BR","category":"utility"}"#.to_owned(), ""),
        (Kind::Template, r#"{"name":" ","language":"","category":"utility"}"#.to_owned(), "name: it must not be empty; language:"),
        (
            Kind::Template,
            r#"{"name":"a","language":"pt"}"#.to_owned(),
            "category: it is missing: utility, marketing or authentication",
        ),
        (Kind::Template, r#"{"name":"a","language":"pt","category":"promo"}"#.to_owned(), "unknown variant `promo`"),
        (
            Kind::Template,
            r#"{"name":"a","language":"pt","category":"utility","channels":["5511"]}"#.to_owned(),
            "channels.0: `5511` is not KIND:ID",
        ),
    ] {
        let told = faults(kind, &json);
        assert!(if said.is_empty() { told.is_empty() } else { told.contains(said) }, "{json}: {told}");
    }
}

#[test]
fn an_entry_says_its_id_where_it_can() {
    for (kind, json, id) in [
        (Kind::Account, "{}", None),
        (
            Kind::RateCard,
            r#"{"currency":"BRL","effective_from":"2026-10-01","rates":[]}"#,
            Some("BRL-2026-10-01"),
        ),
        (
            Kind::Template,
            r#"{"name":"hello","language":"pt-BR","category":"utility"}"#,
            Some("hello.pt_BR"),
        ),
        (
            Kind::AdSpend,
            r#"{"day":"2026-10-01","ad_id":"120201","campaign_id":"1200","amount":35.9,"currency":"BRL"}"#,
            Some("2026-10-01.ad.120201.BRL"),
        ),
        (
            Kind::AdSpend,
            r#"{"day":"2026-10-01","campaign_id":"1200","amount":"35.90","currency":"BRL"}"#,
            Some("2026-10-01.campaign.1200.BRL"),
        ),
    ] {
        let item = Item::read(kind, &mut serde_json::Deserializer::from_str(json)).unwrap();
        assert_eq!(item.own_id().as_deref(), id);
        assert_eq!(Kind::named(item.kind().name()), Some(kind));
        // What is written is read again as the same.
        let written = serde_json::to_string(&item).unwrap();
        assert_eq!(
            Item::read(kind, &mut serde_json::Deserializer::from_str(&written)).unwrap(),
            item
        );
    }
    assert_eq!(Kind::named("planet"), None);
}

#[test]
fn faults_are_told_up_to_a_number() {
    let mut faults = Faults::default();
    (0..52).for_each(|line| faults.add(format!("line {line}"), "bad"));
    let told = faults.inside("file").to_string();
    assert!(
        told.starts_with("file.line 0: bad; file.line 1: bad") && told.ends_with("; and 2 more"),
        "{told}"
    );
    let mut faults = Faults::default();
    (0..1_000).for_each(|line| faults.add(format!("line {line}"), "bad"));
    assert!(!faults.is_full());
    (0..5).for_each(|_| faults.add("", "bad"));
    let mut outer = Faults::default();
    outer.add("", "é".repeat(501));
    outer.add_all(faults.inside("file"));
    assert!(outer.is_full());
    assert_eq!(outer.0.len(), 1_001);
    assert_eq!(outer.0[0].reason, format!("{}…", "é".repeat(500)));
    assert_eq!(outer.0[1_000].to_string(), "there is more than these 1000 things wrong");
    assert!(outer.to_string().ends_with("; and many more"));
}

#[test]
fn a_card_as_large_as_a_body_may_be_is_checked_in_time() {
    const MANY: usize = 20_000;
    let rate = |place: usize| Rate {
        market: crate::price::MarketName::new(&format!("place {place}")),
        category: RateCategory::Utility,
        from_message: 1,
        amount: crate::amount::Amount(1),
    };
    let card = |rates: Vec<Rate>, regions: usize| RateCard {
        currency: "BRL".to_owned(),
        effective_from: crate::day::Day::parse("2026-10-01").unwrap(),
        regions: (0..regions)
            .map(|place| (format!("place {place}"), Vec::new()))
            .collect(),
        rates,
        unpriced: Vec::new(),
    };
    let good = card((0..MANY).map(rate).collect(), MANY);
    assert_eq!(Item::RateCard(good).check(), Ok(()));
    let bad = card((0..MANY).map(rate).collect(), 0);
    assert_eq!(Item::RateCard(bad).check().unwrap_err().0.len(), 1_001);
}

#[test]
fn a_row_without_any_price_says_that_there_is_none() {
    let json = r#"{"currency":"BRL","effective_from":"2026-10-01","regions":{"Iberia":["ES","PT"]},
        "rates":[{"market":"Other","category":"service","amount":1},{"market":"Rest of Latin America","category":"service","amount":2}],
        "unpriced":["Cuba","Iberia","North America"]}"#;
    let item = Item::read(Kind::RateCard, &mut serde_json::Deserializer::from_str(json)).unwrap();
    let Item::RateCard(card) = item else {
        panic!("{item:?} is no card");
    };
    for (country, told) in [
        ("CU", None),
        ("ES", None),
        ("US", None),
        ("BO", Some(2_000_000)),
        ("KE", Some(1_000_000)),
    ] {
        let country = crate::price::Country::coded(country).unwrap();
        let rate = card.rate(country, RateCategory::Service);
        assert_eq!(rate.map(|rate| rate.amount.0), told, "{country:?}");
    }
}

#[test]
fn who_works_where_and_what_leads_there_makes_sense_or_is_refused() {
    let ad = |names: &str| format!(r#"{{"names":[{names}]}}"#);
    let named = |from: &str| format!(r#"{{"from":"{from}","ad":"Blue"}}"#);
    for (kind, id, json, said) in [
        (Kind::Channel, "whatsapp:2", r#"{"name":"Main","teams":["sales"]}"#, ""),
        (
            Kind::Channel,
            "2",
            "{}",
            "id: `2` is not KIND:ID, such as whatsapp:200000000000002",
        ),
        (Kind::Channel, "fax:2", "{}", "`fax:2` is not KIND:ID"),
        (Kind::Channel, "whatsapp:", "{}", "`whatsapp:` is not KIND:ID"),
        (
            Kind::Channel,
            "whatsapp:2",
            r#"{"teams":["a","a"]}"#,
            "teams.1: `a` is told twice",
        ),
        (Kind::Team, "sales", r#"{"name":"Sales","department":"shop"}"#, ""),
        (Kind::Team, "sales", "{}", "missing field `name`"),
        (Kind::Team, "sales", r#"{"name":" "}"#, "name: it must not be empty"),
        (
            Kind::Agent,
            "ana",
            r#"{"name":"Ana","role":"manager","teams":["sales"]}"#,
            "",
        ),
        (
            Kind::Agent,
            "ana",
            r#"{"name":"Ana","role":"boss"}"#,
            "unknown variant `boss`",
        ),
        (
            Kind::Agent,
            "ana",
            r#"{"name":"Ana","role":"operator"}"#,
            "role: an agent is `agent`, `manager` or `administrator`",
        ),
        (
            Kind::Department,
            "shop",
            r#"{"name":"Shop","classifications":["sale"],"full_closing":true}"#,
            "",
        ),
        (
            Kind::Department,
            "shop",
            r#"{"name":"Shop","classifications":[""]}"#,
            "classifications.0: it must not be empty",
        ),
        (
            Kind::Classification,
            "sale",
            r#"{"name":"Sale","outcome":"won","requires_value":true}"#,
            "",
        ),
        (
            Kind::Classification,
            "sale",
            r#"{"name":"Sale","outcome":"perhaps"}"#,
            "unknown variant `perhaps`",
        ),
        (
            Kind::Plan,
            "basic",
            r#"{"name":"Basic","features":{"links":false},"monthly_active_customers":1000}"#,
            "",
        ),
        (
            Kind::Plan,
            "basic",
            r#"{"name":"Basic","features":{"link":false}}"#,
            "features: `link` is no feature: there are queue, links,",
        ),
        (
            Kind::Campaign,
            "c1",
            r#"{"name":"Spring","type":"dispatch","dispatched_at":"2026-10-01T10:00:00Z"}"#,
            "",
        ),
        (
            Kind::Campaign,
            "c1",
            r#"{"name":"Spring","image_url":"javascript:alert(1)"}"#,
            "image_url: `javascript:alert(1)` is no address",
        ),
        (
            Kind::Ad,
            "1202",
            ad(r#"{"ad":"Blue","campaign":"Spring"}"#).as_str(),
            "",
        ),
        (
            Kind::AdSpend,
            "all",
            r#"{"day":"2026-10-01","amount":-1,"currency":"real"}"#,
            "ad_id: it is missing: say which ad, or which campaign; amount: what was spent is not below zero; \
             currency: `real` is no currency",
        ),
        (
            Kind::Ad,
            "1202",
            r#"{"names":[]}"#,
            "names: an ad must have at least one name",
        ),
        (
            Kind::Ad,
            "1202",
            ad(&[named("2026-10-02T00:00:00Z"), named("2026-10-01T00:00:00Z")].join(",")).as_str(),
            "names.1.from: it must be later",
        ),
        (
            Kind::Ad,
            "1202",
            r#"{"names":[{"ad":"Blue"}],"platform":"webchat"}"#,
            "platform: an ad is placed on",
        ),
        (
            Kind::Link,
            "spring",
            r#"{"name":"Flyer","channel":"whatsapp:2","utm":{"source":"flyer"}}"#,
            "",
        ),
        (
            Kind::Link,
            "a/b",
            r#"{"name":"Flyer","channel":"whatsapp:2"}"#,
            "id: `a/b` is no code",
        ),
        (
            Kind::Link,
            "spring",
            r#"{"name":"Flyer","channel":"2"}"#,
            "channel: `2` is not KIND:ID",
        ),
        (
            Kind::Link,
            "spring",
            r#"{"name":"Flyer","channel":"whatsapp:2","utm":{"colour":"red"}}"#,
            "utm.colour: it is none of source",
        ),
        (
            Kind::Account,
            "default",
            r#"{"stages":[{"id":"lead"},{"id":"lead","outcome":"won"}]}"#,
            "stages.1: `lead` is told twice",
        ),
    ] {
        let told = faults_as(kind, id, json);
        assert!(
            if said.is_empty() {
                told.is_empty()
            } else {
                told.contains(said)
            },
            "{kind:?} {json}: {told}"
        );
    }
}

#[test]
fn an_ad_has_the_names_of_its_time() {
    let at = |text: &str| crate::time::Timestamp::parse(text).unwrap();
    let names = |from: Option<&str>, ad: &str| AdNames {
        from: from.map(at),
        ad: ad.to_owned(),
        ..AdNames::default()
    };
    let ad = Ad {
        names: vec![names(None, "Blue"), names(Some("2026-10-01T00:00:00Z"), "Green")],
        ..Ad::default()
    };
    for (time, name) in [
        ("2026-09-30T23:59:59Z", "Blue"),
        ("2026-10-01T00:00:00Z", "Green"),
        ("2027-01-01T00:00:00Z", "Green"),
    ] {
        assert_eq!(
            ad.names_at(at(time)).map(|names| names.ad.as_str()),
            Some(name),
            "{time}"
        );
    }
    let late = Ad {
        names: vec![names(Some("2026-10-01T00:00:00Z"), "Green")],
        ..Ad::default()
    };
    assert_eq!(
        late.names_at(at("2026-09-01T00:00:00Z")).map(|names| names.ad.as_str()),
        Some("Green")
    );
}
