//! `origem report` on the command line.

use clap::{Args as ClapArgs, Subcommand};

use crate::args::Place;

/// What is counted over time.
#[derive(Debug, ClapArgs)]
pub struct Report {
    #[command(subcommand)]
    pub action: ReportAction,
}

#[derive(Debug, Subcommand)]
pub enum ReportAction {
    /// What was charged and what was free, as the provider reported, and how often the estimate was right
    ///
    /// Days are those of the account's time zone. Amounts are list prices of the rate cards; see `origem rates`.
    Spend {
        /// From this day on [default: the first of the month]
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Option<String>,
        /// Until this day, which is not in the report [default: all that is known]
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: Option<String>,
        /// What lines are told apart by: day or month, channel, category, campaign, with commas [default: day]
        #[arg(long, value_name = "NAMES")]
        group_by: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}
