//! Durations of settings: as people write them, and never none.

use origem_domain::time::{Micros, parse_length};

/// A duration above zero in microseconds; `None` if it is not one.
pub fn duration(text: &str) -> Option<Micros> {
    parse_length(text).filter(|length| *length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_more_than_nothing() {
        for (text, seconds) in [("90s", Some(90)), ("0d", None), ("7", None)] {
            assert_eq!(
                duration(text),
                seconds.map(|seconds: Micros| seconds * 1_000_000),
                "{text}"
            );
        }
    }
}
