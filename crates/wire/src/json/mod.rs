//! The JSON of the API: one file per shape, each with its conversion from the engine's plain data.
//!
//! snake_case; absent means absent; ids are strings; times are RFC 3339 UTC; positions are `"<partition>:<offset>"`. The
//! command line prints through these same shapes. Nothing here asks the engine for anything.

mod accepted;
mod access;
mod anomaly;
mod change;
pub mod command;
mod conversation;
mod conversion;
mod entry;
mod history;
mod join;
mod link;
pub mod outreach;
mod page;
mod paths;
mod price;
mod problem;
mod rebuild;
mod report;
mod send_options;
mod spend;
mod status;
mod thread;
mod ticket;
mod touch;
mod usage;
mod why;
mod windows;

pub use accepted::{AcceptedDeliveries, AcceptedDelivery, AcceptedEvents};
pub use access::{Key, Me, NewKey};
pub use anomaly::{Anomaly, AnomalyCounts, Case};
pub use change::{Change, WindowChange};
pub use conversation::{Alias, Channel, Contact, Conversation, LastMessage, Location, Temperature};
pub use conversion::{
    Conversion, ConversionDestination, ConversionExplained, ConversionOrigin, ConversionReason, ConversionWouldBe,
    Conversions, ConversionsExplained,
};
pub use entry::{DirectoryEntry, FaultDetail};
pub use history::HistoryChange;
pub use join::{Join, Names};
pub use link::{LinkDay, LinkNumbers};
pub use page::{Conversations, Counts, Neighbours, Page, Queue};
pub use paths::{PathCounts, PathLine, PathStep, PathsReport};
pub use price::Price;
pub use problem::{Elsewhere, Person, Problem, ProblemDetail};
pub use rebuild::{
    Contents, Diff, DiffContents, DiffCounts, DiffDetail, DiffExample, DiffSide, Generations, PartitionGenerations,
    Rebuild, RebuiltPartition, RuleChange,
};
pub use report::{
    Called, Credit, FunnelLine, FunnelReport, OriginsCounts, OriginsLine, OriginsReport, Spread, dimensions,
};
pub use send_options::{OfferedTemplate, SendOption, SendOptions};
pub use spend::{Spend, SpendEstimate, SpendFree, SpendLine, SpendTotals};
pub use status::{PartitionStatus, Ready, Status};
pub use thread::{Attachment, ThreadRow};
pub use ticket::Ticket;
pub use touch::{Ad, Campaign, Click, Entry, Evidence, Link, Origin, Touch};
pub use usage::{Usage, UsagePlan};
pub use why::{
    Considered, Proof, Regime, Replaced, Why, WhyLeftOut, WhyQuiet, WhyRules, WhySend, WhyStatus, WhyTouch, WhyWeighed,
    WhyWindow, WhyWindows,
};
pub use windows::{
    Advice, Closing, CustomerCare, FreeEntryPoint, Grace, LegacyConversation, Send, ServiceMessages, Windows,
};
