//! Anomalies of all partitions, through any instance.

use std::collections::BTreeSet;

use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use origem_engine::query::{Anomaly, AnomalyCursor, AnomalyFilter, Reason};
use origem_engine::{Engine, ErrorCode};

use crate::LAYOUTS;
use crate::installation::{ACCOUNTS, Installation, Told, deliveries};

/// All that fit a filter, read in pages of `limit`; the cursor travels as text.
pub fn listed(engine: &Engine, filter: &AnomalyFilter, limit: usize) -> Vec<Anomaly> {
    let (mut found, mut cursor) = (Vec::new(), None::<AnomalyCursor>);
    loop {
        let page = engine.anomalies(filter, cursor.as_ref(), limit).unwrap();
        found.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next.to_string().parse().unwrap()),
            None => return found,
        }
    }
}

/// What nobody understands, of every tenant, among what everybody does.
fn garbage() -> Vec<Told> {
    let bodies = (0..40).map(|number| {
        let account = ACCOUNTS[number % ACCOUNTS.len()];
        let received_at = Timestamp::from_seconds(1_790_000_000 + number as i64);
        (format!("no JSON {number}").into_bytes(), received_at, account)
    });
    bodies.chain(deliveries().into_iter().take(50)).collect()
}

#[test]
fn every_instance_lists_counts_and_shows_the_same() {
    for layout in LAYOUTS {
        let installation = Installation::of(layout);
        installation.take(&garbage());
        let all = AnomalyFilter::default();
        let whole = listed(&installation.instances[0], &all, 500);
        let positions: BTreeSet<Position> = whole.iter().map(|one| one.position).collect();
        assert!(positions.len() >= 40, "{}", positions.len());
        for instance in &installation.instances {
            let counts = instance.anomaly_counts(None).unwrap();
            assert_eq!(counts.total(), whole.len() as u64);
            let mut of_accounts = 0;
            for account in ACCOUNTS {
                let filter = AnomalyFilter {
                    account: Some((*account).to_owned()),
                    reason: Some(Reason::Unrecognised),
                    ..AnomalyFilter::default()
                };
                let own = listed(instance, &filter, 3);
                let counts = instance.anomaly_counts(Some(account)).unwrap();
                assert_eq!(own.len() as u64, counts.of(Reason::Unrecognised), "{account}");
                of_accounts += counts.total();
            }
            assert_eq!(of_accounts, counts.total());
            for limit in [1, 7, 200] {
                assert_eq!(listed(instance, &all, limit), whole, "pages of {limit}");
            }
            for position in &positions {
                let case = instance.anomaly(*position).unwrap();
                assert!(case.anomalies.iter().all(|one| one.position == *position));
                let kept = case.kept.expect("the log has it");
                assert!(kept.raw.is_some() && kept.trouble.is_none(), "{position}");
            }
        }
    }
}

#[test]
fn a_part_that_nobody_has_is_not_left_out_in_silence() {
    let installation = Installation::of(LAYOUTS[2]);
    installation.take(&garbage());
    installation.silence(2);
    let first = &installation.instances[0];
    let all = AnomalyFilter::default();
    for code in [
        first.anomalies(&all, None, 10).map(drop).unwrap_err().code(),
        first.anomaly_counts(None).map(drop).unwrap_err().code(),
    ] {
        assert_eq!(code, ErrorCode::PartitionUnavailable);
    }
}
