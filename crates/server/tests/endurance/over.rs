//! Whoever works in other threads until somebody says that it is enough. A scope waits for all of its threads, so that has to be said also
//! when whoever would say it panics: else a run that fails hangs.

use std::sync::atomic::{AtomicBool, Ordering};

/// Says that it is over when dropped.
pub struct Over<'a>(pub &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;

    use super::*;

    #[test]
    fn whoever_waits_for_the_end_hears_of_it_after_a_panic_too() {
        let over = AtomicBool::new(false);
        let run = || {
            thread::scope(|scope| {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        thread::yield_now();
                    }
                });
                let _over = Over(&over);
                panic!("before anybody says that it is over");
            })
        };
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    }
}
