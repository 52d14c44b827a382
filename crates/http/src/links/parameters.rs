//! What the address of a click says: UTM values and click ids. Source: reference/meta-platform.md 6.3.

use std::collections::BTreeMap;

/// Bytes of a value at most: longer ones are cut at a letter.
const VALUE_BYTES_MAX: usize = 2_048;
/// Bytes of all values of a click at most: those for which there is no room are left out.
const BYTES_MAX: usize = 8_192;

/// Parameters whose names begin with `utm_`, without that.
const UTM: [&str; 6] = ["source", "medium", "campaign", "term", "content", "id"];

/// Parameters that name a click at an ad network: opaque, kept letter by letter.
const CLICK_IDS: [&str; 14] = [
    "gclid",
    "wbraid",
    "gbraid",
    "dclid",
    "gad_source",
    "gad_campaignid",
    "fbclid",
    "ttclid",
    "msclkid",
    "twclid",
    "li_fat_id",
    "ScCid",
    "epik",
    "rdt_cid",
];

/// Cookies that Meta's pixel sets on our own site.
const COOKIES: [&str; 2] = ["_fbc", "_fbp"];

/// What a click tells of where it comes from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// UTM values by their names without `utm_`.
    pub(crate) utm: BTreeMap<String, String>,
    /// Click ids by their names.
    pub(crate) click_ids: BTreeMap<String, String>,
}

/// What the query and the cookies of a request tell. The first of a name counts; empty values are none.
pub(crate) fn told(query: &str, cookies: &str) -> Told {
    let (mut told, mut room) = (Told::default(), BYTES_MAX);
    for pair in query.split('&') {
        let (name, raw) = pair.split_once('=').unwrap_or((pair, ""));
        if let Some(name) = CLICK_IDS.iter().find(|known| **known == name) {
            // A `+` in it is one: these are tokens, no words.
            put(&mut told.click_ids, &mut room, name, &decoded(&raw.replace('+', "%2B")));
        } else if let Some(name) = name
            .strip_prefix("utm_")
            .and_then(|name| UTM.iter().find(|known| **known == name))
        {
            put(&mut told.utm, &mut room, name, &decoded(raw));
        }
    }
    for pair in cookies.split(';') {
        let (name, value) = pair.trim().split_once('=').unwrap_or_default();
        if COOKIES.contains(&name) {
            put(&mut told.click_ids, &mut room, name, value);
        }
    }
    told
}

fn put(values: &mut BTreeMap<String, String>, room: &mut usize, name: &str, value: &str) {
    let end = value.floor_char_boundary(VALUE_BYTES_MAX);
    if !value.is_empty() && end <= *room && !values.contains_key(name) {
        *room -= end;
        values.insert(name.to_owned(), value[..end].to_owned());
    }
}

fn decoded(raw: &str) -> String {
    let pair = format!("v={raw}");
    let value = form_urlencoded::parse(pair.as_bytes()).next();
    value.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_as_they_are_decoded_once() {
        let long = "x".repeat(3_000);
        for (query, cookies, expected) in [
            (
                "utm_source=google&utm_medium=cpc",
                "",
                "source=google medium=cpc".to_owned(),
            ),
            (
                "utm_campaign=Ver%C3%A3o+2026&utm_other=1",
                "",
                "campaign=Verão 2026".to_owned(),
            ),
            (
                "gclid=Cj0+K%2Bq_A-b%3D&fbclid=IwAR1&ctwa_clid=x",
                "",
                "fbclid=IwAR1 gclid=Cj0+K+q_A-b=".to_owned(),
            ),
            ("GCLID=x&ScCid=Ab&sccid=y", "", "ScCid=Ab".to_owned()),
            (
                "utm_source=a&utm_source=b&utm_term=&utm_content",
                "",
                "source=a".to_owned(),
            ),
            ("utm_source=a%26b%253D", "", "source=a&b%3D".to_owned()),
            ("utm_id=%ff%zz", "", "id=\u{fffd}%zz".to_owned()),
            (
                "",
                "a=1; _fbp=fb.1.1.2; _fbc=fb.1.2.IwAR",
                "_fbc=fb.1.2.IwAR _fbp=fb.1.1.2".to_owned(),
            ),
            (&format!("utm_source={long}"), "", format!("source={}", &long[..2_048])),
            (
                &format!("utm_source={}", "é".repeat(1_025)),
                "",
                format!("source={}", "é".repeat(1_024)),
            ),
            ("&&=&%", ";=;", String::new()),
        ] {
            let told = told(query, cookies);
            let mut said: Vec<String> = told.utm.iter().map(|(name, value)| format!("{name}={value}")).collect();
            said.sort_by_key(|pair| UTM.iter().position(|name| pair.starts_with(name)));
            said.extend(told.click_ids.iter().map(|(name, value)| format!("{name}={value}")));
            assert_eq!(said.join(" "), expected, "{query} {cookies}");
        }
    }

    #[test]
    fn all_values_together_have_a_bound() {
        let long = "x".repeat(3_000);
        let all: Vec<String> = CLICK_IDS.iter().map(|name| format!("{name}={long}")).collect();
        let told = told(&format!("{}&utm_source={long}&utm_id=", all.join("&")), "_fbc=fb.1");
        let sum: usize = told.click_ids.values().chain(told.utm.values()).map(String::len).sum();
        assert_eq!((sum, told.click_ids.len(), told.utm.len()), (BYTES_MAX, 4, 0));
    }
}
