//! An instance on Kafka: what runs beside the engine, and the order in which it starts and ends.
//!
//! ```text
//! serve --> log (topic) --> engine without shards --> listen --> join the group: shards come and go, published topics with them
//!                                                            --> intake from topics, in transactions
//! ```
//! Everything that names Kafka in the server is in this folder; without the cargo feature `kafka` it is not there.

mod card;
mod keeper;
mod peers;
mod report;
mod reporter;
mod settings;
mod transform;
mod views;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use origem_engine::{Engine, Shard};
use origem_http::Credential;
use origem_log::EventLog;
use origem_log_kafka::{
    Cluster, GroupOptions, InboundTopic, IntakeOptions, KafkaLog, KafkaOutlet, Membership, OutletOptions, Owners,
    Topics, admin,
};
use origem_publish::{Format, Partitions, Publisher};
use tracing::{info, warn};

use crate::command::serve::Troubles;
use crate::config::{Config, LogKind};
use crate::failure::Failure;
use keeper::{Keeper, Tools};
use peers::Others;
use reporter::{Reporter, Sides};
use transform::Intake;
use views::ShardViews;

pub use card::{Card, fingerprint};
pub use settings::{Publish, Settings};

/// The cluster of the settings.
pub fn cluster(settings: &Settings) -> Result<&Cluster, Failure> {
    settings.cluster.as_ref().ok_or_else(|| {
        Failure::usage("nobody said where Kafka is: --kafka HOST:PORT, kafka.bootstrap or ORIGEM_KAFKA_BOOTSTRAP")
    })
}

/// What runs beside the server.
pub enum Beside {
    /// Nothing.
    Nothing,
    /// The log is on Kafka.
    Instance(Arc<Instance>),
    /// The log is in segments, its views go to projected topics.
    Bridge(Bridge),
}

impl Beside {
    /// Starts what the settings ask for. `address` is what we listen on.
    pub fn start(
        config: &Config,
        engine: &Arc<Engine>,
        address: SocketAddr,
        state: &origem_http::State,
        troubles: Troubles,
    ) -> Result<Self, Failure> {
        match config.log_kind {
            LogKind::Kafka => {
                let instance = Arc::new(Instance::start(config, engine, address, troubles)?);
                state.set_beside(instance.clone());
                Ok(Self::Instance(instance))
            }
            LogKind::Segments => Ok(bridge(config, engine)?.map_or(Self::Nothing, Self::Bridge)),
        }
    }

    /// Ends it.
    pub fn stop(self) {
        match self {
            Self::Nothing => {}
            Self::Instance(instance) => instance.stop(),
            Self::Bridge(bridge) => drop(bridge),
        }
    }
}

/// The token by which the instances of a group know each other; `None` where there is no group.
pub fn peer_token(config: &Config, engine: &Engine) -> Option<Credential> {
    let shared = config.log_kind == LogKind::Kafka && config.kafka.group.is_some();
    shared.then(|| Credential::from(card::token(engine.secret())))
}

/// Opens the event log on its topic.
pub fn open_log(settings: &Settings) -> Result<Arc<dyn EventLog>, Failure> {
    let cluster = cluster(settings)?;
    let log = KafkaLog::open(cluster, &settings.topics.events, Arc::new(transform::describe)).map_err(|error| {
        let advice = "make the topics with `origem kafka init --apply`";
        Failure::from(error).context(format!("cannot open the log on Kafka; if it is new, {advice}"))
    })?;
    info!(topic = log.topic(), partitions = log.partitions(), "log opened");
    Ok(Arc::new(log))
}

/// Refuses to append where partitions were added to the topic of the events.
pub fn check_partitions(settings: &Settings) -> Result<(), Failure> {
    Ok(admin::check_partitions(cluster(settings)?, &settings.topics)?)
}

/// The fingerprints of the secrets that instances of the group have, as far as they have told.
pub fn secrets_in_use(settings: &Settings) -> Result<BTreeSet<String>, Failure> {
    const READ_EVERY: Duration = Duration::from_secs(60);
    let Some(group) = &settings.group else {
        return Ok(BTreeSet::new());
    };
    let owners = Owners::watch(cluster(settings)?, &settings.topics.events, group, READ_EVERY)?;
    owners.refresh()?;
    let cards = owners.owners().into_values();
    Ok(cards.filter_map(|owner| Some(Card::of(&owner)?.secret)).collect())
}

/// How projected topics are published.
#[derive(Clone)]
pub struct Publishing {
    cluster: Cluster,
    topics: Topics,
    group: String,
    partitions: Partitions,
    format: Format,
}

impl Publishing {
    /// What the settings ask for; `None` if nothing.
    fn of(config: &Config) -> Result<Option<Self>, Failure> {
        let settings = &config.kafka;
        let format = match (settings.publish, config.log_kind) {
            (Publish::Nothing, _) | (Publish::Auto, LogKind::Segments) => return Ok(None),
            (Publish::Auto, LogKind::Kafka) => Format::Protobuf,
            (Publish::As(format), _) => format,
        };
        let cluster = cluster(settings)?.clone();
        let partitions = match config.log_kind {
            LogKind::Kafka => Partitions::Same,
            // The topics have their own number of partitions.
            LogKind::Segments => {
                let topic = &settings.topics.conversations;
                Partitions::ByChannel(admin::partitions(&cluster, topic)?)
            }
        };
        Ok(Some(Self {
            cluster,
            topics: settings.topics.clone(),
            group: settings.name().to_owned(),
            partitions,
            format,
        }))
    }

