//! Times: ours are microseconds, protobuf's are seconds and nanoseconds.

use origem_domain::time as domain;
use prost_types::Timestamp;

const MICROS: i64 = 1_000_000;
const NANOS: i32 = 1_000_000_000;

/// Seconds and nanoseconds that are no time of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{seconds} s and {nanos} ns is no time: nanoseconds are 0 to 999,999,999, and microseconds must fit 64 bits")]
pub struct NotATime {
    /// Since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Beside the seconds.
    pub nanos: i32,
}

/// A time of ours.
#[must_use]
pub fn timestamp(at: domain::Timestamp) -> Timestamp {
    let micros = at.micros();
    Timestamp {
        seconds: micros.div_euclid(MICROS),
        // Below 1,000,000,000, so it fits.
        nanos: i32::try_from(micros.rem_euclid(MICROS) * 1_000).unwrap_or_default(),
    }
}

/// A time of protobuf; what is finer than a microsecond is cut.
///
/// # Errors
/// [`NotATime`] outside the range of ours.
pub fn to_domain(at: &Timestamp) -> Result<domain::Timestamp, NotATime> {
    let whole = at.seconds.checked_mul(MICROS);
    let micros = whole.and_then(|whole| whole.checked_add(i64::from(at.nanos) / 1_000));
    micros
        .filter(|_| (0..NANOS).contains(&at.nanos))
        .map(domain::Timestamp::from_micros)
        .ok_or(NotATime {
            seconds: at.seconds,
            nanos: at.nanos,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were_or_are_none() {
        for (micros, seconds, nanos) in [
            (0, 0, 0),
            (1_790_416_860_250_000, 1_790_416_860, 250_000_000),
            (-1, -1, 999_999_000),
            (i64::MIN + 775_808, -9_223_372_036_854, 0),
            (i64::MAX, 9_223_372_036_854, 775_807_000),
        ] {
            let (at, proto) = (domain::Timestamp::from_micros(micros), Timestamp { seconds, nanos });
            assert_eq!(timestamp(at), proto);
            assert_eq!(to_domain(&proto), Ok(at));
        }
        for (seconds, nanos) in [(0, -1), (0, 1_000_000_000), (i64::MAX, 0), (i64::MIN, 0)] {
            assert_eq!(
                to_domain(&Timestamp { seconds, nanos }),
                Err(NotATime { seconds, nanos })
            );
        }
    }
}
