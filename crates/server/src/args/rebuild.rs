//! `origem rebuild` on the command line.

use clap::{Args as ClapArgs, Subcommand};

use crate::args::{Format, LogSettings};
use crate::config::SETTINGS;

/// Folds the views again from the log beside those that serve, prints what differs and why, and switches.
///
/// On a data directory that no server uses, it takes all of the machine; with --url, the server does it while it serves. The views
/// before are kept: `origem rebuild rollback` goes back to them, `origem rebuild prune` removes them.
#[derive(Debug, ClapArgs)]
pub struct Rebuild {
    #[command(subcommand)]
    pub action: Option<RebuildAction>,
    /// Read the bytes of deliveries again by the parsers of this build
    #[arg(long)]
    pub renormalise: bool,
    /// Print what would differ; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Switch even where the log begins late and what the views hold from before is lost; see it first with --dry-run
    #[arg(long, conflicts_with = "dry_run")]
    pub accept_loss: bool,
    /// Conversations that differ to show in full
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(0..=1_000))]
    pub examples: u16,
    /// Share of one core it may take: over 0, up to 1; 1: no limit, on all cores [default: at a server rebuild.cpu_share, else 1]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub cpu_share: Option<f64>,
    /// A rule as the settings rules.* have it, for a dry run on a data directory: interaction_gap=12h,
    /// 'dispatches=shop: callback_data=camp-{campaign}'
    #[arg(long = "rule", value_name = "NAME=VALUE", value_parser = rule)]
    pub rules: Vec<(&'static str, String)>,
    #[command(flatten)]
    pub place: RebuildPlace,
}

/// Where a rebuild is, accepted after the action too.
#[derive(Debug, ClapArgs)]
pub struct RebuildPlace {
    #[command(flatten)]
    pub settings: LogSettings,
    /// At a running server instead
    #[arg(long, value_name = "URL", global = true, conflicts_with_all = ["data", "config", "log", "kafka"])]
    pub url: Option<String>,
    /// The server's token of operators [default: --key, else ORIGEM_OPERATORS_TOKEN]
    #[arg(long, value_name = "TOKEN", global = true)]
    pub token: Option<String>,
    /// How to print [default: table on a terminal, else json]
    #[arg(long, value_name = "FORMAT", global = true)]
    pub format: Option<Format>,
}

#[derive(Debug, Subcommand)]
pub enum RebuildAction {
    /// Print the rebuilds there were, or one with all that it found
    Status {
        /// Which [default: all]
        id: Option<u64>,
    },
    /// End a rebuild that is under way; what serves goes on serving
    Cancel {
        /// Which [default: the one that is under way]
        id: Option<u64>,
    },
    /// Go back to the views that served before the last switch
    Rollback,
    /// Remove the views that are kept for going back
    Prune,
}

fn share(text: &str) -> Result<f64, &'static str> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or("it is not over 0 and up to 1")
}

/// A setting `rules.*` by the name without its section, and its value.
fn rule(text: &str) -> Result<(&'static str, String), String> {
    let known = || {
        SETTINGS
            .iter()
            .filter_map(|setting| Some((setting.key, setting.key.strip_prefix("rules.")?)))
    };
    let (name, value) = text.split_once('=').ok_or("it is not NAME=VALUE")?;
    let found = known().find(|(_, known)| *known == name.trim());
    let names = || known().map(|(_, name)| name).collect::<Vec<_>>().join(", ");
    match found {
        Some((key, _)) => Ok((key, value.trim().to_owned())),
        None => Err(format!("there is no rule `{name}`; rules are {}", names())),
    }
}
