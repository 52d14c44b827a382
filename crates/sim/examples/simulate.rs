//! Prints deliveries as NDJSON: `cargo run --release -p origem-sim --example simulate -- EVENTS [SEED]`.

use std::io::{self, BufWriter, Write as _};

use origem_sim::{Options, Simulation};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|argument| argument.parse::<u64>().unwrap_or_default());
    let events = arguments.next().unwrap_or(1_000);
    let seed = arguments.next().unwrap_or(1);
    let mut out = BufWriter::new(io::stdout().lock());
    for delivery in Simulation::new(Options {
        seed,
        events,
        ..Options::default()
    }) {
        out.write_all(&delivery.body)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
