//! Crashes at every call that changes something, and calls that fail once. Whatever happens: every acknowledged record is
//! there once, in order, and nothing else except the first records of what was being written.

use super::*;
use crate::storage::faulty::{Plan, Restart};

/// Batches of the script, with a reopening after some.
const BATCHES: [usize; 14] = [1, 3, 2, 12, 1, 5, 9, 1, 1, 20, 2, 2, 7, 3];
const REOPEN_AFTER: [usize; 2] = [4, 10];

/// What became of the records that were handed to the log, in order.
#[derive(Debug, Default)]
struct Ledger {
    /// (record, acknowledged). Records that are certainly not in the log are left out.
    records: Vec<(String, bool)>,
}

impl Ledger {
    fn note(&mut self, records: Vec<String>, outcome: &Result<u64, AppendError>) {
        let acknowledged = match outcome {
            Ok(_) => true,
            Err(error) if error.has_no_side_effects() => return,
            Err(_) => false,
        };
        self.records
            .extend(records.into_iter().map(|record| (record, acknowledged)));
    }

    /// `found` has every acknowledged record, in order, and between them only unacknowledged ones, in order.
    fn check(&self, found: &[String], case: &str) {
        let mut found = found.iter().peekable();
        for (record, acknowledged) in &self.records {
            if found.peek() == Some(&record) {
                found.next();
            } else {
                assert!(
                    !acknowledged,
                    "{case}: acknowledged {record} is missing before {:?}",
                    found.peek()
                );
            }
        }
        assert_eq!(
            found.next(),
            None,
            "{case}: a record that nobody appended, or twice, or out of order"
        );
    }
}

/// Runs the script until its end or until the log does not open.
fn run(disk: &Disk, durability: Durability) -> Ledger {
    let mut ledger = Ledger::default();
    let mut from = 0;
    let mut log = open(disk, durability).ok();
    for (at, count) in BATCHES.into_iter().enumerate() {
        let records = texts(from, count);
        from += count;
        if let Some((log, _)) = &log {
            let outcome = append(log, &records);
            ledger.note(records, &outcome);
            if outcome.as_ref().is_err_and(|error| !error.is_retryable()) {
                assert!(
                    matches!(append(log, &texts(0, 1)), Err(AppendError::Poisoned { .. })),
                    "poisoned after {outcome:?}"
                );
                let (_, error) = read_from(log, Offset(0));
                assert!(error.is_none(), "readers go on: {error:?}");
            }
        }
        if REOPEN_AFTER.contains(&at) {
            drop(log);
            log = open(disk, durability).ok();
        }
    }
    ledger
}

fn calls_of_the_script(durability: Durability) -> u64 {
    let disk = Disk::new(0);
    run(&disk, durability);
    disk.calls()
}

fn check_reopened(disk: &Disk, durability: Durability, ledger: &Ledger, case: &str) {
    let (log, _) = open(disk, durability).unwrap_or_else(|error| panic!("{case}: {error:?}"));
    let found = read_all(&log);
    ledger.check(&found, case);
    // What has been read once stays, whatever happens next.
    drop(log);
    disk.restart(Restart::PowerLost);
    let (log, report) = open(disk, durability).unwrap_or_else(|error| panic!("{case}: {error:?}"));
    assert_eq!((read_all(&log), report.torn), (found.clone(), None), "{case}");
    // And life goes on.
    let more = texts(1_000, 3);
    assert_eq!(append(&log, &more).unwrap(), found.len() as u64, "{case}");
    drop(log);
    let (log, report) = open(disk, durability).unwrap();
    assert_eq!(report.torn, None, "{case}");
    assert_eq!(read_all(&log), [found, more].concat(), "{case}");
}

#[test]
fn no_crash_at_any_call_loses_an_acknowledged_record() {
    let cases = [
        (Durability::Fsync, Restart::ProcessKilled, 1),
        (Durability::Fsync, Restart::PowerLost, 25),
        (Durability::Os, Restart::ProcessKilled, 1),
    ];
    for (durability, restart, seeds) in cases {
        for (call, seed) in
            (0..calls_of_the_script(durability)).flat_map(|call| (0..seeds).map(move |seed| (call, seed)))
        {
            let disk = Disk::new(seed);
            disk.plan(Plan::Crash(call));
            let ledger = run(&disk, durability);
            disk.restart(restart);
            check_reopened(
                &disk,
                durability,
                &ledger,
                &format!("{durability:?} {restart:?} call {call} seed {seed}"),
            );
        }
    }
}

