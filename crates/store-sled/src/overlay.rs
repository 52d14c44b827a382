//! What is committed and not yet written to the trees: layers of rows in memory, over those of the trees.
//!
//! A commit goes into the open layer, in microseconds, so that readers hardly wait for one. Written to the trees is a closed layer,
//! row by row, beside the readers: they see its rows here until every one of them stands there too.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use origem_views::rows::Row;

/// Rows by key; `None` for those that are removed.
pub(crate) type Written = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Rows that were committed together with others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer(Arc<RwLock<Written>>);

impl Layer {
    /// Its rows. Whoever holds them keeps commits out of an open layer.
    pub(crate) fn rows(&self) -> RwLockReadGuard<'_, Written> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, rows: Written) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(rows);
    }
}

/// The newest first.
#[derive(Debug, Clone, Default)]
struct Layers {
    open: Layer,
    closed: Option<Layer>,
}

impl Layers {
    fn newest_first(&self) -> impl Iterator<Item = &Layer> {
        [&self.open].into_iter().chain(&self.closed)
    }
}

/// The layers of a store.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    layers: RwLock<Layers>,
    /// Bytes of what was added to the open layer: a row that was added twice counts twice.
    waiting: AtomicUsize,
}

impl Overlay {
    fn layers(&self) -> RwLockReadGuard<'_, Layers> {
        self.layers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn layers_alone(&self) -> RwLockWriteGuard<'_, Layers> {
        self.layers.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what is committed, of so many bytes.
    pub(crate) fn add(&self, rows: Written, bytes: usize) {
        let layers = self.layers();
        layers.open.add(rows);
        // With the layers in hand, so that it goes with the layer that it counts.
        self.waiting.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Bytes that the open layer took, at most.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// The layer that is to be written to the trees: one that could not be written before, or what was open until now.
    pub(crate) fn close(&self) -> Option<Layer> {
        let mut layers = self.layers_alone();
        if layers.closed.is_none() && !layers.open.rows().is_empty() {
            layers.closed = Some(std::mem::take(&mut layers.open));
            self.waiting.store(0, Ordering::Release);
        }
        layers.closed.clone()
    }

    /// Whether a closed layer still has to be written.
    pub(crate) fn has_closed(&self) -> bool {
        self.layers().closed.is_some()
    }

    /// The closed layer stands in the trees.
    pub(crate) fn retire(&self) {
        self.layers_alone().closed = None;
    }

    /// What was committed last for a key; `None`: ask the trees, and only after this.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let layers = self.layers();
        layers.newest_first().find_map(|layer| layer.rows().get(key).cloned())
    }

    /// The rows in `from..to` over those of the trees, which are asked once the layers are at hand: what leaves the layers from then on
    /// stands in the trees, and is still seen here.
    pub(crate) fn over<I>(&self, range: Within, trees: impl FnOnce() -> I) -> Box<dyn Iterator<Item = I::Item>>
    where
        I: Iterator<Item = sled::Result<Row>> + 'static,
    {
        let layers: Vec<Layer> = {
            let layers = self.layers();
            let filled = layers.newest_first().filter(|layer| !layer.rows().is_empty());
            filled.cloned().collect()
        };
        let mut merged: Box<dyn Iterator<Item = I::Item>> = Box::new(trees());
        for layer in layers.into_iter().rev() {
            let above = Above {
                layer,
                left: range.clone(),
            };
            merged = Box::new(Merged {
                above: above.peekable(),
                beneath: merged.peekable(),
                back: range.back,
            });
        }
        merged
    }
}

/// A range of keys and the direction in which it is read.
#[derive(Debug, Clone)]
pub(crate) struct Within {
    pub(crate) from: Bound<Vec<u8>>,
    pub(crate) to: Bound<Vec<u8>>,
    pub(crate) back: bool,
}

impl Within {
    /// Keys with `from <= key < to`, which is no empty range.
    pub(crate) fn new(from: &[u8], to: &[u8], back: bool) -> Self {
        Self {
            from: Bound::Included(from.to_vec()),
            to: Bound::Excluded(to.to_vec()),
            back,
        }
    }

    fn is_empty(&self) -> bool {
        // A range whose ends exclude one key is one that a map does not take.
        matches!((&self.from, &self.to), (Bound::Excluded(from), Bound::Excluded(to)) if from >= to)
    }
}

/// The rows of one layer, looked up one after the other: nobody is kept out between two of them.
struct Above {
    layer: Layer,
    left: Within,
}

impl Iterator for Above {
    type Item = (Vec<u8>, Option<Vec<u8>>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let (key, value) = {
            let rows = self.layer.rows();
            let mut range = rows.range((self.left.from.clone(), self.left.to.clone()));
            let (key, value) = if self.left.back {
                range.next_back()
            } else {
                range.next()
            }?;
            (key.clone(), value.clone())
        };
        let passed = Bound::Excluded(key.clone());
        if self.left.back {
            self.left.to = passed;
        } else {
            self.left.from = passed;
        }
        Some((key, value))
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
        let bytes = added.iter().map(|(key, value)| key.len() + value.map_or(0, str::len));
        overlay.add(rows(added), bytes.sum());
    }

    /// What is seen over trees with these rows, as `key=value`.
    fn seen(overlay: &Overlay, trees: &Written, (from, to): (&str, &str), back: bool) -> Vec<String> {
        let within = Within::new(from.as_bytes(), to.as_bytes(), back);
        let beneath = trees.range(from.as_bytes().to_vec()..to.as_bytes().to_vec());
        let beneath = beneath.filter_map(|(key, value)| Some(Ok((key.clone(), value.clone()?))));
        let mut beneath: Vec<sled::Result<Row>> = beneath.collect();
        if back {
            beneath.reverse();
        }
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let seen = overlay.over(within, || beneath.into_iter());
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
        assert_eq!(overlay.get(b"a"), None, "the trees know");
        assert_eq!(overlay.get(b"c"), Some(Some(b"3".to_vec())));
        assert_eq!(overlay.get(b"d"), Some(None), "removed");
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
        assert_eq!(*again.rows(), *first.rows(), "what could not be written comes first");
        overlay.retire();
        assert_eq!(overlay.get(b"a"), Some(Some(b"2".to_vec())));
        assert_eq!(overlay.close().unwrap().rows().len(), 2);
        overlay.retire();
        assert!(overlay.close().is_none());
    }

    #[test]
    fn who_reads_while_a_layer_goes_to_the_trees_misses_nothing() {
        let overlay = Overlay::default();
        add(&overlay, &[("a", Some("1")), ("b", Some("1"))]);
        // The trees are read from before they have the rows.
        let mut reading = overlay.over(Within::new(b"a", b"z", false), std::iter::empty::<sled::Result<Row>>);
        assert_eq!(reading.next().unwrap().unwrap().0, b"a");
        overlay.close().unwrap();
        overlay.retire();
        assert_eq!(reading.next().unwrap().unwrap().0, b"b");
        assert!(reading.next().is_none());
    }
}
