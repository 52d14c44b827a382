//! What is committed and not yet written to the trees: layers of rows in memory, over those of the trees.
//!
//! A commit adds its rows, each with the number of the commit, to the open layer beside everybody who reads. Who reads looks at rows up
//! to one commit, so that a commit is seen whole once its number is told, and nobody waits for anybody. Written to the trees is a
//! closed layer, row by row, beside the readers: they see its rows here until every one of them stands there too.

use std::collections::VecDeque;
use std::iter::Peekable;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use origem_views::rows::Row;

use crate::layer::{Change, Layer, Within, Written};

/// A layer that is to be written to the trees.
#[derive(Debug)]
struct Closed {
    layer: Layer,
    /// What every view has that knows only some of its commits.
    earlier: Arc<()>,
}

#[derive(Debug, Default)]
struct Layers {
    open: Layer,
    closed: Option<Closed>,
    /// What every view has that was taken since the last layer was closed.
    views: Arc<()>,
}

/// The layers of a store.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    layers: RwLock<Layers>,
    /// The number of the last commit that is whole.
    last: AtomicU64,
    /// Bytes of what was added to the open layer: a row that was added twice counts twice.
    waiting: AtomicUsize,
    /// One commit at a time, and no layer is closed in the middle of it.
    committing: Mutex<()>,
}

impl Overlay {
    fn layers(&self) -> RwLockReadGuard<'_, Layers> {
        self.layers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn layers_alone(&self) -> RwLockWriteGuard<'_, Layers> {
        self.layers.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn committing(&self) -> MutexGuard<'_, ()> {
        self.committing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what is committed.
    pub(crate) fn add(&self, rows: &Written) {
        let _one = self.committing();
        let open = self.layers().open.clone();
        let commit = self.last.load(Ordering::Acquire) + 1;
        let mut bytes = 0;
        for (key, value) in rows {
            bytes += key.len() + value.as_ref().map_or(0, Vec::len);
            open.add(key, commit, value.clone());
        }
        self.waiting.fetch_add(bytes, Ordering::AcqRel);
        self.last.store(commit, Ordering::Release);
    }

    /// Bytes that the open layer took.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// The layer that is to be written to the trees: one that could not be written before, or what was open until now.
    pub(crate) fn close(&self) -> Option<Layer> {
        let _no_commit = self.committing();
        let mut layers = self.layers_alone();
        if layers.closed.is_none() && !layers.open.is_empty() {
            layers.closed = Some(Closed {
                layer: std::mem::take(&mut layers.open),
                earlier: std::mem::take(&mut layers.views),
            });
            self.waiting.store(0, Ordering::Release);
        }
        layers.closed.as_ref().map(|closed| closed.layer.clone())
    }

    /// Whether a closed layer still has to be written.
    pub(crate) fn has_closed(&self) -> bool {
        self.layers().closed.is_some()
    }

    /// Whether a view is left that knows only some of the commits of the closed layer, and would see the others in the trees.
    pub(crate) fn has_earlier_views(&self) -> bool {
        let layers = self.layers();
        let is_seen = |closed: &Closed| Arc::strong_count(&closed.earlier) > 1;
        let has = layers.closed.as_ref().is_some_and(is_seen);
        // What they read, they read before what is written from now on.
        fence(Ordering::Acquire);
        has
    }

    /// The closed layer stands in the trees.
    pub(crate) fn retire(&self) {
        self.layers_alone().closed = None;
    }

    /// What is committed now.
    pub(crate) fn now(&self) -> Commits {
        self.commits(&self.layers())
    }

    /// What is committed now, for whoever wants to see nothing else for a while. As long as it lives, the layer that is open now is not
    /// written to the trees.
    pub(crate) fn view(&self) -> (Commits, Arc<()>) {
        let layers = self.layers();
        (self.commits(&layers), Arc::clone(&layers.views))
    }

    /// With the layers in hand: all rows up to the last commit stand in them, or in the trees.
    fn commits(&self, layers: &Layers) -> Commits {
        Commits {
            open: layers.open.clone(),
            closed: layers.closed.as_ref().map(|closed| closed.layer.clone()),
            upto: self.last.load(Ordering::Acquire),
        }
    }
}

/// What is committed and was not yet in the trees at one time.
#[derive(Debug)]
pub(crate) struct Commits {
    open: Layer,
    closed: Option<Layer>,
    upto: u64,
}

