//! `origem completions`: a completion script for a shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Args;
use crate::failure::Failure;

/// Prints the script.
pub fn run(shell: Shell) -> Result<(), Failure> {
    clap_complete::generate(shell, &mut Args::command(), "origem", &mut std::io::stdout());
    Ok(())
}
