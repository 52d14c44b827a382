//! On real files: the conformance suite, the lock, looking from outside.

use std::path::Path;

use origem_log::conformance::{self, Subject};
use tempfile::TempDir;

use super::*;
use crate::{Extent, SegmentReader, info, verify};

struct OnDisk {
    directory: TempDir,
    options: Options,
    log: Option<Arc<SegmentLog>>,
}

impl OnDisk {
    fn new(options: Options) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log = Some(opened(directory.path(), &options));
        Self {
            directory,
            options,
            log,
        }
    }
}

fn opened(directory: &Path, options: &Options) -> Arc<SegmentLog> {
    let (log, report) = SegmentLog::open(directory, options).unwrap();
    assert_eq!(report.torn, None);
    Arc::new(log)
}

impl Subject for OnDisk {
    fn log(&self) -> Arc<dyn EventLog> {
        Arc::<SegmentLog>::clone(self.log.as_ref().unwrap())
    }

    fn reopen(&mut self) {
        self.log = None;
        self.log = Some(opened(self.directory.path(), &self.options));
    }
}

#[test]
fn the_segment_log_conforms() {
    for durability in [Durability::Fsync, Durability::Os] {
        conformance::check(|| {
            OnDisk::new(Options {
                durability,
                ..Options::default()
            })
        });
    }
}

#[test]
fn the_segment_log_conforms_with_segments_of_a_few_records() {
    let options = Options {
        segment_bytes_max: 600,
        durability: Durability::Os,
        ..Options::default()
    };
    conformance::check(|| OnDisk::new(options.clone()));
}

#[test]
fn a_second_opening_is_refused_and_names_the_owner() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data/log");
    let first = opened(&path, &Options::default());
    let error = SegmentLog::open(&path, &Options::default()).map(|_| ()).unwrap_err();
    let expected = format!(
        "the log in {} is in use by process {}; stop it or use another directory",
        path.display(),
        std::process::id()
    );
    assert_eq!(error.to_string(), expected);
    drop(first);
    opened(&path, &Options::default());
}

#[test]
fn tools_look_at_a_log_while_it_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let log = opened(directory.path(), &small(Durability::Fsync));
    append(&*log, &texts(0, 30)).unwrap();
    let mut reader = SegmentReader::open(directory.path()).unwrap();
    assert_eq!(reader.range(), (Offset(0), Offset(30)));
    append(&*log, &texts(30, 10)).unwrap();
    assert_eq!(reader.refresh().unwrap(), Offset(40));
    append(&*log, &texts(40, 1)).unwrap();
    assert_eq!(reader.refresh().unwrap(), Offset(41));
    let batch = reader.read(Offset(35), ReadLimit::default()).unwrap();
    assert_eq!(batch.get(0), Some((Offset(35), texts(35, 1)[0].as_bytes())));

    let shown = info(directory.path()).unwrap();
    assert_eq!((shown.start, shown.tail), (Offset(0), Offset(41)));
    assert_eq!(shown.segments.iter().map(|segment| segment.records).sum::<u64>(), 41);
    let mut seen = Vec::new();
    let verified = verify(directory.path(), Extent::FirstOfEach, |progress| seen.push(progress)).unwrap();
    assert_eq!((verified.progress.records, verified.damage.len()), (41, 0));
    assert_eq!(seen.last(), Some(&verified.progress));
    assert_eq!(verified.progress.bytes, verified.progress.bytes_total);
}

#[test]
fn limits_are_checked() {
    let directory = tempfile::tempdir().unwrap();
    let log = opened(directory.path(), &small(Durability::Os));
    let bytes = |count: usize| vec![0_u8; count];
    assert_eq!(
        log.append(P0, &[&bytes(4_001)]).unwrap_err().to_string(),
        "record of 4001 bytes exceeds the limit of 4000 bytes"
    );
    let batch = log
        .append(P0, &[&bytes(3_000), &bytes(3_000), &bytes(3_000)])
        .unwrap_err();
    assert_eq!(batch.to_string(), "batch of 9024 bytes exceeds the limit of 8000 bytes");
    assert_eq!(log.append(P0, &[&bytes(4_000)]).unwrap(), Offset(0)..Offset(1));

    let elsewhere = tempfile::tempdir().unwrap();
    let options = Options {
        record_bytes_max: 100 << 20,
        ..Options::default()
    };
    let error = SegmentLog::open(elsewhere.path(), &options).map(|_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "record_bytes_max of 104857600 bytes is outside 1 to 67108864"
    );
}
