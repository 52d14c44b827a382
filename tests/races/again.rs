//! The same command again: the same answer, and no second effect.

use std::sync::Arc;

use origem_domain::decide::{Act, Wanted};
use origem_domain::position::Partition;
use origem_engine::{EngineError, ErrorCode};
use origem_log::{EventLog as _, MemoryLog};
use origem_views::rows::MemoryStore;

use crate::shop::{Shop, order, refused, to_agent, with_key};

#[test]
fn a_key_that_comes_again_has_the_same_answer_also_after_a_restart() {
    let log = Arc::new(MemoryLog::new(1));
    let shop = Shop::over(log.clone(), Arc::new(MemoryStore::default()));
    let id = shop.says("5511900000001", 0);
    let claim = with_key(order("ana", Act::Claim, 5), "k1");
    let first = shop.order(id, &claim).unwrap();
    // At another time, and whatever happened meanwhile.
    let transfer = with_key(order("ana", Act::Transfer(to_agent("bia")), 6), "k2");
    let moved = shop.order(id, &transfer).unwrap();
    let again = with_key(order("ana", Act::Claim, 60), "k1");
    assert_eq!(shop.order(id, &again).unwrap().position, first.position);
    assert_eq!(shop.ticket(id).assignee.as_deref(), Some("bia"));
    let tail = log.tail(Partition(0)).unwrap();
    shop.engine().stop().unwrap();
    // Other views, folded from the log.
    let shop = Shop::over(log.clone(), Arc::new(MemoryStore::default()));
    shop.says("5511900000002", 70);
    for (again, before) in [(&claim, &first), (&transfer, &moved)] {
        let done = shop.order(id, again).unwrap();
        assert_eq!(done.position, before.position);
        assert_eq!(done.conversation.card.state.ticket.unwrap().revision, 3);
    }
    assert_eq!(
        log.tail(Partition(0)).unwrap().0,
        tail.0 + 1,
        "nothing but the other customer's message"
    );
}

#[test]
fn a_key_is_for_one_command() {
    let shop = Shop::new();
    let id = shop.says("5511900000001", 0);
    let other = shop.says("5511900000002", 0);
    shop.order(id, &with_key(order("ana", Act::Claim, 5), "k1")).unwrap();
    let note = |text: &str| Act::Note { text: text.to_owned() };
    shop.order(id, &with_key(order("ana", note("one"), 5), "k2")).unwrap();
    for (agent, act, key) in [
        ("bia", Act::Claim, "k1"),
        ("ana", Act::Reopen, "k1"),
        ("ana", note("two"), "k2"),
        ("ana", Act::Claim, "k2"),
    ] {
        let error = shop.order(id, &with_key(order(agent, act, 6), key)).unwrap_err();
        assert!(matches!(error, EngineError::KeyReused), "{error}");
        assert_eq!(
            (error.name(), error.code()),
            ("idempotency_key_reused", ErrorCode::Conflict)
        );
    }
    // Of another conversation it is another's.
    shop.order(other, &with_key(order("bia", Act::Claim, 6), "k1")).unwrap();
    assert_eq!(shop.ticket(other).assignee.as_deref(), Some("bia"));
    for key in ["", &"k".repeat(201)] {
        let error = shop.order(id, &with_key(order("ana", note("x"), 7), key)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Invalid);
    }
}

