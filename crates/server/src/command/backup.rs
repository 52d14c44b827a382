//! `origem backup`: the log and the secret, copied from outside while a server may run.
//!
//! ```text
//! DIR/segments/<base>-<bytes>.log   a segment as long as it was; a longer one is another file
//! DIR/secret.key                    of the installation, for its owner only
//! DIR/manifest.json                 what of all this is the backup; written last, in place of the one before
//! DIR/lock                          held by whoever takes a backup
//! ```
//!
//! No file is written over that the manifest names, so a backup that is interrupted leaves the one before as it was. What no
//! manifest names any more is removed when the new one counts.

mod check;
pub mod manifest;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use origem_domain::position::Position;
use origem_log_segments::{SegmentInfo, Snapshot};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::args::{Backup, BackupAction};
use crate::command::{now, progress};
use crate::config::{Config, LogKind};
use crate::data;
use crate::failure::Failure;
pub use check::copy;
use manifest::{Key, Log, Manifest, SECRET, SEGMENTS, Segment, hex, identity, sha256, sync_directory, write_aside};

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
    let secret = match args.without_secret {
        true => None,
        false => Some(secret_text(&config)?),
    };
    let of = secret
        .as_deref()
        .and_then(data::secret_of)
        .map(|secret| identity(&secret));
    make_directory(to, &config.data)?;
    let _alone = lock(to)?;
    let before = Manifest::find(to)?;
    let snapshot = Snapshot::take(&source)?;
    let (start, tail) = snapshot.range();
    let log = Log {
        identity: of,
        start: Position::new(0, start.0),
        tail: Position::new(0, tail.0),
    };
    if let Some(before) = &before {
        goes_on(before, &log, to)?;
    }
    let copied = Copying {
        snapshot: &snapshot,
        before: before.as_ref(),
        to,
        quick: args.quick,
        bar: progress::bytes(snapshot.segments().iter().map(|segment| segment.bytes).sum()),
        copied: (0, 0),
    }
    .run()?;
    let key = keep_secret(secret.as_deref(), to)?;
    let manifest = Manifest::new(now(), log, copied.segments, key);
    manifest.publish(to)?;
    let removed = remove_unnamed(&manifest, to)?;
    let line = json!({
        "backup": to, "start": manifest.log.start, "tail": manifest.log.tail, "segments": manifest.segments.len(),
        "bytes": manifest.bytes(), "copied_segments": copied.count, "copied_bytes": copied.bytes, "removed_files": removed,
        "secret": manifest.secret.is_some(),
    });
    Ok(writeln!(io::stdout(), "{line}")?)
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
    fs::create_dir_all(to.join(SEGMENTS)).map_err(context)
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
fn goes_on(before: &Manifest, log: &Log, to: &Path) -> Result<(), Failure> {
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
    Ok(())
}

/// Segments on their way into a backup.
struct Copying<'a> {
    snapshot: &'a Snapshot,
    before: Option<&'a Manifest>,
    to: &'a Path,
    quick: bool,
    bar: ProgressBar,
    /// Segments and bytes.
    copied: (u64, u64),
}

/// Segments that are in a backup.
struct Copied {
    segments: Vec<Segment>,
    count: u64,
    bytes: u64,
}

impl Copying<'_> {
    fn run(mut self) -> Result<Copied, Failure> {
        let found = self.snapshot.segments();
        let mut segments = Vec::new();
        for (at, segment) in found.iter().enumerate() {
            let is_sealed = at + 1 < found.len();
            segments.push(self.segment(at, segment, is_sealed)?);
        }
        sync_directory(&self.to.join(SEGMENTS))?;
        self.bar.finish_and_clear();
        let (count, bytes) = self.copied;
        Ok(Copied { segments, count, bytes })
    }

    fn segment(&mut self, at: usize, found: &SegmentInfo, is_sealed: bool) -> Result<Segment, Failure> {
        let before = self
            .before
            .and_then(|before| before.segments.iter().find(|known| known.base == found.base.0));
        let is_here = |known: &&Segment| {
            let length = fs::metadata(known.path(self.to)).map(|file| file.len());
            known.bytes == found.bytes && length.is_ok_and(|length| length == found.bytes)
        };
        let kept = before.filter(is_here);
        if let Some(kept) = kept.filter(|_| self.quick && is_sealed) {
            self.bar.inc(kept.bytes);
            return Ok(kept.clone());
        }
        let file = Segment::file_of(found.base.0, found.bytes);
        let mut checksum = Checksum::new(before);
        match kept {
            // Read all the same: the copy that is here stays only if the log still says the same.
            Some(_) => self.read(at, &mut checksum, &mut io::sink())?,
            None => {
                let path = self.to.join(&file);
                let context =
                    |error: io::Error| Failure::from(error).context(format!("cannot write {}", path.display()));
                let mut out = BufWriter::with_capacity(1 << 20, File::create(&path).map_err(context)?);
                self.read(at, &mut checksum, &mut out)?;
                let out = out.into_inner().map_err(|error| context(error.into_error()))?;
                out.sync_all().map_err(context)?;
                self.copied = (self.copied.0 + 1, self.copied.1 + found.bytes);
            }
        }
        Ok(Segment {
            name: found.name.clone(),
            base: found.base.0,
            records: found.records,
            bytes: found.bytes,
            file,
            sha256: checksum.finish().ok_or_else(|| differs(&found.name))?,
        })
    }

    fn read(&self, at: usize, checksum: &mut Checksum, out: &mut dyn Write) -> Result<(), Failure> {
        let copied = self.snapshot.copy(at, |bytes| {
            checksum.update(bytes);
            self.bar.inc(bytes.len() as u64);
            out.write_all(bytes)
        });
        copied.map_err(|error| {
            Failure::from(error)
                .context("nothing was backed up, the backup before is as it was; see `origem log verify`")
        })
    }
}

