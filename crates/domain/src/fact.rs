//! Facts: what one event contributes to the ledger of a conversation.
//!
//! A fact holds keys and references, no personal data. The ledger is the list of facts sorted by [`SortKey`]; it is at the
//! same time the set that finds duplicates, the input of the fold and the index of the conversation's positions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::dispatch::{self, Recognised};
use crate::event::{Body, CallEvent, Command, DeliveryState, Direction, Kind, Message, PreferenceValue, Referral, Via};
use crate::key::{Key, TicketId};
use crate::position::Position;
use crate::record::Recorded;
use crate::time::Timestamp;
use crate::windows::Report;

/// The category of preferences that session windows know.
const MARKETING: &str = "marketing_messages";

/// The place of a fact in its ledger: by time, then kind, then dedup key. Unique; equal keys mean the same fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SortKey {
    /// When it happened.
    pub at: Timestamp,
    /// What kind of event; see [`Kind`] for why this order.
    pub kind: Kind,
    /// Key of the dedup key.
    pub dedup: Key,
}

impl SortKey {
    /// Bytes that sort as the keys do: time (8, offset binary), kind (1), dedup (8), big-endian.
    #[must_use]
    pub fn bytes(&self) -> [u8; 17] {
        let mut bytes = [0; 17];
        bytes[..8].copy_from_slice(&(self.at.micros() as u64 ^ (1 << 63)).to_be_bytes());
        bytes[8] = self.kind as u8;
        bytes[9..].copy_from_slice(&self.dedup.0.to_be_bytes());
        bytes
    }
}

/// One event in the ledger of one conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Its place.
    pub key: SortKey,
    /// Where the event stands in the log: the proof.
    pub position: Position,
    /// What it says.
    pub what: What,
}

/// What a fact says, as far as origins, tickets and the queue need it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// The customer wrote.
    Inbound(Inbound),
    /// The thread was opened through something, without a message.
    Opened {
        /// Through what.
        referral: Option<Box<Evidence>>,
    },
    /// The customer commented.
    Comment {
        /// The post or medium commented on.
        post: Option<String>,
        /// The ad whose post it is.
        ad_id: Option<String>,
    },
    /// A call.
    Call {
        /// Which step.
        event: CallEvent,
        /// Who called.
        direction: Direction,
    },
    /// The business wrote.
    Sent(Sent),
    /// The provider reported on a message of ours.
    Status {
        /// The message.
        message: Option<Key>,
        /// How far it came.
        state: DeliveryState,
        /// The price category reported.
        category: Option<String>,
        /// What the sender asked to be told back.
        callback_data: Option<String>,
        /// What it says of windows and prices.
        report: Option<Box<Report>>,
    },
    /// The customer reacted to a message.
    Reacted {
        /// The reaction was taken back.
        removed: bool,
    },
    /// The customer chose about marketing.
    Preference {
        /// No more of it.
        stop: bool,
    },
    /// A message of a history that was handed over.
    History {
        /// Who wrote it.
        direction: Direction,
        /// Its id.
        message: Option<Key>,
    },
    /// The customer followed a link.
    Clicked {
        /// The link.
        link: Option<String>,
    },
    /// An agent acted.
    Command(Box<CommandFact>),
    /// Nothing that origins or tickets depend on; kept as proof and against duplicates.
    Noted {
        /// The message it is about.
        message: Option<Key>,
    },
}

/// What an inbound message says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Inbound {
    /// Its id.
    pub message: Option<Key>,
    /// The message it answers or quotes.
    pub reply_to: Option<Key>,
    /// What that message was, once it is known; filled in by the ledger.
    pub quoted: Option<Box<Sent>>,
    /// The ad, post or link it came through.
    pub referral: Option<Box<Evidence>>,
    /// The hashtag it starts with.
    pub hashtag: Option<String>,
    /// The click code in it.
    pub code: Option<String>,
    /// The click of that code, once it is known; filled in by the resolver.
    pub click: Option<Box<ClickFact>>,
    /// What is special about its type.
    pub form: Form,
    /// What else of its text the catalogue may know.
    pub hint: Option<Box<Hint>>,
}

/// What of a text means something only to whoever knows the catalogue. The fold passes it on to the touch; answers look it up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hint {
    /// How it begins, as hashes: see [`crate::marks::wording`].
    pub wording: Vec<u32>,
    /// Hashtags in it beside the first word.
    pub hashtags: Vec<String>,
}

