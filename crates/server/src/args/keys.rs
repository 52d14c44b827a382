//! `origem keys`.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use origem_domain::access::Role;

use super::{Format, Settings};

#[derive(Debug, ClapArgs)]
pub struct Keys {
    #[command(subcommand)]
    pub action: KeysAction,
}

/// Whose keys.
#[derive(Debug, ClapArgs)]
pub struct KeysPlace {
    #[command(flatten)]
    pub settings: Settings,
    /// Ask a running server instead; it wants a key of an administrator or operator: --key
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "config", "log", "kafka"])]
    pub url: Option<String>,
    /// How to print [default: table on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum RoleArg {
    /// Answers customers: sees what waits for its teams, and its own
    Agent,
    /// Sees and moves everything of its account, and the reports
    Manager,
    /// A manager who also maintains the directory and the keys of its account
    Administrator,
    /// Looks after the installation: every account, rebuilds, anomalies, metrics
    Operator,
    /// A program that brings events; reads nothing
    Producer,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Agent => Self::Agent,
            RoleArg::Manager => Self::Manager,
            RoleArg::Administrator => Self::Administrator,
            RoleArg::Operator => Self::Operator,
            RoleArg::Producer => Self::Producer,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum KeysAction {
    /// Make a key and print it, this once; only a hash of it is kept
    ///
    /// With the first key, everybody who asks a server has to show one: `Authorization: Bearer KEY`. Begins the data directory if
    /// there is none, so the first key can be made before the first start.
    Create {
        /// What its holder may do
        #[arg(long, value_name = "ROLE")]
        role: RoleArg,
        /// The agent its holder is, by its id in the directory; needed for the role agent
        #[arg(long, value_name = "ID", required_if_eq("role", "agent"))]
        agent: Option<String>,
        /// The only account it is good for [default: that of the settings, or of the server; of operators and producers: any]
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
        /// What it is for, for the list
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// How long it is good, such as 90d or 12h [default: until it is revoked]
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        #[command(flatten)]
        place: KeysPlace,
    },
    /// Print all keys by their public ids, never the keys themselves
    List {
        #[command(flatten)]
        place: KeysPlace,
    },
    /// Make a key good for nothing, for good
    Revoke {
        /// Its public id: what follows `origem_` in the key, up to the next `_`
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        place: KeysPlace,
    },
}
