//! A crowd: so many conversations of so many events each, all under way at once. Benches over a grid of sizes are made of it, where a
//! simulated business leaves to chance how long a conversation is.

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::event::{DeliveryState, Event, Referral, Via};

use crate::build;

/// When the first events are; each step is a minute later.
const BEGIN: &str = "2026-09-26T10:00:00Z";
const MINUTE: i64 = 60_000_000;

/// Event `step` of the conversation with `person`. Of ten in a row four are messages of the customer (the very first one through an ad),
/// three are answers, three are reports on them.
#[must_use]
pub fn event(person: usize, step: usize) -> Event {
    let number = format!("5511{:09}", 980_000_000 + person);
    let minutes = i64::try_from(step).expect("a step of a bench");
    let time = build::at(BEGIN).plus(minutes * MINUTE).to_string();
    let id = |step: usize| format!("wamid.HBgNNTUxMTk1NTU1MDEwMRUCABIYIDNB{person:06}{step:02}");
    let ad = || Referral {
        source_type: Some("ad".to_owned()),
        source_id: Some("120200000000000001".to_owned()),
        ctwa_clid: Some(format!("ARAkLkA8rmlFeiCktEJQ{person}")),
        ..Referral::default()
    };
    let mut event = match (step, step % 10) {
        (0, _) => build::received_by_ad(&number, &time, &id(step), "Olá! Quero saber mais", ad()),
        (_, 1 | 4 | 7) => build::sent(
            &number,
            &time,
            &id(step),
            "Bom dia! Para qual endereço seria?",
            Via::Web,
        ),
        (_, 2 | 5 | 8) => build::status(&number, &time, &id(step - 1), DeliveryState::Delivered),
        _ => build::received(&number, &time, &id(step), "Quanto fica o frete?"),
    };
    if let Some(contact) = &mut event.contact {
        contact
            .aliases
            .insert(0, Alias::new(AliasKind::Bsuid, &format!("BR.1000000{person:09}")));
        contact.name = Some("Rita Teste".to_owned());
    }
    event
}

/// All first events, then all second ones, and so on: person and step of each.
pub fn order(conversations: usize, events_each: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..events_each).flat_map(move |step| (0..conversations).map(move |person| (person, step)))
}

/// Events as they come where customers arrive all the time, so many of them under way at once: person and step of each.
pub fn arrivals(conversations: usize, events_each: usize, under_way: usize) -> impl Iterator<Item = (usize, usize)> {
    // Between two steps of a conversation as many others have one of theirs.
    let apart = (under_way / events_each.max(1)).max(1);
    let turns = conversations + events_each.saturating_sub(1) * apart;
    (0..turns).flat_map(move |turn| {
        let steps = (0..events_each).rev();
        let of_step = move |step: usize| Some((turn.checked_sub(step * apart)?, step));
        steps
            .filter_map(of_step)
            .filter(move |(person, _)| *person < conversations)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_arrives_all_the_time_has_the_same_events() {
        let mut arrived: Vec<_> = arrivals(40, 9, 18).collect();
        let first = |person| arrived.iter().position(|event| *event == (person, 0)).unwrap();
        assert!(first(39) > arrived.len() / 2, "the last one comes late");
        for person in 0..40 {
            let steps: Vec<_> = arrived.iter().filter(|event| event.0 == person).collect();
            assert!(steps.is_sorted(), "{steps:?}");
        }
        arrived.sort_unstable();
        let mut all: Vec<_> = order(40, 9).collect();
        all.sort_unstable();
        assert_eq!(arrived, all);
    }

    #[test]
    fn every_event_is_another_one() {
        let events: Vec<Event> = order(3, 100).map(|(person, step)| event(person, step)).collect();
        let mut keys: Vec<&str> = events.iter().map(|event| event.dedup_key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 300);
        assert!(events.is_sorted_by_key(|event| event.occurred_at));
    }
}
