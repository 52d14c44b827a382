//! What a backup holds: `manifest.json`, which is written last. Fields and files: docs/howto/backup.md.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use origem_domain::key::Secret;
use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;

const FORMAT: u32 = 1;
const NAME: &str = "manifest.json";
/// The directory of the segments in that of a backup.
pub const SEGMENTS: &str = "segments";
/// The secret of the installation, here as in a data directory.
pub const SECRET: &str = "secret.key";

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
    /// In order, without gaps.
    pub segments: Vec<Segment>,
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
    pub fn new(made_at: Timestamp, log: Log, segments: Vec<Segment>, secret: Option<Key>) -> Self {
        Self {
            format: FORMAT,
            origem: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            log,
            segments,
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
        if self.format != FORMAT {
            return Err(format!(
                "its manifest has format {}, this program reads format {FORMAT}",
                self.format
            ));
        }
        let mut next = self.segments.first().map_or(self.log.tail.offset.0, |first| first.base);
        for segment in &self.segments {
            let expected = Segment::file_of(segment.base, segment.bytes);
            if segment.base != next || segment.file != expected || segment.name != Segment::name_of(segment.base) {
                return Err(format!("its manifest is damaged at segment {}", segment.name));
            }
            next = segment.base.saturating_add(segment.records);
        }
        if next == self.log.tail.offset.0 {
            Ok(())
        } else {
            Err("its manifest is damaged: the segments do not end at the tail".to_owned())
        }
    }

    /// Bytes of all segments.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
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
    pub fn file_of(base: u64, bytes: u64) -> String {
        format!("{SEGMENTS}/{base:020}-{bytes}.log")
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
        let segment = |base, records, bytes| Segment {
            name: Segment::name_of(base),
            base,
            records,
            bytes,
            file: Segment::file_of(base, bytes),
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
            vec![segment(10, 5, 100), segment(15, 10, 300)],
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
        assert_eq!(manifest.bytes(), 400);
    }

    #[test]
    fn a_manifest_that_was_changed_is_refused() {
        type Change = fn(&mut Manifest);
        let changes: &[(&str, Change)] = &[
            ("has format 2", |manifest| manifest.format = 2),
            ("damaged at segment", |manifest| manifest.segments[1].base = 16),
            ("damaged at segment", |manifest| manifest.segments[0].bytes = 101),
            ("damaged at segment", |manifest| {
                manifest.segments[0].file = "../../etc/passwd".to_owned()
            }),
            ("damaged at segment", |manifest| {
                manifest.segments[0].name = "other.log".to_owned()
            }),
            ("damaged at segment", |manifest| manifest.segments.swap(0, 1)),
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
