//! A batch on its way: delivery reports come in on the producer's thread, its caller waits.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// What became of a batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    /// Records without a report.
    pub open: usize,
    /// Records that are in the log.
    pub delivered: usize,
    /// Records that are in the log, but the broker does not say where.
    pub unplaced: usize,
    /// Records that are certainly not in the log.
    pub refused: usize,
    /// The smallest offset, and the one after the largest.
    pub place: Option<(u64, u64)>,
    /// The first failure.
    pub failure: Option<KafkaError>,
}

/// The reports of one batch.
#[derive(Debug)]
pub(super) struct Pending {
    outcome: Mutex<Outcome>,
    reported: Condvar,
}

impl Pending {
    /// A batch of `records`, none of which has a report.
    pub fn new(records: usize) -> Self {
        Self {
            outcome: Mutex::new(Outcome {
                open: records,
                ..Outcome::default()
            }),
            reported: Condvar::new(),
        }
    }

    /// One record is in the log at `offset`; negative where the broker does not say.
    pub fn delivered(&self, offset: i64) {
        self.report(1, |outcome| {
            outcome.delivered += 1;
            match u64::try_from(offset) {
                Ok(offset) => {
                    let (first, next) = outcome.place.unwrap_or((offset, offset + 1));
                    outcome.place = Some((first.min(offset), next.max(offset + 1)));
                }
                Err(_) => outcome.unplaced += 1,
            }
        });
    }

    /// `records` records failed, or were never sent, because of `error`.
    pub fn failed(&self, records: usize, error: KafkaError) {
        self.report(records, |outcome| {
            if is_refusal(&error) {
                outcome.refused += records;
            }
            outcome.failure.get_or_insert(error);
        });
    }

    /// Waits until every record has its report, up to `timeout`; returns what is known then.
    pub fn wait(&self, timeout: Duration) -> Outcome {
        let waited = self
            .reported
            .wait_timeout_while(self.lock(), timeout, |outcome| outcome.open > 0);
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Waits for any report, up to `timeout`.
    pub fn wait_for_progress(&self, timeout: Duration) {
        let waited = self.reported.wait_timeout(self.lock(), timeout);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn report(&self, records: usize, change: impl FnOnce(&mut Outcome)) {
        let mut outcome = self.lock();
        change(&mut outcome);
        outcome.open -= records;
        let all = outcome.open == 0;
        drop(outcome);
        if all {
            self.reported.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `error` says for certain that the record is not in the log. One that timed out may be there, whatever the reason
/// of the silence was.
fn is_refusal(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::TopicAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::MessageSizeTooLarge
                | Code::PolicyViolation
                | Code::InvalidRecord
                | Code::QueueFull
        )
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rdkafka::error::{KafkaError, RDKafkaErrorCode};

    use super::Pending;

    type Told = (usize, usize, Option<(u64, u64)>, bool);

    #[test]
    fn reports_add_up() {
        // Offsets as reported, `None` for a failure; then delivered, without place, place, failed.
        let cases: [(&[Option<i64>], Told); 5] = [
            (&[Some(7), Some(8), Some(9)], (3, 0, Some((7, 10)), false)),
            (&[Some(9), Some(7)], (2, 0, Some((7, 10)), false)),
            (&[Some(7), None], (1, 0, Some((7, 8)), true)),
            (&[Some(-1001)], (1, 1, None, false)),
            (&[None, None], (0, 0, None, true)),
        ];
        for (reports, expected) in cases {
            let pending = Pending::new(reports.len());
            assert_eq!(pending.wait(Duration::ZERO).open, reports.len());
            for report in reports {
                match report {
                    Some(offset) => pending.delivered(*offset),
                    None => pending.failed(1, KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut)),
                }
            }
            let outcome = pending.wait(Duration::from_secs(60));
            let told = (
                outcome.delivered,
                outcome.unplaced,
                outcome.place,
                outcome.failure.is_some(),
            );
            assert_eq!((outcome.open, told), (0, expected), "{reports:?}");
        }
    }

    #[test]
    fn only_a_refusal_is_certain() {
        use RDKafkaErrorCode as Code;
        let cases: [(&[Code], usize); 5] = [
            (&[Code::TopicAuthorizationFailed, Code::TopicAuthorizationFailed], 2),
            (&[Code::MessageTimedOut, Code::MessageTimedOut], 0),
            (&[Code::QueueFull, Code::MessageTimedOut], 1),
            (&[Code::MessageSizeTooLarge], 1),
            (&[Code::Fatal], 0),
        ];
        for (codes, refused) in cases {
            let pending = Pending::new(codes.len());
            for code in codes {
                pending.failed(1, KafkaError::MessageProduction(*code));
            }
            assert_eq!(pending.wait(Duration::ZERO).refused, refused, "{codes:?}");
        }
    }
}
