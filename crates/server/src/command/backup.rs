//! `origem backup`: the log, the directory and the secret, copied from outside while a server may run.
//!
//! ```text
//! DIR/segments/<base>-<bytes>.log    a segment of the log as long as it was; a longer one is another file
//! DIR/directory/<base>-<bytes>.log   the same of the directory
//! DIR/secret.key                     of the installation, for its owner only
//! DIR/manifest.json                  what of all this is the backup; written last, in place of the one before
//! DIR/lock                           held by whoever takes a backup
//! ```
//!
//! No file is written over that the manifest names, so a backup that is interrupted leaves the one before as it was. What no
//! manifest names any more is removed when the new one counts.

mod check;
mod copying;
pub mod manifest;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use origem_domain::position::Position;
use origem_log_segments::Snapshot;
use serde_json::json;

use crate::args::{Backup, BackupAction};
use crate::command::{now, progress};
use crate::config::{Config, LogKind};
use crate::data;
use crate::failure::Failure;
pub use check::copy;
use copying::{Copied, Copying};
use manifest::{Key, Log, Manifest, Part, SECRET, identity, sha256, write_aside};

/// What is so when a log could not be copied.
const UNCHANGED: &str = "nothing was backed up, the backup before is as it was; see `origem log verify`";

/// Takes or verifies a backup; ends with one line of JSON.
pub fn run(args: &Backup) -> Result<(), Failure> {
    match (&args.action, &args.to) {
        (Some(BackupAction::Verify { directory }), _) => check::run(directory),
        (None, Some(to)) => take(args, to),
        (None, None) => Err(Failure::usage("name the directory of the backup with --to")),
    }
}

fn take(args: &Backup, to: &Path) -> Result<(), Failure> {
    let config = Config::load(&args.settings, &[])?;
    only_segments(
        &config,
        "brokers keep the log: back up secret.key, or the setting `secret`, and nothing else",
    )?;
    let source = config.data.join("log");
    if !source.is_dir() {
        let advice = "name the data directory with --data";
        return Err(format!("there is no log in {}; {advice}", source.display()).into());
    }
    // Whose log it is, is told by the secret also where that is left out.
    let secret = match args.without_secret {
        true => secret_text(&config).ok(),
        false => Some(secret_text(&config)?),
    };
    let of = secret
        .as_deref()
        .and_then(data::secret_of)
        .map(|secret| identity(&secret));
    let secret = secret.filter(|_| !args.without_secret);
    make_directory(to, &config.data)?;
    let _alone = lock(to)?;
    let before = Manifest::find(to)?;
    let snapshot = snapshot_of(&source)?;
    let entries = config.data.join(Part::Directory.of_data());
    // There is none where no version that has one was ever started.
    let entries = match entries.is_dir() {
        true => Some(snapshot_of(&entries)?),
        false => None,
    };
    let (start, tail) = snapshot.range();
    let log = Log {
        identity: of,
        start: Position::new(0, start.0),
        tail: Position::new(0, tail.0),
    };
    if let Some(before) = &before {
        goes_on(before, &log, entries.as_ref(), to)?;
    }
    let copied = copy_part(Part::Log, &snapshot, before.as_ref(), args, to)?;
    let entries = match &entries {
        Some(entries) => Some(copy_part(Part::Directory, entries, before.as_ref(), args, to)?),
        None => None,
    };
    let key = match &secret {
        Some(secret) => Some(keep_secret(secret, to)?),
        None => None,
    };
    let of_entries = entries.as_ref().map(|copied| copied.segments.clone());
    let manifest = Manifest::new(now(), log, copied.segments, of_entries, key);
    manifest.publish(to)?;
    // Not sooner: the backup before names the key.
    let removed = remove_unnamed(&manifest, to)?;
    if manifest.secret.is_none() {
        remove_secret(to)?;
    }
    let mut line = json!({
        "backup": to, "start": manifest.log.start, "tail": manifest.log.tail, "segments": manifest.segments.len(),
        "bytes": manifest.bytes(Part::Log), "copied_segments": copied.count, "copied_bytes": copied.bytes,
        "removed_files": removed, "secret": manifest.secret.is_some(),
    });
    if let (Some(mut told), Some(entries)) = (manifest.told_of_directory(), entries) {
        told["copied_segments"] = json!(entries.count);
        line["directory"] = told;
    }
    Ok(writeln!(io::stdout(), "{line}")?)
}

fn snapshot_of(directory: &Path) -> Result<Snapshot, Failure> {
    Snapshot::take(directory).map_err(|error| Failure::from(error).context(UNCHANGED))
}

