//! `link`: the message came through a custom link, by a click code in its text or by the `ref` of an m.me or ig.me link.

use crate::fact::{Evidence, Inbound};
use crate::marks::read_reference;
use crate::origin::{Finding, Obstacle};
use crate::rules::{Moment, Rule};
use crate::state::State;
use crate::touch::{Confidence, Entry, Origin, OriginKind};

/// The links that a message gives evidence of: by a click code, and by a referral. Where our own link put the click's code into its
/// reference both are one: the click if it counts, else the link, which is as certain without it.
#[must_use]
pub fn origins(inbound: &Inbound, moment: &Moment) -> [Option<Origin>; 2] {
    let by_code = from_code(inbound, moment);
    let referral = inbound.referral.as_deref();
    let by_referral = referral.and_then(from_referral);
    let same = referral.is_some_and(|referral| {
        let reference = referral.reference.as_deref().map(read_reference);
        inbound.code.is_some() && reference.is_some_and(|(_, code)| code == inbound.code)
    });
    match (same, not_the_click(inbound, moment)) {
        (false, _) => [by_code, by_referral],
        (true, None) => [by_code, None],
        (true, Some(_)) => [None, by_referral],
    }
}

/// The link behind a click code in the text. A code used first by somebody else, or long after its click, stands for the
/// link, not for the click. Source: reference/meta-platform.md 7.2, rule 6.
fn from_code(inbound: &Inbound, moment: &Moment) -> Option<Origin> {
    let code = inbound.code.as_ref()?;
    let Some(click) = &inbound.click else {
        let origin = Origin::new(OriginKind::Link, Rule::UnknownCode, Confidence::Likely);
        return Some(Origin {
            entry: Some(Entry::Link(code.clone())),
            ..origin
        });
    };
    let link = Entry::Link(click.link.clone().unwrap_or_else(|| code.clone()));
    Some(if not_the_click(inbound, moment).is_none() {
        Origin {
            entry: Some(link),
            click: Some(click.clone()),
            ..Origin::new(OriginKind::Link, Rule::ClickCode, Confidence::Certain)
        }
    } else {
        Origin {
            entry: Some(link),
            ..Origin::new(OriginKind::Link, Rule::ForwardedCode, Confidence::Likely)
        }
    })
}

/// Why the code in a message does not stand for the click behind it; `None` if it does, or if there is no code.
#[must_use]
pub fn not_the_click(inbound: &Inbound, moment: &Moment) -> Option<Obstacle> {
    inbound.code.as_ref()?;
    let limit = moment.rules.click_valid;
    match inbound.click.as_deref() {
        None => Some(Obstacle::ClickNotRecorded),
        Some(click) if !click.first_use => Some(Obstacle::ClickOfAnother),
        Some(click) if moment.at.since(click.at) > limit => Some(Obstacle::ClickTooOld {
            clicked: click.at,
            limit,
        }),
        Some(_) => None,
    }
}

/// The link behind a referral: its `ref`, or the shop product or page it was opened from.
#[must_use]
pub fn from_referral(referral: &Evidence) -> Option<Origin> {
    if let Some(reference) = &referral.reference {
        let origin = Origin::new(OriginKind::Link, Rule::LinkReferral, Confidence::Certain);
        return Some(Origin {
            entry: Some(Entry::Link(read_reference(reference).0.to_owned())),
            ..origin
        });
    }
    if let Some(product) = &referral.product_id {
        let origin = Origin::new(OriginKind::Link, Rule::ShopReferral, Confidence::Certain);
        return Some(Origin {
            via: Some("shop".to_owned()),
            entry: Some(Entry::Link(product.clone())),
            ..origin
        });
    }
    let page = referral
        .referer_uri
        .as_ref()
        .filter(|_| referral.ad_id.is_none() && referral.source_id.is_none())?;
    let origin = Origin::new(OriginKind::Link, Rule::LinkReferral, Confidence::Likely);
    Some(Origin {
        via: Some("site".to_owned()),
        entry: Some(Entry::Link(page.clone())),
        ..origin
    })
}