fn differs(segment: &str) -> Failure {
    let advice = "`origem log verify` and `origem backup verify` tell which is damaged; if neither is, the log was replaced: \
                  name another directory with --to";
    format!("segment {segment} is not what the backup has of it; {advice}").into()
}

/// The SHA-256 of a file that goes on where the one before it ended.
struct Checksum {
    digest: Sha256,
    bytes: u64,
    /// What is still to be found: how long it was before, and its checksum then.
    before: Option<(u64, String)>,
    goes_on: bool,
}

impl Checksum {
    fn new(before: Option<&Segment>) -> Self {
        Self {
            digest: Sha256::new(),
            bytes: 0,
            before: before.map(|known| (known.bytes, known.sha256.clone())),
            goes_on: true,
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        let end = self.bytes + bytes.len() as u64;
        let (first, rest) = match &self.before {
            Some((length, _)) if *length <= end => bytes.split_at((length - self.bytes) as usize),
            _ => (bytes, &[][..]),
        };
        self.digest.update(first);
        if let Some((_, known)) = self.before.take_if(|(length, _)| *length <= end) {
            self.goes_on = hex(&self.digest.clone().finalize()) == known;
        }
        self.digest.update(rest);
        self.bytes = end;
    }

    /// The checksum of all of it; `None` if it does not begin with what was there before.
    fn finish(self) -> Option<String> {
        (self.goes_on && self.before.is_none()).then(|| hex(&self.digest.finalize()))
    }
}

/// Puts the secret beside the segments, or takes it away if it is to be left out.
fn keep_secret(secret: Option<&str>, to: &Path) -> Result<Option<Key>, Failure> {
    let path = to.join(SECRET);
    let Some(secret) = secret else {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(None),
        };
    };
    write_aside(&path, secret.as_bytes(), 0o600)?;
    Ok(Some(Key {
        file: SECRET.to_owned(),
        sha256: sha256(secret.as_bytes()),
    }))
}

/// Removes the segments that the manifest does not name; how many there were.
fn remove_unnamed(manifest: &Manifest, to: &Path) -> Result<u64, Failure> {
    let named: BTreeSet<PathBuf> = manifest.segments.iter().map(|segment| segment.path(to)).collect();
    let mut removed = 0;
    for entry in fs::read_dir(to.join(SEGMENTS))? {
        let path = entry?.path();
        if !named.contains(&path) {
            fs::remove_file(path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_goes_on_where_its_copy_ended() {
        let known = |bytes: &str| Segment {
            name: Segment::name_of(0),
            base: 0,
            records: 1,
            bytes: bytes.len() as u64,
            file: Segment::file_of(0, bytes.len() as u64),
            sha256: sha256(bytes.as_bytes()),
        };
        // (what the backup has, what the log has, whether that goes on)
        let cases = [
            (None, "", true),
            (None, "abc", true),
            (Some("abc"), "abc", true),
            (Some("abc"), "abcdef", true),
            (Some("abc"), "abXdef", false),
            (Some("abc"), "abX", false),
            (Some("abc"), "ab", false),
        ];
        for (before, now, goes_on) in cases {
            for step in 1..8 {
                let mut checksum = Checksum::new(before.map(known).as_ref());
                now.as_bytes().chunks(step).for_each(|bytes| checksum.update(bytes));
                assert_eq!(
                    checksum.finish(),
                    goes_on.then(|| sha256(now.as_bytes())),
                    "{before:?} {now:?} by {step}"
                );
            }
        }
    }
}