fn copy_part(
    part: Part,
    snapshot: &Snapshot,
    before: Option<&Manifest>,
    args: &Backup,
    to: &Path,
) -> Result<Copied, Failure> {
    fs::create_dir_all(to.join(part.of_backup()))?;
    Copying {
        part,
        snapshot,
        before: before.map(|before| before.of(part)).unwrap_or_default(),
        to,
        quick: args.quick,
        bar: progress::bytes(snapshot.segments().iter().map(|segment| segment.bytes).sum()),
        copied: (0, 0),
    }
    .run()
}

/// Refuses where brokers have the log.
pub fn only_segments(config: &Config, advice: &str) -> Result<(), Failure> {
    match config.log_kind {
        LogKind::Segments => Ok(()),
        LogKind::Kafka => Err(Failure::usage(format!("the log is on Kafka; {advice}"))),
    }
}

/// What `secret.key` holds or would hold.
fn secret_text(config: &Config) -> Result<String, Failure> {
    if let Some(secret) = &config.secret {
        return Ok(format!("{:032x}\n", u128::from_be_bytes(*secret.bytes())));
    }
    let path = config.data.join(SECRET);
    let advice = "without it the contacts of the log cannot be found; --without-secret if it is kept elsewhere";
    let read = fs::read_to_string(&path)
        .map_err(|error| Failure::from(error).context(format!("cannot read {}; {advice}", path.display())))?;
    match data::secret_of(&read) {
        Some(_) => Ok(read),
        None => Err(format!("{} is not a secret of Origem; {advice}", path.display()).into()),
    }
}

/// Makes the directory of the backup, which must not lie where the data may be lost with it.
fn make_directory(to: &Path, data: &Path) -> Result<(), Failure> {
    let context = |error: io::Error| Failure::from(error).context(format!("cannot make {}", to.display()));
    let whole = std::path::absolute(to)?;
    let there = whole.ancestors().find_map(|path| path.canonicalize().ok());
    if there.is_some_and(|there| data.canonicalize().is_ok_and(|data| there.starts_with(data))) {
        let advice = "name a directory elsewhere, on another disk if there is one";
        return Err(format!("{} is inside the data directory; {advice}", to.display()).into());
    }
    fs::create_dir_all(to).map_err(context)
}

/// The lock of a backup, held until it is dropped.
fn lock(to: &Path) -> Result<File, Failure> {
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(to.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(format!("another backup to {} is under way; wait for its end", to.display()).into())
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Refuses to put a log in place of one that is another, or that holds more: the backup may be all that is left of it.
fn goes_on(before: &Manifest, log: &Log, entries: Option<&Snapshot>, to: &Path) -> Result<(), Failure> {
    let advice = "name another directory with --to, or remove that one if nobody needs it";
    let both = before.log.identity.as_ref().zip(log.identity.as_ref());
    if both.is_some_and(|(before, now)| before != now) {
        return Err(format!("the backup in {} is of another installation; {advice}", to.display()).into());
    }
    if before.log.tail.offset > log.tail.offset {
        return Err(format!(
            "the backup in {} reaches to {}, the log only to {}; {advice}",
            to.display(),
            before.log.tail,
            log.tail
        )
        .into());
    }
    let changes = entries.map_or(0, |entries| entries.range().1.0);
    if before.next(Part::Directory) > changes {
        return Err(format!(
            "the backup in {} has {} changes of the directory, the data only {changes}; {advice}",
            to.display(),
            before.next(Part::Directory)
        )
        .into());
    }
    Ok(())
}

/// Puts the secret beside the segments. One that is there already stays byte for byte: the backup before may name it.
fn keep_secret(secret: &str, to: &Path) -> Result<Key, Failure> {
    let path = to.join(SECRET);
    let there = fs::read_to_string(&path).ok();
    let same = there.filter(|there| data::secret_of(there).is_some_and(|there| Some(there) == data::secret_of(secret)));
    let text = match &same {
        Some(there) => there.as_str(),
        None => {
            write_aside(&path, secret.as_bytes(), 0o600)?;
            secret
        }
    };
    Ok(Key {
        file: SECRET.to_owned(),
        sha256: sha256(text.as_bytes()),
    })
}

/// Takes the secret away where it is to be left out.
fn remove_secret(to: &Path) -> Result<(), Failure> {
    match fs::remove_file(to.join(SECRET)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Removes the segments that the manifest does not name; how many there were.
fn remove_unnamed(manifest: &Manifest, to: &Path) -> Result<u64, Failure> {
    let mut removed = 0;
    for part in Part::ALL {
        let named: BTreeSet<PathBuf> = manifest.of(part).iter().map(|segment| segment.path(to)).collect();
        let directory = to.join(part.of_backup());
        if !directory.is_dir() {
            continue;
        }
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if !named.contains(&path) {
                fs::remove_file(path)?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}
