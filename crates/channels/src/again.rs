//! Reading history again: today's readers on the bytes a recorded event was read from.
//!
//! It may only repair. What is taken over and what stands as it was recorded is told in docs/howto/renormalise.md; in short:
//!
//! ```text
//! recorded        today's reading                  then
//! unrecognised    something is understood          today's events, as many as there are
//! unrecognised    nothing, and nothing is needed   no event
//! unrecognised    nothing                          as recorded
//! an event        no less than it                  today's, completed by what only the recorded one knows
//! an event        less, or nothing                 as recorded
//! our own event   -                                as recorded: its JSON is what it says
//! ```

use origem_domain::event::{Body, Contact, Event, TimeSource};

use crate::{Delivery, Source, decode};

/// Raised whenever a reader comes to read something into other events than before, so that views which were folded with
/// [`read_again`] can tell that their log has more to give.
pub const PARSERS_VERSION: u32 = 2;

/// What `recorded` becomes when its fragment is read by the readers of this build; `None` if it stands as it was recorded.
/// Several events where a part that was not understood as a whole holds several; none where today it is understood and not
/// needed.
///
/// `delivery` is the fragment in its envelope, with the account of the event and the time it was received at.
#[must_use]
pub fn read_again(recorded: &Event, delivery: &Delivery<'_>) -> Option<Vec<Event>> {
    let was_understood = is_understood(recorded);
    if was_understood && delivery.source == Source::Event {
        return None;
    }
    let decoded = decode(delivery);
    // As nearly always.
    if let [one] = decoded.as_slice()
        && one.event == *recorded
    {
        return None;
    }
    let mut events: Vec<Event> = decoded.into_iter().map(|decoded| decoded.event).collect();
    if was_understood {
        let same = events.iter_mut().find(|event| is_no_less(event, recorded))?;
        complete(same, recorded);
        (events.as_slice() != std::slice::from_ref(recorded)).then_some(events)
    } else {
        let repairs = events.is_empty() || events.iter().any(is_understood);
        repairs.then_some(events)
    }
}

fn is_understood(event: &Event) -> bool {
    !matches!(event.body, Body::Unrecognised { .. })
}

/// `event` tells of the same channel and loses neither the person nor the time that `recorded` has.
fn is_no_less(event: &Event, recorded: &Event) -> bool {
    let is_told = |event: &Event| event.time_source == TimeSource::Payload;
    let names_somebody = |event: &Event| {
        event
            .contact
            .as_ref()
            .is_some_and(|contact| !contact.aliases.is_empty())
    };
    is_understood(event)
        && event.channel == recorded.channel
        && (is_told(event) || !is_told(recorded))
        && (names_somebody(event) || !names_somebody(recorded))
}

/// Adds what the delivery told around the fragment and an older envelope did not keep.
fn complete(event: &mut Event, recorded: &Event) {
    let Event {
        contact,
        group,
        provider,
        ..
    } = recorded;
    if let Some(known) = contact {
        let Contact {
            aliases,
            name,
            username,
            photo_url,
        } = event.contact.get_or_insert_default();
        let missing: Vec<_> = known
            .aliases
            .iter()
            .filter(|alias| !aliases.contains(alias))
            .cloned()
            .collect();
        aliases.extend(missing);
        *name = name.take().or_else(|| known.name.clone());
        *username = username.take().or_else(|| known.username.clone());
        *photo_url = photo_url.take().or_else(|| known.photo_url.clone());
    }
    event.group = event.group.take().or_else(|| group.clone());
    event.provider = event.provider.take().or_else(|| provider.clone());
}
