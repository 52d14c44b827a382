//! `origem restore`: a data directory from a backup.
//!
//! Log and directory are put together under other names and take their own when they are whole, the log last: a restore that is
//! interrupted leaves no log that could be taken for one. Entries of a directory that are there already stay, and views are set aside:
//! where the log began late, they are all there is of the conversations from before.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use origem_domain::position::Offset;
use origem_log_segments::{Extent, info, verify};
use serde_json::json;

use crate::args::Restore;
use crate::command::backup::manifest::{Manifest, Part, SECRET, identity, sync_directory, write_aside};
use crate::command::backup::{copy, only_segments};
use crate::command::progress;
use crate::config::Config;
use crate::data;
use crate::failure::Failure;

/// Where views lie that were there before.
const VIEWS_ASIDE: &str = "views.before-restore";

/// Restores; ends with one line of JSON.
pub fn run(args: &Restore) -> Result<(), Failure> {
    let config = Config::load(&args.settings, &[])?;
    only_segments(
        &config,
        "brokers keep the log: put secret.key into the data directory, and nothing else",
    )?;
    let manifest = Manifest::load(&args.from)?;
    let (log, entries) = (place(&config, Part::Log), place(&config, Part::Directory));
    let (views, aside) = (config.data.join("views"), config.data.join(VIEWS_ASIDE));
    refuse_if_used(&log)?;
    refuse_if_taken(&views, &aside)?;
    let has_entries = has_entries(&entries)?;
    fs::create_dir_all(&config.data)
        .map_err(|error| Failure::from(error).context(format!("cannot make {}", config.data.display())))?;
    let has_secret = restore_secret(&manifest, &args.from, &config)?;
    let log_unfinished = put_together(Part::Log, &manifest, &args.from, &config)?;
    let entries_unfinished = match has_entries || manifest.directory.is_none() {
        true => None,
        false => Some(put_together(Part::Directory, &manifest, &args.from, &config)?),
    };
    // Copying takes its time: somebody may have begun a log meanwhile.
    refuse_if_used(&log)?;
    // They are of another log, or of this one at another time.
    let had_views = set_aside(&views, &aside)?;
    if let Some(unfinished) = &entries_unfinished {
        remove(&entries)?;
        fs::rename(unfinished, &entries)?;
    }
    if log.is_dir() {
        remove(&log.join("lock"))?;
        fs::remove_dir(&log)?;
    }
    fs::rename(&log_unfinished, &log)?;
    sync_directory(&config.data)?;
    let next = next(has_secret, had_views.then_some(aside.as_path()));
    let directory = match (has_entries, &entries_unfinished) {
        (true, _) => "kept",
        (false, Some(_)) => "restored",
        (false, None) => "none",
    };
    let line = json!({
        "data": config.data, "made_at": manifest.made_at, "start": manifest.log.start, "tail": manifest.log.tail,
        "segments": manifest.segments.len(), "bytes": manifest.bytes(Part::Log), "secret": has_secret,
        "directory": directory, "next": next,
    });
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// What to know before the next start.
fn next(has_secret: bool, views_aside: Option<&Path>) -> String {
    let secret = match has_secret {
        true => "",
        false => {
            "the backup has no secret.key: put that of the installation into the data directory before you start; "
        }
    };
    let views = match views_aside {
        None => "the views are folded on the next start".to_owned(),
        Some(aside) => format!(
            "the views that were there are in {}, and are folded again on the next start; keep them if the log begins late, they may be \
             all there is of older conversations",
            aside.display()
        ),
    };
    format!("{secret}{views}")
}

fn place(config: &Config, part: Part) -> PathBuf {
    config.data.join(part.of_data())
}

/// Whether a business wrote something into the directory that is there: it may be newer than that of the backup.
fn has_entries(entries: &Path) -> Result<bool, Failure> {
    if !entries.is_dir() {
        return Ok(false);
    }
    let context = format!(
        "cannot read {}; move it away to have that of the backup",
        entries.display()
    );
    let found = info(entries).map_err(|error| Failure::from(error).context(context))?;
    Ok(found.tail > Offset(0))
}

/// Copies one log of the backup under a name that nobody takes for it; where that is.
fn put_together(part: Part, manifest: &Manifest, from: &Path, config: &Config) -> Result<PathBuf, Failure> {
    let unfinished = config.data.join(format!("{}.restoring", part.of_data()));
    remove(&unfinished)?;
    fs::create_dir(&unfinished)?;
    copy_segments(part, manifest, from, &unfinished)?;
    Ok(unfinished)
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

/// Refuses to set views aside where others lie: nobody knows which of them somebody needs.
fn refuse_if_taken(views: &Path, aside: &Path) -> Result<(), Failure> {
    match is_there(views)? && is_there(aside)? {
        false => Ok(()),
        true => {
            let advice = "move them elsewhere, or remove them if nobody needs them";
            Err(format!("views of a restore before are in {}; {advice}", aside.display()).into())
        }
    }
}

/// Puts views out of the way, whole; whether there were any.
fn set_aside(views: &Path, aside: &Path) -> Result<bool, Failure> {
    refuse_if_taken(views, aside)?;
    match fs::rename(views, aside) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::from(error).context(format!("cannot set {} aside", views.display()))),
    }
}

fn is_there(path: &Path) -> Result<bool, Failure> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::from(error).context(format!("cannot look at {}", path.display()))),
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
fn copy_segments(part: Part, manifest: &Manifest, from: &Path, to: &Path) -> Result<(), Failure> {
    let bar = progress::bytes(manifest.bytes(part));
    for segment in manifest.of(part) {
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
        Some(damage) => {
            Err(Failure::from(damage).context(format!("{part} of the backup is damaged, no log was put in place")))
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_and_what_was_set_aside_is_told() {
        let aside = Path::new("data/views.before-restore");
        for (has_secret, aside, said, unsaid) in [
            (true, None, "views are folded on", "secret.key"),
            (true, Some(aside), "in data/views.before-restore", "secret.key"),
            (false, None, "secret.key", "before-restore"),
            (false, Some(aside), "in data/views.before-restore", "no views"),
        ] {
            let told = next(has_secret, aside);
            assert!(told.contains(said) && !told.contains(unsaid), "{told}");
            assert_eq!(told.contains("no secret.key"), !has_secret, "{told}");
        }
    }
}
