//! Amounts of money as integers: millionths of the currency unit, so that sums are exact.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Millionths of a currency unit. A JSON number of units; a number or a decimal string is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(pub i64);

impl Amount {
    /// Reads plain decimal text (`"12"`, `"-0.5"`, `"199.90"`); more than six decimals are cut. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
        let total = whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(micros)?;
        Some(Self(if negative { -total } else { total }))
    }

    /// The same, of text that has no more than six decimals which say anything: nothing is cut.
    #[must_use]
    pub fn parse_exactly(text: &str) -> Option<Self> {
        let beyond = text
            .split_once('.')
            .and_then(|(_, fraction)| fraction.get(6..))
            .unwrap_or_default();
        Self::parse(text).filter(|_| beyond.bytes().all(|digit| digit == b'0'))
    }

    /// The amount as decimal text, without zeros that say nothing.
    #[must_use]
    pub fn decimal(self) -> String {
        let (sign, micros) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let text = format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// The amount in units, for JSON; exact up to fifteen significant digits.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn units(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_i64(self.0);
        }
        if self.0 % 1_000_000 == 0 {
            serializer.serialize_i64(self.0 / 1_000_000)
        } else {
            serializer.serialize_f64(self.units())
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Amount;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an amount as a number or decimal text")
            }
            fn visit_i64<E: de::Error>(self, units: i64) -> Result<Amount, E> {
                units
                    .checked_mul(1_000_000)
                    .map(Amount)
                    .ok_or_else(|| E::custom("amount out of range"))
            }
            fn visit_u64<E: de::Error>(self, units: u64) -> Result<Amount, E> {
                i64::try_from(units)
                    .map_err(E::custom)
                    .and_then(|units| self.visit_i64(units))
            }
            fn visit_f64<E: de::Error>(self, units: f64) -> Result<Amount, E> {
                // Rust prints the shortest decimal that reads back as the same f64, so 199.9 stays 199.9.
                self.visit_str(&format!("{units}"))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
                Amount::parse(text).ok_or_else(|| E::custom(format_args!("`{text}` is not an amount")))
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Visitor)
        } else {
            i64::deserialize(deserializer).map(Amount)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_integers_of_millionths() {
        for (text, micros) in [
            ("12", 12_000_000),
            ("199.90", 199_900_000),
            ("-0.5", -500_000),
            ("0.0034", 3_400),
        ] {
            assert_eq!(Amount::parse(text), Some(Amount(micros)), "{text}");
        }
        for text in ["", ".", "1e3", "1,5", "NaN", "99999999999999999999"] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
        for (text, micros) in [
            ("0.1234567", None),
            ("0.1234560", Some(123_456)),
            ("7", Some(7_000_000)),
            ("-0.5", Some(-500_000)),
        ] {
            let amount = Amount::parse_exactly(text);
            assert_eq!(amount, micros.map(Amount), "{text}");
        }
        for (micros, text) in [(3_400, "0.0034"), (-500_000, "-0.5"), (12_000_000, "12"), (0, "0")] {
            assert_eq!(Amount(micros).decimal(), text);
        }
        assert_eq!(serde_json::to_string(&Amount(199_900_000)).unwrap(), "199.9");
        assert_eq!(serde_json::from_str::<Amount>("25.98").unwrap(), Amount(25_980_000));
    }
}
