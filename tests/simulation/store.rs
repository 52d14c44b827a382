//! Stores of rows that forget what was not flushed when they crash, fail at a commit they are told to, and wait before one so that
//! other things happen meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use origem_testkit::chance::Chance;
use origem_views::generations::{GenerationError, Generations, Standing};
use origem_views::rows::{Changes, MapRows, Rows, RowsError, Scan, Store};

/// What becomes of the commit that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not written.
    Refused,
    /// It is written, and whoever asked does not hear of it.
    AnswerLost,
}

/// One generation.
#[derive(Default)]
pub struct SimStore {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    live: MapRows,
    durable: MapRows,
    /// Commits that a crash may take back, from the last.
    unflushed: Vec<Changes>,
    /// Commits that go well before one that does not.
    fault: Option<(u64, Fault)>,
    /// Loads before one that waits. What is committed never does: somebody may hold everything else meanwhile.
    pause: Option<u64>,
    paused: bool,
    dead: bool,
}

impl SimStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail_after(&self, commits: u64, fault: Fault) {
        self.state().fault = Some((commits, fault));
    }

    /// Nothing is written any more, and nobody waits.
    fn die(&self) {
        self.state().dead = true;
        self.changed.notify_all();
    }

    /// It comes back with what was flushed, and some of what was not.
    fn come_back(&self, chance: &mut Chance) {
        let mut state = self.state();
        let kept = chance.below(state.unflushed.len() as u64 + 1) as usize;
        let mut rows = std::mem::take(&mut state.durable);
        for changes in state.unflushed.drain(..).take(kept) {
            rows.commit(&changes);
        }
        *state = State {
            live: rows.clone(),
            durable: rows,
            ..State::default()
        };
    }

    /// Waits if it is told to; then says whether the commit is to fail.
    fn admit(&self, is_load: bool) -> Result<Option<Fault>, RowsError> {
        let mut state = self.state();
        match state.pause.filter(|_| is_load) {
            Some(0) => {
                state.pause = None;
                state.paused = true;
                self.changed.notify_all();
                while state.paused && !state.dead {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
            Some(left) => state.pause = Some(left - 1),
            None => {}
        }
        if state.dead {
            return Err(failed("the machine is down"));
        }
        let fault = match &mut state.fault {
            Some((0, fault)) => Some(*fault),
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        };
        if fault.is_some() {
            state.fault = None;
        }
        Ok(fault)
    }

    fn write(&self, changes: &Changes, is_load: bool) -> Result<(), RowsError> {
        let fault = self.admit(is_load)?;
        if fault != Some(Fault::Refused) {
            let mut state = self.state();
            state.live.commit(changes);
            state.unflushed.push(changes.clone());
            // What was loaded is there after a crash.
            if is_load {
                state.flush();
            }
        }
        fault.map_or(Ok(()), |_| Err(failed("told to fail")))
    }
}

impl State {
    fn flush(&mut self) {
        for changes in self.unflushed.drain(..) {
            self.durable.commit(&changes);
        }
    }
}

fn failed(why: &'static str) -> RowsError {
    RowsError::Store(why.into())
}

impl Rows for SimStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.state().live.get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        let found: Vec<_> = self.state().live.scan(from, to).collect();
        Box::new(found.into_iter())
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        let found: Vec<_> = self.state().live.scan_back(from, to).collect();
        Box::new(found.into_iter())
    }

    fn snapshot(&self) -> Option<Box<dyn Rows + '_>> {
        Some(Box::new(self.state().live.clone()))
    }
}

impl Store for SimStore {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        self.write(changes, false)
    }

    fn load(&self, changes: &Changes) -> Result<(), RowsError> {
        self.write(changes, true)
    }

    fn flush(&self) -> Result<(), RowsError> {
        let mut state = self.state();
        if state.dead {
            return Err(failed("the machine is down"));
        }
        state.flush();
        Ok(())
    }
}

/// The generations of the one partition.
pub struct SimGenerations(Mutex<Kept>);

struct Kept {
    stores: BTreeMap<u64, Arc<SimStore>>,
    serving: u64,
    previous: Option<u64>,
    last: u64,
    /// The next one that is made waits before this load.
    pause_new: Option<u64>,
    dead: bool,
}

