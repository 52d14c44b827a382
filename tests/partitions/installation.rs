//! Several engines over one log in memory, which ask each other without a network.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use origem_domain::key::ConversationId;
use origem_domain::position::{Partition, Positions};
use origem_domain::time::Timestamp;
use origem_engine::{Delivery, Engine, Options, Peers, Source};
use origem_log::MemoryLog;
use origem_testkit::SECRET;
use origem_views::card;
use origem_views::rows::MemoryStore;
use tokio::runtime::Runtime;

/// Tenants, so that there are many channels.
pub const ACCOUNTS: &[&str] = &["default", "loja", "clinica", "escola"];
const PATIENCE: Duration = Duration::from_secs(30);

/// A body, when it came, and whose it is.
pub type Told = (Vec<u8>, Timestamp, &'static str);

/// The same business under several tenants, one after the other; some deliveries come twice, some late.
pub fn deliveries() -> Vec<Told> {
    let options = origem_sim::Options {
        seed: 7,
        events: 700,
        ..Default::default()
    };
    let simulated: Vec<_> = origem_sim::Simulation::new(options).collect();
    let of = |account: &'static str| {
        let told = move |delivery: &origem_sim::Delivery| (delivery.body.clone(), delivery.at, account);
        simulated.iter().map(told)
    };
    ACCOUNTS.iter().flat_map(|account| of(account)).collect()
}

/// Who has which partition, and who does not answer.
#[derive(Default)]
struct Network {
    instances: Vec<Weak<Engine>>,
    owners: BTreeMap<Partition, usize>,
    silent: BTreeSet<usize>,
}

/// The way from one instance to the others.
struct Line(Arc<Mutex<Network>>);

impl Peers for Line {
    fn owners(&self) -> Vec<(Partition, String)> {
        let network = self.0.lock().unwrap();
        network
            .owners
            .iter()
            .map(|(partition, instance)| (*partition, instance.to_string()))
            .collect()
    }

    fn ask(&self, address: &str, question: &[u8], _: Duration) -> Result<Vec<u8>, String> {
        let index: usize = address.parse().unwrap();
        let engine = {
            let network = self.0.lock().unwrap();
            if network.silent.contains(&index) {
                return Err("it does not answer".to_owned());
            }
            network.instances[index].upgrade().unwrap()
        };
        Ok(engine.answer_peer(question))
    }
}

/// Engines that share a log.
pub struct Installation {
    pub instances: Vec<Arc<Engine>>,
    pub runtime: Runtime,
    network: Arc<Mutex<Network>>,
}

impl Installation {
    /// Instances with these partitions.
    pub fn of(layout: &[&[u32]]) -> Self {
        let log = Arc::new(MemoryLog::new(layout.iter().map(|some| some.len() as u32).sum()));
        let network = Arc::new(Mutex::new(Network::default()));
        let instance = |_| {
            let engine = Arc::new(Engine::over(log.clone(), SECRET, Options::default()).unwrap());
            engine.set_peers(Arc::new(Line(network.clone())));
            network.lock().unwrap().instances.push(Arc::downgrade(&engine));
            engine
        };
        let instances: Vec<_> = layout.iter().map(instance).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let installation = Self {
            instances,
            runtime,
            network,
        };
        for (index, partitions) in layout.iter().enumerate() {
            for partition in *partitions {
                installation.own(index, Partition(*partition));
            }
        }
        installation
    }

    /// Gives a partition to an instance, and waits until it has folded it.
    pub fn own(&self, index: usize, partition: Partition) {
        self.instances[index]
            .own(partition, Arc::new(MemoryStore::default()))
            .unwrap();
        self.network.lock().unwrap().owners.insert(partition, index);
        self.settle(index);
    }

    /// Gives an instance a warm copy of a partition that another owns, and waits until it is whole.
    pub fn keep_warm(&self, index: usize, partition: Partition) {
        let shard = self.instances[index]
            .keep_warm(partition, Arc::new(MemoryStore::default()))
            .unwrap();
        let tail = self.instances[index].log().tail(partition).unwrap();
        let began = std::time::Instant::now();
        while shard.progress().checkpoint.next < tail {
            assert!(began.elapsed() < PATIENCE, "a warm copy is not folded");
            std::thread::yield_now();
        }
    }

    /// Lets an instance answer no more.
    pub fn silence(&self, index: usize) {
        self.network.lock().unwrap().silent.insert(index);
    }

    /// Any conversation whose views are at an instance.
    pub fn conversation_at(&self, index: usize) -> ConversationId {
        let shards = self.instances[index].shards();
        let found = shards.iter().find_map(|shard| card::all(&*shard.rows()).next());
        found.unwrap().unwrap()
    }

    /// Takes deliveries in, each at another instance, and waits until all are projected; gives the last positions.
    pub fn take(&self, deliveries: &[Told]) -> Positions {
        let mut last = Positions::default();
        self.runtime.block_on(async {
            for (index, (body, received_at, account)) in deliveries.iter().enumerate() {
                let instance = &self.instances[index % self.instances.len()];
                let delivery = Delivery {
                    source: Source::Meta,
                    body,
                    received_at: *received_at,
                    account,
                };
                let accepted = instance.accept(delivery).await.unwrap();
                accepted.positions().iter().for_each(|position| last.advance(position));
            }
        });
        for index in 0..self.instances.len() {
            self.settle(index);
        }
        last
    }

    fn settle(&self, index: usize) {
        let instance = &self.instances[index];
        let last = instance.status().unwrap().last();
        self.runtime.block_on(instance.wait(&last, PATIENCE)).unwrap();
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        for instance in &self.instances {
            instance.stop().unwrap();
        }
    }
}
