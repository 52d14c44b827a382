//! The fold: facts of one conversation, in ledger order, to touches, tickets, session windows and state.
//!
//! Pure and total. Facts come sorted by [`crate::fact::SortKey`]; whoever inserts a late one folds again from before it, so the
//! result does not depend on the order of arrival. Effects are values in [`Outcome`].

mod sessions;
#[cfg(test)]
pub(crate) mod table;

pub use sessions::can_change_windows;

use siphasher::sip::SipHasher13;

use crate::dispatch::{self, is_dispatch};
use crate::event::{CallEvent, ChannelKind, DeliveryState, Direction, Kind, Via};
use crate::fact::{CommandFact, Fact, Form, Inbound, Sent, SortKey, What};
use crate::key::{Key, TicketId, TouchId};
use crate::origin::{
    self, Fate, Finding, Observer, Obstacle, business_message, campaign, comment, link, organic, takeover, unknown,
};
use crate::rules::{Moment, Rulebook};
use crate::state::{Clicked, Comment, State};
use crate::ticket::{Ticket, TicketStatus};
use crate::touch::{Origin, OriginKind, Touch};

/// What a fold produced besides the state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Touches, in ledger order.
    pub touches: Vec<Touch>,
    /// Tickets that a later one replaced, in order of opening. The latest ticket is in the state.
    pub tickets: Vec<Ticket>,
}

/// What a conversation is folded under.
#[derive(Debug, Clone, Copy)]
pub struct Folding<'a> {
    /// The kind of its channel.
    pub channel: ChannelKind,
    /// The rules.
    pub rulebook: &'a Rulebook,
}

/// Applies one fact to the state of its conversation.
pub fn evolve(state: &mut State, folding: Folding<'_>, fact: &Fact, outcome: &mut Outcome) {
    evolve_before(state, folding, fact, outcome, &mut ());
}

/// Applies one fact before the eyes of `observer`, who is told which origins were considered and what became of each.
pub fn evolve_before(
    state: &mut State,
    folding: Folding<'_>,
    fact: &Fact,
    outcome: &mut Outcome,
    observer: &mut impl Observer,
) {
    let mut step = Step {
        state,
        channel: folding.channel,
        rulebook: folding.rulebook,
        now: folding.rulebook.at(fact.key.at),
        fact,
        outcome,
        observer,
    };
    sessions::evolve(step.state, step.channel, fact);
    match &fact.what {
        What::Inbound(inbound) => step.inbound(inbound),
        What::Opened { referral } => step.opened(referral.as_deref().unwrap_or(&Default::default())),
        What::Comment { post, ad_id } => step.commented(post.as_deref(), ad_id.as_deref()),
        What::Call {
            event: CallEvent::Connect,
            direction: Direction::In,
        } => step.inbound(&Inbound::default()),
        What::Call { .. } | What::Noted { .. } | What::Reacted { .. } | What::Preference { .. } => {}
        What::Sent(sent) => step.sent(&dispatch::told(folding.rulebook, fact.key.at, sent)),
        What::Status {
            message,
            state,
            category,
            callback_data,
            ..
        } => {
            step.status(*message, *state, category.as_deref(), callback_data.as_deref());
        }
        What::History { .. } => step.history(),
        What::Clicked { link } => step.clicked(link.clone()),
        What::Command(command) => step.command(command),
    }
}

/// Folds `facts`, in ledger order, onto `state`.
pub fn fold<'a>(state: &mut State, folding: Folding<'_>, facts: impl IntoIterator<Item = &'a Fact>) -> Outcome {
    let mut outcome = Outcome::default();
    for fact in facts {
        evolve(state, folding, fact, &mut outcome);
    }
    outcome
}

struct Step<'a, O> {
    state: &'a mut State,
    channel: ChannelKind,
    rulebook: &'a Rulebook,
    /// The time of the fact, and the rules in force at it.
    now: Moment,
    fact: &'a Fact,
    outcome: &'a mut Outcome,
    observer: &'a mut O,
}