impl Default for SimGenerations {
    fn default() -> Self {
        Self(Mutex::new(Kept {
            stores: BTreeMap::from([(1, Arc::default())]),
            serving: 1,
            previous: None,
            last: 1,
            pause_new: None,
            dead: false,
        }))
    }
}

impl SimGenerations {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the one that serves fail after so many commits.
    pub fn fail_after(&self, commits: u64, fault: Fault) {
        let kept = self.kept();
        kept.stores[&kept.serving].fail_after(commits, fault);
    }

    /// Has the next one that is made wait after so many loads.
    pub fn pause_new(&self, loads: u64) {
        self.kept().pause_new = Some(loads);
    }

    /// Whether one waits.
    pub fn is_paused(&self) -> bool {
        self.kept().stores.values().any(|store| store.state().paused)
    }

    /// Lets all go on that wait, or would.
    pub fn go_on(&self) {
        let mut kept = self.kept();
        kept.pause_new = None;
        for store in kept.stores.values() {
            let mut state = store.state();
            (state.paused, state.pause) = (false, None);
            drop(state);
            store.changed.notify_all();
        }
    }

    /// Whether a commit of the one that serves is going to fail.
    pub fn is_to_fail(&self) -> bool {
        let kept = self.kept();
        kept.stores[&kept.serving].state().fault.is_some()
    }

    /// Nothing is to fail or to wait any more.
    pub fn heal(&self) {
        self.go_on();
        self.kept().stores.values().for_each(|store| store.state().fault = None);
    }

    /// From here on nothing is written.
    pub fn die(&self) {
        let mut kept = self.kept();
        (kept.dead, kept.pause_new) = (true, None);
        kept.stores.values().for_each(|store| store.die());
    }

    /// All come back after a crash.
    pub fn come_back(&self, chance: &mut Chance) {
        let mut kept = self.kept();
        kept.dead = false;
        kept.stores.values().for_each(|store| store.come_back(chance));
    }
}

impl Generations for SimGenerations {
    fn standing(&self) -> Result<Standing, RowsError> {
        let kept = self.kept();
        let is_other = |number: &u64| *number != kept.serving && Some(*number) != kept.previous;
        Ok(Standing {
            serving: kept.serving,
            previous: kept.previous,
            others: kept.stores.keys().copied().filter(is_other).collect(),
        })
    }

    fn open(&self, generation: u64) -> Result<Arc<dyn Store>, RowsError> {
        let kept = self.kept();
        let store = kept.stores.get(&generation).cloned();
        Ok(store.ok_or(GenerationError::Unknown { generation })?)
    }

    fn create(&self) -> Result<u64, RowsError> {
        let mut kept = self.kept();
        if kept.dead {
            return Err(failed("the machine is down"));
        }
        let number = kept.last + 1;
        kept.last = number;
        let store = SimStore::default();
        store.state().pause = kept.pause_new.take();
        kept.stores.insert(number, Arc::new(store));
        Ok(number)
    }

    fn serve(&self, generation: u64) -> Result<(), RowsError> {
        let mut kept = self.kept();
        if kept.dead {
            return Err(failed("the machine is down"));
        }
        if !kept.stores.contains_key(&generation) {
            return Err(GenerationError::Unknown { generation }.into());
        }
        if kept.serving != generation {
            kept.previous = Some(std::mem::replace(&mut kept.serving, generation));
        }
        Ok(())
    }

    fn remove(&self, generation: u64) -> Result<(), RowsError> {
        let mut kept = self.kept();
        if kept.dead {
            return Err(failed("the machine is down"));
        }
        if kept.serving == generation {
            return Err(GenerationError::Serves { generation }.into());
        }
        let Some(store) = kept.stores.get(&generation) else {
            return Err(GenerationError::Unknown { generation }.into());
        };
        if Arc::strong_count(store) > 1 {
            return Err(GenerationError::Open { generation }.into());
        }
        kept.stores.remove(&generation);
        kept.previous = kept.previous.filter(|previous| *previous != generation);
        Ok(())
    }
}
