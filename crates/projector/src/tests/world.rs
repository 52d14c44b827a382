//! Rows in memory, folded batch by batch, and what is to be seen in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use origem_domain::key::ConversationId;
use origem_domain::position::{Offset, Partition, Position};
use origem_domain::record::Recorded;
use origem_domain::ticket::TicketStatus;
use origem_domain::touch::Touch;
use origem_testkit::{SECRET, script};
use origem_views::card::{self, Card};
use origem_views::contacts::{Found, Sought};
use origem_views::identity::{self, Settled};
use origem_views::layout::{AccountKey, Scope};
use origem_views::ledger::Ledger;
use origem_views::queue::{self, Place};
use origem_views::rows::MapRows;
use origem_views::thread::Thread;
use origem_views::{anomalies, counts};

use crate::fold::{Decoded, Folding, Outcome, fold};

/// What is to be seen of each contact, by its aliases.
pub type Picture = BTreeMap<Vec<String>, String>;

/// Views and what a checkpoint would count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct World {
    pub rows: MapRows,
    pub settled: Settled,
    pub outcomes: Vec<Outcome>,
    pub merged: u64,
}

impl World {
    /// All records in one batch, in one lane.
    pub fn of(records: &[Recorded]) -> Self {
        let mut world = Self::default();
        world.fold(records, 1);
        world
    }

    pub fn of_script(text: &str) -> Self {
        Self::of(&script::records(text))
    }

    /// Folds one batch, as the projector does.
    pub fn fold(&mut self, records: &[Recorded], lanes: usize) {
        let batch: Vec<Decoded> = records
            .iter()
            .map(|recorded| Decoded::Event(Box::new(recorded.clone())))
            .collect();
        let folded = fold(&self.rows, &mut self.settled, &batch, &Folding::in_lanes(lanes)).unwrap();
        let mut changes = folded.changes;
        counts::settle(&mut changes, &self.rows).unwrap();
        self.rows.commit(&changes);
        self.outcomes.extend(folded.outcomes);
        self.merged += folded.merged;
    }

    /// How many conversations the checkpoint counts.
    pub fn counted(&self) -> u64 {
        self.outcomes.iter().filter(|outcome| outcome.created).count() as u64 - self.merged
    }

