//! Sessions to windows: what holds at an instant. Pure; "now" is an argument, of the past or the present.

use std::collections::BTreeMap;

use crate::event::ChannelKind;
use crate::rules::windows::{CARE, Calendar, EntryRules, HUMAN_AGENT, PRIVATE_REPLY, SERVICE_FREE_PER_MONTH, Service};
use crate::time::Timestamp;
use crate::windows::charge::Situation;
use crate::windows::entry::Known;
use crate::windows::{
    CustomerCare, EntryState, FreeEntryPoint, Grace, LegacyConversation, NoWindows, Reason, Send, ServiceMessages,
    Sessions, Way, Windows,
};
use crate::zone::Zone;

/// What decides besides the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// The platform.
    pub channel: ChannelKind,
    /// The library or provider, where it is not Meta's own API.
    pub provider: Option<&'a str>,
    /// It is one person's part of a group.
    pub group: bool,
    /// The account's time zone.
    pub zone: Zone,
    /// Service messages of the number that were delivered in the month of "now"; `None` if not counted.
    pub service_delivered_this_month: Option<u32>,
}

impl Context<'_> {
    /// Why there are no windows here; `None` where there are.
    #[must_use]
    pub fn no_windows(&self) -> Option<NoWindows> {
        /// Business solution providers hand the Cloud API on; all others speak the protocol of WhatsApp Web.
        const PASSED_ON: [&str; 1] = ["twilio"];
        match (self.group, self.channel, self.provider) {
            (true, ..) => Some(NoWindows::Group),
            (_, ChannelKind::Webchat, _) => Some(NoWindows::Webchat),
            (_, ChannelKind::Whatsapp, Some(provider)) if !PASSED_ON.contains(&provider) => {
                Some(NoWindows::NotCloudApi)
            }
            _ => None,
        }
    }
}

/// Whether the number's service messages of the month matter at `at`: then they are worth counting up.
#[must_use]
pub fn counts_service(at: Timestamp, zone: Zone) -> bool {
    Calendar::of(zone).tariff(at).service == Service::Metered
}

/// The question: when, where, by which calendar.
struct Asked<'a> {
    now: Timestamp,
    context: &'a Context<'a>,
    calendar: Calendar,
    /// When the month of "now" ends.
    month_ends: Timestamp,
    reason: Option<NoWindows>,
}

impl Asked<'_> {
    fn metered(&self) -> bool {
        self.calendar.tariff(self.now).service == Service::Metered
    }
}

impl Sessions {
    /// The windows at `now`. The sessions must be the fold of the facts up to `now`.
    #[must_use]
    pub fn at(&self, now: Timestamp, context: &Context<'_>) -> Windows {
        let asked = Asked {
            now,
            context,
            calendar: Calendar::of(context.zone),
            month_ends: context.zone.next_month_start(now),
            reason: context.no_windows(),
        };
        let has_windows = asked.reason.is_none();
        let whatsapp = context.channel == ChannelKind::Whatsapp;
        let priced = has_windows && whatsapp;
        let send = self.sendable(now, &asked);
        let later: Vec<(Timestamp, BTreeMap<Way, Send>)> = self
            .boundaries(&asked)
            .into_iter()
            .map(|at| (at, self.sendable(at, &asked)))
            .collect();
        let change = |way: &Way, is: &Send| {
            let differs = |then: &Send| (then.allowed, then.charge, then.rate) != (is.allowed, is.charge, is.rate);
            let first = later.iter().find(|(_, then)| then.get(way).is_some_and(differs));
            first.map(|(at, _)| *at)
        };
        let send: BTreeMap<Way, Send> = send
            .iter()
            .map(|(way, is)| {
                (
                    *way,
                    Send {
                        until: change(way, is),
                        ..*is
                    },
                )
            })
            .collect();
        let next_change = send.values().filter_map(|is| is.until).min();
        let then = next_change.and_then(|at| later.into_iter().find(|(then, _)| *then == at));
        Windows {
            as_of: now,
            zone: context.zone,
            tariff: priced.then(|| asked.calendar.tariff(now).name),
            reason: asked.reason,
            customer_care: has_windows.then(|| self.care_at(now)),
            free_entry_point: priced.then(|| self.entry_at(now)),
            human_agent: self.human_agent_at(now).filter(|_| has_windows && !whatsapp),
            private_reply: self.private_reply_at(now).filter(|_| has_windows && !whatsapp),
            marketing_stopped_at: self.marketing_stopped_at.filter(|_| priced),
            service_messages: (priced && asked.metered()).then_some(ServiceMessages {
                free_per_month: SERVICE_FREE_PER_MONTH,
                delivered: context.service_delivered_this_month,
                resets_at: asked.month_ends,
            }),
            conversations: self.conversations_at(now, &asked).filter(|_| priced).collect(),
            closes_next: self.closes_next(now, context),
            send,
            prices: BTreeMap::new(),
            next_change,
            send_then: then.map(|(_, send)| send),
        }
    }

