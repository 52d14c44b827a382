//! A shop: engines over one log, what customers say to it, and what its agents want.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use origem_domain::decide::{Act, Refusal, Target, Wanted};
use origem_domain::directory::{Item, Kind};
use origem_domain::key::ConversationId;
use origem_domain::position::Partition;
use origem_domain::ticket::Ticket;
use origem_domain::time::Timestamp;
use origem_engine::{By, Delivery, Done, Engine, EngineError, Options, Order, Peers, Source, Wish, Writer};
use origem_log::{EventLog, MemoryLog};
use origem_testkit::SECRET;
use origem_views::generations::Home;
use origem_views::rows::MemoryStore;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub const PATIENCE: Duration = Duration::from_secs(120);
/// When everything begins.
pub const NOON: i64 = 1_790_000_000_000_000;

/// A shop with its log.
pub struct Shop {
    /// Instances; only the first has the views.
    pub engines: Vec<Arc<Engine>>,
    pub runtime: Runtime,
    messages: Mutex<u64>,
}

/// The way to the instance that has the views.
struct Line(Weak<Engine>);

impl Peers for Line {
    fn owners(&self) -> Vec<(Partition, String)> {
        vec![(Partition(0), "first".to_owned())]
    }

    fn ask(&self, _: &str, question: &[u8], _: Duration) -> Result<Vec<u8>, String> {
        let engine = self.0.upgrade().ok_or("it is gone")?;
        Ok(engine.answer_peer(question))
    }
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

impl Shop {
    /// One instance in memory.
    pub fn new() -> Self {
        Self::over(Arc::new(MemoryLog::new(1)), Arc::new(MemoryStore::default()))
    }

    /// One instance over a log that is there.
    pub fn over(log: Arc<dyn EventLog>, home: impl Into<Home>) -> Self {
        let engine = Arc::new(Engine::start(log, home, SECRET, Options::default()).unwrap());
        Self {
            engines: vec![engine],
            runtime: runtime(),
            messages: Mutex::new(0),
        }
    }

    /// Several instances that share a log; the first has the views.
    pub fn shared(instances: usize) -> Self {
        let log: Arc<MemoryLog> = Arc::new(MemoryLog::new(1));
        let options = Options::default();
        let engines: Vec<_> = (0..instances)
            .map(|_| Arc::new(Engine::over(log.clone(), SECRET, options.clone()).unwrap()))
            .collect();
        engines[0].own(Partition(0), Arc::new(MemoryStore::default())).unwrap();
        for engine in &engines[1..] {
            engine.set_peers(Arc::new(Line(Arc::downgrade(&engines[0]))));
        }
        Self {
            engines,
            runtime: runtime(),
            messages: Mutex::new(0),
        }
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.engines[0]
    }

    /// Takes events in and waits until the views have them.
    pub fn take(&self, events: &[Value], at: Timestamp) {
        let body = json!(events).to_string();
        let delivery = Delivery {
            source: Source::Event,
            body: body.as_bytes(),
            received_at: at,
            account: "default",
        };
        let taken = async {
            let accepted = self.engine().accept(delivery).await?;
            self.engine().wait(&accepted.positions(), PATIENCE).await
        };
        self.runtime.block_on(taken).unwrap();
    }

    /// A message of a customer at a second after noon.
    pub fn message(&self, customer: &str, second: i64) -> Value {
        let mut messages = self.messages.lock().unwrap();
        *messages += 1;
        json!({
            "kind": "message_received",
            "channel": {"kind": "whatsapp", "id": "1"},
            "contact": {"aliases": [{"kind": "phone", "value": customer}], "name": format!("Customer {customer}")},
            "occurred_at": at(second).to_string(),
            "message": {"id": format!("m{messages}"), "type": "text", "text": "oi"},
        })
    }

    /// A customer wrote; gives the conversation.
    pub fn says(&self, customer: &str, second: i64) -> ConversationId {
        self.take(&[self.message(customer, second)], at(second));
        self.engine().find(customer, None).unwrap()
    }

    /// Writes an entry of the directory.
    pub fn maintain(&self, kind: Kind, id: &str, entry: Value) {
        let wish = Wish {
            account: "default".to_owned(),
            id: id.to_owned(),
            item: Item::read(kind, entry).unwrap(),
        };
        self.engine().directory().put(&[wish], &Writer::default()).unwrap();
    }

    /// Carries an order out at the first instance.
    pub fn order(&self, id: ConversationId, order: &Order) -> Result<Done, EngineError> {
        self.runtime.block_on(self.engine().command(id, order))
    }

    /// What an agent wants, at a second after noon.
    pub fn wants(&self, id: ConversationId, agent: &str, act: Act, second: i64) -> Result<Done, EngineError> {
        self.order(id, &order(agent, act, second))
    }

    /// The ticket of a conversation.
    pub fn ticket(&self, id: ConversationId) -> Ticket {
        self.engine().conversation(id).unwrap().card.state.ticket.unwrap()
    }
}

/// A second after noon.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(NOON).plus(second * 1_000_000)
}

/// An order without a key.
pub fn order(agent: &str, act: Act, second: i64) -> Order {
    Order {
        wanted: Wanted { act, revision: None },
        by: By::Told(Some(agent.to_owned())),
        at: at(second),
        idempotency_key: None,
    }
}

pub fn with_key(order: Order, key: &str) -> Order {
    Order {
        idempotency_key: Some(key.to_owned()),
        ..order
    }
}

pub fn to_agent(agent: &str) -> Target {
    Target {
        assignee: Some(agent.to_owned()),
        team: None,
    }
}

/// Why it was refused.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(result: Result<T, EngineError>) -> Refusal {
    match result {
        Err(EngineError::Refused { refusal, .. }) => *refusal,
        other => panic!("{other:?} is no refusal"),
    }
}
