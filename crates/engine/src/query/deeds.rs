//! What agents did to tickets, in the order of the log, each with what the conversation says of it: for whoever acts upon it
//! outside. Derived from the log, so it can be resumed from any place.

use std::time::Duration;

use origem_codec as codec;
use origem_domain::event::{Body, Channel, Command, Event, Kind};
use origem_domain::key::{ConversationId, TicketId};
use origem_domain::position::{Offset, Position, Positions};
use origem_domain::ticket::Ticket;
use origem_domain::time::Timestamp;
use origem_domain::touch::Touch;
use origem_log::ReadLimit;
use origem_projector::{Decoded, decode};
use origem_views::anomalies::{self, Reason};
use origem_views::identity;
use origem_views::layout::Scope;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::{EngineError, ErrorCode};
use crate::question::Question;
use crate::shard::View;

/// A command on a ticket that had its effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Where it stands.
    pub position: Position,
    /// Which command: `ticket_finished`, `ticket_reopened`, `stage_set` or `lead_linked`.
    pub kind: Kind,
    /// When.
    pub at: Timestamp,
    /// The tenant.
    pub account: String,
    /// The business address.
    pub channel: Channel,
    /// The conversation it belongs to now.
    pub conversation: ConversationId,
    /// The ticket it was done to, as it is by now; `None` if there is none.
    pub ticket: Option<Ticket>,
    /// The stage it set.
    pub stage: Option<String>,
    /// The lead it linked.
    pub lead: Option<String>,
    /// The origins of the conversation, in order of time.
    pub touches: Vec<Touch>,
}

/// Deeds, and how far they reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deeds {
    /// In order within each partition.
    pub items: Vec<Deed>,
    /// What was seen with them: where to go on.
    pub seen: Positions,
}

/// A question for what was done after a place.
#[derive(Serialize, Deserialize)]
pub(super) struct After {
    seen: Positions,
    records_max: usize,
}

impl Question for After {
    const NAME: &'static str = "deeds";
    // It reads the log.
    const PATIENCE: Duration = Duration::from_secs(10);
    type Answer = Deeds;

    fn answer(&self, view: View<'_>) -> Result<Deeds, EngineError> {
        let start = view.log.start(view.partition).map_err(EngineError::Log)?;
        let seen = self.seen.get(view.partition).map(|seen| seen.plus(1));
        // What the log has no more cannot be told.
        view.deeds(seen.unwrap_or(start).max(start), self.records_max)
    }

    fn combine(&self, answers: Vec<Deeds>) -> Option<Deeds> {
        let mut all = Deeds {
            seen: self.seen.clone(),
            ..Deeds::default()
        };
        for answer in answers {
            answer.seen.iter().for_each(|position| all.seen.advance(position));
            all.items.extend(answer.items);
        }
        all.items.sort_by_key(|deed| deed.position);
        Some(all)
    }
}

impl Engine {
    /// What was done to tickets in up to `records_max` records of each partition after what was seen of it; of a partition of which
    /// nothing was seen, from its start. Only what the views hold already is told. Nothing is left to read where the answer's
    /// `seen` is the one that was asked with.
    ///
    /// # Errors
    /// `Log` (a place behind the tail); as [`Engine::ask`].
    pub fn deeds(&self, seen: &Positions, records_max: usize) -> Result<Deeds, EngineError> {
        let seen = seen.clone();
        self.ask(&After { seen, records_max })
    }
}

impl View<'_> {
    fn deeds(&self, from: Offset, records_max: usize) -> Result<Deeds, EngineError> {
        let mut deeds = Deeds::default();
        if from >= self.checkpoint.next {
            return Ok(deeds);
        }
        let limit = ReadLimit {
            records_max: records_max.max(1),
            ..ReadLimit::default()
        };
        let batch = self.log.read(self.partition, from, limit).map_err(EngineError::Log)?;
        for (offset, bytes) in batch.iter().take_while(|(offset, _)| *offset < self.checkpoint.next) {
            self.add_deeds(offset, bytes, &mut deeds.items)?;
        }
        let next = batch.next().min(self.checkpoint.next);
        if let Some(last) = next.0.checked_sub(1).filter(|_| next > from) {
            deeds.seen.advance(Position::new(self.partition.0, last));
        }
        Ok(deeds)
    }

    fn add_deeds(&self, offset: Offset, bytes: &[u8], deeds: &mut Vec<Deed>) -> Result<(), EngineError> {
        let position = Position::new(self.partition.0, offset.0);
        // Most records are messages: their texts need not be read for that.
        let is_deed = codec::decode_structure(position, bytes).is_ok_and(|read| command(&read.event).is_some());
        if !is_deed {
            return Ok(());
        }
        let mut events = Vec::with_capacity(1);
        decode(position, bytes, self.reading, &mut events);
        for event in events {
            let Decoded::Event(recorded) = event else { continue };
            let scope = Scope::of(&recorded.event.account, &recorded.event.channel, recorded.keys.group);
            for alias in &recorded.keys.aliases {
                if let Some(conversation) = identity::owner(self.rows, scope, *alias)? {
                    deeds.extend(self.deed(position, conversation, &recorded.event)?);
                    break;
                }
            }
        }
        Ok(())
    }

    /// `None` for what is no command, or had no effect.
    fn deed(
        &self,
        position: Position,
        conversation: ConversationId,
        event: &Event,
    ) -> Result<Option<Deed>, EngineError> {
        let Some(command) = command(event) else {
            return Ok(None);
        };
        let voids = |reason: Reason| matches!(reason, Reason::Voided | Reason::NoEffect);
        let odd = anomalies::of(self.rows, position)?;
        if odd.iter().any(|anomaly| voids(anomaly.reason)) {
            return Ok(None);
        }
        let (touches, tickets) = match self.history(conversation) {
            Ok(history) => history,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let kind = event.body.kind();
        Ok(Some(Deed {
            position,
            kind,
            at: event.occurred_at,
            account: event.account.clone(),
            channel: event.channel.clone(),
            conversation,
            ticket: ticket(tickets, kind, command, event.occurred_at),
            stage: command.ticket.stage.clone(),
            lead: command.ticket.lead.clone(),
            touches: touches.into_iter().map(|view| view.touch).collect(),
        }))
    }
}

fn command(event: &Event) -> Option<&Command> {
    match &event.body {
        Body::TicketFinished(command)
        | Body::TicketReopened(command)
        | Body::StageSet(command)
        | Body::LeadLinked(command) => Some(command),
        _ => None,
    }
}

/// The ticket that a command at `at` was for: the one it names, the one that was closed by it, or the latest that was open then.
fn ticket(tickets: Vec<Ticket>, kind: Kind, command: &Command, at: Timestamp) -> Option<Ticket> {
    let named: Option<TicketId> = command.ticket.id.as_ref().and_then(|id| id.parse().ok());
    let mut found = tickets.into_iter().rev().filter(|ticket| ticket.opened_at <= at);
    match named {
        Some(id) => found.find(|ticket| ticket.id == id),
        None if kind == Kind::TicketFinished => found.find(|ticket| ticket.closed_at == Some(at)),
        None => found.next(),
    }
}