    /// What may be sent at `at`, as far as can be told at `now`.
    fn sendable(&self, at: Timestamp, asked: &Asked<'_>) -> BTreeMap<Way, Send> {
        let situation = Situation {
            channel: asked.context.channel,
            no_windows: asked.reason,
            tariff: asked.calendar.tariff(at),
            care: self.care_at(at),
            entry: self.entry_at(at),
            conversations: self.conversations_at(at, asked).map(|open| open.category).collect(),
            marketing_stopped: self.marketing_stopped_at.is_some(),
            // A month that has not begun has seen no message.
            service_delivered: if at < asked.month_ends {
                asked.context.service_delivered_this_month
            } else {
                Some(0)
            },
            human_agent: self.human_agent_at(at),
            private_reply: self.private_reply_at(at),
        };
        situation.send()
    }

    /// The instants after `now` at which something may change by itself, in order.
    fn boundaries(&self, asked: &Asked<'_>) -> Vec<Timestamp> {
        let now = asked.now;
        if asked.reason.is_some() {
            return Vec::new();
        }
        let (care, entry) = (self.care_at(now), self.entry_at(now));
        let ends = [
            care.closes_at,
            entry.closes_at,
            entry.reply_by,
            entry.may_last_until,
            self.human_agent_at(now).map(|grace| grace.closes_at),
            self.private_reply_at(now).map(|grace| grace.closes_at),
            asked.calendar.next(now),
            asked.metered().then_some(asked.month_ends),
        ];
        let ends = ends.into_iter().flatten();
        let conversations = self.conversations.iter().map(|conversation| conversation.closes_at);
        let mut all: Vec<Timestamp> = ends.chain(conversations).filter(|at| *at > now).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    pub(super) fn care_at(&self, now: Timestamp) -> CustomerCare {
        let Some(care) = self.care else {
            return CustomerCare {
                reason: Some(Reason::NeverOpened),
                ..CustomerCare::default()
            };
        };
        let closes_at = care.refused_at.unwrap_or_else(|| care.at.plus(CARE));
        let reason = match (care.refused_at, care.uncertain) {
            (Some(_), _) => Some(Reason::RefusedByProvider),
            (None, true) => Some(Reason::UnsupportedMessage),
            (None, false) => None,
        };
        CustomerCare {
            open: now < closes_at,
            opened_at: Some(care.at),
            closes_at: Some(closes_at),
            reported: care.refused_at.is_some(),
            reason,
        }
    }

    pub(super) fn entry_at(&self, now: Timestamp) -> FreeEntryPoint {
        let window = self.entry.window;
        let open = window.filter(|window| window.is_open(now));
        let candidate = self.entry.candidate.filter(|_| open.is_none());
        if let Some(click) = candidate {
            // What is sent in the last instant arrives after it.
            let alive = now < click.reply_by;
            return FreeEntryPoint {
                state: if alive { EntryState::Candidate } else { EntryState::None },
                reason: (!alive).then_some(Reason::NotAnsweredInTime),
                clicked_at: Some(click.clicked_at),
                by_post: click.post,
                reply_by: Some(click.reply_by),
                ..FreeEntryPoint::default()
            };
        }
        let Some(window) = window else {
            return FreeEntryPoint::default();
        };
        let rejected = window.known == Known::Rejected;
        let state = match (open, window.known) {
            (_, Known::Rejected) => EntryState::Rejected,
            (None, _) => EntryState::Expired,
            (Some(_), Known::Estimated) => EntryState::Estimated,
            (Some(_), Known::Confirmed) => EntryState::Confirmed,
        };
        let longest = window.opened_at.plus(EntryRules::at(window.opened_at).longest);
        FreeEntryPoint {
            state,
            reason: rejected.then_some(Reason::AnswerWasPriced),
            clicked_at: window.click.map(|click| click.clicked_at),
            by_post: window.click.is_some_and(|click| click.post),
            reply_by: window.click.map(|click| click.reply_by),
            opened_at: (!rejected).then_some(window.opened_at),
            closes_at: (!rejected).then_some(window.closes_at),
            end_is_told: window.end_is_told,
            may_last_until: Some(longest).filter(|longest| !rejected && *longest > window.closes_at && now < *longest),
        }
    }

    fn human_agent_at(&self, now: Timestamp) -> Option<Grace> {
        let opened_at = self.care?.at;
        let closes_at = opened_at.plus(HUMAN_AGENT);
        Some(Grace {
            open: now < closes_at,
            opened_at,
            closes_at,
            used: false,
        })
    }

    fn private_reply_at(&self, now: Timestamp) -> Option<Grace> {
        let comment = self.comment?;
        let closes_at = comment.at.plus(PRIVATE_REPLY);
        Some(Grace {
            open: now < closes_at && !comment.replied,
            opened_at: comment.at,
            closes_at,
            used: comment.replied,
        })
    }

    fn conversations_at(&self, now: Timestamp, asked: &Asked<'_>) -> impl Iterator<Item = LegacyConversation> {
        let by_conversation = !asked.calendar.tariff(now).per_message;
        let open = self.conversations.iter().filter(move |conversation| {
            by_conversation && conversation.opened_at <= now && now < conversation.closes_at
        });
        open.map(|conversation| LegacyConversation {
            category: conversation.category,
            opened_at: conversation.opened_at,
            closes_at: conversation.closes_at,
        })
    }
}
