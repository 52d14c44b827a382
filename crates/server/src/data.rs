//! A data directory: the log, the views, the secret of the installation.
//!
//! ```text
//! data/log/             segment files, locked by one process at a time
//! data/directory/       the same for the entries of the directory; back it up with the log
//! data/conversions/     the same for what was told of them, or is to be; see docs/conversions.md
//! data/views/           generations of views on sled; can be deleted, is folded again from the log
//! data/partitions/<n>/  the same of one partition, where the log is on Kafka
//! data/secret.key       sixteen bytes in hexadecimal; belongs to the log, back it up with it
//! ```

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use origem_codec as codec;
use origem_domain::key::Secret;
use origem_domain::position::{Offset, Partition, Position};
use origem_engine::{Directory, Engine, EngineError};
use origem_log::{EventLog, ReadError, ReadLimit};
use origem_log_segments::{OpenError, SegmentLog};
use origem_projector::ProjectError;
use origem_store_sled::SledGenerations;
use origem_views::generations::Generations;
use tracing::{info, warn};

use crate::config::{Config, LogKind};
use crate::failure::Failure;
use crate::kafka;

/// Opens the log and what is in the data directory. With segments the engine projects at once; on Kafka it has no shards yet.
pub fn open(config: &Config) -> Result<Arc<Engine>, Failure> {
    fs::create_dir_all(&config.data)
        .map_err(|error| Failure::from(error).context(format!("cannot make {}", config.data.display())))?;
    let engine = match config.log_kind {
        LogKind::Segments => open_segments(config)?,
        LogKind::Kafka => open_kafka(config)?,
    };
    Ok(Arc::new(engine))
}

/// Opens the data directory with all views, for a command that a running server could carry out as well.
pub fn open_beside_servers(config: &Config) -> Result<Arc<Engine>, Failure> {
    let engine = open(config).map_err(|failure| {
        if failure.is(|error| matches!(error, OpenError::Locked { .. })) {
            failure.context("the data is in use; ask the server that has it with --url")
        } else {
            failure
        }
    })?;
    if config.log_kind == LogKind::Kafka {
        for partition in engine.partitions() {
            project(config, &engine, partition, false)?;
        }
    }
    Ok(engine)
}

/// Opens the views of a partition of a log on Kafka and begins to project; `warm`: as a copy, while another instance owns it.
pub fn project(config: &Config, engine: &Engine, partition: Partition, warm: bool) -> Result<(), Failure> {
    let share = share_of(config, engine);
    with_views(&views_of(config, partition)?, &share, |views| {
        let shard = if warm {
            engine.keep_warm(partition, views)
        } else {
            engine.own(partition, views)
        };
        shard.map(drop)
    })
}

/// How the views of one partition are opened: an instance that has all of them keeps within the memory for views.
fn share_of(config: &Config, engine: &Engine) -> origem_store_sled::Options {
    const CACHE_BYTES_MIN: u64 = 16 << 20;
    let partitions = u64::from(engine.log().partitions()).max(1);
    origem_store_sled::Options {
        cache_bytes: (config.views.cache_bytes / partitions).max(CACHE_BYTES_MIN),
        ..config.views
    }
}

fn views_of(config: &Config, partition: Partition) -> Result<PathBuf, Failure> {
    let directory = config.data.join("partitions");
    fs::create_dir_all(&directory)?;
    Ok(directory.join(partition.to_string()))
}

/// Opens views and does something with them. Damaged ones open and cannot be read; the store has remembered that, and the
/// next opening sets them aside. A log that does not answer is no reason to open views again.
fn with_views<T>(
    path: &Path,
    options: &origem_store_sled::Options,
    then: impl Fn(Arc<dyn Generations>) -> Result<T, EngineError>,
) -> Result<T, Failure> {
    let attempt = || -> Result<T, Failure> { Ok(then(Arc::new(SledGenerations::open(path, options)?))?) };
    attempt().or_else(|failure| {
        if failure.is(|error| matches!(error, EngineError::Projector(ProjectError::Rows { .. }))) {
            attempt()
        } else {
            Err(failure)
        }
    })
}

fn open_segments(config: &Config) -> Result<Engine, Failure> {
    let (log, recovery) = SegmentLog::open(&config.data.join("log"), &config.log)?;
    if let Some(torn) = &recovery.torn {
        warn!(segment = %torn.segment, bytes = torn.bytes, "the end of the log was torn and has been cut off");
    }
    info!(start = %recovery.start, tail = %recovery.tail, segments = recovery.segments, "log opened");
    let secret = secret(config, recovery.tail == Offset(0))?;
    let log = Arc::new(log);
    let (entries, _) = SegmentLog::open(&config.data.join("directory"), &config.log)?;
    let options = engine_options(config, Directory::open(Arc::new(entries))?);
    with_views(&config.data.join("views"), &config.views, |views| {
        Engine::start(log.clone(), views, secret.clone(), options.clone())
    })
}

