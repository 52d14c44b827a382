//! Lists that are read hour by hour, day by day or minute by minute: an index tells in which of them a conversation stands, its card in
//! which place.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::key::ConversationId;
use origem_domain::time::{DAY, HOUR, Micros, Timestamp};
use origem_domain::windows::OPEN_AT_MOST;
use origem_views::queue::{self, Place};

use super::way::Posted;
use super::{Page, Reader, Told};
use crate::error::EngineError;

impl Reader<'_> {
    /// Those that are posted under some marks, hour by hour.
    pub(super) fn by_hour(&self, found: Posted<'_>, mut page: Page) -> Result<Told, EngineError> {
        let most = self.bounds.of_span;
        let mut found = found.peekable();
        while let Some(first) = found.next() {
            let (hour, id) = first?;
            let mut of_hour = BTreeSet::from([id]);
            while let Some(Ok((_, id))) =
                found.next_if(|next| of_hour.len() <= most && matches!(next, Ok((same, _)) if *same == hour))
            {
                of_hour.insert(id);
            }
            if let Some(end) = self.span(&mut page, of_hour, hour, HOUR)? {
                return Ok((page.told, end));
            }
        }
        Ok((page.told, None))
    }

    /// Whom a search finds, day by day.
    pub(super) fn by_day(&self, found: BTreeSet<(u32, ConversationId)>, mut page: Page) -> Result<Told, EngineError> {
        let mut days: BTreeMap<u32, BTreeSet<ConversationId>> = BTreeMap::new();
        for (day, id) in found {
            days.entry(day).or_default().insert(id);
        }
        let mut days: Vec<_> = days.into_iter().collect();
        if self.newest_first() {
            days.reverse();
        }
        for (day, of_day) in days {
            if let Some(end) = self.span(&mut page, of_day, day, DAY)? {
                return Ok((page.told, end));
            }
        }
        Ok((page.told, None))
    }

    /// Takes in those of an hour or a day of the last activity, by its number since 1970; gives where the page ends, if it does so here. In
    /// what order they stand only their cards tell: if they are too many, they and what follows are read from the list of all.
    fn span(
        &self,
        page: &mut Page,
        some: BTreeSet<ConversationId>,
        number: u32,
        length: Micros,
    ) -> Result<Option<Option<Place>>, EngineError> {
        let (first, edge) = (
            self.edge(number, length, self.newest_first()),
            self.edge(number, length, !self.newest_first()),
        );
        if self.ends_at(first) && self.ends_at(edge) {
            return Ok(Some(None));
        }
        if page.after.is_some_and(|after| self.rank(edge) <= self.rank(after)) {
            return Ok(None);
        }
        if some.len() > self.bounds.of_span {
            if let Some((place, _)) = page.told.last().filter(|_| page.told.len() >= page.limit) {
                return Ok(Some(Some(*place)));
            }
            let from = page.after.into_iter().chain(self.before(number, length));
            let found = self.in_order(from.max_by_key(|place| self.rank(*place)));
            return self.list(page, found, |_, _| true);
        }
        let end = self.take_span(page, some, edge, |_| true)?;
        Ok(end.map(Some))
    }

    /// Those with a window that closes soon, minute by minute.
    pub(super) fn by_end(&self, mut page: Page) -> Result<Told, EngineError> {
        let Some(expiring) = self.filter.expiring else {
            return Ok(Told::default());
        };
        let latest = expiring.by.min(expiring.now.plus(OPEN_AT_MOST));
        let (mut first, mut last) = (queue::minute(expiring.now), queue::minute(latest));
        match page.after {
            Some(after) if self.back => last = last.min(queue::minute(after.at)),
            Some(after) => first = first.max(queue::minute(after.at)),
            None => {}
        }
        if first > last {
            return Ok(Told::default());
        }
        let mut found = queue::ending(self.view.rows, self.account, (first, last), self.back).peekable();
        while let Some(first) = found.next() {
            let (minute, id) = first?;
            let mut of_minute = BTreeSet::from([id]);
            while let Some(Ok((_, id))) = found.next_if(|next| matches!(next, Ok((same, _)) if *same == minute)) {
                of_minute.insert(id);
            }
            let edge = self.edge(minute, queue::MINUTE, !self.back);
            // The page before ended behind all of this minute: to read it again would end this page there too, for ever.
            if page.after.is_some_and(|after| self.rank(edge) <= self.rank(after)) {
                continue;
            }
            // Whoever has two windows is told where the next one closes.
            let is_here = |place: Place| queue::minute(place.at) == minute;
            if let Some(end) = self.take_span(&mut page, of_minute, edge, is_here)? {
                return Ok((page.told, Some(end)));
            }
        }
        Ok((page.told, None))
    }

    /// Takes in those of an hour, a day or a minute that fit, in order; gives where the page ends, if it does so here. What follows
    /// follows `edge`.
    fn take_span(
        &self,
        page: &mut Page,
        some: BTreeSet<ConversationId>,
        edge: Place,
        is_here: impl Fn(Place) -> bool,
    ) -> Result<Option<Place>, EngineError> {
        let end = self.take(page, some, is_here)?;
        let is_enough = page.looked_at >= self.bounds.looked_at;
        Ok(end.or(is_enough.then_some(edge)))
    }

    /// What stands last among all that could happen in that span, by its number since 1970; `ascends`: where time goes on.
    fn edge(&self, number: u32, length: Micros, ascends: bool) -> Place {
        let begins = i64::from(number) * length;
        let at = Timestamp::from_micros(if ascends { begins + length - 1 } else { begins });
        let place = |conversation| Place {
            at,
            conversation: ConversationId(conversation),
        };
        let (first, last) = (place(0), place(u64::MAX));
        if self.rank(first) > self.rank(last) {
            first
        } else {
            last
        }
    }

    /// What stands last among all that come before a span in a list by activity.
    fn before(&self, number: u32, length: Micros) -> Option<Place> {
        if self.newest_first() {
            Some(self.edge(number.checked_add(1)?, length, false))
        } else {
            // The first span has all that was before.
            Some(self.edge(number.checked_sub(1)?, length, true))
        }
    }
}