    /// Publishes the views of a shard.
    fn spawn(&self, engine: &Arc<Engine>, shard: &Arc<Shard>) -> Result<origem_publish::Handle, Failure> {
        let outlet = KafkaOutlet::new(&self.cluster, &self.topics, OutletOptions::new(&self.group));
        let options = origem_publish::Options {
            partition: shard.partition(),
            partitions: self.partitions,
            format: self.format,
            ..Default::default()
        };
        let views = ShardViews::new(engine.clone(), shard.clone());
        Ok(Publisher::spawn(Arc::new(views), Box::new(outlet), options)?)
    }
}

/// What runs beside an engine whose log is on Kafka.
pub struct Instance {
    engine: Arc<Engine>,
    keeper: Arc<Keeper>,
    membership: Mutex<Option<(Arc<Membership>, Reporter)>>,
    intake: Mutex<Option<origem_log_kafka::Intake>>,
}

impl Instance {
    /// Starts what the settings ask for beside an engine on Kafka that has no shards yet. `address` is what we listen on.
    fn start(config: &Config, engine: &Arc<Engine>, address: SocketAddr, troubles: Troubles) -> Result<Self, Failure> {
        let (settings, secret) = (&config.kafka, engine.secret());
        let cluster = cluster(settings)?;
        let keeper = Keeper::spawn(Tools {
            engine: engine.clone(),
            config: config.clone(),
            publishing: Publishing::of(config)?,
        })?;
        let keeper = Arc::new(keeper);
        let membership = match &settings.group {
            None => {
                keeper.open(engine.partitions().collect());
                None
            }
            Some(group) => {
                let url = reached_at(settings, address)?;
                let card = Card::new(&url, secret);
                let options = GroupOptions {
                    instance_id: settings.instance_id.clone(),
                    session_timeout: settings.session,
                    protocol: settings.protocol,
                    ..GroupOptions::new(group)
                };
                let topic = &settings.topics.events;
                let membership = Membership::join(cluster, topic, options, card.text(), keeper.clone())?;
                let membership = Arc::new(membership);
                let url = card.url.clone();
                engine.set_peers(Arc::new(Others::new(&membership, card, secret)));
                let reporter = Reporter::spawn(Sides {
                    engine: engine.clone(),
                    membership: membership.clone(),
                    keeper: keeper.clone(),
                    url,
                    standbys: settings.standbys,
                    troubles,
                })?;
                Some((membership, reporter))
            }
        };
        let intake = match settings.inbound.is_empty() {
            true => None,
            false => Some(start_intake(config, cluster, engine, &address.to_string())?),
        };
        Ok(Self {
            engine: engine.clone(),
            keeper,
            membership: Mutex::new(membership),
            intake: Mutex::new(intake),
        })
    }

    /// Gives partitions back and ends everything; the engine has no shards then.
    fn stop(&self) {
        if let Some(intake) = locked(&self.intake).take() {
            intake.stop();
        }
        if let Some((membership, reporter)) = locked(&self.membership).take() {
            reporter.end();
            // Leaves when the last one who holds it is gone: nobody asks peers for anything any more.
            drop(membership);
        }
        self.keeper.end();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Publishes the views of the embedded log, where the settings ask for it.
fn bridge(config: &Config, engine: &Arc<Engine>) -> Result<Option<Bridge>, Failure> {
    let Some(publishing) = Publishing::of(config)? else {
        return Ok(None);
    };
    let shards = engine.shards();
    let spawned = shards.iter().map(|shard| publishing.spawn(engine, shard));
    Ok(Some(Bridge(spawned.collect::<Result<_, _>>()?)))
}

/// Publishers of the embedded log's views. They stop when dropped.
pub struct Bridge(#[allow(dead_code)] Vec<origem_publish::Handle>);

/// What our events topic takes. Where it was set to less, the broker refuses what is larger, and intake keeps in its place that it
/// was there.
const RECORD_BYTES_MAX: usize = 4 << 20;

/// Where other instances reach this one.
fn reached_at(settings: &Settings, address: SocketAddr) -> Result<String, Failure> {
    match &settings.advertise {
        Some(url) => Ok(url.clone()),
        None if address.ip().is_unspecified() => Err(Failure::usage(format!(
            "{address} leads nowhere for the other instances of the group: say in kafka.advertise (ORIGEM_KAFKA_ADVERTISE) where \
             they reach this one, such as http://10.0.0.1:8080, or set kafka.group to none if it is alone"
        ))),
        None => Ok(format!("http://{address}")),
    }
}

fn start_intake(
    config: &Config,
    cluster: &Cluster,
    engine: &Arc<Engine>,
    address: &str,
) -> Result<origem_log_kafka::Intake, Failure> {
    let settings = &config.kafka;
    let topics = settings.inbound.iter().map(|inbound| InboundTopic {
        topic: inbound.topic.clone(),
        source: inbound.source.map(|source| source.name().to_owned()),
    });
    let group = format!("{}-intake", settings.name());
    for inbound in &settings.inbound {
        if let Err(error) = admin::partitions(cluster, &inbound.topic) {
            // It may be made later; whoever mistyped its name is told now.
            warn!(topic = inbound.topic, %error, "nothing is taken in from this topic yet");
        }
    }
    let name = settings
        .instance_id
        .as_deref()
        .or(settings.advertise.as_deref())
        .unwrap_or(address);
    let transactional_id = format!("{group}-{name}");
    let options = IntakeOptions {
        instance_id: settings.instance_id.clone(),
        protocol: settings.protocol,
        session_timeout: settings.session,
        record_bytes_max: RECORD_BYTES_MAX,
        ..IntakeOptions::new(topics.collect(), &settings.topics.events, &group, &transactional_id)
    };
    let intake = Intake {
        engine: engine.clone(),
        account: config.http.account.clone(),
    };
    Ok(origem_log_kafka::Intake::start(cluster, options, Arc::new(intake))?)
}
