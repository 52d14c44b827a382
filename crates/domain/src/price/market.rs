//! Markets: what rate cards have rows for. A country, or a region of countries without a row of their own.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use unicode_normalization::UnicodeNormalization as _;

use super::countries::{COUNTRIES, Row};
use crate::alias::{Alias, AliasKind, is_bsuid};

/// A country by its two letters; as text in every encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(&'static str);

impl Country {
    /// The country of an ISO 3166-1 alpha-2 code.
    #[must_use]
    pub fn coded(code: &str) -> Option<Self> {
        row(code).map(|row| Self(row.0))
    }

    /// The country of that name, as providers write it, or of that code.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let found = NAMES.get(&folded(name)).copied();
        found.or_else(|| Self::coded(name))
    }

    /// The country of a phone number: that of the longest calling code it begins with.
    #[must_use]
    pub fn of_phone(digits: &str) -> Option<Self> {
        let codes = COUNTRIES
            .iter()
            .flat_map(|row| row.2.split(' ').map(|code| (code.len(), row.0, code)));
        let begun = codes.filter(|(_, _, code)| digits.starts_with(code));
        begun.max().map(|(_, country, _)| Self(country))
    }

    /// The country that an alias tells: a number by its calling code, a BSUID by its first two letters.
    #[must_use]
    pub fn of_alias(alias: &Alias) -> Option<Self> {
        match alias.kind {
            AliasKind::Phone => Self::of_phone(&alias.value),
            AliasKind::Bsuid | AliasKind::ParentBsuid if is_bsuid(&alias.value) => Self::coded(alias.value.get(..2)?),
            _ => None,
        }
    }

    /// The country of somebody with these aliases. The provider charges by the calling code, so a number counts more.
    #[must_use]
    pub fn of<'a>(aliases: impl IntoIterator<Item = &'a Alias>) -> Option<Self> {
        let told = aliases
            .into_iter()
            .filter_map(|alias| Some((alias.kind != AliasKind::Phone, Self::of_alias(alias)?)));
        told.min_by_key(|(weaker, _)| *weaker).map(|(_, country)| country)
    }

    /// Its two letters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// The region whose price it has where it has none of its own.
    #[must_use]
    pub fn region(self) -> Market {
        row(self.0).map_or(Market::Other, |row| row.3)
    }
}

/// Countries by their names as they are compared.
static NAMES: LazyLock<BTreeMap<String, Country>> = LazyLock::new(|| {
    let names = COUNTRIES
        .iter()
        .flat_map(|row| row.1.split(';').map(|name| (folded(name), Country(row.0))));
    names.collect()
});

fn row(code: &str) -> Option<&'static Row> {
    let at = COUNTRIES.binary_search_by_key(&code, |row| row.0).ok()?;
    COUNTRIES.get(at)
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::coded(&code).ok_or_else(|| de::Error::custom(format_args!("`{code}` is no country")))
    }
}

/// What a row of a rate card is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the names are the provider's
pub enum Market {
    Country(Country),
    NorthAmerica,
    Africa,
    AsiaPacific,
    CentralEasternEurope,
    WesternEurope,
    LatinAmerica,
    MiddleEast,
    /// Whoever has no other.
    Other,
}

impl Market {
    /// The market of that name. Case, accents and punctuation do not count, and `&` is `and`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match folded(name).as_str() {
            "northamerica" => Self::NorthAmerica,
            "restofafrica" => Self::Africa,
            "restofasiapacific" => Self::AsiaPacific,
            "restofcentraleasterneurope" => Self::CentralEasternEurope,
            "restofwesterneurope" => Self::WesternEurope,
            "restoflatinamerica" => Self::LatinAmerica,
            "restofmiddleeast" => Self::MiddleEast,
            "other" => Self::Other,
            _ => return Country::named(name).map(Self::Country),
        })
    }
}

/// A market as a card names it, and what that is; as text in every encoding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MarketName {
    /// `None`: a name that only the card explains.
    market: Option<Market>,
    name: String,
}

