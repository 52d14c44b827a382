//! A data directory: the log, the views, the secret of the installation.
//!
//! ```text
//! data/log/          segment files, locked by one process at a time
//! data/views/        sled; can be deleted, is folded again from the log
//! data/secret.key    sixteen bytes in hexadecimal; belongs to the log, back it up with it
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use origem_domain::key::Secret;
use origem_domain::position::Offset;
use origem_engine::{Engine, EngineError};
use origem_log_segments::{OpenError, SegmentLog};
use origem_store_sled::SledStore;
use tracing::{info, warn};

use crate::config::Config;
use crate::failure::Failure;

/// Opens everything in the data directory and starts projecting.
pub fn open(config: &Config) -> Result<Engine, Failure> {
    fs::create_dir_all(&config.data)
        .map_err(|error| Failure::from(error).context(format!("cannot make {}", config.data.display())))?;
    let (log, recovery) = SegmentLog::open(&config.data.join("log"), &config.log)?;
    if let Some(torn) = &recovery.torn {
        warn!(segment = %torn.segment, bytes = torn.bytes, "the end of the log was torn and has been cut off");
    }
    info!(start = %recovery.start, tail = %recovery.tail, segments = recovery.segments, "log opened");
    let secret = secret(&config.data.join("secret.key"), recovery.tail == Offset(0))?;
    let log = Arc::new(log);
    let start = || -> Result<Engine, Failure> {
        let store = SledStore::open(&config.data.join("views"), &config.views)?;
        Ok(Engine::start(
            log.clone(),
            Arc::new(store),
            secret.clone(),
            config.engine,
        )?)
    };
    start().or_else(|failure| {
        // Damaged views open and cannot be read; the store has remembered that, and the next opening sets them aside.
        if failure.is(|error| matches!(error, EngineError::Projector(_))) {
            start()
        } else {
            Err(failure)
        }
    })
}

/// Opens the data directory for a command that a running server could carry out as well.
pub fn open_beside_servers(config: &Config) -> Result<Engine, Failure> {
    open(config).map_err(|failure| {
        if failure.is(|error| matches!(error, OpenError::Locked { .. })) {
            failure.context("the data is in use; ask the server that has it with --url")
        } else {
            failure
        }
    })
}

/// The secret of the installation; made when the log is empty. A log cannot be read with another one.
fn secret(path: &Path, may_make: bool) -> Result<Secret, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let number = u128::from_str_radix(text.trim(), 16).map_err(|error| {
                Failure::from(error).context(format!("{} is not a secret of Origem", path.display()))
            })?;
            Ok(Secret::new(number.to_be_bytes()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && may_make => {
            let secret = Secret::new(*uuid::Uuid::new_v4().as_bytes());
            keep(&secret, path)
                .map_err(|error| Failure::from(error).context(format!("cannot write {}", path.display())))?;
            Ok(secret)
        }
        Err(error) => {
            let advice = "restore it from the backup: without it contacts of the log cannot be found";
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
