//! `origem why` on the command line.

use clap::Args as ClapArgs;
use origem_domain::why::text::Language;

use crate::args::{Format, Settings};

/// How to read it, and how to name a touch.
const HELP: &str = "\
Each origin, status and window is told with the events behind it, the rule that decided, and what was considered and lost. Events
are named by position, such as 0:41; --raw prints their bytes. A touch (to_...) is looked for in its conversation, so that is
named too.

Examples:
  origem why cv_00000000000000ab
  origem why --contact +5511987654321 --lang pt-BR
  origem why to_00000000000000ab --contact +5511987654321 --raw
  origem why --contact +5511987654321 --position 0:41";

/// Why does it say so?
#[derive(Debug, ClapArgs)]
#[command(after_help = HELP)]
pub struct Why {
    /// The conversation, or one touch of the conversation that --contact or --conversation names
    #[arg(value_name = "CONVERSATION|TOUCH", required_unless_present_any = ["contact", "conversation"])]
    pub id: Option<String>,
    #[command(flatten)]
    pub settings: Settings,
    /// Ask a running server instead
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "config", "log", "kafka"])]
    pub url: Option<String>,
    /// The conversation, by phone or any alias of the contact
    #[arg(long, value_name = "ALIAS", conflicts_with = "conversation")]
    pub contact: Option<String>,
    /// Only on this channel
    #[arg(long, value_name = "KIND:ID", requires = "contact")]
    pub channel: Option<String>,
    /// The conversation of a touch
    #[arg(long, value_name = "CONVERSATION")]
    pub conversation: Option<String>,
    /// As it was at this time (RFC 3339): what had happened up to then, as it is known today
    #[arg(long, value_name = "TIME", conflicts_with = "position")]
    pub at: Option<String>,
    /// As it was known once the event at this position (such as 0:41) was taken in, that event included
    #[arg(long, value_name = "POSITION")]
    pub position: Option<String>,
    /// Print the exact bytes of each event, and when it was received
    #[arg(long)]
    pub raw: bool,
    /// Entries of each list at most: the latest
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Language of the sentences: en, pt-BR [default: that of LC_ALL, LC_MESSAGES or LANG, else en]
    #[arg(long, value_name = "LANG", value_parser = language)]
    pub lang: Option<Language>,
    /// How to print [default: table, which is prose for a person, on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
}

fn language(text: &str) -> Result<Language, &'static str> {
    Language::of(text).ok_or("it is neither en nor pt-BR")
}
