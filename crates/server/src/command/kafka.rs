//! `origem kafka`: the care of our topics.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use origem_log_kafka::Owners;
use origem_log_kafka::admin::{self, PartitionStatus};
use origem_publish::asyncapi::{self, Addresses};
use serde_json::{Value, json};

use super::query::table;
use crate::args::{Format, Kafka, KafkaAction, Settings};
use crate::config::Config;
use crate::failure::Failure;
use crate::kafka::{Card, cluster};
use crate::telemetry;

/// From so many brokers on, one replica is rarely what is meant.
const BROKERS_FOR_REPLICAS: u32 = 3;

/// Carries an action out.
pub fn run(args: &Kafka) -> Result<(), Failure> {
    match &args.action {
        KafkaAction::Init {
            settings,
            apply,
            partitions,
            replication,
            ..
        } => init(&load(settings)?, *apply, *partitions, *replication),
        KafkaAction::Status { settings, format } => status(&load(settings)?, *format),
        KafkaAction::Asyncapi { settings } => {
            let topics = load(settings)?.kafka.topics;
            let document = asyncapi::document(Addresses {
                inbound: &topics.inbound,
                events: &topics.events,
                conversations: &topics.conversations,
                touches: &topics.touches,
                windows: &topics.windows,
                queue: &topics.queue,
            });
            Ok(writeln!(std::io::stdout(), "{document:#}")?)
        }
    }
}

fn load(settings: &Settings) -> Result<Config, Failure> {
    let config = Config::load(settings, &[])?;
    telemetry::start(&Config {
        telemetry_level: "error".to_owned(),
        ..config.clone()
    })?;
    Ok(config)
}

fn init(config: &Config, apply: bool, partitions: u32, replication: u32) -> Result<(), Failure> {
    let cluster = cluster(&config.kafka)?;
    let plan = admin::plan(cluster, &config.kafka.topics, partitions, replication)?;
    let mut out = std::io::stdout();
    for topic in &plan.fitting {
        writeln!(out, "is as it should be: {topic}")?;
    }
    for topic in &plan.create {
        let settings: Vec<String> = topic
            .settings
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let (name, partitions, replication) = (&topic.name, topic.partitions, topic.replication);
        let verb = if apply { "make" } else { "would make" };
        let settings = settings.join(" ");
        writeln!(
            out,
            "{verb}: {name}, {partitions} partitions, {replication} replicas, {settings}"
        )?;
    }
    if apply {
        admin::apply(cluster, &plan)?;
    } else if !plan.create.is_empty() {
        writeln!(out, "nothing was changed; make them with --apply")?;
    }
    if replication == 1 && !plan.create.is_empty() {
        let brokers = admin::brokers(cluster)?;
        if brokers >= BROKERS_FOR_REPLICAS {
            let advice = "--replication 3 keeps everything when one is lost";
            writeln!(out, "beware: one replica on {brokers} brokers; {advice}")?;
        }
    }
    for difference in &plan.differences {
        writeln!(out, "differs: {difference}; it is left as it is")?;
    }
    Ok(())
}

fn status(config: &Config, format: Option<Format>) -> Result<(), Failure> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let (settings, cluster) = (&config.kafka, cluster(&config.kafka)?);
    let group = settings.name();
    let topics = &settings.topics;
    let owners = Owners::watch(cluster, &topics.events, group, PATIENCE)?;
    owners.refresh()?;
    let owners = owners.owners();
    let mut items = Vec::new();
    for status in admin::status(cluster, &[&topics.events], group)? {
        let owner = owners.get(&status.partition).and_then(Card::of);
        items.push(item(&status, owner.map(|card| card.url)));
    }
    let inbound: Vec<&str> = settings.inbound.iter().map(|inbound| inbound.topic.as_str()).collect();
    let waiting = admin::status(cluster, &inbound, &format!("{group}-intake"))?;
    items.extend(waiting.iter().map(|status| item(status, None)));
    let answer = json!({ "items": items });
    let is_terminal = std::io::stdout().is_terminal();
    let mut out = std::io::stdout();
    match format.unwrap_or(if is_terminal { Format::Table } else { Format::Json }) {
        Format::Json => writeln!(out, "{answer}")?,
        Format::Table => {
            let columns: [(&str, &[&str]); 8] = [
                ("topic", &["/topic"]),
                ("partition", &["/partition"]),
                ("start", &["/start"]),
                ("tail", &["/tail"]),
                ("committed", &["/committed"]),
                ("lag", &["/lag"]),
                ("lag_seconds", &["/lag_seconds"]),
                ("owner", &["/owner"]),
            ];
            writeln!(out, "{}", table(&columns, &answer))?;
        }
    }
    Ok(())
}

fn item(status: &PartitionStatus, owner: Option<String>) -> Value {
    let mut item = json!({
        "topic": status.topic,
        "partition": status.partition.0,
        "start": status.start.0,
        "tail": status.tail.0,
    });
    let told = [
        ("committed", status.committed.map(|offset| json!(offset.0))),
        ("lag", status.lag.map(|lag| json!(lag))),
        ("lag_seconds", status.lag_seconds.map(|seconds| json!(seconds))),
        ("owner", owner.map(|url| json!(url))),
    ];
    for (name, value) in told {
        if let Some(value) = value {
            item[name] = value;
        }
    }
    item
}
