//! The storm: 64 agents at once on the same tickets, at random; then the log is read by somebody else, who knows the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use origem_domain::decide::{Act, Ending, Refusal, Target};
use origem_domain::directory::Kind;
use origem_domain::event::Via;
use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_domain::ticket::TicketStatus;
use origem_engine::query::Filter;
use origem_engine::{Engine, EngineError};
use origem_log_segments::SegmentLog;
use origem_store_sled::SledStore;
use serde_json::json;

use crate::model::{Model, Standing};
use crate::shop::{Shop, order, refused};

const TASKS: usize = 64;
const AGENTS: u64 = 24;
const MANAGERS: u64 = 4;
const ROUNDS: usize = 4;
const STEPS_PER_TICKET: usize = 6;

/// How many tickets: ten thousand take long without optimisation.
fn tickets() -> usize {
    let told = std::env::var("ORIGEM_RACES_TICKETS").ok();
    told.map_or(if cfg!(debug_assertions) { 2_000 } else { 10_000 }, |told| {
        told.parse().unwrap()
    })
}

/// Numbers that look like chance and are the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn agent(&mut self) -> String {
        format!("a{}", self.below(AGENTS))
    }

    /// What an agent may want of a ticket of its own, or of any.
    fn act(&mut self, is_own: bool) -> Act {
        let target = |assignee, team: Option<&str>| Target {
            assignee,
            team: team.map(str::to_owned),
        };
        match self.below(if is_own { 8 } else { 16 }) {
            0 | 1 => Act::Transfer(target(Some(self.agent()), None)),
            2 => Act::Transfer(target(None, Some("sales"))),
            3 => Act::Assign(target(Some(self.agent()), Some("sales"))),
            4 | 5 => Act::Finish(Ending::default()),
            6 => Act::Reopen,
            7 => Act::TakeOver { via: Via::Web },
            _ => Act::Claim,
        }
    }
}

/// What one agent was told.
enum Told {
    Done(Position),
    Refused {
        customer: usize,
        agent: String,
        refusal: Refusal,
    },
}

/// One agent's round: tickets in the order in which all agents come to them, a few steps ahead or behind.
async fn work(
    engine: Arc<Engine>,
    ids: Arc<Vec<ConversationId>>,
    mut chance: Chance,
    agent: String,
    steps: usize,
) -> Vec<Told> {
    let mut told = Vec::with_capacity(steps);
    let mut own = Vec::new();
    for step in 0..steps {
        // All of them look at the same few tickets, and go on to the next few.
        let few = (ids.len() / steps) as u64 + 4;
        let near = step * ids.len() / steps + usize::try_from(chance.below(few)).unwrap();
        let is_own = !own.is_empty() && chance.below(3) > 0;
        let customer = if is_own { own[own.len() - 1] } else { near % ids.len() };
        let wanted = order(&agent, chance.act(is_own), i64::try_from(step).unwrap());
        match engine.command(ids[customer], &wanted).await {
            Ok(done) => {
                told.push(Told::Done(done.position));
                own.push(customer);
            }
            Err(error) => told.push(Told::Refused {
                customer,
                agent: agent.clone(),
                refusal: refused(Err::<(), EngineError>(error)),
            }),
        }
    }
    told
}

fn number(customer: usize) -> String {
    format!("5511{:09}", 900_000_000 + customer)
}

