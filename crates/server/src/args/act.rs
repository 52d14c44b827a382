//! `origem act` on the command line.

use clap::{Args as ClapArgs, ValueEnum};

use crate::args::Settings;

const HELP: &str = "\
Prints the conversation as it is then, as JSON. A refusal says why and who has the ticket, and ends with 1; nothing was done then.
Where no answer came, it may have been done: the same again with the --idempotency-key that the failure names is done once.

Examples:
  origem act claim cv_00000000000000ab --agent ana
  origem act transfer --contact +5511987654321 --agent ana --team sales
  origem act outreach --contact +5511987654321 --channel whatsapp:200000000000002 --agent ana --template hello.pt_BR --variable 1=Rita
  origem act finish cv_00000000000000ab --agent ana --classification sale --value 199.90 --currency BRL --url http://127.0.0.1:8080";

/// Something an agent does with a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deed {
    /// Take the ticket from the queue
    Claim,
    /// Give the ticket to an agent: --assignee, --team
    Assign,
    /// Move the ticket to another agent or team: --assignee, --team
    Transfer,
    /// Take over a conversation that does not wait in the queue
    Takeover,
    /// Close the ticket: --classification, --value, --currency, --note
    Finish,
    /// Open the finished ticket again
    Reopen,
    /// Leave a note: --note
    Notes,
    /// Correct the contact: --name, --phone, --email
    Contact,
    /// Set the sales stage: --stage
    Stage,
    /// Link the conversation to a lead: --lead
    Lead,
    /// Ask for a message to be sent, also to who never wrote: --template with --variable, or --text; --team
    Outreach,
}

impl Deed {
    /// The last part of its route; of outreach all of it, for there need not be a conversation.
    pub const fn route(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Assign => "assign",
            Self::Transfer => "transfer",
            Self::Takeover => "takeover",
            Self::Finish => "finish",
            Self::Reopen => "reopen",
            Self::Notes => "notes",
            Self::Contact => "contact",
            Self::Stage => "stage",
            Self::Lead => "lead",
            Self::Outreach => "outreach",
        }
    }
}

/// Does what an agent does: claims, transfers, finishes, ...
#[derive(Debug, ClapArgs)]
#[command(after_help = HELP)]
pub struct Act {
    /// What to do
    #[arg(value_name = "WHAT")]
    pub deed: Deed,
    /// The conversation
    #[arg(value_name = "CONVERSATION", required_unless_present = "contact")]
    pub conversation: Option<String>,
    /// The conversation, by phone or any alias of the contact
    #[arg(long, value_name = "ALIAS", conflicts_with = "conversation")]
    pub contact: Option<String>,
    /// Only on this channel
    #[arg(long, value_name = "KIND:ID", requires = "contact")]
    pub channel: Option<String>,
    #[command(flatten)]
    pub settings: Settings,
    /// Ask a running server instead; the key is --key
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "config", "log", "kafka"])]
    pub url: Option<String>,
    /// Who acts, by id
    #[arg(long, value_name = "AGENT")]
    pub agent: Option<String>,
    /// Done once, however often it is given with this text of up to 200 letters; without, a new one is made and told if it fails
    #[arg(long, value_name = "TEXT")]
    pub idempotency_key: Option<String>,
    /// Only if this is the ticket's revision
    #[arg(long, value_name = "N")]
    pub revision: Option<u64>,
    /// The agent it goes to, by id
    #[arg(long, value_name = "AGENT")]
    pub assignee: Option<String>,
    /// The team it goes to, by id
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,
    /// The closing code, by id
    #[arg(long, value_name = "ID")]
    pub classification: Option<String>,
    /// What was sold, such as 199.90
    #[arg(long, value_name = "AMOUNT")]
    pub value: Option<String>,
    /// ISO 4217, such as BRL
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// Free text
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// The contact's name
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// The contact's number, with the country code
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
    /// The contact's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// The sales stage, by id
    #[arg(long, value_name = "ID")]
    pub stage: Option<String>,
    /// The lead, by id
    #[arg(long, value_name = "ID")]
    pub lead: Option<String>,
    /// The template to be sent, by id: see /v1/send-options
    #[arg(long, value_name = "ID", conflicts_with = "text")]
    pub template: Option<String>,
    /// The value of a variable of the template; again for each
    #[arg(long = "variable", value_name = "NAME=VALUE", requires = "template", value_parser = variable)]
    pub variables: Vec<(String, String)>,
    /// What is to be sent, where free text may be
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let told = text
        .split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    told.ok_or_else(|| format!("`{text}` is not NAME=VALUE, such as 1=Rita"))
}
