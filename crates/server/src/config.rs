//! Settings: one table of them, resolved from file, environment and flags, later wins.
//!
//! The table is the documentation (`origem config explain`), the reader of the TOML file and the list of environment
//! variables at once, so the three cannot disagree. A secret may also be given as a file: `<key>_file`.

mod access;
mod conversions;
mod duration;
mod rules;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use origem_access::jwt::JwtError;
use origem_conversions::RuleError;
use origem_domain::key::Secret;
use origem_domain::rules::dispatches::DispatchRuleError;
use origem_domain::zone::Zone;
use origem_engine as engine;
use origem_http::{CodeForm, Credential};
use origem_log_segments::Durability;
use origem_projector as projector;
use origem_store_sled as store_sled;
use serde_json::json;

pub use table::SETTINGS;

use crate::retention::Retention;
use crate::{args, data, kafka};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The TOML file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// Settings that make no sense.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read settings from {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{} is not valid TOML", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// The file sets something that does not exist.
    #[error("there is no setting `{key}`; `origem config explain` lists all")]
    Unknown {
        /// What it sets.
        key: String,
    },
    /// A value makes no sense.
    #[error("setting `{key}` ({origin}): `{value}` is not {expected}")]
    Value {
        /// The setting.
        key: &'static str,
        /// Where it comes from.
        origin: Origin,
        /// Its value.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A rule of conversions makes no sense.
    #[error("setting `conversions.rules` ({origin}) has a rule that is none")]
    Rule {
        /// Where it comes from.
        origin: Origin,
        /// What is wrong with it.
        source: RuleError,
    },
    /// A rule for dispatches makes no sense.
    #[error("setting `rules.dispatches` ({origin}) has a rule that is none")]
    Dispatch {
        /// Where it comes from.
        origin: Origin,
        /// What is wrong with it.
        source: DispatchRuleError,
    },
    /// What callers prove themselves with cannot be used.
    #[error("the settings under `access` cannot be used")]
    Access(#[from] JwtError),
}

/// All settings with their values as text.
#[derive(Debug)]
pub struct Resolved(BTreeMap<&'static str, (String, Origin)>);

impl Resolved {
    /// Resolves all settings. `flags` are keys and values.
    pub fn new(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Self, ConfigError> {
        let mut values: BTreeMap<&'static str, (String, Origin)> = BTreeMap::new();
        for setting in SETTINGS {
            values.insert(setting.key, (setting.default.to_owned(), Origin::Default));
        }
        if let Some(path) = file {
            for (key, value) in read_file(path)? {
                let (key, value) = by_key(&key, value)?;
                values.insert(key, (value, Origin::File(path.to_owned())));
            }
        }
        let environment: BTreeMap<String, String> = environment.into_iter().collect();
        for setting in SETTINGS {
            let variable = setting.variable();
            let file = format!("{variable}_FILE");
            if let Some(path) = environment.get(&file).filter(|_| setting.secret) {
                values.insert(setting.key, (read_secret(Path::new(path))?, Origin::Environment(file)));
            }
            if let Some(value) = environment.get(&variable) {
                values.insert(setting.key, (value.clone(), Origin::Environment(variable)));
            }
        }
        for (key, value) in flags {
            values.insert(key, (value, Origin::Flag));
        }
        Ok(Self(values))
    }

    /// The value of a setting and where it comes from.
    pub fn get(&self, key: &str) -> (&str, &Origin) {
        self.0
            .get(key)
            .map_or(("", &Origin::Default), |(value, origin)| (value, origin))
    }

    pub(crate) fn parse<T>(
        &self,
        key: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let (value, origin) = self.get(key);
        let is_secret = SETTINGS.iter().any(|setting| setting.key == key && setting.secret);
        let invalid = || ConfigError::Value {
            key,
            origin: origin.clone(),
            value: if is_secret { "(hidden)" } else { value }.to_owned(),
            expected,
        };
        read(value).ok_or_else(invalid)
    }

    pub(crate) fn optional(&self, key: &str) -> Option<String> {
        Some(self.get(key).0.to_owned()).filter(|value| !value.is_empty())
    }
}

/// The values of a TOML file by dotted key.
fn read_file(path: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    let table: toml::Table = text.parse().map_err(|source| ConfigError::Toml {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    let mut found = Vec::new();
    for (name, value) in table {
        match value {
            toml::Value::Table(entries) if name == "directory" => {
                found.push(("directory.entries".to_owned(), json!(entries).to_string()));
            }
            toml::Value::Table(section) => {
                found.extend(
                    section
                        .into_iter()
                        .map(|(key, value)| (format!("{name}.{key}"), scalar(&value))),
                );
            }
            value => found.push((name, scalar(&value))),
        }
    }
    Ok(found)
}

/// Lists become comma-separated, as in the environment, and tables a JSON object of texts.
fn scalar(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(list) => list.iter().map(scalar).collect::<Vec<_>>().join(","),
        toml::Value::Table(table) => json!(flat(table)).to_string(),
        other => other.to_string(),
    }
}

/// The texts of a table by dotted name: in TOML, `a.b = 1` is a table in a table.
fn flat(table: &toml::Table) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in table {
        match value {
            toml::Value::Table(inner) => {
                found.extend(
                    flat(inner)
                        .into_iter()
                        .map(|(key, text)| (format!("{name}.{key}"), text)),
                );
            }
            value => drop(found.insert(name.clone(), scalar(value))),
        }
    }
    found
}

fn by_key(key: &str, value: String) -> Result<(&'static str, String), ConfigError> {
    // In TOML, a key with a value cannot be a section too.
    let key = if key == "account.name" { "account" } else { key };
    if let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) {
        return Ok((setting.key, value));
    }
    let of_file = key.strip_suffix("_file");
    match SETTINGS
        .iter()
        .find(|setting| setting.secret && Some(setting.key) == of_file)
    {
        Some(setting) => Ok((setting.key, read_secret(Path::new(&value))?)),
        None => Err(ConfigError::Unknown { key: key.to_owned() }),
    }
}

fn read_secret(path: &Path) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(text.trim().to_owned())
}

/// Where events are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKind {
    /// Segment files in the data directory.
    Segments,
    /// A topic.
    Kafka,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// All settings, understood.
#[derive(Debug, Clone)]
pub struct Config {
    pub data: PathBuf,
    pub listen: String,
    pub grpc_listen: Option<String>,
    pub secret: Option<Secret>,
    pub log_kind: LogKind,
    pub log: origem_log_segments::Options,
    pub retention: Retention,
    pub kafka: kafka::Settings,
    pub views: store_sled::Options,
    pub engine: engine::Options,
    /// Entries that the directory begins with, as JSON; see [`crate::seed`].
    pub directory_entries: String,
    pub conversions: origem_conversions::Settings,
    pub http: origem_http::Options,
    pub grpc: origem_grpc::Options,
    /// Whoever insists may leave the doors open.
    pub is_open: bool,
    pub telemetry_level: String,
    pub telemetry_format: LogFormat,
    pub telemetry_otlp_endpoint: Option<String>,
}

impl Config {
    /// Understands resolved settings.
    pub fn new(resolved: &Resolved) -> Result<Self, ConfigError> {
        let durability = resolved.parse("log.durability", "`fsync` or `os`", |value| match value {
            "fsync" => Some(Durability::Fsync),
            "os" => Some(Durability::Os),
            _ => None,
        })?;
        let bytes = |key| resolved.parse(key, "a number of bytes", |value| value.parse::<u64>().ok());
        let lanes = resolved.parse("projector.lanes", "a number of threads", |value| {
            value.parse::<usize>().ok()
        })?;
        let mut projector = projector::Options::default();
        if lanes > 0 {
            projector.folding.lanes = lanes;
        }
        projector.folding.rulebook = Arc::new(rules::rulebook(resolved)?);
        if let Some(bulk) = &mut projector.bulk {
            bulk.memory_bytes = rules::rebuild_memory(resolved)?;
        }
        let access = access::settings(resolved)?;
        let log_kind = resolved.parse("log.kind", "`segments` or `kafka`", |value| match value {
            "segments" => Some(LogKind::Segments),
            "kafka" => Some(LogKind::Kafka),
            _ => None,
        })?;
        let credential = |key| resolved.optional(key).map(Credential::from);
        let secrets = resolved
            .get("meta.app_secrets")
            .0
            .split(',')
            .map(str::trim)
            .filter(|secret| !secret.is_empty());
        Ok(Self {
            data: PathBuf::from(resolved.get("data").0),
            directory_entries: resolved.get("directory.entries").0.to_owned(),
            listen: resolved.get("listen").0.to_owned(),
            grpc_listen: resolved.optional("grpc.listen"),
            secret: resolved.parse("secret", "32 hexadecimal digits", |value| match value {
                "" => Some(None),
                digits => data::secret_of(digits).map(Some),
            })?,
            log_kind,
            conversions: conversions::settings(resolved, log_kind)?,
            kafka: kafka::Settings::new(resolved)?,
            log: origem_log_segments::Options {
                durability,
                segment_bytes_max: bytes("log.segment_bytes_max")?,
                verify_on_open: resolved
                    .parse("log.verify_on_open", "`true` or `false`", |value| value.parse().ok())?,
                reserve_bytes: bytes("disk.reserve")?,
                ..Default::default()
            },
            retention: retention(resolved)?,
            views: store_sled::Options {
                cache_bytes: match bytes("views.cache_bytes")? {
                    0 => store_sled::usual_cache_bytes(),
                    told => told,
                },
                reserve_bytes: bytes("disk.reserve")?,
                ..Default::default()
            },
            engine: engine::Options {
                projector,
                readiness: readiness(resolved)?,
                rebuild: rules::rebuild(resolved)?,
                intake: engine::IntakeLimits {
                    bytes_max: resolved.parse("intake.queue_bytes", "a number of bytes", |value| value.parse().ok())?,
                    ..Default::default()
                },
                ..Default::default()
            },
            grpc: origem_grpc::Options {
                account: resolved.get("account").0.to_owned(),
                access: access.clone(),
                ..Default::default()
            },
            http: origem_http::Options {
                bodies_bytes_max: resolved
                    .parse("intake.body_bytes", "a number of bytes", |value| value.parse().ok())?,
                account: resolved.get("account").0.to_owned(),
                time_zone: resolved.parse(
                    "account.time_zone",
                    "a time zone, such as America/Sao_Paulo or -03:00",
                    Zone::parse,
                )?,
                meta_app_secrets: secrets.map(Credential::from).collect(),
                meta_verify_token: credential("meta.verify_token"),
                twilio_auth_token: credential("twilio.auth_token"),
                public_url: resolved.optional("public_url"),
                click_code: resolved.parse(
                    "links.click_code",
                    "`visible`, `invisible`, `both` or `none`",
                    click_code,
                )?,
                whatsapp_web_token: credential("whatsapp_web.token"),
                access,
                ..Default::default()
            },
            is_open: access::is_open(resolved)?,
            telemetry_level: resolved.get("telemetry.level").0.to_owned(),
            telemetry_format: resolved.parse("telemetry.format", "`text` or `json`", |value| match value {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            })?,
            telemetry_otlp_endpoint: resolved.optional("telemetry.otlp_endpoint"),
        })
    }

    /// The settings of a command: file, environment, flags, and what the command says besides.
    pub fn load(flags: &args::Settings, more: &[(&'static str, Option<&str>)]) -> Result<Self, ConfigError> {
        let more = more
            .iter()
            .filter_map(|(key, value)| Some((*key, (*value)?.to_owned())));
        Self::new(&Resolved::new(
            flags.config.as_deref(),
            std::env::vars(),
            flags.told().chain(more),
        )?)
    }
}

/// From when on the server is not ready.
/// How a click code goes into the customer's text.
fn click_code(text: &str) -> Option<CodeForm> {
    match text {
        "visible" => Some(CodeForm::Visible),
        "invisible" => Some(CodeForm::Invisible),
        "both" => Some(CodeForm::Both),
        "none" => Some(CodeForm::None),
        _ => None,
    }
}

fn readiness(resolved: &Resolved) -> Result<engine::readiness::Limits, ConfigError> {
    let seconds = |text: &str| u64::try_from(duration::duration(text)?).ok().map(Duration::from_micros);
    Ok(engine::readiness::Limits {
        lag_max: resolved.parse("ready.lag_max", "a number of records", |value| value.parse().ok())?,
        stall_after: resolved.parse("ready.stall_after", "a duration, such as 30s or 2m", seconds)?,
    })
}

/// What is kept of the log; what is not set does not limit it.
fn retention(resolved: &Resolved) -> Result<Retention, ConfigError> {
    Ok(Retention {
        age_max: resolved.parse(
            "log.retention_age",
            "a duration, such as 90d or 12h",
            |value| match value {
                "" => Some(None),
                text => duration::duration(text).map(Some),
            },
        )?,
        bytes_max: resolved.parse("log.retention_bytes", "a number of bytes", |value| match value {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        })?,
    })
}
