//! Cursors: a place in a list, and which list that is of. Opaque to whoever has them.
//!
//! ```text
//! base64url of | filter 8 | at 8 | conversation 8 |
//! ```

use std::hash::Hasher as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use origem_domain::access::Sight;
use origem_domain::key::ConversationId;
use origem_domain::time::Timestamp;
use origem_views::queue::Place;
use siphasher::sip::SipHasher13;

use super::{Expiring, Filter};
use crate::error::EngineError;

/// A cursor behind a place in the list of a filter.
pub(super) fn write(filter: &Filter, place: Place) -> String {
    let bytes = [
        number_of(filter).to_be_bytes(),
        place.at.micros().to_be_bytes(),
        place.conversation.0.to_be_bytes(),
    ];
    BASE64_URL_SAFE_NO_PAD.encode(bytes.concat())
}

/// The place that a cursor points behind.
///
/// # Errors
/// `Invalid`: it is no cursor, or one of a list with another filter or order.
pub(super) fn read(filter: &Filter, text: &str) -> Result<Place, EngineError> {
    let invalid = |reason: &str| EngineError::Invalid {
        what: "cursor",
        reason: reason.to_owned(),
    };
    let none = || invalid("it is none of a page before");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| none())?;
    let (number, place) = bytes.split_first_chunk::<8>().ok_or_else(none)?;
    let (at, conversation) = place.split_first_chunk::<8>().ok_or_else(none)?;
    let conversation: [u8; 8] = conversation.try_into().map_err(|_| none())?;
    if *number != number_of(filter).to_be_bytes() {
        return Err(invalid(
            "it is of a list with another filter or order; ask for the first page of this one without a cursor",
        ));
    }
    Ok(Place {
        at: Timestamp::from_micros(i64::from_be_bytes(*at)),
        conversation: ConversationId(u64::from_be_bytes(conversation)),
    })
}

/// The number of a list. Who asks does not matter to a place in it, and of windows that close soon only how soon: "now" goes on
/// between pages.
fn number_of(filter: &Filter) -> u64 {
    let expiring = filter.expiring.map(|expiring| Expiring {
        now: Timestamp::default(),
        by: Timestamp::from_micros(expiring.by.since(expiring.now)),
    });
    let list = Filter {
        sight: Sight::default(),
        expiring,
        ..filter.clone()
    };
    let mut hasher = SipHasher13::new();
    hasher.write(&postcard::to_stdvec(&list).unwrap_or_default());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Order;

    #[test]
    fn a_cursor_leads_back_into_its_own_list_only() {
        let place = Place {
            at: Timestamp::from_micros(-5),
            conversation: ConversationId(u64::MAX),
        };
        let expiring = |now: i64, by: i64| {
            let (now, by) = (Timestamp::from_seconds(now), Timestamp::from_seconds(by));
            Some(Expiring { now, by })
        };
        let shop = Filter {
            account: "shop".to_owned(),
            expiring: expiring(100, 160),
            ..Filter::default()
        };
        let cursor = write(&shop, place);
        let is_taken = |filter: Filter| read(&filter, &cursor).is_ok_and(|read| read == place);
        for (filter, expected) in [
            (shop.clone(), true),
            (
                Filter {
                    sight: Sight::Nothing,
                    expiring: expiring(130, 190),
                    ..shop.clone()
                },
                true,
            ),
            (
                Filter {
                    expiring: expiring(100, 170),
                    ..shop.clone()
                },
                false,
            ),
            (
                Filter {
                    order: Order::Waiting,
                    ..shop.clone()
                },
                false,
            ),
            (
                Filter {
                    campaign: Some("spring".to_owned()),
                    ..shop.clone()
                },
                false,
            ),
            (Filter::default(), false),
        ] {
            assert_eq!(is_taken(filter.clone()), expected, "{filter:?}");
        }
        for text in ["", "x", "!", "AAAA", &cursor[1..]] {
            assert!(read(&shop, text).is_err(), "{text}");
        }
    }
}