#[test]
fn a_crash_during_recovery_is_recovered_from() {
    for call in 0..calls_of_the_script(Durability::Fsync) {
        for (seed, recovery_call) in (0..12).enumerate() {
            let disk = Disk::new(seed as u64);
            disk.plan(Plan::Crash(call));
            let ledger = run(&disk, Durability::Fsync);
            disk.restart(Restart::PowerLost);
            disk.plan(Plan::Crash(recovery_call));
            drop(open(&disk, Durability::Fsync));
            disk.restart(Restart::PowerLost);
            check_reopened(
                &disk,
                Durability::Fsync,
                &ledger,
                &format!("call {call}, then {recovery_call}"),
            );
        }
    }
}

#[test]
fn without_fsync_power_loss_leaves_a_prefix_that_opens() {
    for call in 0..calls_of_the_script(Durability::Os) {
        for seed in 0..25 {
            let disk = Disk::new(seed);
            disk.plan(Plan::Crash(call));
            let mut ledger = run(&disk, Durability::Os);
            disk.restart(Restart::PowerLost);
            let case = format!("call {call} seed {seed}");
            let (log, _) = open(&disk, Durability::Os).unwrap_or_else(|error| panic!("{case}: {error:?}"));
            let found = read_all(&log);
            ledger.records.truncate(found.len());
            ledger.records.iter_mut().for_each(|record| record.1 = true);
            ledger.check(&found, &case);
        }
    }
}

#[test]
fn a_call_that_fails_once_refuses_cleanly_or_poisons_until_reopened() {
    for durability in [Durability::Fsync, Durability::Os] {
        for call in 0..calls_of_the_script(durability) {
            let disk = Disk::new(call);
            disk.plan(Plan::FailOnce(call));
            let ledger = run(&disk, durability);
            disk.restart(Restart::ProcessKilled);
            check_reopened(&disk, durability, &ledger, &format!("{durability:?} call {call}"));
        }
    }
}

#[test]
fn a_full_disk_refuses_one_batch_and_takes_the_next() {
    let disk = Disk::new(0);
    let (log, _) = open(&disk, Durability::Fsync).unwrap();
    append(&log, &texts(0, 2)).unwrap();
    disk.plan(Plan::FailOnce(0));
    let refused = append(&log, &texts(2, 2)).unwrap_err();
    assert!(
        matches!(refused, AppendError::NotWritten { .. }) && refused.is_retryable() && refused.has_no_side_effects()
    );
    assert_eq!(append(&log, &texts(2, 2)).unwrap(), 2);
    assert_eq!(read_all(&log), texts(0, 4));
}

#[test]
fn a_refused_batch_does_not_come_back_after_power_loss() {
    for seed in 0..200 {
        let disk = Disk::new(seed);
        let (log, _) = open(&disk, Durability::Fsync).unwrap();
        append(&log, &texts(0, 2)).unwrap();
        disk.plan(Plan::FailOnce(0));
        assert!(append(&log, &texts(2, 8)).unwrap_err().has_no_side_effects());
        drop(log);
        disk.restart(Restart::PowerLost);
        let (log, report) = open(&disk, Durability::Fsync).unwrap();
        assert_eq!((read_all(&log), report.torn), (texts(0, 2), None), "seed {seed}");
    }
}

#[test]
fn after_a_failed_sync_the_log_refuses_until_reopened_and_readers_go_on() {
    let disk = Disk::new(0);
    let (log, _) = open(&disk, Durability::Fsync).unwrap();
    append(&log, &texts(0, 2)).unwrap();
    disk.plan(Plan::FailOnce(1));
    let failed = append(&log, &texts(2, 1)).unwrap_err();
    assert!(matches!(failed, AppendError::Unconfirmed { .. }) && !failed.is_retryable());
    let refused = append(&log, &texts(3, 1)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the log refuses appends until it is reopened, an earlier write failed"
    );
    assert_eq!(read_all(&log), texts(0, 2));
    drop(log);
    let (log, _) = open(&disk, Durability::Fsync).unwrap();
    assert_eq!(
        append(&log, &texts(3, 1)).unwrap(),
        3,
        "the batch that was not confirmed is there"
    );
    assert_eq!(read_all(&log), texts(0, 4));
}
