//! A disk for tests that keeps what is live apart from what is durable, counts every call that changes something, and fails
//! at the n-th one: once, or for good as a machine that has lost power does.

#![allow(clippy::unwrap_used)] // a broken promise is to stop the test

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};

use super::{File, Storage};
use crate::error::OpenError;
use crate::log::SegmentLog;
use crate::options::Options;
use crate::recovery::Recovery;

/// Power loss keeps or loses whole sectors. Smaller than a disk's, so that small commits span several; a multiple of the
/// mark's size, because the format relies on 32 bytes at the start of a file being written as one.
const SECTOR_BYTES: usize = 64;

/// What goes wrong, and at which call that changes something (from 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Everything works.
    Nothing,
    /// That call and every later one fails; a write at that moment may have written some of its bytes.
    Crash(u64),
    /// Only that call fails.
    FailOnce(u64),
}

/// How the machine comes back after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Everything written is still there.
    ProcessKilled,
    /// Of what was not synced, any part is there.
    PowerLost,
}

/// The disk; a clone is the same one.
#[derive(Debug, Clone)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    files: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    calls: u64,
    plan: Plan,
    random: u64,
    /// Bytes of all files together that there is room for.
    room: Option<u64>,
}

#[derive(Debug, Clone, Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// What was cut off and may come back, until the cut is synced.
    cut: Vec<u8>,
    /// Which bytes the next sync brings to the disk. One that fails forgets them: they can be read and are not on the disk, and
    /// only writing them again helps. As Linux does.
    dirty: Vec<bool>,
}

#[derive(Debug)]
struct Handle {
    disk: Disk,
    id: usize,
}

impl SegmentLog {
    /// Opens the log that lies on a disk for tests, as [`SegmentLog::open`] does that of a directory. Nothing locks it.
    ///
    /// # Errors
    /// As there, except `Locked`; `Io` also where the disk is told to fail.
    pub fn open_on_disk(disk: &Disk, options: &Options) -> Result<(Self, Recovery), OpenError> {
        Self::open_on(Arc::new(disk.clone()), options)
    }
}

impl Disk {
    /// An empty disk with room for everything; `seed` says what a crash leaves of what was not synced.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let (files, names, durable_names) = Default::default();
        Self(Arc::new(Mutex::new(State {
            files,
            names,
            durable_names,
            calls: 0,
            plan: Plan::Nothing,
            random: seed,
            room: None,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Sets what goes wrong from now on, counting from 0.
    pub fn plan(&self, plan: Plan) {
        let mut state = self.lock();
        state.plan = plan;
        state.calls = 0;
    }

    /// Makes the disk so large that `bytes` more can be written; `None`: as large as it takes.
    pub fn leave_room(&self, bytes: Option<u64>) {
        let mut state = self.lock();
        state.room = bytes.map(|bytes| state.used() + bytes);
    }

    /// Calls so far that changed something, or tried to.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// The machine comes back and works again.
    pub fn restart(&self, how: Restart) {
        self.plan(Plan::Nothing);
        if how == Restart::PowerLost {
            self.lock().lose_power();
        }
    }

    /// Names of the files, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.lock().names.keys().cloned().collect()
    }

    /// What is in a file.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let state = self.lock();
        state.files[state.names[name]].live.clone()
    }

    /// Replaces a file's content behind the log's back.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.lock();
        let id = state.names[name];
        state.files[id] = Content {
            live: bytes.clone(),
            durable: bytes,
            ..Content::default()
        };
    }

    /// A disk of its own with the same files.
    #[must_use]
    pub fn copy(&self) -> Self {
        let state = self.lock();
        let State {
            files,
            names,
            durable_names,
            random,
            ..
        } = &*state;
        let (files, names, durable_names) = (files.clone(), names.clone(), durable_names.clone());
        Self(Arc::new(Mutex::new(State {
            files,
            names,
            durable_names,
            calls: 0,
            plan: Plan::Nothing,
            random: *random,
            room: None,
        })))
    }
}

impl State {
    /// Counts a call; fails if the plan says so.
    fn call(&mut self) -> io::Result<()> {
        let call = self.calls;
        self.calls += 1;
        match self.plan {
            Plan::Crash(at) if call >= at => Err(io::Error::other(format!("crashed at call {at}"))),
            Plan::FailOnce(at) if call == at => Err(io::Error::new(io::ErrorKind::StorageFull, "no space, once")),
            _ => Ok(()),
        }
    }

