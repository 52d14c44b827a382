//! The rules of README.md, once more and by themselves: what a peer that folds event by event has to know. Nothing of Origem's own code is used, so
//! that equal rows say something.

use std::collections::BTreeSet;

use origem_testkit::traffic::Line;

use crate::exchange::{Rows, told};

const DAY: i64 = 86_400_000_000;

/// The rows of one conversation from its distinct events, in order of time.
pub fn fold(events: &[Line]) -> Rows {
    let mut state = State::default();
    for event in events {
        state.apply(event, events);
    }
    let conversation = events.first().map(|event| event.conversation.as_str());
    state.rows(conversation.unwrap_or_default())
}

#[derive(Default)]
struct State {
    name: Option<String>,
    first_message_at: Option<i64>,
    last_message_at: Option<i64>,
    last_inbound_at: Option<i64>,
    last_outbound_at: Option<i64>,
    /// Messages of the customer since ours, and the first of them.
    unread: u32,
    unread_since: Option<i64>,
    last_text: Option<String>,

    touches: u32,
    touch: Option<Touch>,
    /// Evidence that this interaction has had.
    had: BTreeSet<String>,
    dispatch: Option<Dispatch>,

    /// Until when the last ad click may be answered, while it waits.
    reply_by: Option<i64>,
    window: Option<Window>,
    ticket: Option<Ticket>,
}

struct Touch {
    at: i64,
    kind: &'static str,
    rule: &'static str,
    entry: Option<String>,
}

struct Dispatch {
    at: i64,
    message_id: Option<String>,
    campaign_id: Option<String>,
    answered: bool,
}

struct Window {
    opened_at: i64,
    until: i64,
}

struct Ticket {
    opened_at: i64,
    assignee: Option<String>,
    answered: bool,
    finished: bool,
}

impl State {
    fn apply(&mut self, event: &Line, all: &[Line]) {
        match (event.kind.as_str(), event.via.as_deref()) {
            ("message_received", _) => self.received(event, all),
            ("message_sent", Some("campaign")) => self.dispatched(event),
            ("message_sent", _) => self.answered(event),
            ("ticket_claimed", _) => {
                if let Some(ticket) = self.open_ticket().filter(|ticket| ticket.assignee.is_none()) {
                    ticket.assignee.clone_from(&event.agent);
                }
            }
            ("ticket_finished", _) => {
                if let Some(ticket) = self.open_ticket() {
                    ticket.finished = true;
                }
            }
            _ => {}
        }
        if event.name.is_some() {
            self.name.clone_from(&event.name);
        }
        if event.text.is_some() {
            self.last_text.clone_from(&event.text);
        }
    }

    fn received(&mut self, event: &Line, all: &[Line]) {
        let at = event.occurred_at;
        let opens = self.begin_interaction(at);
        let mut evidence = self.evidence(event, all, opens);
        if evidence.is_empty() && opens {
            self.touch(at, "organic", "organic@1", None);
        }
        let had = &mut self.had;
        evidence.retain(|(mark, _)| had.insert(mark.clone()));
        if let Some((_, touch)) = evidence.into_iter().next() {
            self.touch(at, touch.kind, touch.rule, touch.entry);
        }
        if let Some(dispatch) = &mut self.dispatch {
            dispatch.answered |= opens || (event.reply_to.is_some() && event.reply_to == dispatch.message_id);
        }
        if event.ad_id.is_some() {
            self.reply_by = Some(at + DAY);
        }
        if self.reply_by.is_some_and(|reply_by| at <= reply_by) {
            self.reply_by = Some(at + DAY);
        }
        self.open_a_ticket(at, None);
        if let Some(ticket) = self.open_ticket() {
            ticket.answered = false;
        }
        self.spoke(at);
        self.last_inbound_at = Some(at);
        self.unread += 1;
        self.unread_since.get_or_insert(at);
    }

