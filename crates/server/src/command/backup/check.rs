//! `origem backup verify`: whether every file of a backup is what was written.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::manifest::{Manifest, Part, Segment, hex, sha256};
use crate::command::progress;
use crate::failure::Failure;

/// Reads all files; ends with one line of JSON, and fails if one is not what the manifest says.
pub fn run(directory: &Path) -> Result<(), Failure> {
    let manifest = Manifest::load(directory)?;
    let bar = progress::bytes(Part::ALL.map(|part| manifest.bytes(part)).iter().sum());
    let mut damage = Vec::new();
    for segment in Part::ALL.into_iter().flat_map(|part| manifest.of(part)) {
        let copied = copy(segment, directory, &mut |bytes| {
            bar.inc(bytes.len() as u64);
            Ok(())
        });
        damage.extend(copied.err().map(|failure| failure.to_string()));
    }
    bar.finish_and_clear();
    if let Some(key) = &manifest.secret {
        match fs::read(directory.join(&key.file)) {
            Ok(bytes) if sha256(&bytes) == key.sha256 => {}
            Ok(_) => damage.push(format!("{}: it is not what was backed up", key.file)),
            Err(error) => damage.push(format!("{}: {error}", key.file)),
        }
    }
    let mut line = json!({
        "backup": directory, "made_at": manifest.made_at, "start": manifest.log.start, "tail": manifest.log.tail,
        "segments": manifest.segments.len(), "bytes": manifest.bytes(Part::Log), "secret": manifest.secret.is_some(), "damage": damage,
    });
    if let Some(told) = manifest.told_of_directory() {
        line["directory"] = told;
    }
    writeln!(io::stdout(), "{line}")?;
    match damage.first() {
        Some(first) => Err(format!("the backup is damaged: {first}; take a new one, or use another").into()),
        None => Ok(()),
    }
}

/// Gives the bytes of a segment of the backup to `take` and checks them; fails if they are not what was backed up.
pub fn copy(segment: &Segment, directory: &Path, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<(), Failure> {
    let context = |error: io::Error| Failure::from(error).context(segment.file.clone());
    let mut file = File::open(segment.path(directory)).map_err(context)?;
    let (mut digest, mut length) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(context(error)),
        };
        digest.update(&buffer[..count]);
        length += count as u64;
        take(&buffer[..count]).map_err(context)?;
    }
    if length != segment.bytes {
        return Err(format!("{}: it has {length} bytes instead of {}", segment.file, segment.bytes).into());
    }
    if hex(&digest.finalize()) != segment.sha256 {
        return Err(format!("{}: it is not what was backed up", segment.file).into());
    }
    Ok(())
}
