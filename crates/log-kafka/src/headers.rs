//! CloudEvents in binary mode, as Kafka headers: what a record is, told without opening it.
//!
//! ```text
//!   ce_specversion  1.0                            always written
//!   ce_id           wamid.AAA2                     unique within the source
//!   ce_type         origem.message_received.v1
//!   ce_source       /accounts/default/whatsapp/200000000000002
//!   ce_time         2026-09-26T10:01:00Z           RFC 3339
//!   content-type    application/protobuf           of the value
//!   ce_<other>      extensions, names in lower case
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;

use rdkafka::message::{Header, Headers, OwnedHeaders};

/// Content type of a value in protobuf.
pub const PROTOBUF: &str = "application/protobuf";
/// Content type of a value in JSON.
pub const JSON: &str = "application/json";

const PREFIX: &str = "ce_";
const CONTENT_TYPE: &str = "content-type";

/// The attributes of a record. Absent means absent, in both directions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `ce_id`.
    pub id: Option<String>,
    /// `ce_type`.
    pub kind: Option<String>,
    /// `ce_source`.
    pub source: Option<String>,
    /// `ce_time`, RFC 3339.
    pub time: Option<String>,
    /// `content-type`.
    pub content_type: Option<String>,
    /// Every other `ce_` header by its name without the prefix, in lower case.
    pub extensions: BTreeMap<String, String>,
}

impl Attributes {
    /// The headers that say this.
    pub(crate) fn to_headers(&self) -> OwnedHeaders {
        self.pairs()
            .fold(OwnedHeaders::new_with_capacity(6), |headers, (key, value)| {
                headers.insert(Header {
                    key: &key,
                    value: Some(value),
                })
            })
    }

    /// What `headers` say. Names are compared without case; a value that is no text counts as absent; of two headers of one
    /// name the later counts.
    pub(crate) fn from_headers(headers: Option<&impl Headers>) -> Self {
        let mut attributes = Self::default();
        for header in headers.into_iter().flat_map(Headers::iter) {
            let Some(text) = header.value.and_then(|value| std::str::from_utf8(value).ok()) else {
                continue;
            };
            attributes.set(&header.key.to_ascii_lowercase(), text.to_owned());
        }
        attributes
    }

    /// Bytes of names and values, of what [`Attributes::to_headers`] gives.
    pub(crate) fn bytes(&self) -> usize {
        self.pairs().map(|(key, value)| key.len() + value.len()).sum()
    }

    /// How many headers there are.
    pub(crate) fn count(&self) -> usize {
        self.pairs().count()
    }

    fn set(&mut self, name: &str, text: String) {
        match name.strip_prefix(PREFIX) {
            None if name == CONTENT_TYPE => self.content_type = Some(text),
            None | Some("specversion") => {}
            Some("id") => self.id = Some(text),
            Some("type") => self.kind = Some(text),
            Some("source") => self.source = Some(text),
            Some("time") => self.time = Some(text),
            Some(other) => {
                self.extensions.insert(other.to_owned(), text);
            }
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (Cow<'static, str>, &str)> {
        let named = [
            ("ce_specversion", Some("1.0")),
            ("ce_id", self.id.as_deref()),
            ("ce_type", self.kind.as_deref()),
            ("ce_source", self.source.as_deref()),
            ("ce_time", self.time.as_deref()),
            (CONTENT_TYPE, self.content_type.as_deref()),
        ];
        let named = named
            .into_iter()
            .filter_map(|(name, value)| Some((Cow::Borrowed(name), value?)));
        let extensions = self.extensions.iter();
        named.chain(extensions.map(|(name, value)| (Cow::Owned(format!("{PREFIX}{name}")), value.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::message::{Header, OwnedHeaders};

    use super::Attributes;

    type Pair = (&'static str, Option<&'static [u8]>);

    fn read(headers: &[Pair]) -> Attributes {
        let headers = headers.iter().fold(OwnedHeaders::new(), |headers, &(key, value)| {
            headers.insert(Header { key, value })
        });
        Attributes::from_headers(Some(&headers))
    }

    #[test]
    fn what_is_written_is_read() {
        let text = |text: &str| Some(text.to_owned());
        let all = Attributes {
            id: text("wamid.A"),
            kind: text("origem.message_received.v1"),
            source: text("/accounts/default"),
            time: text("2026-09-26T10:01:00Z"),
            content_type: text(super::PROTOBUF),
            extensions: [("origemposition".to_owned(), "0:42".to_owned())].into(),
        };
        for attributes in [Attributes::default(), all] {
            assert_eq!(Attributes::from_headers(Some(&attributes.to_headers())), attributes);
        }
        assert_eq!(Attributes::default().count(), 1);
        assert_eq!(Attributes::default().bytes(), "ce_specversion1.0".len());
    }

    #[test]
    fn headers_of_others_are_read_leniently() {
        let cases: [(&[Pair], Option<&str>); 7] = [
            (&[("ce_id", Some(b"a"))], Some("a")),
            (&[("CE_ID", Some(b"a"))], Some("a")),
            (&[("ce_id", Some(b"a")), ("ce_id", Some(b"b"))], Some("b")),
            (&[("ce_id", Some(b"\xff"))], None),
            (&[("ce_id", None)], None),
            (&[("id", Some(b"a"))], None),
            (&[], None),
        ];
        for (headers, id) in cases {
            assert_eq!(read(headers).id.as_deref(), id, "{headers:?}");
        }
        assert_eq!(
            read(&[("Content-Type", Some(b"text/plain"))]).content_type.as_deref(),
            Some("text/plain")
        );
        let none: Option<&OwnedHeaders> = None;
        assert_eq!(Attributes::from_headers(none), Attributes::default());
    }
}
