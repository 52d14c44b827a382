//! Rows to bytes, by way of a buffer that is grown once: a flavor of postcard that begins every row with an empty vector grows it nine
//! times for a row of a kilobyte.

use serde::Serialize;

/// Where rows are encoded, one after the other. What it holds between two of them means nothing: it is a part of no value.
#[derive(Debug, Default)]
pub(crate) struct Scratch(Vec<u8>);

impl Scratch {
    /// The bytes of a row, as many as it has and no more: rows wait in memory by the thousands.
    pub(crate) fn encode<T: Serialize>(&mut self, row: &T) -> Vec<u8> {
        self.0.clear();
        // Our own row types always serialise: they hold no maps with keys that are not strings and no unsized sequences.
        match postcard::serialize_with_flavor(row, Encoding(&mut self.0)) {
            Ok(()) => self.0.as_slice().to_vec(),
            Err(_) => Vec::new(),
        }
    }
}

impl Clone for Scratch {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Scratch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Scratch {}

struct Encoding<'a>(&'a mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Encoding<'_> {
    type Output = ();

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
