//! `ad`: the message came through an ad or a boosted post.
//!
//! That it is an ad is what the referral says; on which platform it was shown is judged, with a confidence of its own.
//! Source: reference/meta-platform.md 5.1.

use crate::event::ChannelKind;
use crate::fact::Evidence;
use crate::rules::Rule;
use crate::touch::{AdReference, Confidence, Entry, Origin, OriginKind, Platform};

/// The ad behind a referral, if there is one.
#[must_use]
pub fn origin(referral: &Evidence, channel: ChannelKind) -> Option<Origin> {
    let id = referral.ad_id.as_deref().or(referral.source_id.as_deref());
    let (rule, confidence, via) = match referral.source_type.as_deref() {
        Some("post") => (Rule::PostReferral, Confidence::Likely, Some("post")),
        _ if referral.weak => (Rule::WeakAdCard, Confidence::Guess, None),
        Some("ad") => (Rule::AdReferral, Confidence::Certain, None),
        _ if referral.ad_id.is_some() || referral.ctwa_clid.is_some() => (Rule::AdReferral, Confidence::Certain, None),
        _ if referral.entry_source.as_deref() == Some("ctwa_ad") => (Rule::AdReferral, Confidence::Certain, None),
        // A WhatsApp referral of a type Meta may add later: it has an id, so it is an ad, but not of a kind we know.
        _ if referral.source_id.is_some() => (Rule::AdReferral, Confidence::Likely, None),
        _ => return None,
    };
    let (platform, platform_confidence) = platform(referral, channel);
    Some(Origin {
        platform: Some(platform),
        platform_confidence,
        via: via.map(str::to_owned),
        entry: id
            .or(referral.source_url.as_deref())
            .map(|value| Entry::Ad(value.to_owned())),
        ad: Some(Box::new(AdReference {
            id: id.map(str::to_owned),
            ctwa_clid: referral.ctwa_clid.clone(),
            headline: referral.headline.clone(),
            source_url: referral.source_url.clone(),
            image_url: referral.image_url.clone(),
        })),
        ..Origin::new(OriginKind::Ad, rule, confidence)
    })
}

/// Where the ad was shown: the first evidence that says something wins. `fb.me` says nothing, never Facebook.
fn platform(referral: &Evidence, channel: ChannelKind) -> (Platform, Option<Confidence>) {
    match referral.entry_app.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("instagram") => return (Platform::Instagram, Some(Confidence::Certain)),
        Some("facebook") => return (Platform::Facebook, Some(Confidence::Certain)),
        _ => {}
    }
    // A Messenger or Instagram Direct ad opens the thread on its own surface, though Meta may place it elsewhere.
    match channel {
        ChannelKind::Messenger => return (Platform::Facebook, Some(Confidence::Likely)),
        ChannelKind::Instagram => return (Platform::Instagram, Some(Confidence::Likely)),
        ChannelKind::Whatsapp | ChannelKind::Webchat => {}
    }
    let urls = [&referral.source_url, &referral.media_url, &referral.image_url];
    let hosts = || urls.iter().filter_map(|url| url.as_deref()).filter_map(host);
    if hosts().any(|host| is_of(&host, &["instagram.com", "instagr.am", "ig.me"])) {
        return (Platform::Instagram, Some(Confidence::Likely));
    }
    if hosts().any(|host| is_of(&host, &["facebook.com", "fb.watch"])) {
        return (Platform::Facebook, Some(Confidence::Guess));
    }
    (Platform::Unknown, None)
}

/// The host of `url`, lower case. User info and port do not belong to it.
fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Exact match or a subdomain: `instagram.com.evil.example` is neither.
fn is_of(host: &str, domains: &[&str]) -> bool {
    domains
        .iter()
        .any(|domain| host == *domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use crate::fold::table::check;

    #[test]
    fn an_ad_is_certain_and_its_platform_is_judged() {
        for (events, timeline) in [
            ("1.10:00 in ad=A url=https://fb.me/x", "1.10:00 ad/unknown A"),
            (
                "1.10:00 in ad=A url=https://www.instagram.com/p/x",
                "1.10:00 ad/instagram? A",
            ),
            (
                "1.10:00 in ad=A url=https://l.facebook.com/x",
                "1.10:00 ad/facebook?? A",
            ),
            (
                "1.10:00 in ad=A url=https://instagram.com.evil.example/x",
                "1.10:00 ad/unknown A",
            ),
            (
                "1.10:00 in ad=A url=https://evil.example/?instagram.com",
                "1.10:00 ad/unknown A",
            ),
            (
                "1.10:00 in ad=A url=https://instagram.com@evil.example/",
                "1.10:00 ad/unknown A",
            ),
            (
                "1.10:00 in ad=A app=instagram url=https://fb.me/x",
                "1.10:00 ad/instagram A",
            ),
            ("1.10:00 in ad=A app=facebook", "1.10:00 ad/facebook A"),
            ("1.10:00 in post=P", "1.10:00 ad?/unknown P via post"),
            (
                "1.10:00 in card=https://www.instagram.com/p/x",
                "1.10:00 ad??/instagram? https://www.instagram.com/p/x",
            ),
            ("1.10:00 in unsupported ad=A", "1.10:00 ad/unknown A"),
        ] {
            check(events, timeline);
        }
    }

    #[test]
    fn the_same_click_twice_in_one_interaction_is_one_touch() {
        for (events, timeline) in [
            ("1.10:00 in ad=A clid=x; 1.10:01 in ad=A clid=x", "1.10:00 ad/unknown A"),
            (
                "1.10:00 in ad=A clid=x; 1.10:01 in ad=A clid=y",
                "1.10:00 ad/unknown A; 1.10:01 ad/unknown A",
            ),
            (
                "1.10:00 in ad=A; 1.10:01 in ad=B",
                "1.10:00 ad/unknown A; 1.10:01 ad/unknown B",
            ),
            (
                "1.10:00 in ad=A clid=x; 3.10:00 in ad=A clid=x",
                "1.10:00 ad/unknown A; 3.10:00 ad/unknown A",
            ),
        ] {
            check(events, timeline);
        }
    }

    #[test]
    fn an_ad_wins_over_other_evidence_which_is_kept_beside_it() {
        check("1.10:00 in ad=A tag=promo", "1.10:00 ad/unknown A +hashtag promo");
        check("1.10:00 in ad=A ref=r1", "1.10:00 ad/unknown A +link r1");
    }
}
