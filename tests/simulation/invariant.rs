//! What holds after every step, whatever the step was.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::key::ConversationId;
use origem_domain::position::{Offset, Partition};
use origem_domain::ticket::TicketStatus;
use origem_engine::query::{Filter, Page};
use origem_views::generations::Generations as _;
use origem_views::meta;
use origem_views::rows::Rows;

use crate::machine::{Machine, Running};
use crate::model::Model;

/// Conversations on one page of a list, at most: more than there are.
const ALL: usize = 500;
/// And where pages are put together.
const PAGE: usize = 7;

/// Groups of rows, as the first byte of their keys says: how far the log is folded, and where the records of a conversation stand that are
/// no facts of its ledger, what came again among them.
const META: u8 = 0x01;
const ASIDE: u8 = 0x14;

/// What is known of the log, beside the log.
#[derive(Default)]
pub struct Known {
    /// Every record of the log as it was last read.
    pub records: Vec<Vec<u8>>,
    /// Records that somebody heard are kept, by offset.
    pub acknowledged: BTreeMap<u64, Vec<u8>>,
    /// The next position of the views, in this life of the engine.
    next: Offset,
}

impl Known {
    /// Another life begins.
    pub fn restarted(&mut self) {
        self.next = Offset(0);
    }

    /// Reads what was appended; gives how many of the records known before are still the same.
    pub fn read(&mut self, running: &Running) -> u64 {
        let from = self.records.len().min(running.log.whole_tail().0 as usize);
        let records = running.log.records(Offset(0));
        let same = self.records[..from]
            .iter()
            .zip(&records)
            .take_while(|(old, new)| old == new)
            .count();
        self.records = records;
        same as u64
    }

    /// Whatever was acknowledged stands in the log, where it was said to, as it was given.
    pub fn nothing_is_lost(&self) -> Result<(), String> {
        for (at, bytes) in &self.acknowledged {
            if self.records.get(*at as usize) != Some(bytes) {
                return Err(format!(
                    "what was acknowledged at {at} is not there, of {} records",
                    self.records.len()
                ));
            }
        }
        Ok(())
    }
}

/// The views that serve are the fold of the log up to their checkpoint; gives the checkpoint and their hash.
pub fn views_are_the_fold(
    machine: &Machine,
    known: &mut Known,
    models: &mut [Model],
    rules: usize,
) -> Result<(u64, u128), String> {
    let rows = machine.engine().shards()[0].rows();
    let next = meta::checkpoint(&*rows, Partition(0)).unwrap().next;
    if next < known.next {
        return Err(format!("the views went back from {} to {next}", known.next));
    }
    known.next = next;
    if next.0 > known.records.len() as u64 {
        return Err(format!(
            "the views are at {next}, and the log ends at {}",
            known.records.len()
        ));
    }
    let (found, expected) = (
        meta::fingerprint(&*rows).unwrap(),
        models[rules].fingerprint(&known.records, next.0),
    );
    if found != expected {
        return Err(format!(
            "the views at {next} are {found:x}, the fold gives {expected:x}"
        ));
    }
    Ok((next.0, found))
}

/// What came again is folded once: the views count the different events of the log, and are what these alone give. The views hold the
/// whole log. Gives how many came again.
pub fn folded_once(machine: &Machine, known: &Known, model: &Model) -> Result<u64, String> {
    let rows = machine.engine().shards()[0].rows();
    let checkpoint = meta::checkpoint(&*rows, Partition(0)).unwrap();
    let (different, expected) = model.different(&known.records);
    let counted = (checkpoint.events, checkpoint.events - checkpoint.duplicates);
    let there = (known.records.len() as u64, different);
    if counted != there {
        return Err(format!(
            "the views count {counted:?} events and different ones, the log has {there:?}"
        ));
    }
    let all = |rows: &dyn Rows| -> BTreeMap<Vec<u8>, Vec<u8>> {
        let rows = rows.scan(&[META + 1], &[u8::MAX]).map(Result::unwrap);
        rows.filter(|(key, _)| key[0] != ASIDE).collect()
    };
    let (found, expected) = (all(&*rows), all(&expected));
    let differs = |key: &&Vec<u8>| found.get(*key) != expected.get(*key);
    if let Some(key) = found.keys().chain(expected.keys()).find(differs) {
        return Err(format!(
            "the views are not those of the {different} different events: see the row {key:02x?}"
        ));
    }
    Ok(checkpoint.duplicates)
}

/// Lists hold what their counts say, each conversation once, however they are cut into pages; gives how many there are.
pub fn lists_are_counted(machine: &Machine) -> Result<usize, String> {
    let engine = machine.engine();
    let list = |status, cursor: Option<&str>, limit| {
        let filter = Filter {
            account: "default".to_owned(),
            status,
            ..Filter::default()
        };
        engine
            .conversations(&filter, cursor, limit)
            .map_err(|error| error.to_string())
    };
    let ids = |page: &Page| -> Vec<ConversationId> { page.items.iter().map(|conversation| conversation.id).collect() };
    let whole = list(None, None, ALL)?;
    for status in TicketStatus::ALL {
        let page = list(Some(status), None, ALL)?;
        let different: BTreeSet<_> = ids(&page).into_iter().collect();
        let (listed, counted) = (page.items.len(), page.counts.get(&status).copied().unwrap_or(0));
        if (listed as u64, different.len()) != (counted, listed) {
            return Err(format!(
                "{status:?}: {listed} listed, {} different, {counted} counted",
                different.len()
            ));
        }
        if page.counts != whole.counts {
            return Err(format!(
                "counts differ from list to list: {:?}, {:?}",
                page.counts, whole.counts
            ));
        }
    }
    let (mut cut, mut cursor) = (Vec::new(), None);
    loop {
        let page = list(None, cursor.as_deref(), PAGE)?;
        cut.extend(ids(&page));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if cut != ids(&whole) {
        return Err(format!("in pages: {cut:?}, at once: {:?}", ids(&whole)));
    }
    Ok(cut.len())
}

/// There is one generation that serves, at most one that is kept, and others only while something is made of them.
pub fn generations_are_few(machine: &Machine) -> Result<(), String> {
    let standing = machine.generations.standing().unwrap();
    let may_have_others = machine.engine().is_rebuilding() || machine.generations.is_paused();
    if standing.others.len() > usize::from(may_have_others) + 1 {
        return Err(format!("{standing:?}"));
    }
    Ok(())
}