/// The link that the writer of a message which opens an interaction followed within the day before.
#[must_use]
pub fn followed(state: &State, moment: &Moment) -> Finding {
    let Some(clicked) = &state.clicked else {
        return Finding::Nothing;
    };
    let limit = moment.rules.organic_withheld;
    if moment.at.since(clicked.at) > limit {
        let clicked = clicked.at;
        return Finding::Missed(OriginKind::Link, Obstacle::FollowedTooLongAgo { clicked, limit });
    }
    let origin = Origin::new(OriginKind::Link, Rule::LinkClicked, Confidence::Likely);
    Finding::Origin(Origin {
        entry: clicked.link.clone().map(Entry::Link),
        ..origin
    })
}

#[cfg(test)]
mod tests {
    use crate::fold::table::check;

    #[test]
    fn links_are_known_by_code_or_ref() {
        for (events, timeline) in [
            (
                "1.10:00 in code=ABC click=1.09:59 link=promo",
                "1.10:00 link promo clicked",
            ),
            ("1.10:00 in code=ABC", "1.10:00 link? ABC"),
            (
                "1.10:00 in code=ABC click=1.09:59 link=promo forwarded",
                "1.10:00 link? promo",
            ),
            ("9.10:00 in code=ABC click=1.09:59 link=promo", "9.10:00 link? promo"),
            ("1.10:00 in ref=r1", "1.10:00 link r1"),
            ("1.10:00 in code=ABC tag=promo", "1.10:00 link? ABC +hashtag promo"),
            ("1.10:00 clicked link=promo; 1.10:05 in", "1.10:05 link? promo"),
            ("1.10:00 clicked link=promo; 2.10:05 in", "2.10:05 organic?/whatsapp"),
            // Our own reference carries the click: then both are one.
            (
                "1.10:00 in ref=bio=222222 code=222222 click=1.09:59 link=bio",
                "1.10:00 link bio clicked",
            ),
            ("1.10:00 in ref=bio=222222 code=222222", "1.10:00 link bio"),
            (
                "1.10:00 in ref=bio=222222 code=222222 click=1.09:59 link=bio forwarded",
                "1.10:00 link bio",
            ),
            (
                "9.10:00 in ref=bio=222222 code=222222 click=1.09:59 link=bio",
                "9.10:00 link bio",
            ),
            ("1.10:00 in ref=bio=222222", "1.10:00 link bio"),
            (
                "1.10:00 in ref=bio code=222222 click=1.09:59 link=site",
                "1.10:00 link site clicked +link bio",
            ),
            // The double send of one text is one touch.
            ("1.10:00 in code=ABC; 1.10:01 in code=ABC", "1.10:00 link? ABC"),
        ] {
            check(events, timeline);
        }
    }

    #[test]
    fn a_thread_opened_by_a_link_is_one_touch_with_the_message_that_follows() {
        for (events, timeline) in [
            ("1.10:00 open ref=r1", "1.10:00 link r1"),
            ("1.10:00 open ref=r1; 1.10:05 in ref=r1", "1.10:00 link r1"),
            ("1.10:00 open ref=r1; 1.10:05 in", "1.10:00 link r1"),
            ("1.10:00 open ref=r1; 1.10:05 open ref=r1", "1.10:00 link r1"),
            (
                "1.10:00 open ref=r1; 3.10:05 in ref=r1",
                "1.10:00 link r1; 3.10:05 link r1",
            ),
            (
                "1.10:00 open ref=r1; 3.10:05 in",
                "1.10:00 link r1; 3.10:05 organic?/whatsapp",
            ),
            ("1.10:00 open ad=A; 1.10:05 in ad=A", "1.10:00 ad/unknown A"),
            ("1.10:00 open; 1.10:05 in", "1.10:05 organic?/whatsapp"),
        ] {
            check(events, timeline);
        }
    }
}