fn open_kafka(config: &Config) -> Result<Engine, Failure> {
    kafka::check_partitions(&config.kafka)?;
    let log = kafka::open_log(&config.kafka)?;
    // The log says whose it is, or the instances that are on it already, or else this one is the first.
    let named = first_with_a_name(&*log)?;
    let others = match named {
        Some(_) => BTreeSet::new(),
        None => kafka::secrets_in_use(&config.kafka)?,
    };
    let secret = secret(config, others.is_empty() && is_empty(&*log)?)?;
    let advice = "set ORIGEM_SECRET to the one that the other instances have, or copy their secret.key";
    if named.is_some_and(|record| !fits(&secret, &record)) {
        return Err(format!("the events on Kafka were written with another secret; {advice}").into());
    }
    if others.iter().any(|other| *other != kafka::fingerprint(&secret)) {
        let first = "if there are no others and nothing was taken in yet, delete the group";
        return Err(format!("the group has instances with another secret; {advice}; {first}").into());
    }
    let options = engine_options(config, kafka::open_directory(&config.kafka)?);
    Ok(Engine::over(log, secret, options)?)
}

fn engine_options(config: &Config, directory: Directory) -> origem_engine::Options {
    origem_engine::Options {
        directory,
        ..config.engine.clone()
    }
}

/// Whether the log was written with `secret`; `None` while it names nobody.
#[cfg(feature = "kafka")]
pub fn wrote(secret: &Secret, log: &dyn EventLog) -> Result<Option<bool>, ReadError> {
    Ok(first_with_a_name(log)?.map(|record| fits(secret, &record)))
}

/// Whether nothing was ever written.
fn is_empty(log: &dyn EventLog) -> Result<bool, ReadError> {
    for partition in (0..log.partitions()).map(Partition) {
        if log.tail(partition)? > Offset(0) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A record near the start of the log whose event names somebody: by it secrets can be told apart.
fn first_with_a_name(log: &dyn EventLog) -> Result<Option<Vec<u8>>, ReadError> {
    const RECORDS: usize = 100;
    let limit = ReadLimit {
        records_max: RECORDS,
        ..ReadLimit::default()
    };
    for partition in (0..log.partitions()).map(Partition) {
        let batch = log.read(partition, log.start(partition)?, limit)?;
        let mut records = batch.iter().map(|(_, record)| record);
        let names = |record: &&[u8]| {
            codec::decode_structure(Position::default(), record).is_ok_and(|read| !read.keys.aliases.is_empty())
        };
        if let Some(record) = records.find(names) {
            return Ok(Some(record.to_vec()));
        }
    }
    Ok(None)
}

/// Whether the aliases of a record have the keys that `secret` gives. What was erased fits any.
fn fits(secret: &Secret, record: &[u8]) -> bool {
    let Ok(recorded) = codec::decode(Position::default(), record) else {
        return true;
    };
    let aliases = recorded.event.contact.iter().flat_map(|contact| &contact.aliases);
    let mut known = aliases
        .zip(&recorded.keys.aliases)
        .filter(|(alias, _)| !alias.value.is_empty());
    known.all(|(alias, key)| secret.alias(alias) == *key)
}

/// The secret in hexadecimal.
pub fn secret_of(digits: &str) -> Option<Secret> {
    let digits = digits.trim();
    let number = u128::from_str_radix(digits, 16).ok();
    number
        .filter(|_| digits.len() == 32)
        .map(|number| Secret::new(number.to_be_bytes()))
}

/// The secret of the installation: of the settings, of the data directory, or made when the log is empty. A log cannot be
/// read with another one.
fn secret(config: &Config, may_make: bool) -> Result<Secret, Failure> {
    if let Some(secret) = &config.secret {
        return Ok(secret.clone());
    }
    let path = &config.data.join("secret.key");
    match fs::read_to_string(path) {
        Ok(text) => {
            let wrong = || format!("{} is not a secret of Origem", path.display());
            Ok(secret_of(&text).ok_or_else(wrong)?)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && may_make => {
            let secret = Secret::new(*uuid::Uuid::new_v4().as_bytes());
            keep(&secret, path)
                .map_err(|error| Failure::from(error).context(format!("cannot write {}", path.display())))?;
            Ok(secret)
        }
        Err(error) => {
            let advice =
                "restore it from the backup, or set ORIGEM_SECRET: without it contacts of the log cannot be found";
            Err(Failure::from(error).context(format!("cannot read {}; {advice}", path.display())))
        }
    }
}

/// Writes the secret under another name first: a crash leaves the whole file or none, and both can be started with.
fn keep(secret: &Secret, path: &Path) -> std::io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    writeln!(file, "{:032x}", u128::from_be_bytes(*secret.bytes()))?;
    file.sync_all()?;
    fs::rename(unfinished, path)?;
    // Without the name on disk, what is appended from now on could not be read after a power cut.
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}
