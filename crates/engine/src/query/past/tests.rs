//! The past of a full installation is the present of one that was fed with the events of then only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use origem_codec::{RawParts, encode};
use origem_domain::key::AliasKey;
use origem_domain::position::{Offset, Partition};
use origem_domain::record::Recorded;
use origem_domain::rules::Rulebook;
use origem_log::{EventLog as _, MemoryLog};
use origem_projector::{Decoded, Folding, Reading, fold};
use origem_testkit::story::{Plot, story};
use origem_testkit::{SECRET, build, script};
use origem_views::identity::{self, Settled};
use origem_views::layout::Scope;
use origem_views::meta::Checkpoint;
use origem_views::rows::MapRows;
use origem_views::{card, positions};
use proptest::prelude::*;

use super::*;
use crate::error::ErrorCode;

static RULEBOOK: LazyLock<Arc<Rulebook>> = LazyLock::new(Arc::default);

/// A log and the views of it.
struct Installation {
    log: MemoryLog,
    rows: MapRows,
    next: Offset,
}

impl Installation {
    /// With a log of all these records.
    fn full(records: &[Recorded]) -> Self {
        let log = MemoryLog::new(1);
        for recorded in records {
            let Recorded {
                event,
                source,
                received_at,
                ..
            } = recorded;
            let bytes = encode(event, source, *received_at, RawParts::default(), &SECRET);
            log.append(Partition(0), &[&bytes]).unwrap();
        }
        Self {
            log,
            ..Self::of(records)
        }
    }

    /// Views of these records, each with the position it has in the full log.
    fn of(records: &[Recorded]) -> Self {
        let batch: Vec<Decoded> = records
            .iter()
            .map(|one| Decoded::Event(Box::new(one.clone())))
            .collect();
        let mut rows = MapRows::default();
        let folded = fold(&rows, &mut Settled::default(), &batch, &Folding::in_lanes(1)).unwrap();
        let mut changes = folded.changes;
        origem_views::counts::settle(&mut changes, &rows).unwrap();
        rows.commit(&changes);
        Self {
            log: MemoryLog::new(1),
            rows,
            next: Offset(records.len() as u64),
        }
    }

    fn view(&self) -> View<'_> {
        View {
            log: &self.log,
            partition: Partition(0),
            checkpoint: Checkpoint {
                next: self.next,
                ..Checkpoint::default()
            },
            rows: &self.rows,
            secret: &SECRET,
            rulebook: &RULEBOOK,
            reading: &Reading::Recorded,
        }
    }

    /// The conversations there are, each with the aliases it has now.
    fn conversations(&self, records: &[Recorded]) -> BTreeMap<ConversationId, BTreeSet<(Scope, AliasKey)>> {
        let mut found: BTreeMap<ConversationId, BTreeSet<(Scope, AliasKey)>> = BTreeMap::new();
        for recorded in records {
            let scope = Scope::of(&recorded.event.account, &recorded.event.channel, recorded.keys.group);
            let keys = &recorded.keys;
            for alias in keys.aliases.iter().chain(&keys.from).chain(&keys.to) {
                if let Some(owner) = identity::owner(&self.rows, scope, *alias).unwrap() {
                    found.entry(owner).or_default().insert((scope, *alias));
                }
            }
        }
        found
    }
}

const ZONE: Zone = Zone::UTC;

fn zones() -> Zones {
    Zones {
        usual: ZONE,
        own: BTreeMap::new(),
    }
}

/// Everything that can be asked of a conversation, as text.
fn told(view: View<'_>, id: ConversationId) -> String {
    let everything = ThreadQuery {
        limit: usize::MAX,
        ..ThreadQuery::default()
    };
    format!(
        "{:#?}\n{:#?}\n{:#?}\n{:#?}",
        view.conversation(id).unwrap(),
        view.timeline(id).unwrap(),
        view.tickets(id).unwrap(),
        view.thread(id, &everything).unwrap(),
    )
}