/// That counts are those of the lists, and lists those of the cards.
#[track_caller]
fn check_counts(engine: &Engine, tickets: usize) {
    let counts = engine.counts("default").unwrap();
    let mut listed = BTreeSet::new();
    for status in TicketStatus::ALL {
        let filter = Filter {
            account: "default".to_owned(),
            status: Some(status),
            ..Filter::default()
        };
        let (mut found, mut cursor) = (0, None);
        loop {
            let page = engine.conversations(&filter, cursor.as_deref(), 500).unwrap();
            for item in &page.items {
                assert_eq!(item.card.state.status(), Some(status));
                assert!(listed.insert(item.id), "{} is listed twice", item.id);
                found += 1;
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, counts.get(&status).copied().unwrap_or_default(), "{status:?}");
    }
    assert_eq!(listed.len(), tickets);
}

/// That a refusal told what was so at the revision it tells.
#[track_caller]
fn check_truth(past: &BTreeMap<u64, Standing>, agent: &str, refusal: &Refusal) {
    let Some(standing) = past.get(&refusal.revision.unwrap()) else {
        panic!("{refusal:?} tells of a revision that never was: {past:?}");
    };
    assert_eq!(refusal.owner, standing.owner, "{refusal:?} {past:?}");
    let is_so = match refusal.reason.code() {
        "already_claimed" => standing.owner.is_some() && !standing.finished,
        "ticket_finished" => standing.finished,
        "ticket_still_open" => !standing.finished,
        "not_yours" => agent.starts_with('a') && standing.owner.as_deref() != Some(agent),
        _ => false,
    };
    assert!(is_so, "{agent}: {refusal:?} {standing:?}");
}

#[track_caller]
fn storm(shop: &Shop, tickets: usize) {
    for (prefix, role, count) in [("a", "agent", AGENTS), ("m", "manager", MANAGERS)] {
        for number in 0..count {
            let entry = json!({"name": format!("Agent {number}"), "role": role, "teams": ["sales"]});
            shop.maintain(Kind::Agent, &format!("{prefix}{number}"), entry);
        }
    }
    let messages: Vec<_> = (0..tickets)
        .map(|customer| shop.message(&number(customer), 0))
        .collect();
    for some in messages.chunks(1_000) {
        shop.take(some, crate::shop::at(0));
    }
    let ids: Vec<_> = (0..tickets)
        .map(|customer| shop.engine().find(&number(customer), None).unwrap())
        .collect();
    let ids = Arc::new(ids);
    let steps = (tickets * STEPS_PER_TICKET / TASKS / ROUNDS).max(4);
    let (mut done, mut refusals) = (BTreeSet::new(), Vec::new());
    for round in 0..ROUNDS {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let engine = shop.engines[task % shop.engines.len()].clone();
                let chance = Chance(1 + (round * TASKS + task) as u64 * 0x9E37_79B9);
                let kind = if task % 8 == 0 { "m" } else { "a" };
                let agents = if kind == "m" { MANAGERS } else { AGENTS };
                let agent = format!("{kind}{}", task as u64 % agents);
                shop.runtime.spawn(work(engine, ids.clone(), chance, agent, steps))
            })
            .collect();
        for task in tasks {
            for told in shop.runtime.block_on(task).unwrap() {
                match told {
                    Told::Done(position) => assert!(done.insert(position), "{position} was told twice"),
                    Told::Refused {
                        customer,
                        agent,
                        refusal,
                    } => refusals.push((customer, agent, refusal)),
                }
            }
        }
        check_counts(shop.engine(), tickets);
    }
    let model = Model::of(shop.engine().log());
    assert_eq!(
        done, model.applied,
        "what was told done is what had its effect, no more and no less"
    );
    for (customer, agent, refusal) in &refusals {
        check_truth(&model.customers[&number(*customer)].past, agent, refusal);
    }
    for (customer, id) in ids.iter().enumerate() {
        let (ticket, truth) = (shop.ticket(*id), &model.customers[&number(customer)]);
        let standing = Standing {
            finished: !ticket.is_open(),
            owner: ticket.assignee,
            team: ticket.team,
        };
        assert_eq!(
            (ticket.revision, &standing),
            (truth.revision, &truth.now),
            "{}",
            number(customer)
        );
    }
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, _, refusal) in &refusals {
        *reasons.entry(refusal.reason.code()).or_default() += 1;
    }
    // It was a storm: of everything that can happen, everything did.
    assert!(!done.is_empty());
    for reason in ["already_claimed", "not_yours", "ticket_finished", "ticket_still_open"] {
        assert!(reasons.contains_key(reason), "{reason}: {reasons:?}");
    }
}

#[test]
fn one_owner_each_and_everybody_is_told_the_truth() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = SegmentLog::open(&directory.path().join("log"), &Default::default()).unwrap();
    let store = SledStore::open(&directory.path().join("views"), &Default::default()).unwrap();
    let shop = Shop::over(Arc::new(log), Arc::new(store));
    storm(&shop, tickets());
    shop.engine().stop().unwrap();
}

#[test]
fn the_same_from_several_instances_on_one_partition() {
    let shop = Shop::shared(3);
    storm(&shop, tickets().min(1_000));
}

#[test]
fn of_two_claims_at_the_same_instant_one_wins_and_the_other_is_told_who() {
    let shop = Shop::shared(2);
    for round in 0..50 {
        let id = shop.says(&number(round), 0);
        let claim = |engine: usize, agent: &str| {
            let (engine, claim) = (shop.engines[engine].clone(), order(agent, Act::Claim, 5));
            shop.runtime.spawn(async move { engine.command(id, &claim).await })
        };
        let (one, other) = (claim(0, "ana"), claim(1, "bia"));
        let one = shop.runtime.block_on(one).unwrap();
        let other = shop.runtime.block_on(other).unwrap();
        let (winner, loser) = match (one, other) {
            (Ok(_), lost @ Err(_)) => ("ana", lost),
            (lost @ Err(_), Ok(_)) => ("bia", lost),
            both => panic!("{both:?}"),
        };
        let told = refused(loser);
        assert_eq!(
            (told.reason.code(), told.owner.as_deref()),
            ("already_claimed", Some(winner))
        );
        assert_eq!(shop.ticket(id).assignee.as_deref(), Some(winner));
    }
}
