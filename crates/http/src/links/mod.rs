//! Links followed: what is known of a visitor, where the visitor is led, and the click that is recorded meanwhile.
//!
//! ```text
//! GET /l/{code} --catalogue--> address + fresh click code --> 302
//!                                  |
//!                                  +--> queue (bounded) --> log, many clicks per append, tried again until it takes them
//! ```
//! Nobody waits for the log: a click that was answered and not yet appended is lost if the process dies. Its code then stands for
//! no click; the text of the message still tells the link. See docs/links.md.

mod address;
mod clicks;
mod parameters;
mod visitor;

pub use address::CodeForm;
pub(crate) use address::{address, public_base};
pub(crate) use clicks::{Clicks, Counts};
pub(crate) use parameters::told;
pub(crate) use visitor::{device, is_preview, known_of, referrer};
