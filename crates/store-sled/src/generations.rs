//! Generations of views: a directory for each, and a file that names the one that serves, written aside and renamed, so that a
//! crash leaves the one or the other.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use origem_views::generations::{GenerationError, Generations, Standing};
use origem_views::rows::{RowsError, Store};
use tracing::warn;

use crate::drain::Core;
use crate::store::{OpenError, Options, SledStore, remove, set_aside};

const SERVING: &str = "serving";
/// The largest number a generation ever had: none is given twice.
const LAST: &str = "last";

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
    last: u64,
    /// The store that serves, until somebody takes it: it was opened first to see that it can be.
    first: Option<Arc<SledStore>>,
    /// What is open, or was.
    open: BTreeMap<u64, Opened>,
}

/// A store that somebody may have open.
#[derive(Debug)]
struct Opened {
    store: Weak<SledStore>,
    core: Weak<Core>,
}

impl Opened {
    fn of(store: &Arc<SledStore>) -> Self {
        Self {
            store: Arc::downgrade(store),
            core: store.core(),
        }
    }

    /// Whether nobody has it open. Whoever let go of it a moment ago may still be writing, and is waited for.
    fn is_closed(&self) -> bool {
        const TRIES: u32 = 200;
        const PAUSE: Duration = Duration::from_millis(10);
        if self.store.strong_count() > 0 {
            return false;
        }
        (0..TRIES).any(|_| {
            let is_let_go = self.core.strong_count() == 0;
            if !is_let_go {
                std::thread::sleep(PAUSE);
            }
            is_let_go
        })
    }
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
            let last = lines(&directory.join(LAST))?[0];
            Ok((
                serving,
                previous.filter(is_kept).filter(|previous| *previous != serving),
                last.max(kept.last().copied()).unwrap_or(serving),
            ))
        });
        let (serving, previous, last) = prepared.map_err(|source| OpenError::SetAside {
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
                last,
                open: BTreeMap::from([(serving, Opened::of(&store))]),
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
        self.note(SERVING, [Some(serving), previous])
    }

    /// Writes numbers to a file of that name, a line each, durably: the file of before or this one, whole.
    fn note(&self, name: &str, numbers: [Option<u64>; 2]) -> io::Result<()> {
        let unfinished = self.directory.join(format!("{name}.new"));
        let mut file = File::create(&unfinished)?;
        for number in numbers.into_iter().flatten() {
            writeln!(file, "{number}")?;
        }
        file.sync_all()?;
        fs::rename(unfinished, self.directory.join(name))?;
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
    let [serving, previous] = lines(&directory.join(SERVING))?;
    Ok((serving, previous))
}

/// The numbers on the first lines of a file; none where it has none.
fn lines(path: &Path) -> io::Result<[Option<u64>; 2]> {
    let text = match fs::read_to_string(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => String::new(),
        other => other?,
    };
    let mut lines = text.lines().map(|line| line.parse().ok());
    Ok([lines.next().flatten(), lines.next().flatten()])
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

/// Opens a store. One that was open here a moment ago is let go by the threads of sled a little later than by us.
fn open_again(path: &Path, options: &Options, was_open: bool) -> Result<SledStore, OpenError> {
    const TRIES: u32 = 200;
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..TRIES {
        match SledStore::open(path, options) {
            Err(OpenError::InUse { .. }) if was_open => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
    SledStore::open(path, options)
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
        if let Some(store) = state.open.get(&generation).and_then(|open| open.store.upgrade()) {
            return Ok(store);
        }
        let path = self.path(generation);
        if !path.is_dir() {
            return Err(GenerationError::Unknown { generation }.into());
        }
        let was_open = state.open.contains_key(&generation);
        let store =
            Arc::new(open_again(&path, &self.options, was_open).map_err(|error| RowsError::Store(Box::new(error)))?);
        state.open.insert(generation, Opened::of(&store));
        Ok(store)
    }

    fn create(&self) -> Result<u64, RowsError> {
        let mut state = self.state();
        let number = state.last.max(state.serving) + 1;
        self.note(LAST, [Some(number), None]).map_err(failed)?;
        state.last = number;
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
        if state.open.get(&generation).is_some_and(|open| !open.is_closed()) {
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
