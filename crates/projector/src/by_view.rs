//! Rows of many conversations, kept by view until they are put in order.
//!
//! Conversations are folded in order of their ids, so in most views their rows come in order already, or as a few lists that are in
//! order. A sort sees that view by view; among all rows together it would be lost.

use std::vec;

/// Entries by the first byte of their keys.
#[derive(Debug)]
pub(crate) struct ByView<V>(Vec<Vec<(Vec<u8>, V)>>);

/// Entries in order of keys.
pub(crate) type InOrder<V> = std::iter::Flatten<vec::IntoIter<Vec<(Vec<u8>, V)>>>;

impl<V> Default for ByView<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> ByView<V> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// All of them in order of keys; those of one key in the order they came in.
    pub(crate) fn in_order(mut self) -> InOrder<V> {
        for entries in &mut self.0 {
            entries.sort_by(|one, other| one.0.cmp(&other.0));
        }
        self.0.into_iter().flatten()
    }
}

impl<V> Extend<(Vec<u8>, V)> for ByView<V> {
    fn extend<T: IntoIterator<Item = (Vec<u8>, V)>>(&mut self, entries: T) {
        for entry in entries {
            let view = entry.0.first().copied().map_or(0, usize::from);
            if self.0.len() <= view {
                self.0.resize_with(view + 1, Vec::new);
            }
            self.0[view].push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_come_in_order_of_keys_and_then_as_they_came(
            keys in prop::collection::vec(prop::collection::vec(0..3_u8, 0..4), 0..40),
        ) {
            let entries: Vec<(Vec<u8>, usize)> = keys.into_iter().zip(0..).collect();
            let mut by_view = ByView::default();
            by_view.extend(entries.clone());
            prop_assert_eq!(by_view.len(), entries.len());
            let mut sorted = entries;
            sorted.sort();
            prop_assert_eq!(by_view.in_order().collect::<Vec<_>>(), sorted);
        }
    }
}