#[test]
fn a_key_is_for_one_command_also_once_the_log_forgot_what_it_said() {
    let log = Arc::new(MemoryLog::new(1));
    let shop = Shop::over(log.clone(), Arc::new(MemoryStore::default()));
    let id = shop.says("5511900000001", 0);
    let note = |text: &str| Act::Note { text: text.to_owned() };
    let claimed = shop.order(id, &with_key(order("ana", Act::Claim, 5), "k1")).unwrap();
    shop.order(id, &with_key(order("ana", note("one"), 6), "k2")).unwrap();
    shop.order(id, &with_key(order("ana", Act::Transfer(to_agent("bia")), 7), "k3"))
        .unwrap();
    let tail = log.tail(Partition(0)).unwrap();
    log.trim(Partition(0), tail).unwrap();
    for (agent, act, key) in [
        ("ana", Act::Reopen, "k1"),
        ("bia", Act::Claim, "k1"),
        ("ana", Act::Claim, "k2"),
        ("ana", Act::Transfer(to_agent("caio")), "k3"),
    ] {
        let error = shop.order(id, &with_key(order(agent, act, 8), key)).unwrap_err();
        assert!(matches!(error, EngineError::KeyReused), "{key}: {error}");
    }
    let again = shop.order(id, &with_key(order("ana", Act::Claim, 9), "k1")).unwrap();
    assert_eq!(again.position, claimed.position);
    // Of texts nothing is left: another note is the same.
    shop.order(id, &with_key(order("ana", note("two"), 9), "k2")).unwrap();
    assert_eq!(log.tail(Partition(0)).unwrap(), tail);
}

#[test]
fn the_same_key_at_the_same_instant_is_one_event_with_one_effect() {
    let shop = Shop::shared(3);
    for round in 0..20 {
        let id = shop.says(&format!("55119000010{round:02}"), 0);
        let order = with_key(
            order(
                "ana",
                Act::SetStage {
                    stage: "won".to_owned(),
                },
                5,
            ),
            "k",
        );
        let tasks: Vec<_> = (0..9)
            .map(|number| {
                let (engine, order) = (shop.engines[number % 3].clone(), order.clone());
                shop.runtime
                    .spawn(async move { engine.command(id, &order).await.unwrap() })
            })
            .collect();
        let positions = tasks
            .into_iter()
            .map(|task| shop.runtime.block_on(task).unwrap().position);
        let positions: std::collections::BTreeSet<_> = positions.collect();
        assert_eq!(positions.len(), 1);
        assert_eq!(shop.ticket(id).revision, 2, "applied once");
    }
}

#[test]
fn what_was_refused_may_be_wanted_again_with_the_same_key() {
    let shop = Shop::new();
    let id = shop.says("5511900000001", 0);
    shop.wants(id, "ana", Act::Claim, 5).unwrap();
    let claim = with_key(order("bia", Act::Claim, 6), "k");
    let told = refused(shop.order(id, &claim));
    assert_eq!(
        (told.reason.code(), told.owner.as_deref()),
        ("already_claimed", Some("ana"))
    );
    let team = origem_domain::decide::Target {
        assignee: None,
        team: Some("sales".to_owned()),
    };
    shop.wants(id, "ana", Act::Transfer(team), 7).unwrap();
    shop.order(id, &claim).unwrap();
    assert_eq!(shop.ticket(id).assignee.as_deref(), Some("bia"));
}

#[test]
fn a_revision_that_is_gone_is_refused_and_nothing_is_appended() {
    let log = Arc::new(MemoryLog::new(1));
    let shop = Shop::over(log.clone(), Arc::new(MemoryStore::default()));
    let id = shop.says("5511900000001", 0);
    shop.wants(id, "ana", Act::Claim, 5).unwrap();
    let tail = log.tail(Partition(0)).unwrap();
    let mut stage = order(
        "ana",
        Act::SetStage {
            stage: "won".to_owned(),
        },
        6,
    );
    stage.wanted.revision = Some(1);
    let told = refused(shop.order(id, &stage));
    assert_eq!(
        (told.reason.code(), told.owner.as_deref(), told.revision),
        ("stale_revision", Some("ana"), Some(2))
    );
    assert_eq!(log.tail(Partition(0)).unwrap(), tail);
    stage.wanted = Wanted {
        revision: Some(2),
        ..stage.wanted
    };
    shop.order(id, &stage).unwrap();
}

#[test]
fn nobody_acts_on_what_is_not_there() {
    let shop = Shop::new();
    shop.says("5511900000001", 0);
    let error = shop
        .wants(origem_domain::key::ConversationId(7), "ana", Act::Claim, 5)
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotFound);
}
