//! The settings that concern Kafka, understood.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use origem_engine::Source;
use origem_log_kafka::{Cluster, Protocol, Topics};
use origem_publish::Format;

use crate::config::{ConfigError, Resolved};

/// A topic to take deliveries from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The topic.
    pub topic: String,
    /// Who wrote its records, unless their headers say otherwise.
    pub source: Option<Source>,
}

/// What goes to the projected topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publish {
    /// Nothing with the log in segments, values in protobuf with the log on Kafka.
    Auto,
    /// Nothing.
    Nothing,
    /// Values in this format.
    As(Format),
}

/// All settings that concern Kafka.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How to reach the brokers; `None` if nobody said where they are.
    pub cluster: Option<Cluster>,
    /// The names of our topics.
    pub topics: Topics,
    /// The group of instances; `None`: this one is alone.
    pub group: Option<String>,
    /// What the installation is called where it has no group.
    installation: String,
    /// The name of this instance over restarts.
    pub instance_id: Option<String>,
    /// How the group agrees.
    pub protocol: Protocol,
    /// Silence after which an instance counts as gone.
    pub session: Duration,
    /// Warm copies of each partition at other instances.
    pub standbys: usize,
    /// Where other instances reach this one.
    pub advertise: Option<String>,
    /// Where deliveries are taken from.
    pub inbound: Vec<Inbound>,
    /// What is published.
    pub publish: Publish,
}

impl Settings {
    /// Understands resolved settings.
    pub fn new(resolved: &Resolved) -> Result<Self, ConfigError> {
        let prefix = resolved.get("kafka.prefix").0;
        let topics = Topics::new(prefix);
        let protocol = resolved.parse(
            "kafka.group_protocol",
            "`auto`, `classic` or `consumer`",
            |value| match value {
                "auto" => Some(Protocol::Auto),
                "classic" => Some(Protocol::Classic),
                "consumer" => Some(Protocol::Consumer),
                _ => None,
            },
        )?;
        let publish = resolved.parse(
            "kafka.publish",
            "`auto`, `protobuf`, `json` or `none`",
            |value| match value {
                "auto" => Some(Publish::Auto),
                "none" => Some(Publish::Nothing),
                "json" => Some(Publish::As(Format::Json)),
                "protobuf" => Some(Publish::As(Format::Protobuf)),
                _ => None,
            },
        )?;
        let session = resolved.parse("kafka.session_ms", "a number of milliseconds", |value| {
            value.parse().ok()
        })?;
        let inbound = resolved.parse("kafka.intake", "`none`, `inbound` or a list of TOPIC=SOURCE", |value| {
            inbound(value, &topics.inbound)
        })?;
        let installation = installation(prefix);
        let group = resolved.optional("kafka.group").unwrap_or_else(|| installation.clone());
        Ok(Self {
            cluster: cluster(resolved)?,
            group: Some(group).filter(|group| group != "none"),
            installation,
            instance_id: resolved.optional("kafka.instance_id"),
            protocol,
            session: Duration::from_millis(session),
            standbys: resolved.parse("kafka.standbys", "a number", |value| value.parse().ok())?,
            advertise: resolved.optional("kafka.advertise"),
            inbound,
            publish,
            topics,
        })
    }
}

impl Settings {
    /// What groups and transactions of this installation are named after.
    pub fn name(&self) -> &str {
        self.group.as_deref().unwrap_or(&self.installation)
    }
}

/// The name of an installation: two on one cluster have topics of their own, so they share no group by accident either.
fn installation(prefix: &str) -> String {
    let name = prefix.trim_end_matches(['.', '-', '_']);
    if name.is_empty() { "origem" } else { name }.to_owned()
}

fn cluster(resolved: &Resolved) -> Result<Option<Cluster>, ConfigError> {
    let Some(bootstrap) = resolved.optional("kafka.bootstrap") else {
        return Ok(None);
    };
    let pairs = resolved.parse("kafka.properties", "a list of name=value or a JSON object", pairs)?;
    let mut properties = pairs;
    for (key, property) in [
        ("kafka.security_protocol", "security.protocol"),
        ("kafka.sasl_mechanism", "sasl.mechanism"),
        ("kafka.username", "sasl.username"),
        ("kafka.password", "sasl.password"),
        ("kafka.ca_file", "ssl.ca.location"),
        ("kafka.certificate_file", "ssl.certificate.location"),
        ("kafka.key_file", "ssl.key.location"),
    ] {
        if let Some(value) = resolved.optional(key) {
            properties.insert(property.to_owned(), value);
        }
    }
    Ok(Some(Cluster {
        properties,
        oauth_token_file: resolved.optional("kafka.oauth_token_file").map(PathBuf::from),
        ..Cluster::new(&bootstrap)
    }))
}

/// A JSON object takes values with commas in them.
fn pairs(text: &str) -> Option<BTreeMap<String, String>> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).ok();
    }
    let told = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    told.map(|part| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    })
    .collect()
}

/// `inbound` is our own topic; `TOPIC=SOURCE` says who writes another.
fn inbound(text: &str, own: &str) -> Option<Vec<Inbound>> {
    let told = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty() && *part != "none");
    told.map(|part| match part.split_once('=') {
        None if part == "inbound" => Some(Inbound {
            topic: own.to_owned(),
            source: None,
        }),
        None => None,
        Some((topic, source)) => Some(Inbound {
            topic: topic.trim().to_owned(),
            source: Some(Source::named(source.trim())?),
        }),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_with_and_without_commas() {
        for (text, expected) in [
            ("", Some("")),
            ("a.b=1, c = x=y ", Some("a.b: 1; c: x=y")),
            (r#" {"a.b":"1,2","c":""}"#, Some("a.b: 1,2; c: ")),
            ("a.b", None),
            ("{a}", None),
        ] {
            let read = pairs(text).map(|pairs| {
                let told: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                told.join("; ")
            });
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_group_is_called_like_the_topics() {
        for (prefix, group, expected) in [
            ("origem.", "", Some("origem")),
            ("acme.prod.", "", Some("acme.prod")),
            ("acme_", "", Some("acme")),
            ("", "", Some("origem")),
            ("acme.", "mine", Some("mine")),
            ("acme.", "none", None),
        ] {
            let told = [("kafka.prefix", prefix.to_owned()), ("kafka.group", group.to_owned())];
            let resolved = Resolved::new(None, [], told).unwrap();
            let settings = Settings::new(&resolved).unwrap();
            assert_eq!(settings.group.as_deref(), expected, "{prefix} {group}");
        }
        let none = [("kafka.prefix", "acme.".to_owned()), ("kafka.group", "none".to_owned())];
        let settings = Settings::new(&Resolved::new(None, [], none).unwrap()).unwrap();
        assert_eq!(settings.name(), "acme");
    }

    #[test]
    fn topics_to_take_deliveries_from() {
        let read = |text| {
            let found = inbound(text, "origem.inbound.v1")?;
            let told = found.into_iter().map(|one| {
                let source = one.source.map_or("as headers say", Source::name);
                format!("{} {source}", one.topic)
            });
            Some(told.collect::<Vec<_>>().join(", "))
        };
        for (text, expected) in [
            ("inbound", Some("origem.inbound.v1 as headers say")),
            ("none", Some("")),
            ("", Some("")),
            ("raw.twilio=twilio", Some("raw.twilio twilio")),
            (
                "inbound, a=meta ,b=event",
                Some("origem.inbound.v1 as headers say, a meta, b event"),
            ),
            ("raw.twilio", None),
            ("a=fax", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }
}
