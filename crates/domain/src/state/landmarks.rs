//! The touches a card shows: the first of the conversation, the latest, and the latest of the current ticket. They are often
//! one and the same, so each is kept once.

use serde::{Deserialize, Serialize};

use crate::facet::Mark;
use crate::key::{TicketId, TouchId};
use crate::touch::Touch;

/// How many marks of earlier touches are remembered: more origins than one ticket has. What comes beyond it is found by the latest touch only.
const EARLIER_MAX: usize = 64;

/// First, latest, latest of the current ticket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Landmarks {
    /// At most three.
    kept: Vec<Touch>,
    first: Option<TouchId>,
    latest: Option<TouchId>,
    of_ticket: Option<TouchId>,
    /// What touches of the current ticket before its latest are found by, in order, each once.
    earlier: Vec<Mark>,
}

impl Landmarks {
    /// What touches of the current ticket before its latest are found by.
    #[must_use]
    pub fn earlier(&self) -> &[Mark] {
        &self.earlier
    }

    /// The first touch of the conversation.
    #[must_use]
    pub fn first(&self) -> Option<&Touch> {
        self.find(self.first)
    }

    /// The latest touch of the conversation.
    #[must_use]
    pub fn latest(&self) -> Option<&Touch> {
        self.find(self.latest)
    }

    /// The origin to show: the latest touch of the current ticket, else of the conversation.
    #[must_use]
    pub fn current(&self) -> Option<&Touch> {
        self.find(self.of_ticket).or_else(|| self.latest())
    }

    fn find(&self, id: Option<TouchId>) -> Option<&Touch> {
        self.kept.iter().find(|touch| Some(touch.id) == id)
    }

    /// A touch follows all others.
    pub(super) fn record(&mut self, touch: &Touch) {
        if touch.ticket.is_some() {
            let before = self.find(self.of_ticket).filter(|before| before.ticket == touch.ticket);
            self.remember(before.map(marks).unwrap_or_default());
        }
        self.kept.push(touch.clone());
        self.first.get_or_insert(touch.id);
        self.latest = Some(touch.id);
        if touch.ticket.is_some() {
            self.of_ticket = Some(touch.id);
        }
        self.forget();
    }

    /// A ticket begins and takes over `adopted` touches of before.
    pub(crate) fn begin_ticket(&mut self, ticket: TicketId, adopted: &[TouchId]) {
        for touch in self.kept.iter_mut().filter(|touch| adopted.contains(&touch.id)) {
            touch.ticket = Some(ticket);
        }
        self.of_ticket = self.latest.filter(|latest| adopted.contains(latest));
        let of_before = |touch: &&Touch| adopted.contains(&touch.id) && Some(touch.id) != self.of_ticket;
        let earlier = self.kept.iter().filter(of_before).flat_map(marks).collect();
        self.earlier.clear();
        self.remember(earlier);
        self.forget();
    }

    fn remember(&mut self, marks: Vec<Mark>) {
        for mark in marks {
            if self.earlier.len() < EARLIER_MAX && !self.earlier.contains(&mark) {
                self.earlier.push(mark);
            }
        }
    }

    fn forget(&mut self) {
        let Self {
            kept,
            first,
            latest,
            of_ticket,
            ..
        } = self;
        kept.retain(|touch| [&*first, latest, of_ticket].iter().any(|id| **id == Some(touch.id)));
    }

    /// The touches kept, for tests that look past their positions in the log.
    pub fn kept_mut(&mut self) -> &mut [Touch] {
        &mut self.kept
    }
}

fn marks(touch: &Touch) -> Vec<Mark> {
    touch.facets().map(|facet| facet.mark()).collect()
}
