//! Random operations against a plain vector, reopening and crashing included.

use proptest::prelude::*;

use super::*;
use crate::storage::faulty::Restart;

#[derive(Debug, Clone)]
enum Step {
    /// Appends a batch of records of these sizes.
    Append(Vec<usize>),
    /// Reads from this part (of 256) of the log on, within a limit.
    Read(u8, usize, usize),
    Reopen,
    /// Everything acknowledged is durable, so losing power between calls changes nothing.
    LosePower,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => prop::collection::vec(prop_oneof![4 => 0..60_usize, 1 => 0..700_usize], 0..6).prop_map(Step::Append),
        4 => (any::<u8>(), 0..900_usize, 0..9_usize).prop_map(|(at, bytes, records)| Step::Read(at, bytes, records)),
        1 => Just(Step::Reopen),
        1 => Just(Step::LosePower),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_log_is_a_vector(steps in prop::collection::vec(step(), 1..60), seed: u64) {
        let disk = Disk::new(seed);
        let mut model: Vec<Vec<u8>> = Vec::new();
        let mut log = open(&disk, Durability::Fsync).unwrap().0;
        for step in steps {
            match step {
                Step::Append(sizes) => {
                    let number = model.len();
                    let batch: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(i, size)| vec![(number + i) as u8; *size]).collect();
                    let slices: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
                    let range = log.append(P0, &slices).unwrap();
                    prop_assert_eq!(range, Offset(number as u64)..Offset((number + batch.len()) as u64));
                    model.extend(batch);
                }
                Step::Read(at, bytes_max, records_max) => {
                    let from = model.len() * usize::from(at) / 255;
                    let batch = log.read(P0, Offset(from as u64), ReadLimit { bytes_max, records_max }).unwrap();
                    prop_assert_eq!(batch.is_empty(), from == model.len());
                    prop_assert!(batch.len() <= records_max.max(1));
                    prop_assert!(batch.len() <= 1 || batch.record_bytes() <= bytes_max);
                    for (i, (offset, record)) in batch.iter().enumerate() {
                        prop_assert_eq!(offset, Offset((from + i) as u64));
                        prop_assert_eq!(record, &model[from + i][..]);
                    }
                }
                Step::Reopen | Step::LosePower => {
                    drop(log);
                    if matches!(step, Step::LosePower) {
                        disk.restart(Restart::PowerLost);
                    }
                    let (opened, report) = open(&disk, Durability::Fsync).unwrap();
                    prop_assert_eq!(report.torn, None);
                    log = opened;
                }
            }
            prop_assert_eq!(log.tail(P0).unwrap(), Offset(model.len() as u64));
        }
    }
}
