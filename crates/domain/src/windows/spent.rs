//! What was charged: messages of ours that the provider priced, each with what would have been told of it before it was sent.
//!
//! A message counts once, by its first priced report in the order of the ledger: at the time of that report, with its type and
//! category; later reports of another price change nothing. Source: reference/meta-platform.md 1.7. Since it is read from the facts,
//! a late or repeated report counts as if it had come in its time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::dispatch;
use crate::event::{DeliveryState, PricingModel};
use crate::fact::{Fact, What};
use crate::fold::{Folding, Outcome, evolve};
use crate::key::Key;
use crate::rules::Rulebook;
use crate::rules::windows::CONVERSATIONS_UNTIL;
use crate::state::State;
use crate::time::Timestamp;
use crate::windows::{Category, Charge, Context, PricingKind, Report, Sessions, Way};

/// How the provider priced a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Charged {
    /// It costs its rate.
    Charged,
    /// Free in the customer service window, or of the number's monthly thousand.
    FreeCustomerService,
    /// Free in a free entry point window.
    FreeEntryPoint,
    /// Free, for a reason that has no name here.
    FreeOther,
    /// Of the time before prices by message: the conversation it was counted in is what cost.
    ByConversation,
    /// Priced, but nothing says that it arrived: what does not arrive is not charged.
    Undelivered,
    /// The report does not tell.
    Unknown,
}

impl Charged {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Charged => "charged",
            Self::FreeCustomerService => "free_customer_service",
            Self::FreeEntryPoint => "free_entry_point",
            Self::FreeOther => "free_other",
            Self::ByConversation => "by_conversation",
            Self::Undelivered => "undelivered",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it cost nothing.
    #[must_use]
    pub const fn is_free(self) -> bool {
        matches!(self, Self::FreeCustomerService | Self::FreeEntryPoint | Self::FreeOther)
    }

    /// The type decides, where there is one. Old reports have none; those of free entry points are told by their category.
    fn of(at: Timestamp, report: &Report) -> Self {
        let by_conversation = match report.model {
            Some(model) => model != PricingModel::Pmp,
            None => at < CONVERSATIONS_UNTIL,
        };
        match (report.kind, report.billable) {
            (Some(PricingKind::FreeEntryPoint), _) => Self::FreeEntryPoint,
            _ if by_conversation => Self::ByConversation,
            (Some(PricingKind::Exempt), _) => Self::FreeOther,
            (Some(PricingKind::Regular), _) => Self::Charged,
            (Some(PricingKind::FreeCustomerService), _) => Self::FreeCustomerService,
            (None, _) if report.category == Some(Category::ReferralConversion) => Self::FreeEntryPoint,
            (_, Some(true)) => Self::Charged,
            (_, Some(false)) => Self::FreeOther,
            (_, None) => Self::Unknown,
        }
    }
}

/// Whether what was told before a message was sent is what the provider reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Estimate {
    /// Free was free, charged was charged.
    Right,
    /// It was not; also where the message was thought impossible to send.
    Wrong,
    /// Nothing was told, or nothing was reported that can be compared.
    Unknown,
}

/// A message of ours that the provider priced.
#[derive(Debug, Clone, PartialEq)]
pub struct Spent {
    /// When that was reported first.
    pub at: Timestamp,
    /// How.
    pub charged: Charged,
    /// The price category reported.
    pub category: Category,
    /// Whether that is authentication abroad; `None` where it is no authentication, or the report does not tell.
    pub international: Option<bool>,
    /// The campaign it belongs to.
    pub campaign: Option<String>,
    /// When it was sent; where nobody told, when it was first reported on.
    pub sent_at: Timestamp,
    template: bool,
    before: Sessions,
}

