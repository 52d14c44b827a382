//! An outlet that fails when told to.

use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use origem_domain::position::Partition;
use origem_log::{Held, MemoryOutlet, Outlet, OutletError, Publication};

/// How the next call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing is done.
    Before,
    /// It is done, and the answer is lost.
    After,
}

/// The faults to come; each is used once.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    /// The next call fails.
    pub(super) fn add(&self, fault: Fault) {
        self.0.lock().unwrap().push(fault);
    }

    /// No call fails any more.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    fn around<T>(
        &self,
        doing: &'static str,
        mut call: impl FnMut() -> Result<T, OutletError>,
    ) -> Result<T, OutletError> {
        let fault = self.0.lock().unwrap().pop();
        let lost = || OutletError::Unavailable {
            doing,
            source: Arc::new(io::Error::other("the broker is away")),
        };
        match fault {
            None => call(),
            Some(Fault::Before) => Err(lost()),
            Some(Fault::After) => call().and_then(|_| Err(lost())),
        }
    }
}

/// An outlet that fails when told to.
pub(super) struct Faulty {
    pub(super) outlet: MemoryOutlet,
    pub(super) faults: Faults,
}

impl Outlet for Faulty {
    fn take_over(&mut self, partition: Partition) -> Result<(), OutletError> {
        self.faults.around("taken over", || self.outlet.take_over(partition))
    }

    fn contents(
        &mut self,
        partition: Partition,
        each: &mut dyn FnMut(Held<'_>) -> ControlFlow<()>,
    ) -> Result<(), OutletError> {
        self.faults.around("read", || self.outlet.contents(partition, each))
    }

    fn publish(&mut self, publications: &[Publication]) -> Result<(), OutletError> {
        self.faults.around("written", || self.outlet.publish(publications))
    }

    fn value_bytes_max(&self) -> usize {
        self.outlet.value_bytes_max()
    }
}
