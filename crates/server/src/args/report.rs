//! `origem report` on the command line.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use crate::args::{Place, Settings};

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
        #[command(flatten)]
        days: Days,
        /// What lines are told apart by: day or month, channel, category, campaign, with commas [default: day]
        #[arg(long, value_name = "NAMES")]
        group_by: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// What each origin brought: tickets opened, what became of them, and its part in what was won
    ///
    /// Tickets are those opened in the days, by the account's time zone. A ticket is won when it is finished with a value or with a
    /// classification whose outcome is `won`, or when its sales stage becomes one whose outcome is `won`. The columns up to `return`
    /// count the tickets that an origin opened; each model adds how many wins and how much of the revenue are its part, and these
    /// add up to what was won. Costs are the ad spend of the directory: `PUT /v1/ad-spend`, JSON or CSV.
    Origins {
        #[command(flatten)]
        days: Days,
        /// What lines are told apart by: day or month, channel, team, agent, kind, platform, campaign, ad, link, hashtag, with
        /// commas [default: kind,platform]
        #[arg(long, value_name = "NAMES")]
        group_by: Option<String>,
        /// How credit is shared out, side by side: first, last, last_non_organic, linear, position, time_decay, markov, shapley,
        /// with commas, or all [default: last]
        #[arg(long, value_name = "NAMES")]
        model: Option<String>,
        /// Days back from a win within which touches have part in it [default: 30]
        #[arg(long, value_name = "DAYS")]
        lookback_days: Option<u16>,
        /// Days after which a touch counts half in time_decay [default: 7]
        #[arg(long, value_name = "DAYS")]
        half_life_days: Option<u16>,
        #[command(flatten)]
        place: Place,
    },
    /// How far those came who followed a link: clicks, conversations, answered, classified, won
    Funnel {
        #[command(flatten)]
        days: Days,
        /// What lines are of [default: link]
        #[arg(long, value_enum)]
        by: Option<FunnelBy>,
        #[command(flatten)]
        place: Place,
    },
    /// Which origins follow each other on the way to tickets, those that won most first
    ///
    /// The path of a ticket has the touches of its conversation within the lookback before it was won, else closed, else before now;
    /// the same origin again right after itself is one step. Of longer paths the last steps are told.
    Paths {
        #[command(flatten)]
        days: Days,
        /// What origins are told apart by: kind, platform, campaign, ad, link, hashtag, with commas [default: kind,platform]
        #[arg(long, value_name = "NAMES")]
        group_by: Option<String>,
        /// Days back from the end of a ticket within which touches are on its path [default: 30]
        #[arg(long, value_name = "DAYS")]
        lookback_days: Option<u16>,
        /// How many of the last steps of a path are told apart [default: 5]
        #[arg(long, value_name = "N")]
        steps: Option<usize>,
        /// How many paths are told [default: 20]
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        #[command(flatten)]
        place: Place,
    },
    /// A row a ticket with the evidence of its origins, for spreadsheets and programs
    ///
    /// Goes to stdout as it is read, so a million tickets take no more memory than a hundred.
    Tickets {
        #[command(flatten)]
        days: Days,
        /// What to write
        #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
        format: ExportFormat,
        /// The tenant [default: the configured one]
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
        /// Ask a running server instead of a data directory
        #[arg(long, value_name = "URL", conflicts_with_all = ["data", "config", "log", "kafka"])]
        url: Option<String>,
        #[command(flatten)]
        settings: Settings,
    },
}

/// Which days.
#[derive(Debug, ClapArgs)]
pub struct Days {
    /// From this day on [default: the first of the month]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: Option<String>,
    /// Until this day, which is not in the report [default: all that is known]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: Option<String>,
}

/// What the lines of a funnel are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FunnelBy {
    /// Links
    Link,
    /// Campaigns, with the links and ads that the directory has as theirs
    Campaign,
}

/// What an export is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// For spreadsheets: no text in it is taken for a formula
    Csv,
    /// A line of JSON a ticket, with all of its origins
    Ndjson,
}