    pub fn duplicates(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.duplicate).count()
    }

    /// The conversation that has an alias on channel 1.
    pub fn owner(&self, alias: &str) -> Option<ConversationId> {
        let event = script::event("1.10:00 - account");
        let scope = Scope::of(&event.account, &event.channel, None);
        identity::owner(&self.rows, scope, SECRET.alias(&script::alias(alias))).unwrap()
    }

    pub fn card(&self, conversation: ConversationId) -> Card {
        card::load(&self.rows, conversation).unwrap().unwrap()
    }

    /// Every conversation that an event of `records` belongs to, by any of its aliases.
    pub fn conversations(&self, records: &[Recorded]) -> BTreeSet<ConversationId> {
        let mut found = BTreeSet::new();
        for recorded in records {
            let scope = Scope::of(&recorded.event.account, &recorded.event.channel, recorded.keys.group);
            let keys = &recorded.keys;
            for alias in keys.aliases.iter().chain(&keys.from).chain(&keys.to) {
                found.extend(identity::owner(&self.rows, scope, *alias).unwrap());
            }
        }
        found
    }

    /// The timeline of a conversation, without positions in the log.
    pub fn timeline(&self, conversation: ConversationId) -> Vec<Touch> {
        let card = self.card(conversation);
        let outcome = Ledger::new(conversation, card.channel.kind, &Arc::default())
            .outcome(&self.rows)
            .unwrap();
        outcome.touches.into_iter().map(without_position).collect()
    }

    /// What customers and agents see, by all the aliases of a contact: the same for every order of arrival.
    pub fn picture(&self, records: &[Recorded]) -> Picture {
        let conversations = self.conversations(records).into_iter();
        conversations
            .map(|conversation| {
                let identity = identity::load(&self.rows, conversation).unwrap().unwrap();
                let mut card = self.card(conversation);
                let outcome = Ledger::new(conversation, card.channel.kind, &Arc::default())
                    .outcome(&self.rows)
                    .unwrap();
                let mut lines = Thread::new(conversation);
                let lines = lines.lines(&self.rows).unwrap();
                let touches: Vec<Touch> = outcome.touches.into_iter().map(without_position).collect();
                for touch in card.state.landmarks.kept_mut() {
                    *touch = without_position(touch.clone());
                }
                let current = identity.aliases.iter().map(|known| {
                    let mark = if identity.is_current(known) { "" } else { "-" };
                    format!("{mark}{:?}:{}", known.key.kind, known.value)
                });
                let aliases: BTreeSet<String> = current.collect();
                let aliases = [format!("{} {}", card.channel, card.group)].into_iter().chain(aliases);
                (
                    aliases.collect(),
                    format!(
                        "touches {touches:#?}\ntickets {:#?}\nstate {:#?}\nnames {:?} {:?} {:?}\nlines {lines:#?}",
                        outcome.tickets, card.state, card.name, card.username, card.edited
                    ),
                )
            })
            .collect()
    }

    /// Lists and counters agree with the cards.
    pub fn check_lists(&self, records: &[Recorded]) {
        let conversations = self.conversations(records);
        assert_eq!(
            self.counted(),
            conversations.len() as u64,
            "the checkpoint counts conversations"
        );
        let accounts: BTreeSet<&str> = records.iter().map(|recorded| recorded.event.account.as_str()).collect();
        for account in accounts {
            let account = AccountKey::of(account);
            let cards = conversations
                .iter()
                .map(|conversation| (*conversation, self.card(*conversation)));
            let cards: Vec<_> = cards
                .filter(|(_, card)| AccountKey::of(&card.account) == account)
                .collect();
            let mut recount: BTreeMap<TicketStatus, u64> =
                TicketStatus::ALL.into_iter().map(|status| (status, 0)).collect();
            for (_, card) in cards.iter().filter(|(_, card)| !card.group) {
                if let Some(status) = card.state.status() {
                    *recount.entry(status).or_default() += 1;
                }
            }
            assert_eq!(
                counts::by_status(&self.rows, account).unwrap(),
                recount,
                "counts by status"
            );
            let mut held: BTreeMap<_, BTreeMap<TicketStatus, u64>> = BTreeMap::new();
            for (_, card) in cards.iter().filter(|(_, card)| !card.group) {
                if let Some(status) = card.state.status() {
                    let holder = queue::holder(card, card.state.ticket.as_ref()).mark();
                    *held.entry(holder).or_default().entry(status).or_default() += 1;
                }
            }
            for (holder, recount) in held {
                let mut counts = counts::of_holders(&self.rows, account, &[holder].into()).unwrap();
                counts.retain(|_, count| *count > 0);
                assert_eq!(counts, recount, "counts of a holder");
            }
            let place = |at, conversation| Place { at, conversation };
            let mut listed: Vec<_> = cards
                .iter()
                .filter_map(|(conversation, card)| Some(place(card.listed_at()?, *conversation)))
                .collect();
            listed.sort_by_key(|place| (std::cmp::Reverse(place.at), place.conversation));
            let statuses: Vec<_> = TicketStatus::ALL.into_iter().map(Some).chain([None]).collect();
            let list: Vec<_> = queue::listed(&self.rows, account, &statuses, false, None)
                .map(|listed| listed.unwrap().0)
                .collect();
            let mut waiting: Vec<_> = cards
                .iter()
                .filter_map(|(conversation, card)| Some(place(card.state.waiting_since()?, *conversation)))
                .filter(|place| !self.card(place.conversation).group)
                .collect();
            waiting.sort();
            let everybody: BTreeSet<_> = cards
                .iter()
                .map(|(_, card)| queue::holder(card, card.state.ticket.as_ref()).mark())
                .collect();
            for holders in [None, Some(&everybody)] {
                let waits: Vec<_> = queue::waiting(&self.rows, account, holders, false, None)
                    .map(|waiting| waiting.unwrap().0)
                    .collect();
                assert_eq!(
                    waits, waiting,
                    "those who wait are listed once, the longest waiting first"
                );
            }
            assert_eq!(list, listed, "the list holds each conversation once, the latest first");
        }
    }

    /// Whom a search finds.
    pub fn found(&self, query: &str) -> Vec<ConversationId> {
        let sought = Sought::read(query);
        let known = sought.look_up(&self.rows, AccountKey::of("default"), 10).unwrap();
        let known: BTreeSet<ConversationId> = match known {
            Found::ByDay(known) => known.into_iter().map(|(_, id)| id).collect(),
            Found::Among(known) => known,
            Found::TooMany => panic!("too many for {query}"),
        };
        let is = |id: &ConversationId| {
            let identity = identity::load(&self.rows, *id).unwrap();
            sought.is(&self.card(*id), identity.as_ref())
        };
        known.into_iter().filter(is).collect()
    }

    pub fn anomalies(&self) -> Vec<(Position, &'static str)> {
        let all = anomalies::Filter::default();
        let (below, limit) = (Offset(u64::MAX), usize::MAX);
        let page = anomalies::page(&self.rows, Partition(0), below, &all, limit).unwrap();
        page.items
            .iter()
            .rev()
            .map(|anomaly| (anomaly.position, anomaly.reason.name()))
            .collect()
    }
}

fn without_position(touch: Touch) -> Touch {
    Touch {
        position: Position::default(),
        ..touch
    }
}