impl<O: Observer> Step<'_, O> {
    /// The customer wrote or called.
    fn inbound(&mut self, inbound: &Inbound) {
        let at = self.fact.key.at;
        let opens = self.state.opens_interaction(&self.now);
        let mut origins = origin::evidence_in_message(self.state, self.channel, &self.now, inbound, self.observer);
        let explained = !origins.is_empty();
        origins.extend(self.unexplained(inbound, explained));
        if opens {
            self.state.begin_interaction(&self.now);
        }
        let quoted = inbound.quoted.as_deref().and_then(|quoted| quoted.message);
        self.state.mark_answered(&self.now, opens, quoted);
        self.ensure_ticket();
        self.touch(origins);
        self.state.customer_spoke(at);
    }

    /// The origin of a message that opens an interaction without evidence of its own; `None` for any other.
    fn unexplained(&mut self, inbound: &Inbound, explained: bool) -> Option<Origin> {
        let mut obstacle = if explained {
            Some(Obstacle::Explained)
        } else {
            organic::obstacle(self.state, &self.now)
        };
        if obstacle.is_some() && !O::WATCHES {
            return None;
        }
        let last_resort = match inbound.form {
            Form::Unsupported => unknown::unsupported(),
            Form::Plain | Form::TemplateButton => organic::origin(self.channel),
        };
        let mut strongest = None;
        for finding in [
            link::followed(self.state, &self.now),
            comment::followed(self.state, &self.now),
            Finding::Origin(last_resort),
        ] {
            if let Some(origin) = finding.behind(obstacle).told(self.observer) {
                strongest = Some(origin);
                obstacle = Some(Obstacle::Explained);
            }
        }
        strongest
    }

    /// The thread was opened through something; the message may follow or not.
    fn opened(&mut self, referral: &crate::fact::Evidence) {
        let ad = origin::ad::origin(referral, self.channel);
        let origins: Vec<Origin> = ad.into_iter().chain(link::from_referral(referral)).collect();
        if origins.is_empty() {
            return self.observer.missed(OriginKind::Link, Obstacle::NothingReferred);
        }
        self.state.hint_at = Some(self.fact.key.at);
        self.touch(origins);
    }

    fn commented(&mut self, post: Option<&str>, ad_id: Option<&str>) {
        let at = self.fact.key.at;
        let origin = comment::origin(self.channel, post, ad_id);
        self.state.hint_at = Some(at);
        self.state.comment = Some(Comment {
            at,
            origin: origin.clone(),
            replied: false,
        });
        self.ensure_ticket();
        self.touch(vec![origin]);
        self.state.customer_commented(at);
    }

    /// The business wrote.
    fn sent(&mut self, sent: &Sent) {
        let at = self.fact.key.at;
        self.state.remember_sent(sent.message);
        if is_dispatch(&sent.via) {
            // Its report may have stood for it: it is one dispatch.
            if let Some(message) = sent.message {
                self.state.forget_dispatch(message);
            }
            self.state.dispatched(at, sent.clone());
            let (kind, _) = campaign::kind(&sent.via);
            return self.observer.missed(kind, Obstacle::WaitsForAnswer);
        }
        let interaction = self.state.interaction(&self.now);
        let opens = interaction.is_none();
        let comment = self.state.reply_to_comment(&self.now);
        let obstacle = interaction.or(comment.map(|commented| Obstacle::RepliesToComment { commented }));
        if self.open_ticket().is_none() {
            let mut ticket = self.new_ticket();
            // The phone app does not say who wrote.
            ticket.assignee = sent.agent.clone().filter(|_| sent.via != Via::App);
            self.put_ticket(ticket);
        }
        if opens {
            self.state.begin_interaction(&self.now);
        }
        match obstacle {
            Some(obstacle) => self.observer.missed(OriginKind::NewMessage, obstacle),
            None => self.touch([business_message::sent(&sent.via)]),
        }
        self.state.business_spoke(at);
    }

    /// A report on a message of ours. If nobody told us of the message, the report that it was sent stands for it; later
    /// ones come when the customer looks, which is no word of ours.
    fn status(&mut self, message: Option<Key>, state: DeliveryState, category: Option<&str>, data: Option<&str>) {
        let Some(message) = message else { return };
        if state == DeliveryState::Failed {
            self.state.forget_dispatch(message);
            return;
        }
        if state != DeliveryState::Sent || self.state.knows_sent(message) {
            return;
        }
        let at = self.fact.key.at;
        let sent = dispatch::reported(self.rulebook, at, message, category, data);
        // One-time passwords are no conversation.
        if sent.is_password {
            return;
        }
        self.state.remember_sent(Some(message));
        if is_dispatch(&sent.via) || self.state.opens_interaction(&self.now) {
            self.state.dispatched(at, sent);
        } else {
            self.state.business_spoke(at);
        }
    }

    fn history(&mut self) {
        let first = self.state.landmarks.latest().is_none() && self.state.last_message_at.is_none();
        let obstacle = (!first).then_some(Obstacle::NotFirst);
        let origin = Finding::Origin(unknown::history()).behind(obstacle);
        let origin = origin.told(self.observer);
        self.touch(origin);
        self.state.imported(self.fact.key.at);
    }

    fn clicked(&mut self, link: Option<String>) {
        self.state.clicked = Some(Clicked {
            at: self.fact.key.at,
            link,
        });
    }

    fn command(&mut self, command: &CommandFact) {
        if command.void {
            return;
        }
        let SortKey { at, kind, .. } = self.fact.key;
        // Whoever takes what waits in the queue claims it.
        let waited = self.state.status() == Some(TicketStatus::New);
        match kind {
            Kind::StageSet => self.state.stage.clone_from(&command.stage),
            Kind::LeadLinked => self.state.lead.clone_from(&command.lead),
            Kind::OutreachRequested => self.state.outreach_requested(at),
            Kind::TicketTakenOver if self.open_ticket().is_none() => {
                let mut ticket = self.new_ticket();
                ticket.answered = true;
                self.put_ticket(ticket);
            }
            _ => {}
        }
        let applied = self
            .state
            .ticket
            .as_mut()
            .is_some_and(|ticket| ticket.apply(kind, at, command));
        if applied && kind == Kind::TicketTakenOver {
            let obstacle = waited.then_some(Obstacle::WasWaiting);
            let origin = Finding::Origin(takeover::origin(&command.via)).behind(obstacle);
            let origin = origin.told(self.observer);
            self.touch(origin);
        }
    }

    fn open_ticket(&mut self) -> Option<&mut Ticket> {
        self.state.ticket.as_mut().filter(|ticket| ticket.is_open())
    }

    /// Opens a ticket if none is open. A message after a finish opens the next one.
    fn ensure_ticket(&mut self) {
        if self.open_ticket().is_none() {
            let ticket = self.new_ticket();
            self.put_ticket(ticket);
        }
    }

    fn new_ticket(&self) -> Ticket {
        Ticket::open(
            TicketId(hash(b"ticket", &self.fact.key)),
            self.fact.key.at,
            self.fact.key.kind,
        )
    }

    fn put_ticket(&mut self, mut ticket: Ticket) {
        // It opens with this fact.
        let since = self.now.rules.organic_withheld;
        ticket.adopts = self.state.take_homeless(ticket.opened_at, since);
        self.state.landmarks.begin_ticket(ticket.id, &ticket.adopts);
        if let Some(previous) = self.state.ticket.take() {
            // Goes on counting, so that what was decided on an earlier ticket never fits a later one.
            ticket.revision = previous.revision + 1;
            self.outcome.tickets.push(previous);
        }
        self.state.ticket = Some(ticket);
    }

    /// Records a touch for the strongest of `origins` that this interaction has not seen yet, the others beside it.
    fn touch(&mut self, origins: impl IntoIterator<Item = Origin>) {
        let at = self.fact.key.at;
        let mut news = Vec::new();
        for origin in origins {
            let mark = origin.mark().map(|mark| Key(hash_text(&mark)));
            match mark.and_then(|mark| self.state.seen_before(mark, &self.now)) {
                Some(at) => self.observer.found(&origin, Fate::SeenBefore { at }),
                None => {
                    let fate = if news.is_empty() { Fate::Won } else { Fate::Kept };
                    self.observer.found(&origin, fate);
                    news.push(origin);
                }
            }
        }
        let mut news = news.into_iter();
        let Some(origin) = news.next() else { return };
        let ticket = self.open_ticket().map(|ticket| ticket.id);
        let touch = Touch {
            id: TouchId(hash(b"touch", &self.fact.key)),
            at,
            origin,
            position: self.fact.position,
            fact: self.fact.key,
            ticket,
            also: news.collect(),
            hint: match &self.fact.what {
                What::Inbound(inbound) => inbound.hint.clone(),
                _ => None,
            },
        };
        self.state.record_touch(&touch);
        self.outcome.touches.push(touch);
    }
}

/// An id made from a fact: the same in whatever order the log holds it.
fn hash(domain: &[u8], key: &SortKey) -> u64 {
    SipHasher13::new().hash(&[domain, &key.bytes()].concat())
}

fn hash_text(text: &str) -> u64 {
    SipHasher13::new().hash(text.as_bytes())
}
