//! Which way leads to what fits, where the list itself has little of it.
//!
//! ```text
//! windows that close                         by the minute
//! a search finds few                         these; in a list by activity day by day
//! else marks lead to few                     these; in a list by activity hour by hour
//! else a search by words finds some          in a list by activity day by day
//! else marks that spread over some hours     in a list by activity hour by hour, those that spread most
//! else                                       the list itself; where a search found some, only these can fit
//! ```
//! Of those who wait, whoever has a conversation is no mark to go by if the lists of the holders are read as one: they have nobody else
//! already, and in order. Others that lead to few still are: "mine, by this ad" is some conversations, however many wait for me.

use std::collections::BTreeSet;

use origem_domain::facet::Mark;
use origem_domain::key::ConversationId;
use origem_views::contacts::Found;
use origem_views::queue::{self, Part, Place};
use origem_views::rows::RowsError;

use super::super::Order;
use super::super::wanted::Group;
use super::{Page, Reader};
use crate::error::EngineError;

/// What is posted under some marks: each with the hour of its last activity.
pub(super) type Posted<'a> = Box<dyn Iterator<Item = Result<(u32, ConversationId), RowsError>> + 'a>;

/// A way to what fits.
pub(super) enum Way<'a> {
    /// These, put in order.
    Few(BTreeSet<ConversationId>),
    /// By the day of their last activity, these.
    ByDay(BTreeSet<(u32, ConversationId)>),
    /// By the hour of their last activity, these.
    ByHour(Posted<'a>),
    /// By the minute in which a window ends.
    ByEnd,
    /// The list itself.
    InOrder,
}

/// What groups of marks lead to.
#[derive(Default)]
struct Marked<'a> {
    /// The fewest, if they are few.
    few: Option<(BTreeSet<ConversationId>, Posted<'a>)>,
    /// Of more, those that are spread over the most hours, with how many; none within one hour.
    rarest: Option<(u32, Posted<'a>)>,
}

impl<'a> Reader<'a> {
    /// The way to what fits behind a page's place; whom a search has found goes with the page.
    pub(super) fn way(&self, page: &mut Page) -> Result<Way<'a>, EngineError> {
        if self.filter.expiring.is_some() {
            return Ok(Way::ByEnd);
        }
        let is_by_activity = self.is_by_activity();
        let sought = self.sought.as_ref();
        let found = sought.map(|sought| sought.look_up(self.view.rows, self.account, self.bounds.found));
        let found = match found.transpose()?.unwrap_or(Found::TooMany) {
            Found::ByDay(found) if !is_by_activity => Found::Among(found.into_iter().map(|(_, id)| id).collect()),
            found => found,
        };
        match found {
            Found::ByDay(found) if found.len() <= self.bounds.few => return Ok(Way::ByDay(found)),
            Found::Among(found) if found.len() <= self.bounds.few => return Ok(Way::Few(found)),
            _ => {}
        }
        let Marked { few, rarest } = self.marked(page.after)?;
        Ok(match (few, found) {
            (Some((_, posted)), _) if is_by_activity => Way::ByHour(posted),
            (Some((few, _)), _) => Way::Few(few),
            (None, Found::ByDay(found)) => Way::ByDay(found),
            (None, found) => {
                page.among = match found {
                    Found::Among(found) => Some(found),
                    Found::ByDay(_) | Found::TooMany => None,
                };
                match rarest.filter(|_| is_by_activity && page.among.is_none()) {
                    Some((_, posted)) => Way::ByHour(posted),
                    None => Way::InOrder,
                }
            }
        })
    }

    /// The groups of marks that are worth to be looked up.
    pub(super) fn indexed(&self) -> impl Iterator<Item = &Group> {
        let is_held = self.held_by().is_some();
        let groups = self.wanted.groups.iter();
        groups.filter(move |group| group.is_posted && !(is_held && group.is_of_holders))
    }

    /// What the groups of marks lead to, as far as it must be read to tell; what was read comes again.
    fn marked(&self, after: Option<Place>) -> Result<Marked<'a>, EngineError> {
        let mut marked = Marked::default();
        // With nothing to compare it to, one that goes on into another hour is read hour by hour, whether it has few or more.
        let is_only = self.is_by_activity() && self.sought.is_none() && self.indexed().count() == 1;
        for group in self.indexed() {
            let mut rest = self.posted(&group.any_of, after);
            let (mut read, mut found) = (Vec::new(), BTreeSet::new());
            let (mut hours, mut spread) = ((u32::MAX, 0), 0);
            while found.len() <= self.bounds.few
                && !(is_only && spread > 0)
                && let Some(row) = rest.next()
            {
                let (hour, id) = row?;
                hours = (hour.min(hours.0), hour.max(hours.1));
                spread = hours.1 - hours.0;
                found.insert(id);
                read.push(Ok((hour, id)));
            }
            let is_few = found.len() <= self.bounds.few;
            let posted = Box::new(read.into_iter().chain(rest));
            if is_few {
                if marked.few.as_ref().is_none_or(|(fewest, _)| found.len() < fewest.len()) {
                    marked.few = Some((found, posted));
                }
            } else if spread > 0 && marked.rarest.as_ref().is_none_or(|(most, _)| spread > *most) {
                marked.rarest = Some((spread, posted));
            }
        }
        Ok(marked)
    }

    /// Those under one of the marks, from the hour of a place on in a list by activity, else all.
    fn posted(
        &self,
        marks: &BTreeSet<Mark>,
        after: Option<Place>,
    ) -> impl Iterator<Item = Result<(u32, ConversationId), RowsError>> + use<'a> {
        let parts = match (self.filter.status, self.filter.order) {
            (None, Order::Waiting) => vec![Part::Open],
            (None, Order::Latest | Order::Oldest) => Part::ALL.to_vec(),
            (status, _) => vec![Part::of(status)],
        };
        let is_by_activity = self.is_by_activity();
        let from = self
            .begins(after)
            .filter(|_| is_by_activity)
            .map(|place| queue::hour(place.at));
        let oldest_first = is_by_activity && !self.newest_first();
        queue::posted(self.view.rows, self.account, marks, &parts, oldest_first, from)
    }
}
