//! What the peers rely on.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const N: u32 = 4_000;

fn lines(seed: u64) -> Vec<Line> {
    Traffic::new(seed, N).lines().collect()
}

/// The distinct events of each conversation.
fn conversations(lines: &[Line]) -> BTreeMap<&str, BTreeSet<(&str, &str, i64)>> {
    let mut conversations = BTreeMap::<_, BTreeSet<_>>::new();
    for line in lines {
        let event = (line.kind.as_str(), line.dedup_key.as_str(), line.occurred_at);
        conversations
            .entry(line.conversation.as_str())
            .or_default()
            .insert(event);
    }
    conversations
}

#[test]
fn a_seed_gives_the_same_lines_and_another_gives_others() {
    assert_eq!(lines(7), lines(7));
    assert_ne!(lines(7), lines(8));
}

#[test]
fn a_conversation_has_ten_events_each_at_an_instant_of_its_own() {
    let lines = lines(7);
    let conversations = conversations(&lines);
    assert_eq!(conversations.len(), N as usize / EVENTS);
    for (conversation, events) in conversations {
        let instants: BTreeSet<i64> = events.iter().map(|(_, _, at)| *at).collect();
        assert_eq!((events.len(), instants.len()), (EVENTS, EVENTS), "{conversation}");
    }
}

#[test]
fn some_events_come_twice_and_some_late() {
    let lines = lines(7);
    let twice = lines.len() - N as usize;
    assert!((50..120).contains(&twice), "{twice}");
    let (mut last, mut late) = (BTreeMap::new(), 0);
    for line in &lines {
        let last = last.entry(&line.conversation).or_insert(line.occurred_at);
        late += usize::from(line.occurred_at < *last);
        *last = line.occurred_at.max(*last);
    }
    assert!(late > twice, "{late}");
}

#[test]
fn what_is_quoted_was_sent_before_by_a_campaign() {
    let lines = lines(7);
    let quoting: Vec<&Line> = lines.iter().filter(|line| line.reply_to.is_some()).collect();
    assert!(!quoting.is_empty());
    for line in quoting {
        let dispatch = lines
            .iter()
            .find(|other| other.kind == "message_sent" && other.message_id == line.reply_to);
        let dispatch = dispatch.unwrap_or_else(|| panic!("{line:?}"));
        assert_eq!(dispatch.via.as_deref(), Some("campaign"));
        assert_eq!(dispatch.conversation, line.conversation);
        assert!(dispatch.occurred_at < line.occurred_at);
    }
}

#[test]
fn a_line_is_read_as_it_was_written() {
    let columns = HEADINGS.split(',').count();
    for (line, position) in lines(7).iter().zip(0..) {
        let text = line.csv(position);
        assert_eq!(text.split(',').count(), columns, "{text}");
        assert!(!text.contains(['"', '\n']), "{text}");
        assert_eq!(Line::read(&text).unwrap(), *line);
    }
    for text in ["", "1,2,3", "0,c,n,k,soon,d,,,,,,,,,,,", "0,c,n,k,1,d,,,,,,,,,,,,"] {
        assert!(Line::read(text).is_err(), "{text}");
    }
}

#[test]
fn an_event_is_one_that_producers_send() {
    for line in lines(7) {
        let event = line.event("2026-10-05T00:00:00Z");
        let read: origem_domain::event::Event = serde_json::from_value(event).unwrap();
        assert_eq!(read.body.kind().name(), line.kind);
        assert_eq!(read.dedup_key, line.dedup_key);
    }
}
