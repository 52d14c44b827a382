//! What a contact let be known of itself beside its name: where it was, the page it wrote from, its picture.

use origem_domain::event::{Body, ChannelKind, Event, Message};
use origem_domain::time::{DAY, Timestamp};
use serde::{Deserialize, Serialize};

use crate::card::{self, Seen};

/// What is known; of each the latest, in whatever order the events come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// The place that a message of the contact gave.
    pub location: Option<Place>,
    /// Of a chat widget: the page it was opened on.
    pub page: Option<Seen>,
    /// A reference to the profile picture.
    pub photo: Option<Photo>,
}

/// A place that a message gave.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// When.
    pub at: Timestamp,
    /// Latitude and longitude in degrees, as they came: `-23.55,-46.63`.
    pub point: String,
    /// What the place is called, or its address.
    pub name: Option<String>,
}

/// A reference to a profile picture. A new one takes its place in the next period only, so that whoever fetches pictures does so at most once a
/// period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// When it was first told in its period.
    pub at: Timestamp,
    /// Where it can be fetched.
    pub url: String,
}

impl Photo {
    /// Periods of seven days, counted from 1970.
    const fn period(&self) -> i64 {
        self.at.micros().div_euclid(7 * DAY)
    }

    /// Of the latest period; within one, the one that was told first. Whichever order they come in, the same is kept.
    fn or(self, other: Self) -> Self {
        let rank = |photo: &Self| (std::cmp::Reverse(photo.period()), photo.at, photo.url.clone());
        if rank(&other) < rank(&self) { other } else { self }
    }
}

impl Profile {
    /// Takes in what an event tells.
    pub(crate) fn see(&mut self, event: &Event) {
        let at = event.occurred_at;
        let told = event.contact.as_ref().and_then(|contact| contact.photo_url.clone());
        if let Some(url) = told.filter(|url| !url.is_empty()) {
            self.photographed(Some(Photo { at, url }));
        }
        let referral = match &event.body {
            Body::MessageReceived { message, referral } => {
                self.location = self.location.take().max(place(at, message));
                referral.as_ref()
            }
            Body::ReferralOpened { referral } => referral.as_ref(),
            _ => None,
        };
        if event.channel.kind == ChannelKind::Webchat {
            let page = referral.and_then(|referral| referral.referer_uri.as_ref().or(referral.source_url.as_ref()));
            card::see(&mut self.page, at, page);
        }
    }

    /// Takes over what is known of another who turned out to be the same.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.location = self.location.take().max(other.location.clone());
        self.page = self.page.take().max(other.page.clone());
        self.photographed(other.photo.clone());
    }

    fn photographed(&mut self, photo: Option<Photo>) {
        self.photo = match (self.photo.take(), photo) {
            (Some(known), Some(photo)) => Some(known.or(photo)),
            (known, photo) => known.or(photo),
        };
    }
}

/// The place of a message of type `location`, whose payload is latitude and longitude.
fn place(at: Timestamp, message: &Message) -> Option<Place> {
    let point = message.payload.as_ref().filter(|_| message.kind == "location")?;
    let (latitude, longitude) = point.split_once(',')?;
    let within = |text: &str, most: f64| text.trim().parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most);
    (within(latitude, 90.0) && within(longitude, 180.0)).then(|| Place {
        at,
        point: point.clone(),
        name: message.text.clone().filter(|name| !name.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(day: i64, json: &str) -> Event {
        let mut event: Event = serde_json::from_str(json).unwrap();
        event.occurred_at = Timestamp::from_micros(day * DAY);
        event
    }

    fn located(day: i64, kind: &str, point: &str) -> Event {
        let json = format!(
            r#"{{"kind":"message_received","channel":{{"kind":"whatsapp","id":"1"}},"occurred_at":"2026-01-01T00:00:00Z",
            "message":{{"type":"{kind}","text":"Praça","payload":"{point}"}}}}"#
        );
        event(day, &json)
    }

    fn pictured(day: i64, url: &str) -> Event {
        let json = format!(
            r#"{{"kind":"message_received","channel":{{"kind":"messenger","id":"1"}},"occurred_at":"2026-01-01T00:00:00Z",
            "contact":{{"photo_url":"{url}"}},"message":{{"text":"Oi"}}}}"#
        );
        event(day, &json)
    }

    fn opened(day: i64, channel: &str, page: &str) -> Event {
        let json = format!(
            r#"{{"kind":"referral_opened","channel":{{"kind":"{channel}","id":"1"}},"occurred_at":"2026-01-01T00:00:00Z",
            "referral":{{"referer_uri":"{page}"}}}}"#
        );
        event(day, &json)
    }

    #[test]
    fn the_latest_counts_in_whatever_order_they_come() {
        let profile = |events: &[&Event]| {
            let mut profile = Profile::default();
            events.iter().for_each(|event| profile.see(event));
            let place = profile.location.as_ref().map(|place| place.point.as_str());
            let page = profile.page.as_ref().map(|seen| seen.value.as_str());
            let photo = profile.photo.as_ref().map(|photo| photo.url.as_str());
            [place, page, photo].map(Option::unwrap_or_default).join(" | ")
        };
        for (events, told) in [
            (vec![located(1, "location", "-23.5,-46.6")], "-23.5,-46.6 |  | "),
            (
                vec![located(1, "location", "1,1"), located(2, "location", "2,2")],
                "2,2 |  | ",
            ),
            (vec![located(1, "text", "1,1")], " |  | "),
            (vec![located(1, "location", "91,1")], " |  | "),
            (vec![located(1, "location", "here")], " |  | "),
            (
                vec![
                    opened(1, "webchat", "https://shop/a"),
                    opened(2, "webchat", "https://shop/b"),
                ],
                " | https://shop/b | ",
            ),
            (vec![opened(1, "messenger", "https://shop/a")], " |  | "),
            // Days 7 to 13 are one period, 14 begins the next.
            (vec![pictured(8, "first"), pictured(13, "second")], " |  | first"),
            (vec![pictured(8, "first"), pictured(14, "second")], " |  | second"),
            (
                vec![pictured(13, "first"), pictured(14, "second"), pictured(15, "third")],
                " |  | second",
            ),
        ] {
            let forth: Vec<&Event> = events.iter().collect();
            let back: Vec<&Event> = events.iter().rev().collect();
            assert_eq!(profile(&forth), told);
            assert_eq!(profile(&back), told, "back");
            let (mut one, mut other) = (Profile::default(), Profile::default());
            for (index, event) in events.iter().enumerate() {
                if index == 0 { one.see(event) } else { other.see(event) }
            }
            one.absorb(&other);
            let mut whole = Profile::default();
            events.iter().for_each(|event| whole.see(event));
            assert_eq!(one, whole, "merged");
        }
    }
}
