//! Durations as people write them: `90s`, `30m`, `12h`, `7d`, `2w`.

use origem_domain::time::Micros;

/// A duration above zero in microseconds; `None` if it is not one.
pub fn duration(text: &str) -> Option<Micros> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 24 * 3_600,
        'w' => 7 * 24 * 3_600,
        _ => return None,
    };
    let digits = &text[..text.len() - unit.len_utf8()];
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count: Micros = digits.parse().ok().filter(|count| is_number && *count > 0)?;
    count.checked_mul(seconds)?.checked_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("30m", Some(1_800)),
            ("12h", Some(43_200)),
            ("7d", Some(604_800)),
            ("2w", Some(1_209_600)),
            ("0d", None),
            ("-1d", None),
            ("+1d", None),
            ("1.5h", None),
            ("7", None),
            ("d", None),
            ("7 d", None),
            ("7é", None),
            ("", None),
            ("99999999999999w", None),
        ] {
            assert_eq!(
                duration(text),
                seconds.map(|seconds: Micros| seconds * 1_000_000),
                "{text}"
            );
        }
    }
}
