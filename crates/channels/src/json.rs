//! A delivery as JSON, read without being turned into values: an index of where every node starts and ends.
//!
//! [`Doc::parse`] checks the text once (by serde_json, which skips without recursion) and indexes it in one more pass. A
//! [`Node`] is a place in that index; its [`raw`](Node::raw) text is the exact slice of the delivery, its numbers stay text
//! and never pass through `f64`, and no depth of nesting costs stack. Accessors are tolerant: a missing member, `null` and
//! a node of another type all read as "nothing there".
//!
//! ```text
//! {"a":[1,"x"]}      slots: 0 object 0..13 end 4 | 1 array 5..12 key a end 4 | 2 number 6..7 end 3 | 3 text 8..11 end 4
//! ```

mod escape;
mod index;

use std::borrow::Cow;

use serde_json::value::RawValue;

use self::escape::unescape;
use self::index::index;

/// An indexed JSON text.
#[derive(Debug)]
pub(crate) struct Doc<'a> {
    text: &'a str,
    slots: Vec<Slot>,
    /// Some key is written with escapes: keys cannot be compared as bytes.
    escaped_keys: bool,
}

/// One node: where it stands, where its key stands (empty outside objects), and the slot after its last descendant.
#[derive(Debug, Clone, Copy)]
struct Slot {
    kind: Kind,
    key: (u32, u32),
    start: u32,
    stop: u32,
    end: u32,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    Text,
    Array,
    Object,
}

/// Why a delivery cannot be read as JSON.
#[derive(Debug)]
pub(crate) enum NotJson {
    /// It is not UTF-8.
    NotUtf8,
    /// It is longer than any delivery may be.
    TooLong,
    /// It is not JSON, with the parser's reason.
    Syntax(serde_json::Error),
}

impl std::fmt::Display for NotJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("not UTF-8"),
            Self::TooLong => f.write_str("too long"),
            Self::Syntax(error) => write!(f, "not JSON: {error}"),
        }
    }
}

impl<'a> Doc<'a> {
    /// Checks and indexes `body`.
    ///
    /// # Errors
    /// `NotJson` if it is not one JSON value in UTF-8 with white space around it.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, NotJson> {
        let text = std::str::from_utf8(body).map_err(|_| NotJson::NotUtf8)?;
        if u32::try_from(text.len()).is_err() {
            return Err(NotJson::TooLong);
        }
        let _: &RawValue = serde_json::from_str(text).map_err(NotJson::Syntax)?;
        let (slots, escaped_keys) = index(text);
        Ok(Self {
            text,
            slots,
            escaped_keys,
        })
    }

    /// The outermost node.
    pub(crate) fn root(&self) -> Node<'_, 'a> {
        Node { doc: self, index: 0 }
    }

    fn slot(&self, index: u32) -> Slot {
        const NOTHING: Slot = Slot {
            kind: Kind::Null,
            key: (0, 0),
            start: 0,
            stop: 0,
            end: u32::MAX,
        };
        self.slots.get(index as usize).copied().unwrap_or(NOTHING)
    }

    fn slice(&self, start: u32, stop: u32) -> &'a str {
        self.text.get(start as usize..stop as usize).unwrap_or_default()
    }
}

/// A place in a [`Doc`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'d, 'a> {
    doc: &'d Doc<'a>,
    index: u32,
}

impl<'d, 'a> Node<'d, 'a> {
    fn slot(self) -> Slot {
        self.doc.slot(self.index)
    }

    /// What it is.
    pub(crate) fn kind(self) -> Kind {
        self.slot().kind
    }

    /// It is an object.
    pub(crate) fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// It is an array.
    pub(crate) fn is_array(self) -> bool {
        self.kind() == Kind::Array
    }

