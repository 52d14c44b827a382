//! `origem restore`: a data directory from a backup.
//!
//! The log is put together under another name and takes its own when it is whole: a restore that is interrupted leaves no log that
//! could be taken for one.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use origem_log_segments::{Extent, verify};
use serde_json::json;

use crate::args::Restore;
use crate::command::backup::manifest::{Manifest, SECRET, identity, sync_directory, write_aside};
use crate::command::backup::{copy, only_segments};
use crate::command::progress;
use crate::config::Config;
use crate::data;
use crate::failure::Failure;

/// Restores; ends with one line of JSON.
pub fn run(args: &Restore) -> Result<(), Failure> {
    let config = Config::load(&args.settings, &[])?;
    only_segments(
        &config,
        "brokers keep the log: put secret.key into the data directory, and nothing else",
    )?;
    let manifest = Manifest::load(&args.from)?;
    let log = config.data.join("log");
    refuse_if_used(&log)?;
    fs::create_dir_all(&config.data)
        .map_err(|error| Failure::from(error).context(format!("cannot make {}", config.data.display())))?;
    let has_secret = restore_secret(&manifest, &args.from, &config)?;
    let unfinished = config.data.join("log.restoring");
    remove(&unfinished)?;
    fs::create_dir(&unfinished)?;
    copy_segments(&manifest, &args.from, &unfinished)?;
    // They are of another log, or of this one at another time.
    let had_views = remove(&config.data.join("views"))?;
    // Copying takes its time: somebody may have begun a log meanwhile.
    refuse_if_used(&log)?;
    if log.is_dir() {
        remove(&log.join("lock"))?;
        fs::remove_dir(&log)?;
    }
    fs::rename(&unfinished, &log)?;
    sync_directory(&config.data)?;
    let next = match (has_secret, had_views) {
        (false, _) => {
            "the backup has no secret.key: put that of the installation into the data directory before you start"
        }
        (true, true) => "the views that were there are removed; they are folded again on the next start",
        (true, false) => "the views are folded on the next start",
    };
    let line = json!({
        "data": config.data, "made_at": manifest.made_at, "start": manifest.log.start, "tail": manifest.log.tail,
        "segments": manifest.segments.len(), "bytes": manifest.bytes(), "secret": has_secret, "next": next,
    });
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// Refuses a directory with a log in it; one that was only opened or never finished holds nothing but a lock.
fn refuse_if_used(log: &Path) -> Result<(), Failure> {
    let entries = match fs::read_dir(log) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        if entry?.file_name() != "lock" {
            let advice = "name another data directory with --data, or move that log away";
            return Err(format!("there is a log in {}; {advice}", log.display()).into());
        }
    }
    // A server that is just starting holds it.
    match File::open(log.join("lock")).map(|lock| lock.try_lock().is_ok()) {
        Ok(false) => Err(format!("the log in {} is in use; stop the server that has it", log.display()).into()),
        _ => Ok(()),
    }
}

/// Puts the secret of the backup into the data directory; whether there is one there then.
fn restore_secret(manifest: &Manifest, from: &Path, config: &Config) -> Result<bool, Failure> {
    let path = config.data.join(SECRET);
    let here = match (&config.secret, fs::read_to_string(&path)) {
        (Some(secret), _) => Some(secret.clone()),
        (None, Ok(text)) => {
            Some(data::secret_of(&text).ok_or(format!("{} is not a secret of Origem", path.display()))?)
        }
        (None, Err(error)) if error.kind() == ErrorKind::NotFound => None,
        (None, Err(error)) => return Err(error.into()),
    };
    let theirs = manifest.log.identity.as_ref();
    if let Some((here, theirs)) = here.as_ref().zip(theirs) {
        if identity(here) != *theirs {
            let advice = "it belongs to another installation: move it away, or unset `secret`";
            return Err(format!(
                "the backup was made with another secret than {}; {advice}",
                path.display()
            )
            .into());
        }
        return Ok(true);
    }
    let (None, Some(key)) = (&here, &manifest.secret) else {
        return Ok(here.is_some());
    };
    let text = fs::read_to_string(from.join(&key.file))
        .map_err(|error| Failure::from(error).context(format!("cannot read {} of the backup", key.file)))?;
    if data::secret_of(&text).is_none_or(|secret| theirs.is_some_and(|theirs| identity(&secret) != *theirs)) {
        return Err(format!(
            "{} of the backup is damaged; put that of the installation in its place",
            key.file
        )
        .into());
    }
    write_aside(&path, text.as_bytes(), 0o600)?;
    Ok(true)
}

/// Copies all segments, checks their checksums, and then that they are one sound log.
fn copy_segments(manifest: &Manifest, from: &Path, to: &Path) -> Result<(), Failure> {
    let bar = progress::bytes(manifest.bytes());
    for segment in &manifest.segments {
        let path = to.join(&segment.name);
        let mut out = File::create(&path)
            .map_err(|error| Failure::from(error).context(format!("cannot write {}", path.display())))?;
        let copied = copy(segment, from, &mut |bytes| {
            bar.inc(bytes.len() as u64);
            out.write_all(bytes)
        });
        copied.map_err(|failure| failure.context("the backup cannot be restored, no log was put in place"))?;
        out.sync_all()?;
    }
    sync_directory(to)?;
    bar.finish_and_clear();
    let verified = verify(to, Extent::FirstOfEach, |_| {})?;
    match verified.damage.into_iter().next() {
        Some(damage) => Err(Failure::from(damage).context("the log of the backup is damaged, no log was put in place")),
        None => Ok(()),
    }
}

/// Removes a directory or a file, if it is there; whether it was.
fn remove(path: &Path) -> Result<bool, Failure> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::from(error).context(format!("cannot remove {}", path.display()))),
    }
}
