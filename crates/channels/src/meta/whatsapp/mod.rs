//! WhatsApp Cloud API webhooks. Source: reference/meta-platform.md section 1.

use crate::json::Node;
use crate::{Decoded, Delivery, output};

/// Names of `field` that only WhatsApp has.
pub(crate) const FIELDS: &[&str] = &["history", "calls"];

/// The events of one webhook body. `root` is the whole body, an object.
pub(crate) fn decode<'a>(delivery: &Delivery<'a>, root: Node<'_, 'a>) -> Vec<Decoded<'a>> {
    let _ = root;
    output::unrecognised(delivery, "not read yet")
}