    fn used(&self) -> u64 {
        let lengths = self.names.values().map(|id| self.files[*id].live.len() as u64);
        lengths.sum()
    }

    fn random(&mut self, below: usize) -> usize {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % below.max(1)
    }

    fn lose_power(&mut self) {
        for (name, id) in mem::take(&mut self.names) {
            if self.random(2) == 0 {
                self.durable_names.entry(name).or_insert(id);
            }
        }
        self.names = self.durable_names.clone();
        for id in 0..self.files.len() {
            let Content {
                mut live, durable, cut, ..
            } = mem::take(&mut self.files[id]);
            if self.random(2) == 0 {
                live.extend(cut.iter().skip(live.len()));
            }
            let (short, long) = (live.len().min(durable.len()), live.len().max(durable.len()));
            let mut kept = vec![0; short + self.random(long - short + 1)];
            for (at, sector) in kept.chunks_mut(SECTOR_BYTES).enumerate() {
                let from = if self.random(2) == 0 { &live } else { &durable };
                let from = from.get(at * SECTOR_BYTES..).unwrap_or_default();
                let count = sector.len().min(from.len());
                sector[..count].copy_from_slice(&from[..count]);
            }
            self.files[id] = Content {
                live: kept.clone(),
                durable: kept,
                ..Content::default()
            };
        }
    }
}

impl Storage for Disk {
    fn place(&self) -> String {
        "the test disk".to_owned()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.names())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let id = *self.lock().names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(Handle { disk: self.clone(), id }))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let mut state = self.lock();
        state.call()?;
        let id = state.files.len();
        if state.names.insert(name.to_owned(), id).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.files.push(Content::default());
        Ok(Arc::new(Handle { disk: self.clone(), id }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.call()?;
        state
            .names
            .remove(name)
            .map(|_| ())
            .ok_or(io::ErrorKind::NotFound.into())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.call()?;
        state.durable_names = state.names.clone();
        Ok(())
    }

    fn free(&self) -> io::Result<Option<u64>> {
        let state = self.lock();
        Ok(state.room.map(|room| room.saturating_sub(state.used())))
    }
}

impl File for Handle {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let state = self.disk.lock();
        let rest = state.files[self.id].live.get(position as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        let crashed_before = matches!(state.plan, Plan::Crash(at) if state.calls > at);
        let mut outcome = state.call();
        // The write that fails has written a part; after a crash nothing writes any more.
        let mut written = match outcome {
            Ok(()) => bytes.len(),
            Err(_) if crashed_before => 0,
            Err(_) => state.random(bytes.len() + 1),
        };
        let left = state.room.map(|room| room.saturating_sub(state.used()));
        let content = &mut state.files[self.id];
        let fitting = left.map_or(usize::MAX, |left| {
            (content.live.len() as u64 + left).saturating_sub(position) as usize
        });
        if fitting < written {
            written = fitting;
            outcome = outcome.and(Err(io::ErrorKind::StorageFull.into()));
        }
        let (start, end) = (position as usize, position as usize + written);
        if content.live.len() < end {
            content.live.resize(end, 0);
        }
        content.dirty.resize(content.live.len(), false);
        content.live[start..end].copy_from_slice(&bytes[..written]);
        content.dirty[start..end].fill(true);
        outcome
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.lock().files[self.id].live.len() as u64)
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        state.call()?;
        let content = &mut state.files[self.id];
        if content.cut.len() < content.live.len() {
            content.cut.clone_from(&content.live);
        }
        content.live.truncate(bytes as usize);
        content.dirty.truncate(bytes as usize);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let outcome = state.call();
        let content = &mut state.files[self.id];
        let dirty = mem::take(&mut content.dirty);
        if outcome.is_ok() {
            content.durable.resize(content.live.len(), 0);
            for (at, _) in dirty.iter().enumerate().filter(|(_, dirty)| **dirty) {
                content.durable[at] = content.live[at];
            }
            content.cut.clear();
        }
        outcome
    }
}
