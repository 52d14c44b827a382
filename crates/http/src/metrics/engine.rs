//! What the engine says of itself, by partition, when somebody asks. Asks no other instance and no broker.

use std::fmt;
use std::sync::Arc;

use origem_domain::position::Partition;
use origem_engine::{Engine, PartitionStatus, Readiness};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sample::{Labels, Metric, Sample, write};
use crate::state::{Health, now};

const BUILD: Metric = Metric::gauge("build_info", "1; the version of the server is its label");
const READY: Metric = Metric::gauge("ready", "1 while requests should be sent here: what /readyz says");
const EVENTS: Metric = Metric::counter("events_projected", "Events the views hold");
const DUPLICATES: Metric = Metric::counter("events_projected_duplicates", "Of these, known before");
const UNRECOGNISED: Metric = Metric::counter("events_projected_unrecognised", "Of these, not understood");
const CHECKPOINT: Metric = Metric::gauge("projection_checkpoint_offset", "The next offset to be projected");
const LAG: Metric = Metric::gauge("projection_lag_events", "Records appended and not projected yet");
const LAG_SECONDS: Metric = Metric::gauge("projection_lag_seconds", "For how long the oldest of these has waited");
const STALLED: Metric = Metric::gauge("projector_stalled", "1 while records wait and none is projected");
const FAILED: Metric = Metric::gauge("projector_failed", "1 if the projector has stopped for good");
const LOADING: Metric = Metric::gauge("views_loading", "1 while the views are new and not whole yet");
const STORE_BYTES: Metric = Metric::gauge("views_store_bytes", "Bytes of the views on disk");
const CONVERSATIONS: Metric = Metric::gauge("conversations", "Conversations the views hold");
const ANOMALIES: Metric = Metric::gauge("anomalies", "Anomalies the views hold, by reason");
const TAIL: Metric = Metric::gauge("log_tail_offset", "The next offset to be appended");
const START: Metric = Metric::gauge("log_start_offset", "The first offset that can be read");
const LOG_BYTES: Metric = Metric::gauge("log_bytes", "Bytes of the log on disk");
const LOG_SEGMENTS: Metric = Metric::gauge("log_segments", "Files of the log");
const AWAY: Metric = Metric::gauge("log_unavailable", "1 while the log cannot be read");
const REFUSES: Metric = Metric::gauge("log_refuses_appends", "1 while the log takes no events, by reason");
const WAITING: Metric = Metric::gauge("append_queue_deliveries", "Deliveries that wait to be appended");
const TURNED_AWAY: Metric = Metric::counter("append_queue_refused", "Deliveries that found the queue full");
const APPENDS: Metric = Metric::histogram("log_append_duration_seconds", "Time until an append is durable");
const APPENDS_FAILED: Metric = Metric::counter("log_append_failures", "Appends that failed");
const FOLLOWERS: Metric = Metric::gauge("change_followers", "Streams of changes that are open");

const METRICS: [Metric; 25] = [
    BUILD,
    READY,
    EVENTS,
    DUPLICATES,
    UNRECOGNISED,
    CHECKPOINT,
    LAG,
    LAG_SECONDS,
    STALLED,
    FAILED,
    LOADING,
    STORE_BYTES,
    CONVERSATIONS,
    ANOMALIES,
    TAIL,
    START,
    LOG_BYTES,
    LOG_SEGMENTS,
    AWAY,
    REFUSES,
    WAITING,
    TURNED_AWAY,
    APPENDS,
    APPENDS_FAILED,
    FOLLOWERS,
];

/// What is measured of an engine.
pub(super) struct Measured(pub(super) Arc<Health>);

impl fmt::Debug for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Measured(..)")
    }
}

impl Collector for Measured {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let engine = self.0.engine();
        let readiness = self.0.readiness();
        let mut samples = instance(engine, &readiness);
        for one in &readiness.status.partitions {
            projected(one, &mut samples);
            kept(engine, one, &mut samples);
        }
        appended(engine, &mut samples);
        write(&METRICS, &samples, &mut encoder)
    }
}

fn of(partition: Partition) -> Labels {
    vec![("partition", partition.to_string())]
}

/// What is said of the instance as a whole.
fn instance(engine: &Engine, readiness: &Readiness) -> Vec<Sample> {
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    let refusal = engine.log().refusal();
    let refuses = refusal.map(|refusal| REFUSES.sample(vec![("reason", refusal.name().to_owned())], true));
    [
        BUILD.sample(version, true),
        READY.sample(Vec::new(), readiness.cause.is_none()),
        FOLLOWERS.sample(Vec::new(), engine.followers()),
    ]
    .into_iter()
    .chain(refuses)
    .collect()
}

/// How far the views of a partition are.
fn projected(one: &PartitionStatus, samples: &mut Vec<Sample>) {
    let progress = &one.progress;
    let checkpoint = &progress.checkpoint;
    let labels = || of(one.partition);
    samples.extend([
        EVENTS.sample(labels(), checkpoint.events),
        DUPLICATES.sample(labels(), checkpoint.duplicates),
        UNRECOGNISED.sample(labels(), checkpoint.unrecognised),
        CHECKPOINT.sample(labels(), checkpoint.next.0),
        LAG.sample(labels(), one.lag()),
        LAG_SECONDS.sample(labels(), one.lag_time(now()).as_secs_f64()),
        STALLED.sample(labels(), one.stalled),
        FAILED.sample(labels(), progress.failed),
        LOADING.sample(labels(), progress.loading),
        CONVERSATIONS.sample(labels(), checkpoint.conversations),
        TAIL.sample(labels(), one.tail.0),
        AWAY.sample(labels(), progress.log_away),
    ]);
    samples.extend(checkpoint.anomalies.iter().map(|(reason, count)| {
        let labels = vec![
            ("partition", one.partition.to_string()),
            ("reason", reason.name().to_owned()),
        ];
        ANOMALIES.sample(labels, count)
    }));
}

/// What a partition takes on disk, as far as it is kept here.
fn kept(engine: &Engine, one: &PartitionStatus, samples: &mut Vec<Sample>) {
    let labels = || of(one.partition);
    let store = engine.store_bytes(one.partition);
    samples.extend(store.map(|bytes| STORE_BYTES.sample(labels(), bytes)));
    // A log that others share is kept by brokers, which must not be asked here.
    let pieces = if one.alone {
        engine.log().pieces(one.partition)
    } else {
        return;
    };
    let Ok(pieces) = pieces else { return };
    let bytes: u64 = pieces.iter().map(|piece| piece.bytes).sum();
    let Some(first) = pieces.first() else { return };
    samples.extend([
        START.sample(labels(), first.base.0),
        LOG_BYTES.sample(labels(), bytes),
        LOG_SEGMENTS.sample(labels(), pieces.len() as u64),
    ]);
}

/// What waits to be appended, and how long appends take.
fn appended(engine: &Engine, samples: &mut Vec<Sample>) {
    for (partition, reading) in engine.queues() {
        let labels = || of(partition);
        samples.extend([
            WAITING.sample(labels(), reading.waiting),
            TURNED_AWAY.sample(labels(), reading.turned_away),
            APPENDS.sample(labels(), reading.appends),
            APPENDS_FAILED.sample(labels(), reading.failed),
        ]);
    }
}