    /// Its exact text in the delivery.
    pub(crate) fn raw(self) -> &'a str {
        let slot = self.slot();
        self.doc.slice(slot.start, slot.stop)
    }

    /// The name under which it stands in its object; empty elsewhere.
    pub(crate) fn key(self) -> Cow<'a, str> {
        let (start, stop) = self.slot().key;
        unescape(self.doc.slice(start, stop))
    }

    /// The elements of an array or the members of an object, in order; nothing for anything else.
    pub(crate) fn children(self) -> Children<'d, 'a> {
        let slot = self.slot();
        let inside = matches!(slot.kind, Kind::Array | Kind::Object);
        Children {
            doc: self.doc,
            next: self.index + 1,
            end: if inside { slot.end } else { 0 },
        }
    }

    /// The elements of an array; nothing for anything else.
    pub(crate) fn items(self) -> Children<'d, 'a> {
        let mut children = self.children();
        if !self.is_array() {
            children.end = 0;
        }
        children
    }

    /// The member `key` of an object. `null` is as good as absent.
    pub(crate) fn get(self, key: &str) -> Option<Self> {
        if !self.is_object() {
            return None;
        }
        self.children()
            .find(|child| {
                let (start, stop) = child.slot().key;
                let name = self.doc.slice(start, stop);
                name == key || (self.doc.escaped_keys && unescape(name) == key)
            })
            .filter(|child| child.kind() != Kind::Null)
    }

    /// The member at the end of a path of keys.
    pub(crate) fn path(self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The elements of the array `key`; nothing if there is no such array.
    pub(crate) fn list(self, key: &str) -> Children<'d, 'a> {
        match self.get(key) {
            Some(node) => node.items(),
            None => Children {
                doc: self.doc,
                next: 0,
                end: 0,
            },
        }
    }

    /// The content of a text, unescaped, as it came; it may be empty.
    pub(crate) fn as_text(self) -> Option<Cow<'a, str>> {
        let slot = self.slot();
        (slot.kind == Kind::Text).then(|| unescape(self.doc.slice(slot.start + 1, slot.stop.saturating_sub(1))))
    }

    /// A text, number or boolean as text; not trimmed.
    pub(crate) fn scalar(self) -> Option<Cow<'a, str>> {
        match self.kind() {
            Kind::Text => self.as_text(),
            Kind::Number | Kind::Bool => Some(Cow::Borrowed(self.raw())),
            Kind::Null | Kind::Array | Kind::Object => None,
        }
    }

    /// The text member `key`, as it came; an empty one is as good as absent.
    pub(crate) fn text(self, key: &str) -> Option<String> {
        self.get(key)?
            .as_text()
            .filter(|text| !text.is_empty())
            .map(Cow::into_owned)
    }

    /// The id, word or number `key` as text without white space around it; an empty one is as good as absent.
    pub(crate) fn word(self, key: &str) -> Option<String> {
        let word = match self.get(key)? {
            node if node.kind() == Kind::Bool => return None,
            node => node.scalar()?,
        };
        let word = word.trim();
        (!word.is_empty()).then(|| word.to_owned())
    }

    /// The digits of the text or number `key`; none is as good as absent.
    pub(crate) fn digits(self, key: &str) -> Option<String> {
        self.word(key)
            .map(|word| origem_domain::alias::digits(&word))
            .filter(|digits| !digits.is_empty())
    }

    /// The boolean `key`, also written as the text `"true"` or `"false"`.
    pub(crate) fn flag(self, key: &str) -> Option<bool> {
        match self.get(key)?.scalar()?.trim() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

/// Elements or members of a node, in order.
#[derive(Debug, Clone)]
pub(crate) struct Children<'d, 'a> {
    doc: &'d Doc<'a>,
    next: u32,
    end: u32,
}

impl<'d, 'a> Iterator for Children<'d, 'a> {
    type Item = Node<'d, 'a>;

    fn next(&mut self) -> Option<Node<'d, 'a>> {
        if self.next >= self.end {
            return None;
        }
        let node = Node {
            doc: self.doc,
            index: self.next,
        };
        self.next = node.slot().end;
        Some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn root_text(json: &str) -> Option<String> {
        Doc::parse(json.as_bytes())
            .unwrap()
            .root()
            .as_text()
            .map(Cow::into_owned)
    }

    #[test]
    fn nodes_are_exact_slices() {
        let doc = Doc::parse(br#" {"a": [1, "x\"]", {"b":null}, true], "c" : {"d":-1.5e3} } "#).unwrap();
        let root = doc.root();
        assert_eq!(root.get("a").unwrap().raw(), r#"[1, "x\"]", {"b":null}, true]"#);
        let items: Vec<_> = root.list("a").map(Node::raw).collect();
        assert_eq!(items, ["1", r#""x\"]""#, r#"{"b":null}"#, "true"]);
        assert_eq!(root.path(&["c", "d"]).unwrap().raw(), "-1.5e3");
        let keys: Vec<_> = root.children().map(|child| child.key().into_owned()).collect();
        assert_eq!(keys, ["a", "c"]);
    }

    #[test]
    fn what_is_not_there_reads_as_nothing() {
        let doc = Doc::parse(br#"{"null":null,"empty":"","n":12345678901234567890123,"t":" 7 ","f":"false","o":{}}"#)
            .unwrap();
        let root = doc.root();
        assert!(root.get("null").is_none() && root.get("missing").is_none());
        assert_eq!(root.text("empty"), None);
        assert_eq!(root.word("n").as_deref(), Some("12345678901234567890123"));
        assert_eq!(
            (root.word("t").as_deref(), root.text("t").as_deref()),
            (Some("7"), Some(" 7 "))
        );
        assert_eq!((root.flag("f"), root.flag("n")), (Some(false), None));
        assert_eq!(
            (root.word("o"), root.list("o").count(), root.list("n").count()),
            (None, 0, 0)
        );
    }

    #[test]
    fn escapes_are_read() {
        for (json, text) in [
            (r#""ol\u00e1""#, "olá"),
            (r#""\ud83d\ude00!""#, "😀!"),
            (r#""\ud83d!""#, "\u{fffd}!"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""a\\b\"c\n\/""#, "a\\b\"c\n/"),
        ] {
            assert_eq!(root_text(json).as_deref(), Some(text), "{json}");
        }
        let doc = Doc::parse(br#"{"t\u0079pe":"text"}"#).unwrap();
        assert_eq!(doc.root().text("type").as_deref(), Some("text"));
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(Doc::parse(deep.as_bytes()).unwrap().root().raw().len(), 2_000_000);
    }

    proptest! {
        #[test]
        fn texts_read_as_serde_json_reads_them(text: String) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(root_text(&json), Some(text));
        }

        #[test]
        fn parsing_never_panics(bytes: Vec<u8>) {
            let _ = Doc::parse(&bytes);
        }
    }
}
