//! Rows of commits that follow each other, each under the number of its commit, so that who reads sees those up to one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use crossbeam_skiplist::SkipMap;
use crossbeam_skiplist::map::Entry;

/// Rows by key; `None` for those that are removed.
pub(crate) type Written = BTreeMap<Vec<u8>, Option<Vec<u8>>>;
/// A key and what became of it.
pub(crate) type Change = (Vec<u8>, Option<Vec<u8>>);

/// Keys with `from <= key < to`, and the direction in which they are read.
#[derive(Debug, Clone)]
pub(crate) struct Within {
    pub(crate) from: Vec<u8>,
    pub(crate) to: Vec<u8>,
    pub(crate) back: bool,
}

impl Within {
    pub(crate) fn new(from: &[u8], to: &[u8], back: bool) -> Self {
        Self {
            from: from.to_vec(),
            to: to.to_vec(),
            back,
        }
    }

    /// What is left behind a key.
    pub(crate) fn behind(&mut self, key: &[u8]) {
        if self.back {
            self.to = key.to_vec();
        } else {
            self.from = [key, &[0]].concat();
        }
    }
}

/// A key as one commit left it: that of the latest commit first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    key: Vec<u8>,
    commit: Reverse<u64>,
}

impl Version {
    /// What sorts before all that commits up to this one made of a key.
    fn upto(key: &[u8], commit: u64) -> Self {
        Self {
            key: key.to_vec(),
            commit: Reverse(commit),
        }
    }

    /// What sorts before all that was made of a key.
    fn first(key: &[u8]) -> Self {
        Self::upto(key, u64::MAX)
    }
}

/// Rows of commits that follow each other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer(Arc<SkipMap<Version, Option<Vec<u8>>>>);

fn change(of: &Entry<'_, Version, Option<Vec<u8>>>) -> Change {
    (of.key().key.clone(), of.value().clone())
}

impl Layer {
    /// Whether nothing was committed to it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a row that a commit writes, or removes.
    pub(crate) fn add(&self, key: &[u8], commit: u64, value: Option<Vec<u8>>) {
        self.0.insert(Version::upto(key, commit), value);
    }

    /// The rows of a closed layer, as its last commit left them.
    pub(crate) fn rows(&self) -> Written {
        let everything = Within::new(&[], &[u8::MAX; 2], false);
        Written::from_iter(self.forward(&everything, u64::MAX, usize::MAX))
    }

    /// What commits up to this one made of a key; `None`: nothing.
    pub(crate) fn get(&self, key: &[u8], upto: u64) -> Option<Option<Vec<u8>>> {
        let latest = self.0.lower_bound(Bound::Included(&Version::upto(key, upto)))?;
        (latest.key().key == key).then(|| latest.value().clone())
    }

    /// The first rows of a range that commits up to this one changed.
    pub(crate) fn forward(&self, within: &Within, upto: u64, many: usize) -> VecDeque<Change> {
        let mut read: VecDeque<Change> = VecDeque::new();
        let mut found = self.0.lower_bound(Bound::Included(&Version::first(&within.from)));
        while let Some(version) = found
            && version.key().key < within.to
            && read.len() < many
        {
            // Behind the latest that counts stand those before it.
            let is_new = read.back().is_none_or(|(last, _)| *last != version.key().key);
            if is_new && version.key().commit.0 <= upto {
                read.push_back(change(&version));
            }
            found = version.next();
        }
        read
    }

    /// The last ones, the last first.
    pub(crate) fn backward(&self, within: &Within, upto: u64, many: usize) -> VecDeque<Change> {
        let mut read = VecDeque::new();
        let before = |key: &[u8]| self.0.upper_bound(Bound::Excluded(&Version::first(key)));
        let mut found = before(&within.to);
        while let Some(version) = found
            && version.key().key >= within.from
            && read.len() < many
        {
            let key = &version.key().key;
            read.extend(self.get(key, upto).map(|value| (key.clone(), value)));
            found = before(key);
        }
        read
    }
}
