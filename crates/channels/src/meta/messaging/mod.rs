//! Messenger and Instagram webhooks.

use crate::json::Node;
use crate::{Decoded, Delivery, output};

/// The events of one webhook body with `object` `page` or `instagram`, or with no `object` and nothing of WhatsApp in it.
/// `root` is the whole body, an object.
pub(crate) fn decode<'a>(delivery: &Delivery<'a>, root: Node<'_, 'a>) -> Vec<Decoded<'a>> {
    let _ = root;
    output::unrecognised(delivery, "not read yet")
}
