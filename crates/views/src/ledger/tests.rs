//! The ledger against a plain sorted list: chunks of four items, reopened now and then.

use std::collections::BTreeMap;

use origem_domain::dispatch::{account, told_back};
use origem_domain::event::ChannelKind;
use origem_domain::fact::Fact;
use origem_domain::fold::fold;
use origem_domain::key::ConversationId;
use origem_domain::rules::dispatches::Dispatches;
use origem_domain::state::State;
use origem_testkit::script;
use proptest::prelude::*;

use super::*;
use crate::rows::{Changes, MapRows};

const CONVERSATION: ConversationId = ConversationId(7);

/// A line of a conversation at a minute: any minute, any order.
pub(crate) fn line(minute: u32, what: u32) -> String {
    let verb = match what {
        0..3 => format!("in m{minute}"),
        3 => format!("in m{minute} quote=m{}", minute / 2),
        4 => format!("in m{minute} quote=m{}", minute + 1),
        5 => format!("out m{minute} campaign=c1"),
        6 => format!("out m{minute} via=web"),
        7 => format!("sent m{} price=marketing data=c2", minute / 2),
        8 => format!("history m{}", minute / 2),
        9 => format!("in m{minute} ad=A{minute}"),
        10 => format!("sent m{} price=service type=regular", minute / 2),
        11 => format!(
            "sent m{} price=service type=free_entry_point conv=c{} until=9.0:{minute}",
            minute / 2,
            minute / 8
        ),
        12 => format!("failed m{} error=131047", minute / 2),
        13 => format!("{} m{minute}", ["stop", "resume"][minute as usize % 2]),
        14 => format!("out m{minute} via=app"),
        21 => format!("out m{} via=api", minute / 2),
        22 => format!("sent m{} price=utility data=camp-{minute}", minute / 2),
        23 => format!("read m{} data=camp-{minute}", minute / 2),
        24 => format!("delivered m{} price=authentication", minute / 2),
        25 => format!("failed m{} data=camp-9", minute / 2),
        _ => format!("finish agent=ana to=m{minute}"),
    };
    format!("{}.{}:{} p1 {verb}", 1 + minute / 8, minute % 8 * 2, minute)
}

proptest! {
    #[test]
    fn a_ledger_in_chunks_folds_as_a_plain_list(
        facts in prop::collection::vec((0..60_u32, 0..16_u32, any::<bool>()), 1..40),
    ) {
        folds_as_a_plain_list(&Arc::new(Rulebook::default()), facts)?;
    }

    #[test]
    fn under_rules_for_dispatches_too(
        facts in prop::collection::vec((0..24_u32, prop_oneof![2 => 0..16_u32, 3 => 21..26_u32], any::<bool>()), 1..40),
    ) {
        let rules: Dispatches = "shop: callback_data=camp-{campaign}, any: template=* -> t".parse().unwrap();
        folds_as_a_plain_list(&Arc::new(Rulebook::default().recognising(rules)), facts)?;
    }
}

fn folds_as_a_plain_list(rulebook: &Arc<Rulebook>, facts: Vec<(u32, u32, bool)>) -> Result<(), TestCaseError> {
    let mut rows = MapRows::default();
    let folding = Folding {
        channel: ChannelKind::Whatsapp,
        rulebook,
    };
    let mut ledger = Ledger::new(CONVERSATION, ChannelKind::Whatsapp, rulebook);
    let mut state = State::default();
    let mut model: BTreeMap<SortKey, Fact> = BTreeMap::new();
    for (minute, what, reopens) in facts {
        let fact = Fact::of(&script::records(&line(minute, what))[0]);
        let inserted = ledger.insert(&rows, &mut state, fact.clone(), false).unwrap();
        if let Inserted::Replaced { key, position } = inserted {
            let twin = model.remove(&key);
            prop_assert_eq!(twin.map(|twin| twin.position), Some(position));
        }
        if let Inserted::Duplicate { of } = inserted {
            prop_assert!(model.contains_key(&of));
            let same = |other: &&Fact| {
                let message = fact.own_message().is_some() && other.own_message() == fact.own_message();
                other.key.kind == fact.key.kind && other.key.dedup == fact.key.dedup || message
            };
            prop_assert!(model.values().any(|other| same(&other)));
        } else {
            prop_assert!(model.insert(fact.key, fact).is_none());
        }
        let found = ledger.facts(&rows).unwrap();
        let expected = joined(rulebook, &model);
        prop_assert_eq!(&found, &expected);
        let mut whole = State::default();
        let outcome = fold(&mut whole, folding, &expected);
        prop_assert_eq!(&state, &whole);
        prop_assert_eq!(ledger.outcome(&rows).unwrap(), outcome);
        let at = Timestamp::from_micros(
            whole.last_activity_at.unwrap_or_default().micros() / 2 + expected[0].key.at.micros() / 2,
        );
        let before: Vec<Fact> = expected.iter().filter(|fact| fact.key.at <= at).cloned().collect();
        let mut then = State::default();
        fold(&mut then, folding, &before);
        prop_assert_eq!(ledger.state_at(&rows, at).unwrap(), then);
        let index = expected.len() / 2;
        let mut before = State::default();
        fold(&mut before, folding, &expected[..index]);
        let mut after = before.clone();
        fold(&mut after, folding, &expected[index..=index]);
        let Fact { key, position, .. } = expected[index];
        prop_assert_eq!(
            ledger.step(&rows, &key, position).unwrap(),
            Some(Step { before, after })
        );
        prop_assert_eq!(ledger.step(&rows, &key, Position::new(0, 999)).unwrap(), None);
        if reopens {
            let mut changes = Changes::default();
            ledger.save(&mut changes);
            rows.commit(&changes);
            ledger = Ledger::new(CONVERSATION, ChannelKind::Whatsapp, rulebook);
        }
    }
    Ok(())
}

/// Every message of ours with what its reports tell back, and every other one with the account, before it, of what it quotes.
fn joined(rulebook: &Rulebook, model: &BTreeMap<SortKey, Fact>) -> Vec<Fact> {
    let mut facts: Vec<Fact> = model.values().cloned().collect();
    for index in 0..facts.len() {
        let (before, rest) = facts.split_at_mut(index);
        match &mut rest[0].what {
            What::Inbound(inbound) => {
                let quoted = inbound
                    .reply_to
                    .and_then(|message| account(rulebook, message, before.iter()));
                inbound.quoted = quoted.map(Box::new);
            }
            What::Sent(sent) if !rulebook.dispatches().rules().is_empty() => {
                sent.told_back = sent.message.and_then(|message| told_back(message, model.values()));
            }
            _ => {}
        }
    }
    facts
}