impl Hint {
    fn of(recorded: &Recorded) -> Option<Box<Self>> {
        let (wording, hashtags) = (&recorded.keys.wording, &recorded.marks.others);
        (!wording.is_empty() || !hashtags.is_empty()).then(|| {
            Box::new(Self {
                wording: wording.clone(),
                hashtags: hashtags.clone(),
            })
        })
    }
}

/// What is special about the type of an inbound message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Form {
    /// Nothing.
    #[default]
    Plain,
    /// The quick-reply button of a template.
    TemplateButton,
    /// The provider withholds the content.
    Unsupported,
}

/// What a referral proves, without the texts nobody asks of a touch: those stay in the log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // as in `Referral`
pub struct Evidence {
    pub source_type: Option<String>,
    pub source_id: Option<String>,
    pub source_url: Option<String>,
    pub ctwa_clid: Option<String>,
    pub headline: Option<String>,
    pub image_url: Option<String>,
    pub media_url: Option<String>,
    pub ad_id: Option<String>,
    pub reference: Option<String>,
    pub source: Option<String>,
    pub product_id: Option<String>,
    pub referer_uri: Option<String>,
    pub entry_app: Option<String>,
    pub entry_source: Option<String>,
    pub weak: bool,
}

impl Evidence {
    /// The evidence of a referral.
    #[must_use]
    pub fn of(referral: &Referral) -> Self {
        let filled = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
        Self {
            source_type: filled(&referral.source_type),
            source_id: filled(&referral.source_id),
            source_url: filled(&referral.source_url),
            ctwa_clid: filled(&referral.ctwa_clid),
            headline: filled(&referral.headline),
            image_url: filled(&referral.image_url).or_else(|| filled(&referral.thumbnail_url)),
            media_url: filled(&referral.video_url),
            ad_id: filled(&referral.ad_id),
            reference: filled(&referral.reference),
            source: filled(&referral.source),
            product_id: filled(&referral.product_id),
            referer_uri: filled(&referral.referer_uri),
            entry_app: filled(&referral.entry_app),
            entry_source: filled(&referral.entry_source),
            weak: referral.weak,
        }
    }
}

/// The click behind a code in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClickFact {
    /// When.
    pub at: Timestamp,
    /// The link followed.
    pub link: Option<String>,
    /// `utm_source` and its kin without the prefix.
    pub utm: BTreeMap<String, String>,
    /// `gclid`, `fbclid` and their kin, verbatim.
    pub click_ids: BTreeMap<String, String>,
    /// This conversation was the first to use the code. Others got the text forwarded: theirs is the link, not the click.
    pub first_use: bool,
}

/// What a business message says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sent {
    /// Its id.
    pub message: Option<Key>,
    /// By what way.
    pub via: Via,
    /// Who wrote it.
    pub agent: Option<String>,
    /// The campaign it belongs to.
    pub campaign_id: Option<String>,
    /// The template it was made from.
    pub template: Option<String>,
    /// Known only from a status: nobody told us that it was sent.
    pub inferred: bool,
    /// What says that it is a dispatch of its campaign.
    pub recognised: Recognised,
    /// Its template, or its price, says that it is a one-time password.
    pub is_password: bool,
    /// What its reports tell back, where rules may ask for it; filled in by the ledger.
    pub told_back: Option<Box<ToldBack>>,
}

/// What reports tell of a message of ours that was told of as well.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToldBack {
    /// What its sender asked to be told back.
    pub callback_data: Option<String>,
    /// It was priced as a one-time password.
    pub is_password: bool,
}

/// What a command says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommandFact {
    /// Who acted.
    pub agent: Option<String>,
    /// Who acted in truth, if that was not the agent.
    pub by: Option<String>,
    /// The ticket it is meant for, if it names one of ours.
    pub ticket: Option<TicketId>,
    /// The ticket revision it was decided on.
    pub revision: Option<u64>,
    /// The agent the ticket goes to.
    pub assignee: Option<String>,
    /// The team the ticket goes to.
    pub team: Option<String>,
    /// The closing code.
    pub classification: Option<String>,
    /// What was sold.
    pub value: Option<Amount>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// The sales stage.
    pub stage: Option<String>,
    /// The lead.
    pub lead: Option<String>,
    /// From which console, for a takeover.
    pub via: Via,
    /// Decided on a stale revision: it changes nothing. Set once, when the event is first folded, in log order.
    pub void: bool,
}

