//! Events to and from the bytes of a record. Pure: no IO, no clock; decoding never panics, whatever the bytes.
//!
//! ```text
//! record = version | sealing | structure ------------------------ | personal ------------------------------------------
//!                              times, channel, keys, references     texts = names, addresses, ids, what people wrote
//!                              all that the fold needs              fragment = before, raw, after: the exact bytes
//!
//! encode            writes all of it, computing marks and keys
//! decode_structure  reads the structure: the hot path of a replay
//! decode            reads structure and texts
//! raw               reads the fragment
//! ```
//!
//! A record whose personal part is gone still decodes: texts and addresses are missing, keys and references are not.
//! Format and the rule what goes where: docs/formats/record.md. New kinds of events: docs/howto/add-an-event.md.
//! [`directory`] has the records of the directory's log, [`json`] the public JSON of events; the segments that hold records are `log-segments`'.

mod body;
mod command;
mod decode;
pub mod directory;
mod encode;
mod error;
pub mod json;
mod keys;
mod numbers;
mod personal;
mod record;
mod reported;
mod texts;
mod wire;

pub use decode::{decode, decode_structure, raw};
pub use encode::encode;
pub use error::DecodeError;
pub use record::{RawParts, VERSION, without_personal, without_raw};
