//! `hashtag`: the message starts with a hashtag. Extracted at intake by [`crate::marks::hashtag`].

use crate::fact::Inbound;
use crate::rules::Rule;
use crate::touch::{Confidence, Entry, Origin, OriginKind};

/// The hashtag a message starts with.
#[must_use]
pub fn origin(inbound: &Inbound) -> Option<Origin> {
    let hashtag = inbound.hashtag.clone()?;
    let origin = Origin::new(OriginKind::Hashtag, Rule::Hashtag, Confidence::Certain);
    Some(Origin {
        entry: Some(Entry::Hashtag(hashtag)),
        ..origin
    })
}

#[cfg(test)]
mod tests {
    use crate::fold::table::check;

    #[test]
    fn a_hashtag_is_one_touch_per_interaction() {
        for (events, timeline) in [
            ("1.10:00 in tag=promo", "1.10:00 hashtag promo"),
            ("1.10:00 in tag=promo; 1.10:01 in tag=promo", "1.10:00 hashtag promo"),
            (
                "1.10:00 in tag=promo; 1.10:01 in tag=outra",
                "1.10:00 hashtag promo; 1.10:01 hashtag outra",
            ),
            (
                "1.10:00 in; 1.10:01 in tag=promo",
                "1.10:00 organic?/whatsapp; 1.10:01 hashtag promo",
            ),
            (
                "1.10:00 in tag=promo; 3.10:00 in tag=promo",
                "1.10:00 hashtag promo; 3.10:00 hashtag promo",
            ),
        ] {
            check(events, timeline);
        }
    }
}