impl Fact {
    /// The fact of an event. Total: every kind of event has one.
    #[must_use]
    pub fn of(recorded: &Recorded) -> Self {
        let event = &recorded.event;
        let keys = &recorded.keys;
        let what = match &event.body {
            Body::MessageReceived { message, referral } => What::Inbound(Inbound {
                message: keys.message,
                reply_to: keys.reply_to,
                quoted: None,
                referral: referral.as_ref().map(|referral| Box::new(Evidence::of(referral))),
                hashtag: recorded.marks.hashtag.clone(),
                code: recorded.marks.code.clone(),
                click: None,
                form: form_of(message),
                hint: Hint::of(recorded),
            }),
            Body::MessageSent { details, .. } => What::Sent(Sent {
                message: keys.message,
                via: details.via.clone(),
                agent: details.agent.clone(),
                campaign_id: details.campaign_id.clone(),
                template: details.template.as_ref().map(|template| template.name.clone()),
                inferred: false,
                recognised: Recognised::AsTold,
                is_password: details
                    .template
                    .as_ref()
                    .and_then(|template| template.category.as_deref())
                    .is_some_and(dispatch::is_password),
                told_back: None,
            }),
            Body::MessageStatus { status } => What::Status {
                message: keys.message,
                state: status.state,
                category: status.pricing.as_ref().and_then(|pricing| pricing.category.clone()),
                callback_data: status.callback_data.clone(),
                report: Report::of(status).map(Box::new),
            },
            Body::MessageReaction { reaction } => What::Reacted {
                removed: reaction.emoji.is_none(),
            },
            Body::PreferenceChanged { preference } if preference.category == MARKETING => What::Preference {
                stop: preference.value == PreferenceValue::Stop,
            },
            Body::ReferralOpened { referral } => What::Opened {
                referral: referral.as_ref().map(|referral| Box::new(Evidence::of(referral))),
            },
            Body::CommentReceived { comment } => What::Comment {
                post: comment.media_id.clone().or_else(|| comment.post_id.clone()),
                ad_id: comment.ad_id.clone(),
            },
            Body::CallReceived { call } => What::Call {
                event: call.event,
                direction: call.direction,
            },
            Body::HistoryImported { direction, .. } => What::History {
                direction: *direction,
                message: keys.message,
            },
            Body::LinkClicked { click } => What::Clicked {
                link: click.link.clone(),
            },
            Body::TicketClaimed(command)
            | Body::TicketAssigned(command)
            | Body::TicketTransferred(command)
            | Body::TicketFinished(command)
            | Body::TicketReopened(command)
            | Body::TicketTakenOver(command)
            | Body::NoteAdded(command)
            | Body::ContactEdited(command)
            | Body::StageSet(command)
            | Body::LeadLinked(command)
            | Body::OutreachRequested(command) => What::Command(Box::new(CommandFact::of(command))),
            Body::MessageEdited { .. }
            | Body::MessageRevoked { .. }
            | Body::IdentityChanged { .. }
            | Body::PreferenceChanged { .. }
            | Body::ConversionReported { .. }
            | Body::AccountUpdated { .. }
            | Body::Unrecognised { .. } => What::Noted { message: keys.message },
        };
        let key = SortKey {
            at: event.occurred_at,
            kind: event.body.kind(),
            dedup: keys.dedup,
        };
        Self {
            key,
            position: recorded.position,
            what,
        }
    }

    /// The id of the message this fact *is*, in either direction; not of one it is about.
    #[must_use]
    pub fn own_message(&self) -> Option<Key> {
        match &self.what {
            What::Inbound(inbound) => inbound.message,
            What::Sent(sent) => sent.message,
            What::History { message, .. } => *message,
            _ => None,
        }
    }
}

fn form_of(message: &Message) -> Form {
    match message.kind.as_str() {
        "button" => Form::TemplateButton,
        Message::UNSUPPORTED => Form::Unsupported,
        _ => Form::Plain,
    }
}

impl CommandFact {
    /// What a ledger keeps of a command.
    #[must_use]
    pub fn of(command: &Command) -> Self {
        let ticket = &command.ticket;
        Self {
            agent: command.agent.clone(),
            by: command.by.clone(),
            // An imported past has ids of its own; those say nothing here.
            ticket: ticket.id.as_ref().and_then(|id| id.parse().ok()),
            revision: command.revision,
            assignee: ticket.assignee.clone(),
            team: ticket.team.clone(),
            classification: ticket.classification.clone(),
            value: ticket.value,
            currency: ticket.currency.clone(),
            stage: ticket.stage.clone(),
            lead: ticket.lead.clone(),
            via: command.via.clone().unwrap_or(Via::Web),
            void: false,
        }
    }
}
