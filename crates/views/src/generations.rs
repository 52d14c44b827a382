//! The port to the generations of a partition's views: several stores, numbered in the order they were made in, of which one
//! serves. A new one is folded beside it, takes its place, and the one before is kept for a way back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::rows::{MemoryStore, RowsError, Store};

/// Which generations there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The one that serves.
    pub serving: u64,
    /// The one that served before and is kept.
    pub previous: Option<u64>,
    /// The others, ascending: they are being made.
    pub others: Vec<u64>,
}

/// The generations of a partition's views.
pub trait Generations: Send + Sync {
    /// Which there are.
    ///
    /// # Errors
    /// `Store`.
    fn standing(&self) -> Result<Standing, RowsError>;

    /// The store of a generation; the same one as long as somebody has it.
    ///
    /// # Errors
    /// `Store`: also if there is none of that number.
    fn open(&self, generation: u64) -> Result<Arc<dyn Store>, RowsError>;

    /// Makes an empty generation; gives its number, larger than all there ever were.
    ///
    /// # Errors
    /// `Store`.
    fn create(&self) -> Result<u64, RowsError>;

    /// Makes a generation the one that serves and the one before its `previous`. Durable on return, and whole: after a crash one
    /// of the two serves. What was kept before is one of the others then.
    ///
    /// # Errors
    /// `Store`.
    fn serve(&self, generation: u64) -> Result<(), RowsError>;

    /// Removes a generation that does not serve and that nobody has open.
    ///
    /// # Errors
    /// `Store`: also if it serves or is open.
    fn remove(&self, generation: u64) -> Result<(), RowsError>;
}

/// What was asked of generations that cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum GenerationError {
    /// There is none of that number.
    #[error("there is no generation {generation} of the views")]
    Unknown {
        /// Which.
        generation: u64,
    },
    /// It serves.
    #[error("generation {generation} of the views serves and cannot be removed")]
    Serves {
        /// Which.
        generation: u64,
    },
    /// Somebody has it open.
    #[error("generation {generation} of the views is still being read; try again")]
    Open {
        /// Which.
        generation: u64,
    },
}

impl From<GenerationError> for RowsError {
    fn from(error: GenerationError) -> Self {
        Self::Store(Box::new(error))
    }
}

/// Where the views of a partition are kept: made of a store that serves, or of generations.
pub struct Home(pub Arc<dyn Generations>);

impl From<Arc<dyn Generations>> for Home {
    fn from(generations: Arc<dyn Generations>) -> Self {
        Self(generations)
    }
}

/// The store is the first generation; further ones are in memory.
impl From<Arc<dyn Store>> for Home {
    fn from(store: Arc<dyn Store>) -> Self {
        Self(Arc::new(MemoryGenerations::of(store)))
    }
}

impl<S: Store + 'static> From<Arc<S>> for Home {
    fn from(store: Arc<S>) -> Self {
        Self::from(store as Arc<dyn Store>)
    }
}

/// Generations in memory.
pub struct MemoryGenerations(Mutex<Kept>);

struct Kept {
    stores: BTreeMap<u64, Arc<dyn Store>>,
    serving: u64,
    previous: Option<u64>,
    last: u64,
}

impl Default for MemoryGenerations {
    fn default() -> Self {
        Self::of(Arc::new(MemoryStore::default()))
    }
}

impl MemoryGenerations {
    /// The store serves; further generations are in memory.
    #[must_use]
    pub fn of(store: Arc<dyn Store>) -> Self {
        Self(Mutex::new(Kept {
            stores: BTreeMap::from([(1, store)]),
            serving: 1,
            previous: None,
            last: 1,
        }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations for MemoryGenerations {
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
        let store = self.kept().stores.get(&generation).cloned();
        Ok(store.ok_or(GenerationError::Unknown { generation })?)
    }

    fn create(&self) -> Result<u64, RowsError> {
        let mut kept = self.kept();
        let number = kept.last + 1;
        kept.last = number;
        kept.stores.insert(number, Arc::new(MemoryStore::default()));
        Ok(number)
    }

    fn serve(&self, generation: u64) -> Result<(), RowsError> {
        let mut kept = self.kept();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_serves_and_the_one_before_is_kept() {
        let generations = MemoryGenerations::default();
        let standing = |serving, previous, others: &[u64]| {
            let expected = Standing {
                serving,
                previous,
                others: others.to_vec(),
            };
            assert_eq!(generations.standing().unwrap(), expected);
        };
        standing(1, None, &[]);
        assert_eq!(generations.create().unwrap(), 2);
        standing(1, None, &[2]);
        generations.serve(2).unwrap();
        standing(2, Some(1), &[]);
        assert!(generations.remove(2).is_err());
        let open = generations.open(1).unwrap();
        assert!(generations.remove(1).is_err());
        drop(open);
        generations.serve(1).unwrap();
        standing(1, Some(2), &[]);
        generations.remove(2).unwrap();
        standing(1, None, &[]);
        assert_eq!(generations.create().unwrap(), 3, "no number is given twice");
        assert!(generations.open(2).is_err() && generations.serve(2).is_err());
    }
}
