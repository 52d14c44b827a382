//! What one message would cost, from what is open and the tariff. The order of questions is that of
//! reference/meta-platform.md 4.4, "Estimating".

use std::collections::BTreeMap;

use crate::event::ChannelKind;
use crate::rules::windows::{SERVICE_FREE_PER_MONTH, Service, Tariff};
use crate::windows::{
    Basis, Category, Certainty, Charge, CustomerCare, EntryState, FreeEntryPoint, Grace, NoWindows, Reason, Send, Way,
};

/// All that decides at one instant.
pub(super) struct Situation {
    pub channel: ChannelKind,
    pub no_windows: Option<NoWindows>,
    pub tariff: &'static Tariff,
    pub care: CustomerCare,
    pub entry: FreeEntryPoint,
    /// Categories of conversations that are open.
    pub conversations: Vec<Category>,
    pub marketing_stopped: bool,
    pub service_delivered: Option<u32>,
    pub human_agent: Option<Grace>,
    pub private_reply: Option<Grace>,
}

impl Situation {
    /// What may be sent, by kind.
    pub(super) fn send(&self) -> BTreeMap<Way, Send> {
        if self.no_windows.is_some() {
            return BTreeMap::from([(Way::FreeForm, free(Basis::NoWindows, Certainty::High))]);
        }
        if self.channel != ChannelKind::Whatsapp {
            return self.unpriced();
        }
        BTreeMap::from([
            (Way::FreeForm, self.free_form()),
            (Way::Utility, self.template(Category::Utility)),
            (Way::Authentication, self.template(Category::Authentication)),
            (Way::Marketing, self.template(Category::Marketing)),
        ])
    }

    /// Messenger and Instagram: windows without prices.
    fn unpriced(&self) -> BTreeMap<Way, Send> {
        let free_form = if self.care.open {
            free(Basis::NoPrice, self.sureness())
        } else {
            refused(Basis::CareClosed)
        };
        let human_agent = match self.human_agent {
            // The approval of the feature is not known here.
            Some(grace) if grace.open => free(Basis::HumanAgent, Certainty::Medium),
            _ => refused(Basis::HumanAgentOver),
        };
        let private_reply = match self.private_reply {
            Some(grace) if grace.open => free(Basis::PrivateReply, Certainty::Medium),
            Some(grace) if grace.used => refused(Basis::PrivateReplyUsed),
            _ => refused(Basis::PrivateReplyOver),
        };
        BTreeMap::from([
            (Way::FreeForm, free_form),
            (Way::HumanAgent, human_agent),
            (Way::PrivateReply, private_reply),
        ])
    }

    fn free_form(&self) -> Send {
        if !self.care.open {
            return refused(match self.care.reason {
                Some(Reason::RefusedByProvider) => Basis::CareRefused,
                _ => Basis::CareClosed,
            });
        }
        let send = self.with_entry_point(self.service());
        Send {
            confidence: send.confidence.min(self.sureness()),
            ..send
        }
    }

    /// How sure it is that an open window is open.
    fn sureness(&self) -> Certainty {
        match self.care.reason {
            Some(Reason::UnsupportedMessage) => Certainty::Low,
            _ => Certainty::High,
        }
    }

    fn service(&self) -> Send {
        match self.tariff.service {
            Service::Free => free(Basis::CareOpen, Certainty::High),
            // Free text joins whatever conversation is open.
            Service::Conversations if !self.conversations.is_empty() => free(Basis::InConversation, Certainty::High),
            Service::Conversations => Send {
                charge: Some(Charge::Unknown),
                ..rate(Category::Service, Basis::ConversationsFreeTier, Certainty::Low)
            },
            Service::Metered => match self.service_delivered {
                Some(delivered) if delivered < SERVICE_FREE_PER_MONTH => free(Basis::FreeTier, Certainty::Medium),
                Some(_) => rate(Category::Service, Basis::FreeTierUsed, Certainty::Medium),
                None => Send {
                    charge: Some(Charge::Unknown),
                    ..rate(Category::Service, Basis::FreeTierNotCounted, Certainty::Low)
                },
            },
        }
    }

    fn template(&self, category: Category) -> Send {
        if category == Category::Marketing && self.marketing_stopped {
            return refused(Basis::MarketingStopped);
        }
        let in_conversation =
            self.conversations.contains(&category) || self.conversations.contains(&Category::BusinessInitiated);
        let send = if in_conversation {
            free(Basis::InConversation, Certainty::High)
        } else if category == Category::Utility && self.tariff.utility_free_in_care && self.care.open {
            free(Basis::UtilityInCare, self.sureness())
        } else if self.tariff.per_message {
            rate(category, Basis::Template, Certainty::High)
        } else {
            rate(category, Basis::OpensConversation, Certainty::High)
        };
        self.with_entry_point(send)
    }

    /// Everything inside a free entry point window is free, and so is the answer that opens it.
    fn with_entry_point(&self, send: Send) -> Send {
        let by_post = |sure: Certainty| if self.entry.by_post { Certainty::Low } else { sure };
        let is_free = send.charge == Some(Charge::Free);
        let (basis, confidence) = match self.entry.state {
            EntryState::Confirmed => return free(Basis::EntryConfirmed, Certainty::High),
            // What is free anyway does not hang on an estimate.
            _ if is_free && send.confidence == Certainty::High => return send,
            EntryState::Estimated => (Basis::EntryEstimated, by_post(Certainty::Medium)),
            EntryState::Candidate => (Basis::EntryAnswer, by_post(Certainty::Medium)),
            // The window may last longer than is known.
            EntryState::Expired if self.entry.may_last_until.is_some() && !is_free => {
                return Send {
                    confidence: send.confidence.min(Certainty::Medium),
                    ..send
                };
            }
            _ => return send,
        };
        Send {
            otherwise: send.charge.filter(|charge| *charge != Charge::Free),
            rate: send.rate,
            ..free(basis, confidence)
        }
    }
}

const fn free(basis: Basis, confidence: Certainty) -> Send {
    Send {
        allowed: true,
        charge: Some(Charge::Free),
        rate: None,
        basis,
        confidence,
        otherwise: None,
        until: None,
    }
}

const fn rate(category: Category, basis: Basis, confidence: Certainty) -> Send {
    Send {
        charge: Some(Charge::Rate),
        rate: Some(category),
        ..free(basis, confidence)
    }
}

const fn refused(basis: Basis) -> Send {
    Send {
        allowed: false,
        charge: None,
        ..free(basis, Certainty::High)
    }
}
