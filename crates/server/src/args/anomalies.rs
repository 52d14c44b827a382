//! `origem anomalies` on the command line.

use clap::{Args as ClapArgs, Subcommand};

use crate::args::{Format, LogSettings, SourceArg};

#[derive(Debug, ClapArgs)]
pub struct Anomalies {
    #[command(subcommand)]
    pub action: AnomaliesAction,
    #[command(flatten)]
    pub place: AnomaliesPlace,
}

/// Whom to ask, accepted after the action too.
#[derive(Debug, ClapArgs)]
pub struct AnomaliesPlace {
    #[command(flatten)]
    pub settings: LogSettings,
    /// Ask a running server instead
    #[arg(long, value_name = "URL", global = true, conflicts_with_all = ["data", "config", "log", "kafka"])]
    pub url: Option<String>,
    /// How to print [default: table on a terminal, else json]
    #[arg(long, value_name = "FORMAT", global = true)]
    pub format: Option<Format>,
}

#[derive(Debug, Subcommand)]
pub enum AnomaliesAction {
    /// Print anomalies, the latest first
    List {
        #[command(flatten)]
        which: Which,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Print all about one event: what is odd, the event as far as it can be decoded, its bytes
    Show {
        /// Where it stands, such as 0:41
        position: String,
    },
    /// Print all about every event that fits, one JSON a line, the latest first
    Export {
        #[command(flatten)]
        which: Which,
        /// Only the deliveries, one a line, the oldest first, as `origem ingest` takes them
        #[arg(long)]
        raw: bool,
        /// With --raw: only what this source wrote, for `origem ingest --source`
        #[arg(long, value_name = "SOURCE", default_value = "meta", requires = "raw")]
        source: SourceArg,
    },
    /// Print how many there are, by reason
    Count {
        /// Only of this account
        #[arg(long, value_name = "ACCOUNT")]
        account: Option<String>,
    },
}

/// Which anomalies; everything that is given must hold.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct Which {
    /// Only of this reason
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,
    /// Only this kind of event, such as message_received
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only of this account
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Only on this channel
    #[arg(long, value_name = "KIND:ID")]
    pub channel: Option<String>,
    /// Only in this conversation
    #[arg(long, value_name = "CONVERSATION")]
    pub conversation: Option<String>,
    /// Only received at or after this time (RFC 3339, such as 2026-10-01T00:00:00-03:00)
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only received before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}
