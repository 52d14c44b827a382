//! Figures as people read them.

/// A value with about three digits that count, thousands as `k` and so on, and its unit: `123 k events/s`, `1.23 GB/s`.
#[must_use]
pub fn told(value: f64, unit: &str) -> String {
    let (scaled, letter) = match value.abs() {
        size if size >= 999_500_000.0 => (value / 1e9, "G"),
        size if size >= 999_500.0 => (value / 1e6, "M"),
        size if size >= 9_995.0 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = match scaled.abs() {
        size if size >= 99.95 || size == 0.0 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.995 => 2,
        _ => 3,
    };
    // A letter belongs to a unit of one letter, and stands before one that is a word.
    let gap = if letter.is_empty() || unit.starts_with('B') {
        ""
    } else {
        " "
    };
    format!("{scaled:.digits$} {letter}{gap}{unit}").trim_end().to_owned()
}

/// A ratio: two digits that count.
#[must_use]
pub fn ratio(value: f64) -> String {
    match value {
        value if value >= 9.95 => format!("{value:.0}"),
        value if value >= 0.995 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short() {
        for (value, unit, text) in [
            (0.0, "ms", "0 ms"),
            (0.123_4, "ms", "0.123 ms"),
            (1.234, "ms", "1.23 ms"),
            (12.34, "µs", "12.3 µs"),
            (123.4, "B", "123 B"),
            (2_345.0, "events/s", "2345 events/s"),
            (123_456.0, "events/s", "123 k events/s"),
            (1_234_567.0, "B/s", "1.23 MB/s"),
            (21e9, "B/s", "21.0 GB/s"),
        ] {
            assert_eq!(told(value, unit), text);
        }
        for (value, text) in [(0.123, "0.12"), (1.23, "1.2"), (12.3, "12")] {
            assert_eq!(ratio(value), text);
        }
    }
}
