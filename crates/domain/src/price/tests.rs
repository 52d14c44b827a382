//! Prices as cases: which cards there are, when, for whom, and what it costs.

use super::*;
use crate::directory::{International, Rate};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// `Brazil utility 0.0350, Brazil utility@1001 0.0300`
fn card(currency: &str, from: &str, rates: &str) -> (String, RateCard) {
    let rate = |text: &str| {
        let (text, amount) = text.trim().rsplit_once(' ').unwrap();
        let (market, column) = text.rsplit_once(' ').unwrap();
        let (column, tier) = column.split_once('@').unwrap_or((column, "1"));
        Rate {
            market: MarketName::new(market),
            category: RateCategory::ALL
                .into_iter()
                .find(|category| category.name() == column)
                .unwrap(),
            from_message: tier.parse().unwrap(),
            amount: Amount::parse(amount).unwrap(),
        }
    };
    let card = RateCard {
        currency: currency.to_owned(),
        effective_from: day(from),
        regions: [("Iberia".to_owned(), vec!["ES".to_owned(), "PT".to_owned()])].into(),
        rates: rates.split(',').map(rate).collect(),
        unpriced: Vec::new(),
    };
    (RateCard::id_of(currency, card.effective_from), card)
}

fn told(price: Result<Price, NoPrice>) -> String {
    match price {
        Ok(price) => format!(
            "{} {} {} of {}",
            price.currency,
            price.amount.decimal(),
            price.market,
            price.card
        ),
        Err(none) => none.name().to_owned(),
    }
}

#[test]
fn a_price_is_that_of_the_market_on_the_card_of_the_day() {
    let old = card(
        "BRL",
        "2026-07-01",
        "Brazil utility 0.04, Brazil marketing 0.33, Other utility 0.05",
    );
    let new = card(
        "BRL",
        "2026-10-01",
        "Brazil utility 0.0350, Brazil utility@1001 0.0300, Brazil service 0.0350, Brazil authentication 0.0350, \
         Rest of Latin America utility 0.06, North America utility 0.02, Iberia utility 0.07, \
         Rest of Western Europe utility 0.08, Germany marketing 0.7, Other utility 0.09",
    );
    let cards = [old, new];
    let prices = |zone: &str| {
        Prices::new(
            None,
            cards.iter().map(|(id, card)| (id.as_str(), card)),
            Zone::parse(zone).unwrap(),
        )
    };
    for (zone, instant, country, category, expected) in [
        ("UTC", "2026-06-30T23:59:59Z", "BR", Category::Utility, "no_rate_card"),
        (
            "UTC",
            "2026-07-01T00:00:00Z",
            "BR",
            Category::Utility,
            "BRL 0.04 Brazil of BRL-2026-07-01",
        ),
        (
            "UTC",
            "2026-09-30T23:59:59Z",
            "BR",
            Category::Utility,
            "BRL 0.04 Brazil of BRL-2026-07-01",
        ),
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "BR",
            Category::Utility,
            "BRL 0.035 Brazil of BRL-2026-10-01",
        ),
        // Midnight is the account's.
        (
            "America/Sao_Paulo",
            "2026-10-01T02:59:59Z",
            "BR",
            Category::Utility,
            "BRL 0.04 Brazil of BRL-2026-07-01",
        ),
        (
            "America/Sao_Paulo",
            "2026-10-01T03:00:00Z",
            "BR",
            Category::Utility,
            "BRL 0.035 Brazil of BRL-2026-10-01",
        ),
        // A later card replaces the whole of an earlier one.
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "BR",
            Category::Marketing,
            "not_on_rate_card",
        ),
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "BR",
            Category::Service,
            "BRL 0.035 Brazil of BRL-2026-10-01",
        ),
        // Regions: known, explained by the card, and everybody else.
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "PY",
            Category::Utility,
            "BRL 0.06 Rest of Latin America of BRL-2026-10-01",
        ),
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "PR",
            Category::Utility,
            "BRL 0.06 Rest of Latin America of BRL-2026-10-01",
        ),
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "CA",
            Category::Utility,
            "BRL 0.02 North America of BRL-2026-10-01",
        ),
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "PT",
            Category::Utility,
            "BRL 0.07 Iberia of BRL-2026-10-01",
        ),
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "BE",
            Category::Utility,
            "BRL 0.08 Rest of Western Europe of BRL-2026-10-01",
        ),
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "KE",
            Category::Utility,
            "BRL 0.09 Other of BRL-2026-10-01",
        ),
        // A market with a row has the prices of the row, and no others.
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "DE",
            Category::Utility,
            "not_on_rate_card",
        ),
        ("UTC", "2026-10-01T00:00:00Z", "??", Category::Utility, "market_unknown"),
        (
            "UTC",
            "2026-10-01T00:00:00Z",
            "BR",
            Category::ReferralConversion,
            "not_on_rate_card",
        ),
    ] {
        let price = prices(zone).price(at(instant), Country::coded(country), category);
        assert_eq!(told(price), expected, "{instant} in {zone}, {country}, {category:?}");
    }
    let price = prices("UTC").price(at("2026-08-01T00:00:00Z"), Country::coded("BR"), Category::Utility);
    assert_eq!(price.map(|price| price.until), Ok(Some(at("2026-10-01T00:00:00Z"))));
}

