//! Leads and contacts: what is known of one conversation decides about another, and what an agent writes is found.

use origem_domain::decide::Act;
use origem_domain::directory::Kind;
use origem_domain::event::ContactEdit;
use origem_engine::query::{Field, Filter, HistoryQuery};
use serde_json::json;

use crate::shop::{Shop, refused, to_agent};

fn lead(id: &str) -> Act {
    Act::LinkLead { lead: id.to_owned() }
}

#[test]
fn a_lead_of_two_teams_is_refused_until_somebody_says_otherwise() {
    let shop = Shop::new();
    for (agent, role, team) in [
        ("ana", "agent", "sales"),
        ("caio", "agent", "support"),
        ("eva", "administrator", ""),
    ] {
        let teams: Vec<&str> = if team.is_empty() { Vec::new() } else { vec![team] };
        shop.maintain(Kind::Agent, agent, json!({"name": agent, "role": role, "teams": teams}));
    }
    let (one, other) = (shop.says("5511900000001", 0), shop.says("5511900000002", 0));
    shop.wants(one, "ana", Act::Claim, 1).unwrap();
    shop.wants(other, "caio", Act::Claim, 1).unwrap();
    shop.wants(one, "ana", lead("l1"), 2).unwrap();
    let told = refused(shop.wants(other, "caio", lead("l1"), 3));
    assert_eq!(told.reason.code(), "lead_in_two_teams");
    assert!(told.reason.to_string().contains(&one.to_string()), "{told}");
    shop.wants(other, "caio", lead("l2"), 4).unwrap();
    shop.wants(other, "eva", lead("l1"), 5).unwrap();
    // What a conversation was linked to before does not count.
    shop.wants(one, "ana", lead("l3"), 6).unwrap();
    shop.wants(one, "ana", lead("l2"), 7).unwrap();
    let told = refused(shop.wants(one, "ana", lead("l1"), 8));
    assert_eq!(told.reason.code(), "lead_in_two_teams");
    shop.maintain(Kind::Account, "default", json!({"unify_leads": true}));
    shop.wants(one, "ana", lead("l1"), 9).unwrap();
}

#[test]
fn what_an_agent_writes_of_a_contact_wins_and_is_found() {
    let shop = Shop::new();
    let id = shop.says("5511900000001", 0);
    let found = |search: &str| {
        let filter = Filter {
            account: "default".to_owned(),
            search: Some(search.to_owned()),
            ..Filter::default()
        };
        let page = shop.engine().conversations(&filter, None, 10).unwrap();
        page.items.iter().map(|item| item.id).collect::<Vec<_>>()
    };
    let edit = |name: &str, phone: &str, second| {
        let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let edit = ContactEdit {
            name: told(name),
            phone: told(phone),
            email: None,
        };
        shop.wants(id, "ana", Act::EditContact(edit), second).unwrap()
    };
    assert_eq!(found("551190000"), [id]);
    let done = edit("Rita Souza", "5521988887777", 5);
    assert_eq!(done.conversation.card.shown_name(), Some("Rita Souza"));
    for (search, finds) in [
        ("souza", true),
        ("552198888", true),
        ("21988887777", true),
        ("551190000", true),
    ] {
        assert_eq!(!found(search).is_empty(), finds, "{search}");
    }
    // Another number takes the place of the first; the contact's own stays.
    edit("", "5511900000001", 6);
    assert_eq!(found("552198888"), []);
    edit("", "5531977776666", 7);
    assert_eq!((found("551190000"), found("553197777")), (vec![id], vec![id]));
    let rows = shop
        .engine()
        .history(id, HistoryQuery { skip: 0, limit: 100 })
        .unwrap()
        .items;
    let told: Vec<_> = rows
        .iter()
        .filter(|row| matches!(row.what, Field::Name | Field::Phone))
        .map(|row| {
            let text = |told: &Option<origem_engine::query::ChangeTold>| told.as_ref().map(|told| told.text.clone());
            (
                row.what.name(),
                text(&row.old).unwrap_or_default(),
                text(&row.new).unwrap_or_default(),
            )
        })
        .collect();
    let expected = [
        ("name", "Customer 5511900000001", "Rita Souza"),
        ("phone", "", "5521988887777"),
        ("phone", "5521988887777", "5511900000001"),
        ("phone", "5511900000001", "5531977776666"),
    ];
    let expected = expected.map(|(what, old, new)| (what, old.to_owned(), new.to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn the_change_log_tells_who_changed_what_and_who_came_too_late() {
    let shop = Shop::new();
    shop.maintain(Kind::Agent, "ana", json!({"name": "Ana", "role": "manager"}));
    shop.maintain(Kind::Agent, "bia", json!({"name": "Bia", "role": "manager"}));
    let id = shop.says("5511900000001", 0);
    // Both were decided on the same revision, somewhere else.
    let late = |agent: &str, second: i64| {
        json!({
            "kind": "ticket_claimed", "channel": {"kind": "whatsapp", "id": "1"}, "agent": agent, "revision": 1,
            "contact": {"aliases": [{"kind": "phone", "value": "5511900000001"}]},
            "occurred_at": crate::shop::at(second).to_string(),
        })
    };
    shop.take(&[late("ana", 5), late("bia", 6)], crate::shop::at(6));
    shop.wants(id, "bia", Act::Transfer(to_agent("bia")), 7).unwrap();
    shop.wants(
        id,
        "bia",
        Act::SetStage {
            stage: "won".to_owned(),
        },
        8,
    )
    .unwrap();
    shop.wants(
        id,
        "bia",
        Act::Note {
            text: "pays on Friday".to_owned(),
        },
        9,
    )
    .unwrap();
    let page = |skip, limit| shop.engine().history(id, HistoryQuery { skip, limit }).unwrap();
    let told = |page: &origem_engine::query::HistoryPage| -> Vec<String> {
        let text = |told: &Option<origem_engine::query::ChangeTold>| {
            told.as_ref().map_or("-".to_owned(), |told| told.text.clone())
        };
        let row = |row: &origem_engine::query::HistoryRow| {
            let lost = row.lost.map_or(String::new(), |lost| format!(" {}", lost.name()));
            let who = row.who.as_deref().unwrap_or("-");
            format!(
                "{who}: {} {} > {}{lost}",
                row.what.name(),
                text(&row.old),
                text(&row.new)
            )
        };
        page.items.iter().map(row).collect()
    };
    let whole = page(0, 100);
    let rows = told(&whole);
    assert!(rows[0].starts_with("-: ticket - > tk_"), "{rows:?}");
    assert_eq!(
        rows[1..],
        [
            "-: status - > new",
            "-: origin - > organic",
            "ana: status new > unanswered",
            "ana: assignee - > ana",
            "bia: assignee ana > bia stale_revision",
            "bia: assignee ana > bia",
            "bia: stage - > won",
            "bia: note - > pays on Friday",
        ]
    );
    assert!(!whole.more);
    let first = page(0, 3);
    assert!(first.more);
    assert_eq!([told(&first), told(&page(3, 100))].concat(), rows);
}
