//! The export: a row a ticket, with the evidence of every origin, folded from the ledgers page by page.
//!
//! ```text
//! journeys --where tickets are--> places by opening --pages of them--> tickets with their touches
//! ```
//! The places of a million tickets are some tens of megabytes; of the tickets themselves there is one page at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use origem_domain::event::Channel;
use origem_domain::key::{ConversationId, TicketId};
use origem_domain::time::Timestamp;
use origem_views::journeys::{self, Step};
use origem_views::layout::AccountKey;
use serde::{Deserialize, Serialize};

use super::catalogue::{self, Catalogue, Ending};
use super::group::Origin;
use super::{Period, tally};
use crate::engine::Engine;
use crate::error::{EngineError, ErrorCode};
use crate::query::{Clock, TicketView, TouchView};
use crate::question::Question;
use crate::shard::View;

/// Tickets of a page: little enough to be answered at once, many enough to be fast.
pub const PAGE_TICKETS: usize = 200;

/// Which tickets to export.
pub type ExportQuery = Period;

/// Where a ticket is, in order of the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TicketPlace {
    opened_at: Timestamp,
    conversation: ConversationId,
    ticket: TicketId,
}

/// A ticket as it is exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// When it was won; `None` if it was not. Shards do not know what classifications mean and leave it open.
    pub won_at: Option<Timestamp>,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Through which channel.
    pub channel: Channel,
    /// The ticket with its origins.
    pub view: TicketView,
    /// What opened it, as a report has it; `None` of a ticket without any touch until then.
    pub opening: Option<Opening>,
}

/// The touch that opened a ticket: the latest when it did, also where it belongs to a ticket before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The touch.
    pub touch: TouchView,
    /// By what reports tell it apart, with all that the directory joins. Shards have no directory and leave it open.
    pub origin: Origin,
}

/// An export that has begun: where its tickets are, and what the directory said then.
#[derive(Debug, Clone)]
pub struct Export {
    account: String,
    catalogue: Arc<Catalogue>,
    places: Vec<TicketPlace>,
}

impl Export {
    /// Where the tickets are, in order of their opening.
    #[must_use]
    pub fn places(&self) -> &[TicketPlace] {
        &self.places
    }
}

/// A question for where the tickets are.
#[derive(Serialize, Deserialize)]
pub(crate) struct Places {
    account: String,
    from: Timestamp,
    to: Timestamp,
}

impl Question for Places {
    const NAME: &'static str = "report-places";
    const PATIENCE: Duration = Duration::from_secs(60);
    type Answer = Vec<TicketPlace>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        let account = AccountKey::of(&self.account);
        let found = tally::in_parts(|ids| {
            let mut places = Vec::new();
            journeys::each(view.rows, account, ids, self.from, |conversation, journey| {
                let tickets = journey.tickets.iter();
                let asked = tickets.filter(|ticket| self.from <= ticket.opened_at && ticket.opened_at < self.to);
                places.extend(asked.map(|ticket| TicketPlace {
                    opened_at: ticket.opened_at,
                    conversation,
                    ticket: ticket.id,
                }));
                Ok::<(), EngineError>(())
            })?;
            Ok::<_, EngineError>(places)
        });
        let parts: Vec<Vec<TicketPlace>> = found.into_iter().collect::<Result<_, _>>()?;
        Ok(parts.concat())
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        let mut all = answers.concat();
        all.sort_unstable();
        Some(all)
    }
}

/// A question for the tickets of some conversations.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pages(BTreeSet<ConversationId>);

impl Question for Pages {
    const NAME: &'static str = "report-tickets";
    const PATIENCE: Duration = Duration::from_secs(30);
    type Answer = Vec<Exported>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        let mut found = Vec::new();
        for id in &self.0 {
            let (conversation, card) = match view.card(*id) {
                Ok(found) => found,
                Err(error) if error.code() == ErrorCode::NotFound => continue,
                Err(error) => return Err(error),
            };
            let (touches, tickets) = view.history(conversation)?;
            let exported = tickets.into_iter().map(|ticket| Exported {
                won_at: None,
                conversation,
                channel: card.channel.clone(),
                opening: tally::opening(&touches, |view| view.touch.at, ticket.opened_at).map(|touch| Opening {
                    touch: touch.clone(),
                    origin: Origin::default(),
                }),
                view: TicketView::of(ticket, &touches),
            });
            found.extend(exported);
        }
        Ok(found)
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        Some(answers.concat())
    }
}

impl Engine {
    /// Begins an export of the tickets opened in some days: [`Engine::export`] takes parts of it.
    ///
    /// # Errors
    /// `Invalid` if the days are none; `Crowded` while too many reports wait; as [`Engine::ask`].
    pub fn begin_export(&self, query: &ExportQuery, clock: Clock) -> Result<Export, EngineError> {
        let span = self.span(query, clock)?;
        let _turn = self.limits.reports.take()?;
        let places = self.ask(&Places {
            account: query.account.clone(),
            from: span.from,
            to: span.to,
        })?;
        let (catalogue, _) = catalogue::of(&self.catalogue(), &query.account);
        Ok(Export {
            account: query.account.clone(),
            catalogue: Arc::new(catalogue),
            places,
        })
    }

    /// The tickets of an export at some of its places, in that order, as they are now. One that is not there any more, because its
    /// conversation became part of another meanwhile, is left out.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn export(&self, export: &Export, places: Range<usize>) -> Result<Vec<Exported>, EngineError> {
        let places = export.places.get(places).unwrap_or_default();
        let conversations = places.iter().map(|place| place.conversation).collect();
        let found = self.ask(&Pages(conversations))?;
        let mut by_ticket: BTreeMap<TicketId, Exported> = found
            .into_iter()
            .map(|exported| (exported.view.ticket.id, exported))
            .collect();
        let (account, catalogue) = (export.account.as_str(), &export.catalogue);
        let told = self.catalogue();
        let judged = |mut exported: Exported| {
            let texts = catalogue.channels.get(&exported.channel);
            if let Some(Opening { touch, origin }) = &mut exported.opening {
                let step = Step::of(&touch.touch);
                let (key, _) = catalogue.origin(texts, &step, |_| true);
                *origin = key.map(str::to_owned).into();
            }
            let opening = exported.opening.iter_mut().map(|opening| &mut opening.touch);
            for view in exported.view.origins.iter_mut().chain(opening) {
                (view.touch.origin, view.touch.also) = told.told((account, &exported.channel), &view.touch);
            }
            let ticket = &exported.view.ticket;
            exported.won_at = catalogue.won_at(&Ending {
                closed_at: ticket.closed_at,
                classification: ticket.classification.as_deref(),
                value: ticket.value,
                stage: ticket.stage.as_ref().map(|(at, stage)| (*at, stage.as_str())),
            });
            exported
        };
        let in_order = places.iter().filter_map(|place| by_ticket.remove(&place.ticket));
        Ok(in_order.map(judged).collect())
    }
}
