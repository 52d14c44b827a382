//! `origem simulate`: deliveries of a simulated business.

use std::io::{BufWriter, Write as _};

use origem_sim::{Options, Simulation};

use crate::args::{Simulate, SourceArg};
use crate::failure::Failure;

/// Prints one delivery a line, in the order they arrive.
pub fn run(args: &Simulate) -> Result<(), Failure> {
    if args.source != SourceArg::Meta {
        return Err(Failure::usage(
            "only deliveries of Meta are simulated; leave --source out",
        ));
    }
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let options = Options {
        seed: args.seed,
        events: args.events,
        ..Options::default()
    };
    for delivery in Simulation::new(options) {
        out.write_all(&delivery.body)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}
