//! What the log says, read by somebody else: a few lines that know of nothing but revisions, in the order of the log.

use std::collections::{BTreeMap, BTreeSet};

use origem_codec as codec;
use origem_domain::event::{Body, Kind};
use origem_domain::position::{Offset, Partition, Position};
use origem_log::{EventLog, ReadLimit};

/// A ticket at one revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    pub owner: Option<String>,
    pub team: Option<String>,
    pub finished: bool,
}

/// The tickets of one customer.
#[derive(Debug, Default)]
pub struct Tickets {
    pub revision: u64,
    pub now: Standing,
    /// What was, by revision.
    pub past: BTreeMap<u64, Standing>,
}

/// What a log says.
#[derive(Debug, Default)]
pub struct Model {
    /// By the customer's number.
    pub customers: BTreeMap<String, Tickets>,
    /// Commands that had their effect.
    pub applied: BTreeSet<Position>,
    /// Commands that came too late.
    pub void: u64,
}

impl Model {
    pub fn of(log: &dyn EventLog) -> Self {
        let mut model = Self::default();
        let (mut next, tail) = (Offset(0), log.tail(Partition(0)).unwrap());
        while next < tail {
            let batch = log.read(Partition(0), next, ReadLimit::default()).unwrap();
            for (offset, bytes) in batch.iter() {
                let position = Position::new(0, offset.0);
                let recorded = codec::decode(position, bytes).unwrap();
                let customer = recorded.event.contact.as_ref().unwrap().aliases[0].value.clone();
                model.take(position, customer, &recorded.event.body);
            }
            next = batch.next();
        }
        model
    }

    fn take(&mut self, position: Position, customer: String, body: &Body) {
        let tickets = self.customers.entry(customer).or_default();
        let Some(command) = body.command() else {
            // The only message of each customer.
            assert_eq!(tickets.revision, 0);
            tickets.revision = 1;
            tickets.past.insert(1, Standing::default());
            return;
        };
        if command.revision != Some(tickets.revision) {
            self.void += 1;
            return;
        }
        let now = &mut tickets.now;
        match body.kind() {
            Kind::TicketClaimed => now.owner.clone_from(&command.agent),
            Kind::TicketAssigned | Kind::TicketTransferred => {
                now.owner.clone_from(&command.ticket.assignee);
                now.team = command.ticket.team.clone().or(now.team.take());
            }
            Kind::TicketTakenOver => {
                if now.finished {
                    // Another ticket, which belongs to no team yet.
                    *now = Standing::default();
                    tickets.revision += 1;
                }
                now.owner.clone_from(&command.agent);
            }
            Kind::TicketFinished => now.finished = true,
            Kind::TicketReopened => now.finished = false,
            other => panic!("{other:?}"),
        }
        tickets.revision += 1;
        tickets.past.insert(tickets.revision, tickets.now.clone());
        self.applied.insert(position);
    }
}