impl Spent {
    /// Whether what would have been told the moment before it was sent is what was reported, by the calendar of `context`.
    #[must_use]
    pub fn estimate(&self, context: &Context<'_>) -> Estimate {
        let is_free = self.charged.is_free();
        if !is_free && self.charged != Charged::Charged {
            return Estimate::Unknown;
        }
        let send = self.before.at(self.sent_at, context).send;
        let free_form_is_open = send.get(&Way::FreeForm).is_some_and(|send| send.allowed);
        let way = match self.category {
            Category::Service => Way::FreeForm,
            Category::Utility => Way::Utility,
            Category::Authentication => Way::Authentication,
            Category::Marketing => Way::Marketing,
            // The category of everything in a free entry point window, where free text needs the service window as always.
            Category::ReferralConversion if free_form_is_open && !self.template => Way::FreeForm,
            Category::ReferralConversion => Way::Marketing,
            Category::BusinessInitiated | Category::Other => return Estimate::Unknown,
        };
        match send.get(&way).map(|send| (send.allowed, send.charge)) {
            Some((true, Some(Charge::Free))) if is_free => Estimate::Right,
            Some((true, Some(Charge::Rate))) if !is_free => Estimate::Right,
            Some((true, Some(Charge::Free | Charge::Rate)) | (false, _)) => Estimate::Wrong,
            Some((true, Some(Charge::Unknown) | None)) | None => Estimate::Unknown,
        }
    }
}

impl Fact {
    /// Whether this is a report that tells how a message of ours was priced.
    #[must_use]
    pub fn is_priced(&self) -> bool {
        match &self.what {
            What::Status {
                message: Some(_),
                category,
                report: Some(report),
                ..
            } => category.is_some() || report.kind.is_some() || report.model.is_some() || report.billable.is_some(),
            _ => false,
        }
    }
}

/// What is gathered of a message.
struct Draft<'a> {
    sent_at: Timestamp,
    before: Sessions,
    /// The facts that tell of it.
    about: Vec<&'a Fact>,
    priced: Option<Priced>,
    arrived: bool,
}

/// What the first report of a price says.
struct Priced {
    at: Timestamp,
    charged: Charged,
    category: Category,
    international: Option<bool>,
}

impl<'a> Draft<'a> {
    fn finish(self, rulebook: &Rulebook, message: Key) -> Option<Spent> {
        let Priced {
            at,
            charged,
            category,
            international,
        } = self.priced?;
        let sent = dispatch::account(rulebook, message, self.about)?;
        let arrived = self.arrived || charged == Charged::ByConversation;
        Some(Spent {
            at,
            charged: if arrived { charged } else { Charged::Undelivered },
            category,
            international,
            campaign: sent.campaign_id,
            sent_at: self.sent_at,
            template: sent.template.is_some(),
            before: self.before,
        })
    }

    fn learn(&mut self, fact: &'a Fact) {
        self.about.push(fact);
        let What::Status {
            state,
            category,
            report: Some(report),
            ..
        } = &fact.what
        else {
            self.arrived |= matches!(&fact.what, What::Status { state, .. } if has_arrived(*state));
            return;
        };
        self.arrived |= has_arrived(*state);
        if fact.is_priced() && self.priced.is_none() {
            let named = category.as_deref();
            self.priced = Some(Priced {
                at: fact.key.at,
                charged: Charged::of(fact.key.at, report),
                category: named
                    .map(Category::named)
                    .or(report.category)
                    .unwrap_or(Category::Other),
                international: named.and_then(Category::is_international),
            });
        }
    }
}

/// The priced messages among all facts of a conversation, in order of the first report of their price.
#[must_use]
pub fn spent(folding: Folding<'_>, facts: &[Fact]) -> Vec<Spent> {
    let mut state = State::default();
    let mut drafts: BTreeMap<Key, Draft<'_>> = BTreeMap::new();
    for fact in facts {
        if let Some(message) = fact.about_ours() {
            let draft = drafts.entry(message).or_insert_with(|| Draft {
                sent_at: fact.key.at,
                before: state.windows.clone(),
                about: Vec::new(),
                priced: None,
                arrived: false,
            });
            draft.learn(fact);
        }
        evolve(&mut state, folding, fact, &mut Outcome::default());
    }
    let finished = drafts.into_iter();
    let finished = finished.filter_map(|(message, draft)| draft.finish(folding.rulebook, message));
    let mut spent: Vec<Spent> = finished.collect();
    spent.sort_by_key(|spent| spent.at);
    spent
}

const fn has_arrived(state: DeliveryState) -> bool {
    matches!(
        state,
        DeliveryState::Delivered | DeliveryState::Read | DeliveryState::Played | DeliveryState::Warning
    )
}
