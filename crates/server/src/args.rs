//! The command line, as `contract.md` has it.

mod rates;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use origem_channels::Source;

pub use rates::{Place, Rates, RatesAction};
mod act;
mod anomalies;
mod backup;
mod conversions;
mod keys;
mod links;
mod rebuild;
mod report;
mod why;

pub use act::{Act, Deed};
pub use anomalies::{Anomalies, AnomaliesAction, Which};
pub use backup::{Backup, BackupAction, Restore};
pub use conversions::{Conversions, ConversionsAction, WhichConversions};
pub use keys::{Keys, KeysAction, KeysPlace};
pub use links::{Catalogue, CatalogueAction, CatalogueKind, Links, LinksAction, PictureKind};
pub use rebuild::{Rebuild, RebuildAction, RebuildPlace};
pub use report::{Days, ExportFormat, FunnelBy, Report, ReportAction};
pub use why::Why;

/// Proves where every WhatsApp, Instagram, Messenger and WebChat customer came from.
///
/// Deliveries from Meta and other providers are kept in an event log and folded into conversations with origin timelines.
/// Try `origem demo`, then open the address it prints.
#[derive(Debug, Parser)]
#[command(name = "origem", version, max_term_width = 110)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub identity: Identity,
}

/// Who asks a running server, for commands that take --url.
#[derive(Debug, ClapArgs)]
pub struct Identity {
    /// With --url: the key to show the server, or a JSON Web Token; better in ORIGEM_KEY or --key-file, for others see flags
    #[arg(
        long,
        value_name = "KEY",
        global = true,
        env = "ORIGEM_KEY",
        hide_env_values = true,
        hide_env = true
    )]
    pub key: Option<String>,
    /// With --url: a file with the key
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        env = "ORIGEM_KEY_FILE",
        hide_env = true,
        conflicts_with = "key"
    )]
    pub key_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything in one process: webhooks, projector, API
    Serve(Serve),
    /// Run a server with a simulated business and live traffic; nothing else to install
    Demo(Demo),
    /// Append files of deliveries and project them
    Ingest(Ingest),
    /// Print the events that deliveries would become; keeps nothing
    Decode(Decode),
    /// Print deliveries of a simulated business, one JSON a line, reproducible from the seed
    Simulate(Simulate),
    /// Read the views
    Query(Query),
    /// Do what agents do with tickets: claim, transfer, finish, ...
    Act(Box<Act>),
    /// Rate cards: what the provider charges
    Rates(Rates),
    /// Custom links: taken in, listed, drawn as QR codes
    Links(Links),
    /// Names of ads, campaigns and links, as their systems export them
    Catalogue(Catalogue),
    /// What is counted over time: what messages cost
    Report(Report),
    /// Why a conversation is what it is: the events behind each label, what was considered and lost
    Why(Why),
    /// What could not be understood or applied, with its bytes
    ///
    /// Nothing is ever left out in silence: it is here, each with its exact bytes.
    ///
    /// Reasons: unrecognised (no reader understood it), bad_time (its time cannot be right; it has the time of receipt),
    /// identity_conflict (it would put two people on one contact), voided (a command on a stale revision), no_effect (a command
    /// that made no sense), no_contact (it names nobody), not_joined (too many wait for the same click), undecodable (the record
    /// cannot be read).
    Anomalies(Anomalies),
    /// What was sold, told to Meta or to a server of yours: what was sent, what was refused and why, what would be sent
    Conversions(Conversions),
    /// Fold the views again from the log beside those that serve, print what differs, switch
    Rebuild(Rebuild),
    /// Look into the event log
    Log(Log),
    /// Copy the log, the directory and the secret of the installation, also while a server runs; again: only what is new
    ///
    /// The directory is what a business maintains: accounts, rate cards, templates. Views are not copied: they are folded again
    /// from the log. Taken again into the same place, only what is new is copied; the one before stays whole until the new one is.
    Backup(Backup),
    /// Make a data directory from a backup
    ///
    /// Every file is checked while it is copied. The views are folded on the next start. Refused where a log is; accounts, rate
    /// cards and templates that are there already are kept, for they may be newer.
    Restore(Restore),
    /// Kafka: make our topics, see how far everybody is, describe the topics
    Kafka(Kafka),
    /// Keys that callers of a server prove with who they are
    Keys(Keys),
    /// Settings
    Config(Config),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Settings that most commands share. Later wins: file, environment (ORIGEM_*), flags.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct Settings {
    /// TOML file with settings; see `origem config explain`
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data directory [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where events are kept: segments (files in the data directory) or kafka [default: segments]
    #[arg(long, value_name = "KIND")]
    pub log: Option<String>,
    /// Brokers of Kafka to begin with: host:port, comma-separated
    #[arg(long, value_name = "BROKERS")]
    pub kafka: Option<String>,
}

impl Settings {
    /// What was told, by the keys of settings.
    pub fn told(&self) -> impl Iterator<Item = (&'static str, String)> {
        let data = self.data.as_ref().map(|data| data.to_string_lossy().into_owned());
        [
            ("data", data),
            ("log.kind", self.log.clone()),
            ("kafka.bootstrap", self.kafka.clone()),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
    }
}

#[derive(Debug, ClapArgs)]
pub struct Serve {
    #[command(flatten)]
    pub settings: Settings,
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Address of the gRPC API; port 0 takes a free one [default: none]
    #[arg(long, value_name = "ADDR")]
    pub grpc: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Demo {
    /// Data directory, kept afterwards [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Decides the business, its customers and what they do
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub seed: u64,
    /// Events per minute
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub rate: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum SourceArg {
    /// WhatsApp Cloud API, Messenger and Instagram webhooks, told apart by `object`
    Meta,
    /// Twilio's form fields, or JSON of them
    Twilio,
    /// Baileys, whatsmeow, Evolution, uazapi
    WhatsappWeb,
    /// Our own channel events
    Event,
}

impl From<SourceArg> for Source {
    fn from(source: SourceArg) -> Self {
        match source {
            SourceArg::Meta => Self::Meta,
            SourceArg::Twilio => Self::Twilio,
            SourceArg::WhatsappWeb => Self::WhatsappWeb,
            SourceArg::Event => Self::Event,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub struct Input {
    /// Who wrote the deliveries
    #[arg(long, value_name = "SOURCE", default_value = "meta")]
    pub source: SourceArg,
    /// Files: .json, .ndjson, also .gz and .zst; one delivery per line or per file; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct Ingest {
    #[command(flatten)]
    pub settings: Settings,
    /// Give the deliveries to a running server instead
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "config", "log", "kafka"])]
    pub url: Option<String>,
    #[command(flatten)]
    pub input: Input,
}

#[derive(Debug, ClapArgs)]
pub struct Decode {
    #[command(flatten)]
    pub input: Input,
}

#[derive(Debug, ClapArgs)]
pub struct Simulate {
    /// How many events the deliveries hold in all
    #[arg(long, value_name = "N")]
    pub events: u64,
    /// Decides everything
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Whose deliveries; only Meta's are simulated
    #[arg(long, value_name = "SOURCE", default_value = "meta")]
    pub source: SourceArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// Conversations, the latest activity first
    Conversations,
    /// How many conversations have their latest ticket in each status
    Queue,
    /// One conversation
    Conversation,
    /// Every origin of a conversation, in order of time
    Timeline,
    /// The tickets of a conversation with their origins
    Tickets,
    /// Messages and markers of a conversation, in order of time
    Thread,
    /// What may be sent to the customer, what it costs, and until when that holds
    Windows,
    /// Everything that may be sent to --contact, the cheapest first; also to somebody who never wrote, from --channel
    SendOptions,
    /// Conversations with a window that closes --within some time, what closes first before the rest
    Expiring,
    /// What each campaign brought: tickets opened in a period (from=DAY, to=DAY), answered, finished, won. `report origins` tells more
    Campaigns,
    /// Events that could not be understood or applied
    Anomalies,
    /// What all views say, in one number: equal for equal contents on any log
    Fingerprint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// What the API answers
    Json,
}

#[derive(Debug, ClapArgs)]
pub struct Query {
    /// Which view
    pub view: View,
    /// The conversation, by id
    pub id: Option<String>,
    #[command(flatten)]
    pub settings: Settings,
    /// Ask a running server instead
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "config", "log", "kafka"])]
    pub url: Option<String>,
    /// The conversation, by phone or any alias of the contact
    #[arg(long, value_name = "ALIAS", conflicts_with = "id")]
    pub contact: Option<String>,
    /// Only on this channel
    #[arg(long, value_name = "KIND:ID")]
    pub channel: Option<String>,
    /// As it was at this time (RFC 3339, such as 2026-10-01T00:00:00-03:00): what had happened up to then, as it is known today, late
    /// arrivals included. For one conversation and for the queue
    #[arg(long, value_name = "TIME", conflicts_with = "position")]
    pub at: Option<String>,
    /// How soon, such as 30m, 2h or 1d [default: 1h]; expiring only
    #[arg(long, value_name = "TIME")]
    pub within: Option<String>,
    /// As it was known once the event at this position (such as 0:41) was taken in, that event included. For one conversation
    #[arg(long, value_name = "POSITION")]
    pub position: Option<String>,
    /// Filter or page, as the API has them. Of conversations and the queue: status=new, agent=ID|none, team, channel=KIND:ID, origin=ad,
    /// platform, campaign, ad, link, hashtag, origins=ticket, stage, classification, unread=true, q=..., from=TIME, to, opened_from,
    /// opened_to, expiring_within=2h, account; of conversations also order=oldest|waiting, limit, cursor. Of send-options:
    /// category=utility, team=..., account=..., when=TIME
    #[arg(long = "filter", value_name = "NAME=VALUE", value_parser = filter)]
    pub filters: Vec<String>,
    /// How to print [default: table on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
}

fn filter(text: &str) -> Result<String, &'static str> {
    let told = text.split_once('=').filter(|(name, _)| !name.is_empty());
    told.map(|_| text.to_owned()).ok_or("it is not NAME=VALUE")
}