#[test]
fn the_account_decides_between_currencies() {
    let cards = [
        card("BRL", "2026-10-01", "Brazil utility 0.04"),
        card("USD", "2026-07-01", "Brazil utility 0.01"),
    ];
    let told = |currency: Option<&str>, instant: &str| {
        let account = Account {
            currency: currency.map(str::to_owned),
            ..Account::default()
        };
        let prices = Prices::new(
            Some(&account),
            cards.iter().map(|(id, card)| (id.as_str(), card)),
            Zone::UTC,
        );
        told(prices.price(at(instant), Country::coded("BR"), Category::Utility))
    };
    assert_eq!(told(None, "2026-09-01T00:00:00Z"), "USD 0.01 Brazil of USD-2026-07-01");
    assert_eq!(told(None, "2026-10-01T00:00:00Z"), "currency_not_chosen");
    assert_eq!(
        told(Some("BRL"), "2026-10-01T00:00:00Z"),
        "BRL 0.04 Brazil of BRL-2026-10-01"
    );
    assert_eq!(
        told(Some("USD"), "2026-10-01T00:00:00Z"),
        "USD 0.01 Brazil of USD-2026-07-01"
    );
    assert_eq!(told(Some("EUR"), "2026-10-01T00:00:00Z"), "no_rate_card");
}

#[test]
fn authentication_abroad_has_its_own_rate_once_announced() {
    let cards = [card(
        "USD",
        "2026-07-01",
        "India authentication 0.0014, India authentication_international 0.0304, Brazil authentication 0.03, \
         Chile authentication 0.05",
    )];
    let account = Account {
        authentication_international: Some(International {
            from: at("2026-08-01T00:00:00Z"),
            except: vec!["BR".to_owned()],
        }),
        ..Account::default()
    };
    let prices = Prices::new(
        Some(&account),
        cards.iter().map(|(id, card)| (id.as_str(), card)),
        Zone::UTC,
    );
    let turn = Some(at("2026-08-01T00:00:00Z"));
    for (instant, country, reported, expected, until) in [
        ("2026-07-31T23:59:59Z", "IN", None, "0.0014", turn),
        ("2026-08-01T00:00:00Z", "IN", None, "0.0304", None),
        ("2026-07-31T23:59:59Z", "BR", None, "0.03", None),
        ("2026-08-01T00:00:00Z", "BR", None, "0.03", None),
        // No rate abroad on the card: nothing changes.
        ("2026-07-31T23:59:59Z", "CL", None, "0.05", None),
        ("2026-08-01T00:00:00Z", "CL", None, "0.05", None),
        // What was charged is what the provider says, for good.
        ("2026-07-31T23:59:59Z", "IN", Some(true), "0.0304", None),
        ("2026-08-01T00:00:00Z", "IN", Some(false), "0.0014", None),
        ("2026-07-31T23:59:59Z", "IN", Some(false), "0.0014", None),
        ("2026-08-01T00:00:00Z", "BR", Some(true), "not_on_rate_card", None),
    ] {
        let price = prices.price_of(at(instant), Country::coded(country), Category::Authentication, reported);
        let told = match price {
            Ok(price) => (price.amount.decimal(), price.until),
            Err(none) => (none.name().to_owned(), None),
        };
        assert_eq!(told, (expected.to_owned(), until), "{instant} {country} {reported:?}");
    }
}