impl MarketName {
    /// A market of that name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let name = name.trim().to_owned();
        Self {
            market: Market::named(&name),
            name,
        }
    }

    /// What it is; `None`: a name that only the card explains.
    #[must_use]
    pub const fn market(&self) -> Option<Market> {
        self.market
    }

    /// As the card has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is equal for names of one market: the market, or the name where only the card explains it.
    #[must_use]
    pub fn key(&self) -> (Option<Market>, &str) {
        match self.market {
            Some(market) => (Some(market), ""),
            None => (None, &self.name),
        }
    }
}

impl fmt::Display for MarketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Serialize for MarketName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for MarketName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?))
    }
}

/// A name as it is compared: its letters and digits, without accents, without the word `and`.
fn folded(name: &str) -> String {
    let plain: String = name.nfd().filter(|c| c.is_ascii()).collect();
    let words = plain
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.eq_ignore_ascii_case("and"));
    words.collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_searched_and_is_unambiguous() {
        assert!(COUNTRIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let mut codes: Vec<&str> = COUNTRIES.iter().flat_map(|row| row.2.split(' ')).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count, "a calling code of two countries");
        for (code, names, calling, _) in COUNTRIES {
            assert_eq!(Country::named(code).map(Country::code), Some(*code));
            for name in names.split(';') {
                assert_eq!(Market::named(name), Country::coded(code).map(Market::Country), "{name}");
            }
            for calling in calling.split(' ') {
                assert_eq!(Country::of_phone(calling).map(Country::code), Some(*code), "{calling}");
            }
        }
    }

    #[test]
    fn a_customer_is_where_the_calling_code_says() {
        for (kind, value, country) in [
            (AliasKind::Phone, "5511955550101", Some("BR")),
            (AliasKind::Phone, "12125550101", Some("US")),
            (AliasKind::Phone, "14165550101", Some("CA")),
            (AliasKind::Phone, "17875550101", Some("PR")),
            (AliasKind::Phone, "18095550101", Some("DO")),
            (AliasKind::Phone, "12425550101", Some("BS")),
            (AliasKind::Phone, "79035550101", Some("RU")),
            (AliasKind::Phone, "77015550101", Some("KZ")),
            (AliasKind::Phone, "351912345678", Some("PT")),
            (AliasKind::Phone, "21055501010", None),
            (AliasKind::Phone, "", None),
            (AliasKind::Bsuid, "BR.1000000000000001", Some("BR")),
            (AliasKind::ParentBsuid, "PT.ENT.77aB", Some("PT")),
            (AliasKind::Bsuid, "ZZ.1", None),
            (AliasKind::Psid, "5511955550101", None),
        ] {
            let alias = Alias::new(kind, value);
            assert_eq!(Country::of_alias(&alias).map(Country::code), country, "{value}");
        }
        // A number moved abroad keeps its calling code, and that is what is charged by.
        let both = [
            Alias::new(AliasKind::Bsuid, "PT.1"),
            Alias::new(AliasKind::Phone, "5511955550101"),
        ];
        assert_eq!(Country::of(&both).map(Country::code), Some("BR"));
        assert_eq!(Country::of(&both[..1]).map(Country::code), Some("PT"));
        assert_eq!(Country::of(&[]), None);
    }

    #[test]
    fn regions_are_told_in_any_writing() {
        for (name, market) in [
            ("Rest of Central & Eastern Europe", Some(Market::CentralEasternEurope)),
            ("rest of central and eastern europe", Some(Market::CentralEasternEurope)),
            ("North America", Some(Market::NorthAmerica)),
            ("Other", Some(Market::Other)),
            ("Türkiye", Country::coded("TR").map(Market::Country)),
            ("Côte d'Ivoire", Country::coded("CI").map(Market::Country)),
            ("Rest of Mars", None),
            ("", None),
        ] {
            assert_eq!(Market::named(name), market, "{name}");
        }
        for (code, region) in [
            ("PR", Market::LatinAmerica),
            ("CA", Market::NorthAmerica),
            ("BS", Market::Other),
        ] {
            assert_eq!(Country::coded(code).map(Country::region), Some(region), "{code}");
        }
    }
}
