//! `origem conversions` on the command line.

use clap::{Args as ClapArgs, Subcommand};

use crate::args::{Format, LogSettings};

#[derive(Debug, ClapArgs)]
pub struct Conversions {
    #[command(subcommand)]
    pub action: ConversionsAction,
    #[command(flatten)]
    pub place: ConversionsPlace,
}

/// Whom to ask, accepted after the action too.
#[derive(Debug, ClapArgs)]
pub struct ConversionsPlace {
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
pub enum ConversionsAction {
    /// Print conversions, the latest first
    List {
        #[command(flatten)]
        which: WhichConversions,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Print all about one conversion, with what its request holds; and how the destinations are, without an id
    Show {
        /// Its id, as in the list
        id: Option<String>,
    },
    /// Have a conversion be sent now: one that was refused, given up or only tried out, or that waits
    ///
    /// At a server at once; on a data directory by the server that is started on it next.
    Retry {
        /// Its id, as in the list
        id: String,
    },
    /// Print what the rules make of a conversation, and why; changes nothing, sends nothing
    ///
    /// Every end of a ticket, stage and lead in it: what would be told to whom, what objects to it, what became of it.
    Explain {
        /// The conversation, by id
        conversation: String,
        /// As it always is: nothing is sent
        #[arg(long)]
        dry_run: bool,
    },
}

/// Which conversions; everything that is given must hold.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct WhichConversions {
    /// Only for this destination: meta or webhook
    #[arg(long, value_name = "DESTINATION")]
    pub destination: Option<String>,
    /// Only in this state: waiting, sent, refused, gave_up, skipped, dry_run or withdrawn
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// Only of this account
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Only of this conversation
    #[arg(long, value_name = "CONVERSATION")]
    pub conversation: Option<String>,
    /// Only of this ticket
    #[arg(long, value_name = "TICKET")]
    pub ticket: Option<String>,
    /// Only of this name, such as Purchase
    #[arg(long, value_name = "NAME")]
    pub event: Option<String>,
}