impl Commits {
    /// What was committed last for a key; `None`: ask the trees, and only after this.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let mut newest_first = [&self.open].into_iter().chain(&self.closed);
        newest_first.find_map(|layer| layer.get(key, self.upto))
    }

    /// The rows in a range over those of the trees, which are asked once the layers are at hand: what leaves the layers from then on
    /// stands in the trees, and is still seen here.
    pub(crate) fn over<I>(&self, range: &Within, trees: impl FnOnce() -> I) -> Box<dyn Iterator<Item = I::Item>>
    where
        I: Iterator<Item = sled::Result<Row>> + 'static,
    {
        let mut merged: Box<dyn Iterator<Item = I::Item>> = Box::new(trees());
        let oldest_first = self.closed.iter().chain([&self.open]);
        for layer in oldest_first.filter(|layer| !layer.is_empty()) {
            let above = Above::new(layer.clone(), range.clone(), self.upto);
            merged = Box::new(Merged {
                above: above.peekable(),
                beneath: merged.peekable(),
                back: range.back,
            });
        }
        merged
    }
}

/// The rows of one layer up to a commit, read a few at a time, and more each time: most who read need few.
struct Above {
    layer: Layer,
    left: Within,
    upto: u64,
    read: VecDeque<Change>,
    many: usize,
}

impl Above {
    const FIRST: usize = 4;
    const MOST: usize = 64;

    const fn new(layer: Layer, left: Within, upto: u64) -> Self {
        Self {
            layer,
            left,
            upto,
            read: VecDeque::new(),
            many: Self::FIRST,
        }
    }

    fn read_on(&mut self) {
        // A range that has an end before its beginning has none left.
        if self.left.from >= self.left.to {
            return;
        }
        self.read = if self.left.back {
            self.layer.backward(&self.left, self.upto, self.many)
        } else {
            self.layer.forward(&self.left, self.upto, self.many)
        };
        match self.read.back() {
            Some((last, _)) if self.read.len() == self.many => self.left.behind(last),
            _ => self.left.to.clone_from(&self.left.from),
        }
        self.many = (2 * self.many).min(Self::MOST);
    }
}

impl Iterator for Above {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        if self.read.is_empty() {
            self.read_on();
        }
        self.read.pop_front()
    }
}

/// The rows of a layer, and those beneath that it does not hide.
struct Merged<I: Iterator<Item = sled::Result<Row>>> {
    above: Peekable<Above>,
    beneath: Peekable<I>,
    back: bool,
}

