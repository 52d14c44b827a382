//! `origem backup` and `origem restore`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use crate::args::Settings;

#[derive(Debug, ClapArgs)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub struct Backup {
    #[command(subcommand)]
    pub action: Option<BackupAction>,
    #[command(flatten)]
    pub settings: Settings,
    /// Directory of the backup; made if it is not there
    #[arg(long, value_name = "DIR", required = true)]
    pub to: Option<PathBuf>,
    /// Trust segments that the backup has by name and length, and do not read them again
    #[arg(long)]
    pub quick: bool,
    /// Leave secret.key out. Without it the contacts of a restored log cannot be found: keep it elsewhere
    #[arg(long)]
    pub without_secret: bool,
}

#[derive(Debug, Subcommand)]
pub enum BackupAction {
    /// Read a backup and check the checksum of every file
    Verify {
        /// Directory of the backup
        directory: PathBuf,
    },
}

#[derive(Debug, ClapArgs)]
pub struct Restore {
    /// Directory of the backup
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    #[command(flatten)]
    pub settings: Settings,
}
