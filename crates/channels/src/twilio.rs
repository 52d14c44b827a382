//! Twilio's form fields.

use crate::{Decoded, Delivery, output};

/// The events of one delivery.
pub(crate) fn decode<'a>(delivery: &Delivery<'a>) -> Vec<Decoded<'a>> {
    output::unrecognised(delivery, "not read yet")
}
