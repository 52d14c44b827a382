//! Figures of benches: measured in repetitions, told to a person, kept as lines of JSON for whoever makes a report.
//!
//! ```text
//! Bench::begin("append") --measure, latencies, record--> Figure --> a line for people, and one in the file ORIGEM_BENCH_JSON names
//! ```
//! A statistics library is not used: of a figure we tell median, least and most, long work (a rebuild) is repeated three times
//! and not ten, and the lines have to be read by other programs.

use mimalloc::MiMalloc;

mod bench;
mod figure;
mod human;

pub use bench::{Bench, Extent, JSON, QUICK};
pub use figure::{Beside, Figure, ReadError, append_machine, read, read_machine};
pub use human::{ratio, told};

/// That of the binary, so that benches measure what is shipped.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