/// The first lines in which two texts differ.
fn difference(expected: &str, found: &str) -> Option<String> {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same = expected
        .iter()
        .zip(&found)
        .take_while(|(left, right)| left == right)
        .count();
    let part = |lines: &[&str]| lines[same.saturating_sub(12).min(lines.len())..(same + 8).min(lines.len())].join("\n");
    (expected != found).then(|| format!("expected {}\n\nfound {}", part(&expected), part(&found)))
}

fn holds(moment: &Moment, recorded: &Recorded) -> bool {
    match moment {
        Moment::At(at) => recorded.event.occurred_at <= *at,
        Moment::Position(positions) => Some(recorded.position.offset) <= positions.get(Partition(0)),
    }
}

/// Compares every past at `moment` with an installation that was fed with the events of then only.
fn check(records: &[Recorded], moment: &Moment) -> Result<(), String> {
    let then: Vec<Recorded> = records.iter().filter(|one| holds(moment, one)).cloned().collect();
    let (full, fresh) = (Installation::full(records), Installation::of(&then));
    let now = full.view();
    for (id, aliases) in fresh.conversations(&then) {
        let expected = told(fresh.view(), id);
        let mut heirs = BTreeSet::new();
        for (scope, alias) in aliases {
            let today = identity::owner(&full.rows, scope, alias).unwrap();
            heirs.insert(today.ok_or_else(|| format!("nobody has {alias:?} of {id}"))?);
        }
        // Whoever has one of its aliases today has its past among what is folded for it.
        for today in &heirs {
            let (_, card) = now.card(*today).unwrap();
            let past = replay::folded(now, *today, &card, moment).unwrap();
            if card::load(&past.rows, id).unwrap().is_none() {
                return Err(format!("{id} is not in the past of {today}"));
            }
            let past = View {
                rows: &past.rows,
                ..now
            };
            if let Some(difference) = difference(&expected, &told(past, id)) {
                return Err(format!("{id} in the past of {today}\n{difference}"));
            }
        }
        // Asked by the id it had then, it is what it was, if that is an id of somebody who has records of it today.
        let Ok((today, _)) = now.card(id) else { continue };
        let places = |rows: &MapRows, id| -> BTreeSet<Offset> {
            let places = positions::of(rows, id).unwrap();
            places.into_iter().map(|(offset, _)| offset).collect()
        };
        if places(&full.rows, today).is_disjoint(&places(&fresh.rows, id)) {
            continue;
        }
        answers(&full, &fresh, id, today, moment)?;
    }
    Ok(())
}

/// Compares what is answered to the outside.
fn answers(
    full: &Installation,
    fresh: &Installation,
    id: ConversationId,
    today: ConversationId,
    moment: &Moment,
) -> Result<(), String> {
    let past = Past {
        conversation: id,
        moment: moment.clone(),
        question: Whole { zones: zones() },
    };
    let Told { at, answer } = past.answer(full.view()).map_err(|error| error.to_string())?;
    let then = Then {
        today,
        id,
        at,
        view: fresh.view(),
        now: fresh.view(),
    };
    let (mut found, mut expected) = (answer, Whole { zones: zones() }.answer(&then).unwrap());
    if let Moment::Position(_) = moment {
        // Counted by the time of reports, also of those that came later.
        found.2.delivered = None;
        expected.2.delivered = None;
    }
    difference(&format!("{expected:#?}"), &format!("{found:#?}"))
        .map_or(Ok(()), |difference| Err(format!("asked for {id}\n{difference}")))
}

/// A line that comes a second time: as it was, at another time because it is the time of receipt, or under other aliases.
#[derive(Debug, Clone)]
enum Again {
    Same,
    Minutes(u32),
    Aliases(usize),
}

impl Again {
    fn line(&self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let (time, who, rest) = (words[0], words[1], words[2..].join(" "));
        // Who has no contact is known by its first delivery alone; a change under other aliases is another change.
        let names = who.split(['@', '/', ',']).next().unwrap_or_default();
        match (self, names.get(1..)) {
            (Self::Minutes(minutes), Some(number)) if !number.is_empty() => {
                let (hour, _) = time.split_once(':').unwrap();
                format!("{hour}:{minutes} {who} {rest} received")
            }
            (Self::Aliases(which), Some(number)) if !number.is_empty() && words[2] != "change" => {
                let names = [
                    format!("b{number}"),
                    format!("p{number}"),
                    format!("p{number},b{number}"),
                ];
                let place = who.find(['@', '/']).map_or("", |place| &who[place..]);
                format!("{time} {}{place} {rest}", names[*which])
            }
            _ => line.to_owned(),
        }
    }
}

