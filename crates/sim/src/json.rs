//! A JSON writer that appends to bytes: no tree is built, nothing is looked at twice.

/// JSON being written. Commas are found out from the last byte written, so pieces can be joined freely.
#[derive(Debug, Default, Clone)]
pub(crate) struct Json {
    out: Vec<u8>,
    /// Write `\u00e1` and `\/` as Meta does for pages, instead of plain UTF-8.
    escaped: bool,
}

impl Json {
    /// An empty text in UTF-8.
    pub fn new() -> Self {
        Self {
            out: Vec::with_capacity(512),
            escaped: false,
        }
    }

    /// An empty text in pure ASCII.
    pub fn escaped() -> Self {
        Self {
            out: Vec::with_capacity(512),
            escaped: true,
        }
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn comma(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(b',');
        }
    }

    fn key(&mut self, key: &str) {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// `"key":"value"`.
    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        self.string(value);
        self
    }

    /// `"key":"value"` if there is a value.
    pub fn maybe(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }

    /// `"key":123`.
    pub fn number(&mut self, key: &str, value: i64) -> &mut Self {
        self.raw(key, value.to_string().as_bytes())
    }

    /// `"key":"123"`: the way Meta writes WhatsApp's times.
    pub fn digits(&mut self, key: &str, value: i64) -> &mut Self {
        self.text(key, &value.to_string())
    }

    /// `"key":true`.
    pub fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        self.raw(key, if value { b"true" } else { b"false" })
    }

    /// `"key":` and JSON written before.
    pub fn raw(&mut self, key: &str, value: &[u8]) -> &mut Self {
        self.key(key);
        self.out.extend_from_slice(value);
        self
    }

    /// `"key":{...}`.
    pub fn object(&mut self, key: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.key(key);
        self.braces(fill);
        self
    }

    /// `"key":[...]`.
    pub fn array(&mut self, key: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.key(key);
        self.out.push(b'[');
        fill(self);
        self.out.push(b']');
        self
    }

    /// `{...}`, as an item of an array or as the whole text.
    pub fn item(&mut self, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.comma();
        self.braces(fill);
        self
    }

    /// JSON written before, as an item of an array.
    pub fn raw_item(&mut self, value: &[u8]) -> &mut Self {
        self.comma();
        self.out.extend_from_slice(value);
        self
    }

    /// `"value"`, as an item of an array.
    pub fn text_item(&mut self, value: &str) -> &mut Self {
        self.comma();
        self.string(value);
        self
    }

    fn braces(&mut self, fill: impl FnOnce(&mut Self)) {
        self.out.push(b'{');
        fill(self);
        self.out.push(b'}');
    }

    fn string(&mut self, value: &str) {
        self.out.push(b'"');
        for c in value.chars() {
            match c {
                '"' => self.out.extend_from_slice(b"\\\""),
                '\\' => self.out.extend_from_slice(b"\\\\"),
                '\n' => self.out.extend_from_slice(b"\\n"),
                '/' if self.escaped => self.out.extend_from_slice(b"\\/"),
                c if c < ' ' || (self.escaped && !c.is_ascii()) => self.units(c),
                c => self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        self.out.push(b'"');
    }

    fn units(&mut self, c: char) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            self.out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
        }
    }
}

/// One object, written by `fill`.
pub(crate) fn object(fill: impl FnOnce(&mut Json)) -> Vec<u8> {
    let mut json = Json::new();
    json.item(fill);
    json.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_both_ways_of_escaping() {
        let hard = "a\"b\\c\nd\te/f olá 😊\u{1} }";
        for mut json in [Json::new(), Json::escaped()] {
            let ascii = json.escaped;
            json.item(|j| {
                j.text("t", hard).number("n", -5).flag("b", true).maybe("none", None);
                j.array("a", |j| {
                    j.item(|j| _ = j.digits("d", 7)).item(|_| ()).raw_item(b"1");
                });
            });
            let bytes = json.into_bytes();
            assert_eq!(bytes.is_ascii(), ascii);
            let read: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(
                read,
                serde_json::json!({"t": hard, "n": -5, "b": true, "a": [{"d": "7"}, {}, 1]})
            );
        }
    }
}