impl Format {
    /// What is printed where nobody says how.
    pub const fn usual(is_terminal: bool) -> Self {
        if is_terminal { Self::Table } else { Self::Json }
    }
}

#[derive(Debug, ClapArgs)]
pub struct Log {
    #[command(subcommand)]
    pub action: LogAction,
    #[command(flatten)]
    pub settings: LogSettings,
}

/// The same as [`Settings`], accepted after the action too.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct LogSettings {
    /// TOML file with settings
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Data directory [default: ./data]
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Where events are kept: segments or kafka [default: segments]
    #[arg(long, value_name = "KIND", global = true)]
    pub log: Option<String>,
    /// Brokers of Kafka to begin with
    #[arg(long, value_name = "BROKERS", global = true)]
    pub kafka: Option<String>,
}

impl LogSettings {
    /// The same as settings of any command.
    pub fn shared(&self) -> Settings {
        let Self {
            config,
            data,
            log,
            kafka,
        } = self.clone();
        Settings {
            config,
            data,
            log,
            kafka,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum LogAction {
    /// Size, range, segments; ranges of all partitions on Kafka
    Info,
    /// Read every record of log and directory; check checksums, order, indexes, the mark of what is durable; of segments only
    Verify {
        /// Tell every damaged record that can be told apart, not only the first of each file
        #[arg(long)]
        all: bool,
    },
    /// Print records as they come
    Tail {
        /// Begin here instead of at the tail
        #[arg(long, value_name = "POSITION")]
        after: Option<String>,
        /// Stop at the tail
        #[arg(long)]
        no_follow: bool,
    },
    /// Print every record, one JSON a line
    Export,
    /// Drop the oldest segments, for good; says which unless told --apply. For a running server see log.retention_*
    Trim {
        /// Whole segments before this position (0:41), or received before this time (RFC 3339)
        #[arg(long, value_name = "POSITION|TIME")]
        before: String,
        /// Drop them
        #[arg(long)]
        apply: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub struct Kafka {
    #[command(subcommand)]
    pub action: KafkaAction,
}

#[derive(Debug, Subcommand)]
pub enum KafkaAction {
    /// Make the topics that are missing; says what it would do unless told --apply
    Init {
        #[command(flatten)]
        settings: Settings,
        /// Make them
        #[arg(long, conflicts_with = "dry_run")]
        apply: bool,
        /// Only say what would be made; the default
        #[arg(long)]
        dry_run: bool,
        /// Partitions of a new log; a log keeps the number it began with
        #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=1000))]
        partitions: u32,
        /// Brokers that hold each partition
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
        replication: u32,
    },
    /// Print every partition: how long it is, how far its views are, which instance has them
    Status {
        #[command(flatten)]
        settings: Settings,
        /// How to print [default: table on a terminal, else json]
        #[arg(long, value_name = "FORMAT")]
        format: Option<Format>,
    },
    /// Print the AsyncAPI document of all topics
    Asyncapi {
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Debug, ClapArgs)]
pub struct Config {
    #[command(subcommand)]
    pub action: ConfigAction,
}

#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Print every setting, its value and where that comes from; secrets are hidden
    Explain {
        /// TOML file with settings
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}
