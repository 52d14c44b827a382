//! `origem config`: settings.

use std::io::Write as _;

use crate::args::{Config as Args, ConfigAction};
use crate::config::{Config, Resolved, SETTINGS};
use crate::failure::Failure;

/// Prints every setting, its value, where that comes from and what it does. Secrets are only said to be set or not.
pub fn run(args: &Args) -> Result<(), Failure> {
    let ConfigAction::Explain { config } = &args.action;
    let resolved = Resolved::new(config.as_deref(), std::env::vars(), [])?;
    let mut out = std::io::stdout().lock();
    for setting in SETTINGS {
        let (value, origin) = resolved.get(setting.key);
        let shown = match (setting.secret, value.is_empty()) {
            (_, true) => "(not set)",
            (true, false) => "(hidden)",
            (false, false) => value,
        };
        writeln!(
            out,
            "# {}\n# {}{}",
            setting.help,
            setting.variable(),
            if setting.secret { ", or as a file: ..._FILE" } else { "" }
        )?;
        writeln!(out, "{} = {shown}    [{origin}]\n", setting.key)?;
    }
    // Values that make no sense are reported after they were shown.
    Config::new(&resolved)?;
    Ok(())
}
