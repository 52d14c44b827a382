//! What a backup holds: `manifest.json`, which is written last. Fields and files: docs/howto/backup.md.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use origem_domain::key::Secret;
use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;

/// That with the directory.
const FORMAT: u32 = 2;
/// The oldest that is read: without the directory.
const FORMAT_MIN: u32 = 1;
const NAME: &str = "manifest.json";
/// The secret of the installation, here as in a data directory.
pub const SECRET: &str = "secret.key";

/// A log of the data directory that is in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Of events.
    Log,
    /// Of the entries of the directory.
    Directory,
}

impl Part {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Log, Self::Directory];

    /// The name of its segments' directory in the data directory.
    pub fn of_data(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Directory => "directory",
        }
    }

    /// The name of its segments' directory in a backup.
    pub fn of_backup(self) -> &'static str {
        match self {
            Self::Log => "segments",
            Self::Directory => "directory",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the {}", self.of_data())
    }
}

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this file.
    pub format: u32,
    /// The version of Origem that took it.
    pub origem: String,
    /// When.
    pub made_at: Timestamp,
    /// Which log.
    pub log: Log,
    /// Of the log, in order, without gaps.
    pub segments: Vec<Segment>,
    /// The same of the directory; none if there was no directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Vec<Segment>>,
    /// The secret of the installation, unless it was left out.
    pub secret: Option<Key>,
}

/// Which log, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Tells installations apart, without telling the secret; none if the secret was not at hand.
    pub identity: Option<String>,
    /// The first record.
    pub start: Position,
    /// The one after the last.
    pub tail: Position,
}

/// A segment of the log, as a file of the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// File name in the log.
    pub name: String,
    /// Its first offset.
    pub base: u64,
    /// Records in it.
    pub records: u64,
    /// Length of the file.
    pub bytes: u64,
    /// File in the backup. Another length is another file: none is ever written over that a manifest names.
    pub file: String,
    /// SHA-256 of the file, as `sha256sum` has it.
    pub sha256: String,
}

/// The file of the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// File in the backup.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

impl Manifest {
    /// A manifest of today.
    pub fn new(
        made_at: Timestamp,
        log: Log,
        segments: Vec<Segment>,
        directory: Option<Vec<Segment>>,
        secret: Option<Key>,
    ) -> Self {
        Self {
            format: FORMAT,
            origem: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            log,
            segments,
            directory,
            secret,
        }
    }

    /// The backup in a directory, if one was ever finished there.
    pub fn find(directory: &Path) -> Result<Option<Self>, Failure> {
        let path = directory.join(NAME);
        let context = |failure: Failure| failure.context(format!("cannot read the backup in {}", directory.display()));
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(context(error.into())),
        };
        let manifest: Self = serde_json::from_slice(&text).map_err(|error| context(error.into()))?;
        manifest.check().map_err(|what| context(what.into()))?;
        Ok(Some(manifest))
    }

    /// The backup in a directory.
    pub fn load(directory: &Path) -> Result<Self, Failure> {
        let missing = || {
            let advice = "name the directory that `origem backup --to` was given";
            Failure::from(format!("there is no backup in {}; {advice}", directory.display()))
        };
        Self::find(directory)?.ok_or_else(missing)
    }

    /// Whether it can be what this program wrote: nothing of it is believed that a file name or a length depends on.
    fn check(&self) -> Result<(), String> {
        if !(FORMAT_MIN..=FORMAT).contains(&self.format) {
            return Err(format!(
                "its manifest has format {}, this program reads formats {FORMAT_MIN} to {FORMAT}",
                self.format
            ));
        }
        for part in Part::ALL {
            let mut next = self.of(part).first().map(|first| first.base);
            for segment in self.of(part) {
                let expected = Segment::file_of(part, segment.base, segment.bytes);
                let is_named = segment.file == expected && segment.name == Segment::name_of(segment.base);
                if next != Some(segment.base) || !is_named {
                    return Err(format!("its manifest is damaged at segment {} of {part}", segment.name));
                }
                next = segment.base.checked_add(segment.records);
            }
        }
        if self.segments.is_empty() || self.next(Part::Log) == self.log.tail.offset.0 {
            Ok(())
        } else {
            Err("its manifest is damaged: the segments do not end at the tail".to_owned())
        }
    }

    /// The segments of one log, in order; none if it is not in the backup.
    pub fn of(&self, part: Part) -> &[Segment] {
        match part {
            Part::Log => &self.segments,
            Part::Directory => self.directory.as_deref().unwrap_or_default(),
        }
    }

    /// The offset after the last record of one log; 0 if it is not in the backup.
    pub fn next(&self, part: Part) -> u64 {
        let last = self.of(part).last();
        last.map_or(0, |last| last.base.saturating_add(last.records))
    }

    /// Bytes of the segments of one log.
    pub fn bytes(&self, part: Part) -> u64 {
        self.of(part).iter().map(|segment| segment.bytes).sum()
    }

    /// What results tell of the directory, if it is in the backup.
    pub fn told_of_directory(&self) -> Option<Value> {
        let segments = self.directory.as_ref()?.len();
        let (changes, bytes) = (self.next(Part::Directory), self.bytes(Part::Directory));
        Some(json!({"changes": changes, "segments": segments, "bytes": bytes}))
    }

    /// Makes it the backup of a directory: what it names is on stable storage, and from one moment to the next it counts.
    pub fn publish(&self, directory: &Path) -> Result<(), Failure> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(write_aside(&directory.join(NAME), &text, 0o644)?)
    }
}

