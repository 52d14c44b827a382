//! `origem decode`: the events deliveries would become. Keeps nothing.

use std::io::{BufWriter, Write as _};

use origem_channels::{Delivery, decode};
use origem_codec::RawParts;
use origem_codec::json::EventJson;
use origem_domain::event::DEFAULT_ACCOUNT;

use crate::args::Decode;
use crate::command::now;
use crate::failure::Failure;
use crate::input;

/// Prints one event a line, in order.
pub fn run(args: &Decode) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for file in &args.input.files {
        input::deliveries(file, |_, body| {
            let source = args.input.source.into();
            let delivery = Delivery {
                source,
                body: &body,
                received_at: now(),
                account: DEFAULT_ACCOUNT,
            };
            for decoded in decode(&delivery) {
                let fragment = &decoded.fragment;
                let raw = RawParts {
                    before: &fragment.before,
                    raw: fragment.raw,
                    after: &fragment.after,
                };
                writeln!(out, "{}", EventJson::new(&decoded.event, Some(raw)).line())?;
            }
            Ok(())
        })?;
    }
    Ok(out.flush()?)
}