fn again(by_time: bool) -> impl Strategy<Value = Vec<(prop::sample::Index, Again)>> {
    // By time, what comes again under other aliases is not told exactly.
    let aliases = if by_time { 0 } else { 2 };
    let again = prop_oneof![
        2 => Just(Again::Same),
        2 => (0..60_u32).prop_map(Again::Minutes),
        aliases => (0..3_usize).prop_map(Again::Aliases),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), again), 0..8)
}

/// The records of lines, some of them again behind the others, all in the order of `order`, one number each.
fn arrived(mut lines: Vec<String>, again: &[(prop::sample::Index, Again)], order: &[u8]) -> Vec<Recorded> {
    let repeated = again
        .iter()
        .map(|(index, again)| again.line(&lines[index.index(lines.len())]));
    let repeated: Vec<String> = repeated.collect();
    lines.extend(repeated);
    let mut ranked: Vec<(&u8, &String)> = order.iter().chain(std::iter::repeat(&0)).zip(&lines).collect();
    ranked.sort_by_key(|(rank, _)| **rank);
    let events = ranked.into_iter().map(|(_, line)| script::event(line));
    events
        .zip(0..)
        .map(|(event, offset)| build::recorded(event, offset))
        .collect()
}

/// The first record of each dedup key, numbered anew: two people whose deliveries have one key are one who sent twice, once they lay claim
/// to one number.
fn once_each(records: Vec<Recorded>) -> Vec<Recorded> {
    let mut seen = BTreeSet::new();
    let events = records.into_iter().map(|one| one.event);
    let events = events.filter(|event| seen.insert(event.dedup_key.clone()));
    events
        .zip(0..)
        .map(|(event, offset)| build::recorded(event, offset))
        .collect()
}

/// The same story with numbers and ad clicks that several people have.
fn shared(lines: Vec<String>, numbers: u32) -> Vec<String> {
    let word = |word: &str| {
        let names = word
            .split(',')
            .map(|name| match name.strip_prefix('p').map(str::parse::<u32>) {
                Some(Ok(number)) => format!("p{}", number % numbers),
                _ => name.to_owned(),
            });
        let names: Vec<String> = names.collect();
        match word.strip_prefix("clid=c").and_then(|rest| rest.split_once('x')) {
            Some((_, slot)) => format!("clid=c{}", slot.parse::<u32>().unwrap_or_default() % 3),
            None => names.join(","),
        }
    };
    let line = |line: String| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    lines.into_iter().map(line).collect()
}

/// As many cases as the environment says.
fn cases() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_past_is_the_present_of_who_knows_no_more(
        lines in story(Plot::Any, 4, 70),
        numbers in prop_oneof![Just(None), (1..4_u32).prop_map(Some)],
        (by_time, again) in any::<bool>().prop_flat_map(|by_time| (Just(by_time), again(by_time))),
        order in prop::collection::vec(any::<u8>(), 80),
        late in 0..4_usize,
        until in any::<prop::sample::Index>(),
    ) {
        // Where people lay claim to one number, what comes again may do at a moment that knew less what it did not do in the end.
        let again = if by_time && numbers.is_some() { Vec::new() } else { again };
        let lines = match numbers {
            Some(numbers) => shared(lines, numbers),
            None => lines,
        };
        let mut records = arrived(lines, &again, &order[..order.len() * late / 3]);
        if by_time && numbers.is_some() {
            records = once_each(records);
        }
        let last = &records[until.index(records.len())];
        let moment = if by_time {
            Moment::At(last.event.occurred_at)
        } else {
            Moment::Position([last.position].into_iter().collect())
        };
        let told = check(&records, &moment);
        let log: Vec<String> = records.iter().map(in_a_line).collect();
        prop_assert!(told.is_ok(), "{}\n{moment:?}\n{log:#?}", told.unwrap_err());
    }
}