impl<I: Iterator<Item = sled::Result<Row>>> Iterator for Merged<I> {
    type Item = sled::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some((above, _)) = self.above.peek() else {
                return self.beneath.next();
            };
            let beneath_comes = match self.beneath.peek() {
                None => std::cmp::Ordering::Greater,
                // An error comes first.
                Some(Err(_)) => return self.beneath.next(),
                Some(Ok((beneath, _))) if self.back => above.cmp(beneath),
                Some(Ok((beneath, _))) => beneath.cmp(above),
            };
            match beneath_comes {
                std::cmp::Ordering::Less => return self.beneath.next(),
                std::cmp::Ordering::Equal => drop(self.beneath.next()),
                std::cmp::Ordering::Greater => {}
            }
            if let Some((key, Some(value))) = self.above.next() {
                return Some(Ok((key, value)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(&str, Option<&str>)]) -> Written {
        let row = |(key, value): &(&str, Option<&str>)| {
            (key.as_bytes().to_vec(), value.map(|value| value.as_bytes().to_vec()))
        };
        rows.iter().map(row).collect()
    }

    fn add(overlay: &Overlay, added: &[(&str, Option<&str>)]) {
        overlay.add(&rows(added));
    }

    /// What is seen over trees with these rows, as `key=value`.
    fn seen(overlay: &Overlay, trees: &Written, range: (&str, &str), back: bool) -> Vec<String> {
        seen_by(&overlay.now(), trees, range, back)
    }

    fn seen_by(commits: &Commits, trees: &Written, (from, to): (&str, &str), back: bool) -> Vec<String> {
        let within = Within::new(from.as_bytes(), to.as_bytes(), back);
        let beneath = trees.range(from.as_bytes().to_vec()..to.as_bytes().to_vec());
        let beneath = beneath.filter_map(|(key, value)| Some(Ok((key.clone(), value.clone()?))));
        let mut beneath: Vec<sled::Result<Row>> = beneath.collect();
        if back {
            beneath.reverse();
        }
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let seen = commits.over(&within, || beneath.into_iter());
        seen.map(|row| {
            row.map(|(key, value)| format!("{}={}", text(key), text(value)))
                .unwrap()
        })
        .collect()
    }

    #[test]
    fn the_newest_is_seen_wherever_it_stands() {
        let overlay = Overlay::default();
        let trees = rows(&[("a", Some("1")), ("b", Some("1")), ("c", Some("1")), ("e", Some("1"))]);
        add(&overlay, &[("b", Some("2")), ("c", None), ("d", Some("2"))]);
        overlay.close().unwrap();
        add(&overlay, &[("c", Some("3")), ("d", None), ("f", Some("3"))]);
        for (range, back, expected) in [
            (("a", "z"), false, "a=1 b=2 c=3 e=1 f=3"),
            (("a", "z"), true, "f=3 e=1 c=3 b=2 a=1"),
            (("b", "c"), false, "b=2"),
            (("b", "c"), true, "b=2"),
            (("d", "e"), false, ""),
            (("d", "f"), true, "e=1"),
        ] {
            assert_eq!(
                seen(&overlay, &trees, range, back).join(" "),
                expected,
                "{range:?} back {back}"
            );
        }
        assert_eq!(overlay.now().get(b"a"), None, "the trees know");
        assert_eq!(overlay.now().get(b"c"), Some(Some(b"3".to_vec())));
        assert_eq!(overlay.now().get(b"d"), Some(None), "removed");
    }

    #[test]
    fn a_layer_is_written_once_it_is_closed_and_stays_until_it_is_retired() {
        let overlay = Overlay::default();
        assert!(overlay.close().is_none(), "nothing was committed");
        add(&overlay, &[("a", Some("1"))]);
        assert_eq!(overlay.waiting(), 2);
        let first = overlay.close().unwrap();
        add(&overlay, &[("a", Some("2")), ("b", None)]);
        assert_eq!(overlay.waiting(), 3, "what is closed does not count");
        let again = overlay.close().unwrap();
        assert_eq!(again.rows(), first.rows(), "what could not be written comes first");
        overlay.retire();
        assert_eq!(overlay.now().get(b"a"), Some(Some(b"2".to_vec())));
        assert_eq!(overlay.close().unwrap().rows().len(), 2);
        overlay.retire();
        assert!(overlay.close().is_none());
    }

    #[test]
    fn who_reads_while_a_layer_goes_to_the_trees_misses_nothing() {
        let overlay = Overlay::default();
        add(&overlay, &[("a", Some("1")), ("b", Some("1"))]);
        // The trees are read from before they have the rows.
        let mut reading = overlay
            .now()
            .over(&Within::new(b"a", b"z", false), std::iter::empty::<sled::Result<Row>>);
        assert_eq!(reading.next().unwrap().unwrap().0, b"a");
        overlay.close().unwrap();
        overlay.retire();
        assert_eq!(reading.next().unwrap().unwrap().0, b"b");
        assert!(reading.next().is_none());
    }

    #[test]
    fn who_looks_at_one_commit_sees_no_other() {
        let overlay = Overlay::default();
        let trees = rows(&[("a", Some("0")), ("c", Some("0"))]);
        add(&overlay, &[("a", Some("1")), ("b", Some("1"))]);
        let (then, kept) = overlay.view();
        add(
            &overlay,
            &[("a", Some("2")), ("b", None), ("c", Some("2")), ("d", Some("2"))],
        );
        for back in [false, true] {
            let mut expected = vec!["a=1", "b=1", "c=0"];
            if back {
                expected.reverse();
            }
            assert_eq!(seen_by(&then, &trees, ("a", "z"), back), expected, "back {back}");
        }
        assert_eq!(then.get(b"b"), Some(Some(b"1".to_vec())));
        assert_eq!(then.get(b"d"), None);
        assert_eq!(overlay.now().get(b"b"), Some(None));
        overlay.close().unwrap();
        assert!(
            overlay.has_earlier_views(),
            "in the trees it would see the second commit"
        );
        let later = overlay.view();
        drop((then, kept));
        assert!(!overlay.has_earlier_views(), "who came later sees the whole layer");
        drop(later);
    }

    #[test]
    fn ranges_are_read_whole_however_many_rows_they_have() {
        const KEYS: u32 = 300;
        let overlay = Overlay::default();
        let key = |key: u32| format!("{key:04}");
        for commit in 0..3 {
            let changed = (0..KEYS).filter(|number| number % 3 >= commit);
            let rows = changed.map(|number| (key(number).into_bytes(), Some(commit.to_string().into_bytes())));
            overlay.add(&rows.collect());
        }
        let expected = |from, to| (from..to).map(|number| format!("{}={}", key(number), number % 3));
        for (from, to) in [(0, KEYS), (7, 8), (50, 250), (9, 9)] {
            let range = (&*key(from), &*key(to));
            let forward: Vec<_> = expected(from, to).collect();
            assert_eq!(seen(&overlay, &Written::new(), range, false), forward);
            let backward: Vec<_> = expected(from, to).rev().collect();
            assert_eq!(seen(&overlay, &Written::new(), range, true), backward);
        }
        assert_eq!(overlay.close().unwrap().rows().len(), KEYS as usize);
    }
}