    /// What a message of the customer gives evidence of, the strongest first, each with what makes it the same.
    fn evidence(&self, event: &Line, all: &[Line], opens: bool) -> Vec<(String, Touch)> {
        let of = |kind, rule, entry: &Option<String>, more: &Option<String>| {
            let mark = format!("{kind}/{}/{}", told(entry.as_ref()), told(more.as_ref()));
            let at = event.occurred_at;
            let entry = entry.clone();
            (mark, Touch { at, kind, rule, entry })
        };
        let mut evidence = Vec::new();
        if event.ad_id.is_some() {
            evidence.push(of("ad", "ad.referral@1", &event.ad_id, &event.ctwa_clid));
        }
        if event.hashtag.is_some() {
            evidence.push(of("hashtag", "hashtag.first_word@1", &event.hashtag, &None));
        }
        let quoted = all
            .iter()
            .find(|other| other.kind == "message_sent" && other.message_id == event.reply_to);
        let waits = |dispatch: &&Dispatch| opens && !dispatch.answered && event.occurred_at - dispatch.at <= 3 * DAY;
        if let (Some(quoted), true) = (quoted, event.reply_to.is_some()) {
            evidence.push(of("whatsapp_campaign", "campaign.quote@1", &quoted.campaign_id, &None));
        } else if let Some(dispatch) = self.dispatch.as_ref().filter(waits) {
            evidence.push(of(
                "whatsapp_campaign",
                "campaign.window@1",
                &dispatch.campaign_id,
                &None,
            ));
        }
        evidence
    }

    fn dispatched(&mut self, event: &Line) {
        self.dispatch = Some(Dispatch {
            at: event.occurred_at,
            message_id: event.message_id.clone(),
            campaign_id: event.campaign_id.clone(),
            answered: false,
        });
        self.reply(event.occurred_at);
    }

    fn answered(&mut self, event: &Line) {
        let at = event.occurred_at;
        if self.begin_interaction(at) {
            self.touch(at, "new_message", "message.sent@1", None);
        }
        self.reply(at);
        self.open_a_ticket(at, event.agent.clone());
        if let Some(ticket) = self.open_ticket() {
            ticket.answered = true;
        }
        self.spoke(at);
        self.last_outbound_at = Some(at);
        self.unread = 0;
        self.unread_since = None;
    }

    /// Whether a message at `at` opens an interaction; then nothing has been had in it.
    fn begin_interaction(&mut self, at: i64) -> bool {
        let opens = self.last_message_at.is_none_or(|last| at - last >= DAY);
        if opens {
            self.had.clear();
        }
        opens
    }

    fn touch(&mut self, at: i64, kind: &'static str, rule: &'static str, entry: Option<String>) {
        self.touches += 1;
        self.touch = Some(Touch { at, kind, rule, entry });
    }

    /// A message of the business, whatever its way, answers an ad click.
    fn reply(&mut self, at: i64) {
        if self.reply_by.take_if(|reply_by| at <= *reply_by).is_none() {
            return;
        }
        if self.window.as_ref().is_none_or(|window| at >= window.until) {
            self.window = Some(Window {
                opened_at: at,
                until: at + 3 * DAY,
            });
        }
    }

    fn open_ticket(&mut self) -> Option<&mut Ticket> {
        self.ticket.as_mut().filter(|ticket| !ticket.finished)
    }

    fn open_a_ticket(&mut self, at: i64, assignee: Option<String>) {
        if self.open_ticket().is_none() {
            self.ticket = Some(Ticket {
                opened_at: at,
                assignee,
                answered: false,
                finished: false,
            });
        }
    }

    fn spoke(&mut self, at: i64) {
        self.first_message_at.get_or_insert(at);
        self.last_message_at = Some(at);
    }

    fn rows(self, key: &str) -> Rows {
        let conversation = format!(
            "{key},{},{},{},{},{},{},{}",
            told(self.name),
            told(self.first_message_at),
            told(self.last_message_at),
            told(self.last_inbound_at),
            told(self.last_outbound_at),
            self.unread,
            told(self.last_text),
        );
        let timeline = self.touch.map(|touch| {
            let Touch { at, kind, rule, entry } = touch;
            format!("{key},{},{kind},{at},{rule},{}", self.touches, told(entry))
        });
        let windows = self.last_inbound_at.map(|last| {
            let window = self.window.as_ref();
            let opened_at = told(window.map(|window| window.opened_at));
            let until = told(window.map(|window| window.until));
            format!("{key},{},{},{opened_at},{until}", last + DAY, told(self.reply_by))
        });
        let queue = self.ticket.map(|ticket| {
            let (status, waits) = match (ticket.finished, ticket.answered, &ticket.assignee) {
                (true, ..) => ("finished", false),
                (_, true, _) => ("awaiting_customer", false),
                (_, _, Some(_)) => ("unanswered", true),
                _ => ("new", true),
            };
            let since = ticket.opened_at.max(self.unread_since.unwrap_or_default());
            let since = told(waits.then_some(since));
            format!("{key},{status},{},{},{since}", told(ticket.assignee), ticket.opened_at)
        });
        [Some(conversation), timeline, windows, queue]
    }
}