/// A record in the message of a test that fails.
fn in_a_line(recorded: &Recorded) -> String {
    let Recorded { position, event, .. } = recorded;
    let aliases = event.contact.iter().flat_map(|contact| &contact.aliases);
    let aliases: Vec<&str> = aliases.map(|alias| alias.value.as_str()).collect();
    format!(
        "{position} {} {} {}",
        event.occurred_at,
        event.dedup_key,
        aliases.join(",")
    )
}

/// The aliases, as a script names them, of whoever answers at `at` for the conversation that had an alias at another time.
fn whose(text: &str, (alias, when): (&str, &str), at: &str) -> Result<String, ErrorCode> {
    let records = script::records(text);
    let event = &records[0].event;
    let scope = Scope::of(&event.account, &event.channel, None);
    let by_then = |at: &str| -> Vec<Recorded> {
        let moment = Moment::At(script::time_of(at));
        records.iter().filter(|one| holds(&moment, one)).cloned().collect()
    };
    let known = Installation::of(&by_then(when));
    let id = identity::owner(&known.rows, scope, SECRET.alias(&script::alias(alias))).unwrap();
    let asked = Past {
        conversation: id.unwrap(),
        moment: Moment::At(script::time_of(at)),
        question: Whole { zones: zones() },
    };
    let full = Installation::full(&records);
    let told = asked.answer(full.view()).map_err(|error| error.code())?;
    let (conversation, ..) = told.answer;
    let today = full.view().card(id.unwrap()).unwrap().0;
    assert_eq!(conversation.id, today, "it is answered under the id it has today");
    let named = ["b1", "b2", "p1", "p2"].into_iter();
    let has = |name: &&str| {
        let aliases = &conversation.identity.aliases;
        aliases.iter().any(|known| known.value == script::alias(name).value)
    };
    Ok(named.filter(has).collect::<Vec<_>>().join(","))
}

#[test]
fn the_past_is_that_of_the_same_person() {
    const NOW: &str = "9.00:00";
    const MERGED: &str = "1.10:00 p1 in m1; 1.10:05 b1 in m2; 1.10:10 b1,p1 in m3";
    const HANDED_ON: &str = "1.10:00 b1,p1 in m1; 2.10:00 b1,p1 change to=b1,p2; 3.10:00 b2,p1 in m2";
    const CAME_LATE: &str = "1.10:05 b1,p1 in m1; 1.10:00 p1 in m0";
    for (text, asked, at, expected) in [
        // Before it began there was nothing.
        (MERGED, ("p1", NOW), "1.09:59", Err(ErrorCode::NotFound)),
        // Of two that were merged, each by the id it had; the id of today is that of the older one.
        (MERGED, ("p1", "1.10:06"), "1.10:06", Ok("p1")),
        (MERGED, ("b1", "1.10:06"), "1.10:06", Ok("b1")),
        (MERGED, ("b1", NOW), "1.10:06", Ok("p1")),
        (MERGED, ("b1", "1.10:06"), "1.10:04", Ok("p1")),
        (MERGED, ("b1", NOW), "1.10:10", Ok("b1,p1")),
        // Who has a number today does not get the past of who had it before.
        (HANDED_ON, ("p1", NOW), "2.11:00", Err(ErrorCode::NotFound)),
        (HANDED_ON, ("p1", NOW), "3.10:00", Ok("b2,p1")),
        (HANDED_ON, ("p2", NOW), "1.11:00", Ok("b1,p1")),
        // An id is made from the first alias that came in, which may have come from a later event.
        (CAME_LATE, ("p1", NOW), "1.10:01", Ok("p1")),
        // The one that somebody who knows the later event only would have made is nobody's.
        (CAME_LATE, ("p1", "1.10:01"), "1.10:01", Err(ErrorCode::NotFound)),
    ] {
        assert_eq!(
            whose(text, asked, at),
            expected.map(str::to_owned),
            "{text}, {asked:?} at {at}"
        );
    }
}
