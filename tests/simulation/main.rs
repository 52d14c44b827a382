//! Simulation: one seed decides what is delivered, in which order, how the log is cut, what fails and when, and what people do
//! meanwhile. The engine is the real one, on the real log in segment files; disk and stores are in memory and fail as they are told to.
//!
//! ```text
//! seed -> deliveries (late, twice) -> engine -> segment log -> a disk that forgets, fails, fills up, loses power
//!      -> steps, one at a time            \--- gate ---> projector -> stores that forget, refuse, wait before a commit
//!                                                             after each step: run.rs `look`, invariant.rs
//! ```
//! The engine has threads; what happens does not depend on them, because after each step nothing moves any more before the next. So a
//! seed that fails fails again: the message says how to run it alone. To hunt for long: `cargo xtask sim --seeds 10000`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)] // a broken promise is to stop the test, and the long one talks to a person

mod gate;
mod invariant;
mod machine;
mod model;
mod run;
mod step;
mod store;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use run::{Wrong, run};

/// Steps of a run.
const STEPS: usize = 60;
/// Seeds at the same time: they wait more than they work.
const AT_ONCE: usize = 4;

/// Runs seeds, several at a time; the first that is wrong ends it.
#[track_caller]
fn all_hold(first: u64, count: u64, steps: usize) {
    let (next, began) = (AtomicU64::new(first), Instant::now());
    let hunt = || -> Option<(u64, Wrong)> {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return None;
            }
            let done = seed - first;
            if done > 0 && done.is_multiple_of(500) {
                println!("{done} seeds after {:.0} s", began.elapsed().as_secs_f64());
            }
            if let Err(wrong) = run(seed, steps) {
                // The others may end what they do.
                next.store(first + count, Ordering::Relaxed);
                return Some((seed, wrong));
            }
        }
    };
    let wrong = thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(hunt)).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap());
        ended.flatten().next()
    });
    if let Some((seed, Wrong { why, trace })) = wrong {
        panic!(
            "seed {seed}: {why}\n\n{}\n\nalone: cargo xtask sim --seed {seed} --steps {steps}",
            trace.join("\n")
        );
    }
    println!("{count} seeds of {steps} steps, from {first} on: all hold");
}

#[test]
fn whatever_happens_what_has_to_hold_holds() {
    all_hold(1, 100, STEPS);
}

#[test]
fn a_seed_does_the_same_each_time() {
    for seed in 1..=6 {
        let (one, other) = (run(seed, STEPS).unwrap(), run(seed, STEPS).unwrap());
        assert_eq!(one, other, "seed {seed}");
    }
    assert_ne!(run(7, STEPS).unwrap(), run(8, STEPS).unwrap());
}

/// A check of what comes again proves nothing where nothing does.
#[test]
fn something_comes_again() {
    let again = |seed| {
        let trace = run(seed, STEPS).unwrap();
        let told = trace
            .last()
            .and_then(|end| end.rsplit_once(" records, ")?.1.strip_suffix(" of them again"));
        told.unwrap().parse::<u64>().unwrap()
    };
    assert!((1..=4).map(again).sum::<u64>() > 0);
}

/// The number in a variable, where `cargo xtask sim` puts its flags.
fn number(name: &str) -> Option<u64> {
    let told = std::env::var(name).ok()?;
    Some(told.parse().unwrap_or_else(|_| panic!("{name}={told} is no number")))
}

#[test]
#[ignore = "as long as one likes: cargo xtask sim"]
fn long() {
    let steps = number("ORIGEM_SIM_STEPS").map_or(STEPS, |steps| usize::try_from(steps).unwrap());
    if let Some(seed) = number("ORIGEM_SIM_SEED") {
        match run(seed, steps) {
            Ok(trace) => println!("{}\nseed {seed}: all holds", trace.join("\n")),
            Err(Wrong { why, trace }) => panic!("seed {seed}: {why}\n\n{}", trace.join("\n")),
        }
        return;
    }
    all_hold(
        number("ORIGEM_SIM_FROM").unwrap_or(1),
        number("ORIGEM_SIM_SEEDS").unwrap_or(1_000),
        steps,
    );
}
