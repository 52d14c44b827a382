//! Projected topics in memory: for tests, and the picture of what a broker does.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use origem_domain::position::Partition;

use super::{Held, Outlet, OutletError, Projected, Publication};

/// As much as a value may have with Kafka's own defaults, and some room for headers.
const VALUE_BYTES_MAX: usize = 1_000_000;

/// Topics in memory. Clones are the same topics.
#[derive(Debug, Clone)]
pub struct MemoryTopics {
    shared: Arc<Mutex<Shared>>,
    value_bytes_max: usize,
}

#[derive(Debug, Default)]
struct Shared {
    records: Vec<Publication>,
    /// How often the values of a partition of the log were taken over.
    epochs: BTreeMap<Partition, u64>,
}

/// A way to write [`MemoryTopics`].
#[derive(Debug)]
pub struct MemoryOutlet {
    topics: MemoryTopics,
    taken: Option<Taken>,
}

#[derive(Debug, Clone, Copy)]
struct Taken {
    partition: Partition,
    epoch: u64,
}

impl Default for MemoryTopics {
    fn default() -> Self {
        Self::new(VALUE_BYTES_MAX)
    }
}

impl MemoryTopics {
    /// Empty topics that take values of up to `value_bytes_max` bytes.
    #[must_use]
    pub fn new(value_bytes_max: usize) -> Self {
        Self {
            shared: Arc::default(),
            value_bytes_max,
        }
    }

    /// Another way to write them.
    #[must_use]
    pub fn outlet(&self) -> MemoryOutlet {
        MemoryOutlet {
            topics: self.clone(),
            taken: None,
        }
    }

    /// Every record ever published, oldest first.
    #[must_use]
    pub fn records(&self) -> Vec<Publication> {
        self.lock().records.clone()
    }

    /// What a reader of all partitions of `topic` has, that starts from the beginning and keeps the last value of each key.
    #[must_use]
    pub fn latest(&self, topic: Projected) -> BTreeMap<String, Publication> {
        let mut latest = BTreeMap::new();
        for record in self.lock().records.iter().filter(|record| record.topic == topic) {
            match record.value {
                Some(_) => latest.insert(record.key.clone(), record.clone()),
                None => latest.remove(&record.key),
            };
        }
        latest
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryOutlet {
    /// The topics, if this is the last that took over.
    fn owned(&self, doing: &'static str) -> Result<MutexGuard<'_, Shared>, OutletError> {
        let Taken { partition, epoch } = self.taken.ok_or_else(|| OutletError::Unavailable {
            doing,
            source: Arc::new(io::Error::other("no partition is taken over")),
        })?;
        let shared = self.topics.lock();
        if shared.epochs.get(&partition) == Some(&epoch) {
            Ok(shared)
        } else {
            Err(OutletError::Fenced { partition })
        }
    }
}

impl Outlet for MemoryOutlet {
    fn take_over(&mut self, partition: Partition) -> Result<(), OutletError> {
        let mut shared = self.topics.lock();
        let epoch = shared.epochs.entry(partition).or_default();
        *epoch += 1;
        self.taken = Some(Taken {
            partition,
            epoch: *epoch,
        });
        Ok(())
    }

    fn contents(
        &mut self,
        partition: Partition,
        each: &mut dyn FnMut(Held<'_>) -> ControlFlow<()>,
    ) -> Result<(), OutletError> {
        let shared = self.owned("read")?;
        for record in shared.records.iter().filter(|record| record.partition == partition) {
            let headers = record.headers.iter().map(|(name, value)| (*name, value.as_bytes()));
            let more = each(Held {
                topic: record.topic,
                partition,
                key: record.key.as_bytes(),
                value: record.value.as_deref(),
                headers: &headers.collect::<Vec<_>>(),
            });
            if more.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn publish(&mut self, publications: &[Publication]) -> Result<(), OutletError> {
        let mut shared = self.owned("written")?;
        for publication in publications {
            let bytes = publication.value.as_ref().map_or(0, Vec::len);
            if bytes > self.topics.value_bytes_max {
                let key = publication.key.clone();
                return Err(OutletError::TooLarge { key, bytes });
            }
        }
        shared.records.extend_from_slice(publications);
        Ok(())
    }

    fn value_bytes_max(&self) -> usize {
        self.topics.value_bytes_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publication(key: &str, value: Option<&str>) -> Publication {
        Publication {
            topic: Projected::Queue,
            partition: Partition(3),
            key: key.to_owned(),
            value: value.map(|value| value.as_bytes().to_vec()),
            headers: vec![("version", "0:1".to_owned())],
        }
    }

    #[test]
    fn the_last_value_of_a_key_counts_and_none_removes_it() {
        let topics = MemoryTopics::default();
        let mut outlet = topics.outlet();
        assert!(matches!(outlet.publish(&[]), Err(OutletError::Unavailable { .. })));
        outlet.take_over(Partition(0)).unwrap();
        let published = [
            publication("a", Some("1")),
            publication("b", Some("1")),
            publication("a", Some("2")),
            publication("b", None),
        ];
        outlet.publish(&published).unwrap();
        let latest = topics.latest(Projected::Queue);
        assert_eq!(latest.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(latest["a"].value.as_deref(), Some(b"2".as_slice()));
        assert_eq!(topics.latest(Projected::Touches), BTreeMap::new());

        let mut seen = Vec::new();
        let mut each = |held: Held<'_>| {
            assert_eq!(held.header("version"), Some("0:1"));
            seen.push((held.key.to_vec(), held.value.map(<[u8]>::to_vec)));
            ControlFlow::Continue(())
        };
        outlet.contents(Partition(3), &mut each).unwrap();
        let expected = published.map(|record| (record.key.into_bytes(), record.value));
        assert_eq!(seen, expected);
        outlet
            .contents(Partition(4), &mut |_| panic!("another partition"))
            .unwrap();
        let mut count = 0;
        let mut first = |_: Held<'_>| {
            count += 1;
            ControlFlow::Break(())
        };
        outlet.contents(Partition(3), &mut first).unwrap();
        assert_eq!(count, 1, "it breaks off when told to");
    }

    #[test]
    fn who_was_taken_over_writes_nothing_any_more() {
        let topics = MemoryTopics::default();
        let (mut zombie, mut other, mut heir) = (topics.outlet(), topics.outlet(), topics.outlet());
        zombie.take_over(Partition(0)).unwrap();
        other.take_over(Partition(1)).unwrap();
        heir.take_over(Partition(0)).unwrap();
        let refused = zombie.publish(&[publication("a", Some("zombie"))]);
        assert!(matches!(
            refused,
            Err(OutletError::Fenced {
                partition: Partition(0)
            })
        ));
        other.publish(&[publication("b", Some("other"))]).unwrap();
        heir.publish(&[publication("a", Some("heir"))]).unwrap();
        assert_eq!(
            topics.latest(Projected::Queue)["a"].value.as_deref(),
            Some(b"heir".as_slice())
        );
        assert_eq!(topics.records().len(), 2);
    }

    #[test]
    fn one_value_too_large_holds_back_all() {
        let topics = MemoryTopics::new(3);
        let mut outlet = topics.outlet();
        outlet.take_over(Partition(0)).unwrap();
        let refused = outlet.publish(&[publication("a", Some("123")), publication("b", Some("1234"))]);
        assert!(matches!(refused, Err(OutletError::TooLarge { key, bytes: 4 }) if key == "b"));
        assert_eq!(topics.records(), []);
    }
}
