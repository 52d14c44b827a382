//! `origem rates`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::{Format, Settings};

#[derive(Debug, ClapArgs)]
pub struct Rates {
    #[command(subcommand)]
    pub action: RatesAction,
}

/// Whose directory, and where it is.
#[derive(Debug, ClapArgs)]
pub struct Place {
    #[command(flatten)]
    pub settings: Settings,
    /// Ask a running server instead; the key is --key, or ORIGEM_OPERATORS_TOKEN
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "config", "log", "kafka"])]
    pub url: Option<String>,
    /// The tenant [default: that of the settings, or of the server]
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// How to print [default: table on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
}

#[derive(Debug, Subcommand)]
pub enum RatesAction {
    /// Take rate cards in: CSV as Meta publishes it, or JSON; all of the file or nothing
    ///
    /// CSV has a row a market with the columns Market, Currency, Marketing, Utility, Authentication, Authentication-International,
    /// Service; or a row a price with the columns Category and Rate, and From for volume tiers. What stands before the table is
    /// passed over.
    ///
    /// Begins the data directory if there is none, so rates can be there before the first event.
    Load {
        /// The file; - is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// From which day on the rates hold, where the file has no column Effective date; at midnight of the account's time zone
        #[arg(long, value_name = "YYYY-MM-DD")]
        effective_from: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Print the rate cards there are
    Show {
        /// Only the prices of this market, named as on the cards
        #[arg(long, value_name = "NAME")]
        market: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}