impl Segment {
    /// The name in the log of the segment that begins at `base`.
    pub fn name_of(base: u64) -> String {
        format!("{base:020}.log")
    }

    /// The file in the backup of the segment that begins at `base`, as long as it is.
    pub fn file_of(part: Part, base: u64, bytes: u64) -> String {
        format!("{}/{base:020}-{bytes}.log", part.of_backup())
    }

    /// Where the file is.
    pub fn path(&self, directory: &Path) -> PathBuf {
        directory.join(&self.file)
    }
}

/// What tells the installation of a secret from others.
pub fn identity(secret: &Secret) -> String {
    hex(&Sha256::new()
        .chain_update(b"origem backup identity\0")
        .chain_update(secret.bytes())
        .finalize()[..16])
}

/// Bytes as `sha256sum` prints them.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of bytes at hand.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Writes a small file so that a crash leaves the old one or the new one, and makes both content and name durable.
pub fn write_aside(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_directory(path.parent().unwrap_or(Path::new(".")))
}

/// Makes the names in a directory durable.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        let segment = |part, base, records, bytes| Segment {
            name: Segment::name_of(base),
            base,
            records,
            bytes,
            file: Segment::file_of(part, base, bytes),
            sha256: sha256(b""),
        };
        let log = Log {
            identity: Some(identity(&Secret::new([7; 16]))),
            start: Position::new(0, 10),
            tail: Position::new(0, 25),
        };
        Manifest::new(
            Timestamp::from_seconds(1),
            log,
            vec![segment(Part::Log, 10, 5, 100), segment(Part::Log, 15, 10, 300)],
            Some(vec![segment(Part::Directory, 0, 3, 50)]),
            None,
        )
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::find(directory.path()).unwrap(), None);
        assert!(
            Manifest::load(directory.path())
                .unwrap_err()
                .to_string()
                .contains("there is no backup in")
        );
        let manifest = sample();
        manifest.publish(directory.path()).unwrap();
        assert_eq!(Manifest::load(directory.path()).unwrap(), manifest);
        assert_eq!((manifest.bytes(Part::Log), manifest.bytes(Part::Directory)), (400, 50));
        assert_eq!((manifest.next(Part::Log), manifest.next(Part::Directory)), (25, 3));
    }

    #[test]
    fn a_manifest_from_before_the_directory_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let mut manifest = sample();
        (manifest.format, manifest.directory) = (1, None);
        manifest.publish(directory.path()).unwrap();
        let text = fs::read_to_string(directory.path().join(NAME)).unwrap();
        assert!(!text.contains("directory"), "{text}");
        let read = Manifest::load(directory.path()).unwrap();
        assert_eq!((read.next(Part::Directory), read.told_of_directory()), (0, None));
        assert_eq!(read, manifest);
    }

    #[test]
    fn a_manifest_that_was_changed_is_refused() {
        type Change = fn(&mut Manifest);
        let changes: &[(&str, Change)] = &[
            ("has format 0", |manifest| manifest.format = 0),
            ("has format 3", |manifest| manifest.format = 3),
            ("damaged at segment", |manifest| manifest.segments[1].base = 16),
            ("damaged at segment", |manifest| manifest.segments[0].bytes = 101),
            ("damaged at segment", |manifest| {
                manifest.segments[0].file = "../../etc/passwd".to_owned()
            }),
            ("damaged at segment", |manifest| {
                manifest.segments[0].name = "other.log".to_owned()
            }),
            ("damaged at segment", |manifest| manifest.segments.swap(0, 1)),
            ("segment 00000000000000000000.log of the directory", |manifest| {
                manifest.directory.as_mut().unwrap()[0].file = Segment::file_of(Part::Log, 0, 50);
            }),
            ("damaged at segment", |manifest| {
                let again = manifest.directory.clone().unwrap();
                manifest.directory.as_mut().unwrap().extend(again);
            }),
            ("do not end at the tail", |manifest| {
                manifest.log.tail = Position::new(0, 26)
            }),
        ];
        for (told, change) in changes {
            let directory = tempfile::tempdir().unwrap();
            let mut manifest = sample();
            change(&mut manifest);
            manifest.publish(directory.path()).unwrap();
            let error = Manifest::load(directory.path()).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn checksums_are_those_of_sha256sum() {
        // printf abc | sha256sum
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
