//! Generations of views: a directory for each, and a file that names the one that serves, written aside and renamed, so that a
//! crash leaves the one or the other.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use origem_views::generations::{GenerationError, Generations, Standing};
use origem_views::rows::{RowsError, Store};
use tracing::warn;

use crate::store::{OpenError, Options, SledStore, remove, set_aside};

const SERVING: &str = "serving";

/// The generations of a partition's views in a directory.
#[derive(Debug)]
pub struct SledGenerations {
    directory: PathBuf,
    options: Options,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    serving: u64,
    previous: Option<u64>,
    /// The store that serves, until somebody takes it: it was opened first to see that it can be.
    first: Option<Arc<SledStore>>,
    /// What is open.
    open: BTreeMap<u64, Weak<SledStore>>,
}

impl SledGenerations {
    /// Opens the generations in `directory` with the one that serves, making both if there are none. What is no directory of
    /// generations, as one of an earlier version, is renamed to `<directory>.aside`: it is folded again from the log.
    ///
    /// # Errors
    /// As [`SledStore::open`], of the generation that serves.
    pub fn open(directory: &Path, options: &Options) -> Result<Self, OpenError> {
        let prepared = prepare(directory).and_then(|()| {
            let (serving, previous) = named(directory)?;
            let kept = numbers(directory)?;
            let is_kept = |number: &u64| kept.contains(number);
            // Without a name, the first: what is being made came later.
            let serving = serving.filter(is_kept).or(kept.first().copied()).unwrap_or(1);
            Ok((serving, previous.filter(is_kept).filter(|previous| *previous != serving)))
        });
        let (serving, previous) = prepared.map_err(|source| OpenError::SetAside {
            path: directory.to_owned(),
            source,
        })?;
        let store = Arc::new(SledStore::open(&directory.join(serving.to_string()), options)?);
        Ok(Self {
            directory: directory.to_owned(),
            options: *options,
            state: Mutex::new(State {
                serving,
                previous,
                open: BTreeMap::from([(serving, Arc::downgrade(&store))]),
                first: Some(store),
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, generation: u64) -> PathBuf {
        self.directory.join(generation.to_string())
    }

    /// Notes who serves, durably.
    fn write(&self, serving: u64, previous: Option<u64>) -> io::Result<()> {
        let unfinished = self.directory.join("serving.new");
        let mut file = File::create(&unfinished)?;
        writeln!(file, "{serving}")?;
        if let Some(previous) = previous {
            writeln!(file, "{previous}")?;
        }
        file.sync_all()?;
        fs::rename(unfinished, self.directory.join(SERVING))?;
        File::open(&self.directory)?.sync_all()
    }
}

/// Makes the directory, and sets aside what is none of generations.
fn prepare(directory: &Path) -> io::Result<()> {
    let is_other = directory.is_file() || directory.join("conf").exists() || directory.join("db").exists();
    if is_other {
        let aside = directory.with_extension("aside");
        warn!(path = %directory.display(), aside = %aside.display(), "the views are kept in another way: set aside, to be folded again from the log");
        set_aside(directory, &aside)?;
    }
    fs::create_dir_all(directory)
}

/// Which one the file says serves, and which one served before.
fn named(directory: &Path) -> io::Result<(Option<u64>, Option<u64>)> {
    let text = match fs::read_to_string(directory.join(SERVING)) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => String::new(),
        other => other?,
    };
    let mut lines = text.lines().map(|line| line.parse().ok());
    Ok((lines.next().flatten(), lines.next().flatten()))
}

/// The generations that have a directory, ascending.
fn numbers(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let number: Option<u64> = entry.file_name().to_str().and_then(|name| name.parse().ok());
        numbers.extend(number.filter(|_| entry.path().is_dir()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn failed(error: io::Error) -> RowsError {
    RowsError::Store(Box::new(error))
}

impl Generations for SledGenerations {
    fn standing(&self) -> Result<Standing, RowsError> {
        let state = self.state();
        let mut others = numbers(&self.directory).map_err(failed)?;
        others.retain(|number| *number != state.serving && Some(*number) != state.previous);
        Ok(Standing {
            serving: state.serving,
            previous: state.previous,
            others,
        })
    }

    fn open(&self, generation: u64) -> Result<Arc<dyn Store>, RowsError> {
        let mut state = self.state();
        if generation == state.serving
            && let Some(store) = state.first.take()
        {
            return Ok(store);
        }
        if let Some(store) = state.open.get(&generation).and_then(Weak::upgrade) {
            return Ok(store);
        }
        let path = self.path(generation);
        if !path.is_dir() {
            return Err(GenerationError::Unknown { generation }.into());
        }
        let store = SledStore::open(&path, &self.options).map_err(|error| RowsError::Store(Box::new(error)))?;
        let store = Arc::new(store);
        state.open.insert(generation, Arc::downgrade(&store));
        Ok(store)
    }

    fn create(&self) -> Result<u64, RowsError> {
        let state = self.state();
        let last = numbers(&self.directory).map_err(failed)?.last().copied();
        let number = last.unwrap_or(0).max(state.serving) + 1;
        fs::create_dir(self.path(number)).map_err(failed)?;
        Ok(number)
    }

    fn serve(&self, generation: u64) -> Result<(), RowsError> {
        let mut state = self.state();
        if !self.path(generation).is_dir() {
            return Err(GenerationError::Unknown { generation }.into());
        }
        if state.serving != generation {
            let before = Some(state.serving);
            self.write(generation, before).map_err(failed)?;
            (state.serving, state.previous, state.first) = (generation, before, None);
        }
        Ok(())
    }

    fn remove(&self, generation: u64) -> Result<(), RowsError> {
        let mut state = self.state();
        if state.serving == generation {
            return Err(GenerationError::Serves { generation }.into());
        }
        if state.open.get(&generation).is_some_and(|store| store.strong_count() > 0) {
            return Err(GenerationError::Open { generation }.into());
        }
        if state.previous == Some(generation) {
            // The name first: half a directory must not be found under it.
            self.write(state.serving, None).map_err(failed)?;
            state.previous = None;
        }
        state.open.remove(&generation);
        let path = self.path(generation);
        for leftover in [path.with_extension("aside"), path.with_extension("damaged"), path] {
            remove(&leftover).map_err(failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
