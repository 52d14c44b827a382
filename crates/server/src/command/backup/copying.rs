//! Segments on their way into a backup: those it has are kept, what is read on the way is checked.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use indicatif::ProgressBar;
use origem_log_segments::{SegmentInfo, Snapshot};
use sha2::{Digest as _, Sha256};

use super::UNCHANGED;
use super::manifest::{Part, Segment, hex, sync_directory};
use crate::failure::Failure;

/// Segments on their way into a backup.
pub struct Copying<'a> {
    /// Of which log.
    pub part: Part,
    /// What there is.
    pub snapshot: &'a Snapshot,
    /// What the backup has.
    pub before: &'a [Segment],
    /// The directory of the backup.
    pub to: &'a Path,
    /// Sealed segments that the backup has by name and length are not read again.
    pub quick: bool,
    /// Counts bytes.
    pub bar: ProgressBar,
    /// Segments and bytes.
    pub copied: (u64, u64),
}

/// Segments that are in a backup.
pub struct Copied {
    /// All, in order.
    pub segments: Vec<Segment>,
    /// How many of them were copied.
    pub count: u64,
    /// How many bytes were copied.
    pub bytes: u64,
}

impl Copying<'_> {
    /// Copies what the backup has not; fails at the first record that is not what was written.
    pub fn run(mut self) -> Result<Copied, Failure> {
        let found = self.snapshot.segments();
        let mut segments = Vec::new();
        for (at, segment) in found.iter().enumerate() {
            let is_sealed = at + 1 < found.len();
            segments.push(self.segment(at, segment, is_sealed)?);
        }
        sync_directory(&self.to.join(self.part.of_backup()))?;
        self.bar.finish_and_clear();
        let (count, bytes) = self.copied;
        Ok(Copied { segments, count, bytes })
    }

    fn segment(&mut self, at: usize, found: &SegmentInfo, is_sealed: bool) -> Result<Segment, Failure> {
        let before = self.before.iter().find(|known| known.base == found.base.0);
        let is_here = |known: &&Segment| {
            let length = fs::metadata(known.path(self.to)).map(|file| file.len());
            known.bytes == found.bytes && length.is_ok_and(|length| length == found.bytes)
        };
        let kept = before.filter(is_here);
        if let Some(kept) = kept.filter(|_| self.quick && is_sealed) {
            self.bar.inc(kept.bytes);
            return Ok(kept.clone());
        }
        let file = Segment::file_of(self.part, found.base.0, found.bytes);
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
            sha256: checksum.finish().ok_or_else(|| self.differs(&found.name))?,
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
                .context(format!("{} cannot be copied", self.part))
                .context(UNCHANGED)
        })
    }

    fn differs(&self, segment: &str) -> Failure {
        let advice = "`origem log verify` and `origem backup verify` tell which is damaged; if neither is, it was replaced: \
                      name another directory with --to";
        format!(
            "segment {segment} of {} is not what the backup has of it; {advice}",
            self.part
        )
        .into()
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::backup::manifest::sha256;

    #[test]
    fn a_segment_goes_on_where_its_copy_ended() {
        let known = |bytes: &str| Segment {
            name: Segment::name_of(0),
            base: 0,
            records: 1,
            bytes: bytes.len() as u64,
            file: Segment::file_of(Part::Log, 0, bytes.len() as u64),
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
