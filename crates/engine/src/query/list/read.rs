//! Reading a list: by which way, and what is told of what is found.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::access::Sight;
use origem_domain::facet::{Facet, Mark};
use origem_domain::key::ConversationId;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::{HOUR, Micros, Timestamp};
use origem_domain::windows::OPEN_AT_MOST;
use origem_views::card::{self, Card};
use origem_views::contacts::{Found, Sought};
use origem_views::layout::AccountKey;
use origem_views::queue::{self, Entry, Part, Place};
use origem_views::rows::RowsError;
use origem_views::{channels, counts, identity};

use super::joined::Joined;
use super::wanted::{Wanted, holders};
use super::{Filter, Order};
use crate::error::EngineError;
use crate::query::{Conversation, windows};
use crate::shard::View;

/// What one page may look at, in rows of an index; a filter that fits few gives a short page and a cursor.
const LOOKED_AT_MAX: usize = if cfg!(test) { 60 } else { 20_000 };
/// A card costs as much as so many rows.
const CARD_COST: usize = 8;
/// So many of an hour are put in order by their cards; an hour with more is read in an order that is there.
const OF_HOUR_MAX: usize = if cfg!(test) { 5 } else { 1_000 };
/// So few conversations are put in order by their cards; more are read in an order that is there.
const FEW: usize = if cfg!(test) { 3 } else { 256 };
/// So many that a search finds are looked at one by one.
const FOUND_MAX: usize = if cfg!(test) { 2 } else { 2_000 };

/// Cards in order, and where the next page begins.
type Told = (Vec<(Place, Card)>, Option<Place>);

/// Reads one list.
pub(super) struct Reader<'a> {
    view: View<'a>,
    filter: &'a Filter,
    joined: &'a Joined,
    /// From the bottom up.
    back: bool,
    account: AccountKey,
    /// Nothing of the account is seen.
    is_blind: bool,
    wanted: Wanted,
    /// Whoever has what is seen; `None`: it does not matter who.
    holders: Option<BTreeSet<Mark>>,
    sought: Option<Sought>,
}

/// A way to what fits.
enum Way {
    /// These, put in order.
    Few(BTreeSet<ConversationId>),
    /// By the hour of their last activity, those under the marks of a group.
    ByHour(usize),
    /// By the minute in which a window ends.
    ByEnd,
    /// The list of those who wait.
    Waiting,
    /// The list of all.
    Listed,
}

/// When a card's conversation stands in a list; `None`: not at all.
pub(super) fn placed_at(filter: &Filter, card: &Card) -> Option<Timestamp> {
    match (filter.expiring, filter.order) {
        (Some(expiring), _) => windows::closes_next(card, expiring.now)
            .map(|closing| closing.at)
            .filter(|at| *at <= expiring.by),
        (None, Order::Waiting) => card.state.waiting_since(),
        (None, Order::Latest | Order::Oldest) => card.listed_at(),
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(view: View<'a>, filter: &'a Filter, joined: &'a Joined, back: bool) -> Result<Self, EngineError> {
        let is_other = filter.sight.account().is_some_and(|account| account != filter.account);
        let mut queues = BTreeSet::new();
        if let Sight::Agent(sight) = &filter.sight {
            for known in channels::all(view.rows)? {
                if known.account == filter.account && !sight.closed.contains(&known.channel) {
                    queues.insert(Facet::ChannelQueue(&known.channel).mark());
                }
            }
        }
        Ok(Self {
            view,
            filter,
            joined,
            back,
            account: AccountKey::of(&filter.account),
            is_blind: is_other || filter.sight == Sight::Nothing,
            wanted: Wanted::of(filter, joined, &queues),
            holders: holders(&filter.sight, &queues),
            sought: filter.search.as_deref().map(Sought::read),
        })
    }

    /// What is seen of the account, by status of the latest ticket.
    pub(super) fn counts(&self) -> Result<BTreeMap<TicketStatus, u64>, EngineError> {
        let nobody = BTreeSet::new();
        Ok(match &self.holders {
            _ if self.is_blind => counts::of_holders(self.view.rows, self.account, &nobody)?,
            None => counts::by_status(self.view.rows, self.account)?,
            Some(holders) => counts::of_holders(self.view.rows, self.account, holders)?,
        })
    }

    /// What a list tells of a card.
    pub(super) fn conversation(&self, place: Place, card: Card) -> Result<Option<(Place, Conversation)>, EngineError> {
        let id = place.conversation;
        let identity = identity::load(self.view.rows, id)?;
        Ok(identity.map(|identity| (place, Conversation { id, card, identity })))
    }

    /// The cards behind `after`, at most `limit`.
    pub(super) fn page(&self, after: Option<Place>, limit: usize) -> Result<Told, EngineError> {
        if self.is_blind {
            return Ok(Told::default());
        }
        match self.way(after)? {
            Way::Few(few) => self.few(few, after, limit),
            Way::ByHour(group) => self.by_hour(group, after, limit),
            Way::ByEnd => self.by_end(after, limit),
            Way::Waiting => {
                let found = queue::waiting(self.view.rows, self.account, self.back, after);
                self.listed(found, limit)
            }
            Way::Listed => {
                let found = self.rows_behind(self.begins(after));
                self.listed(found, limit)
            }
        }
    }

    fn rank(&self, place: Place) -> (i128, i128) {
        self.filter.rank(self.back, place)
    }

    /// Of a list by activity: the latest comes first.
    fn newest_first(&self) -> bool {
        (self.filter.order == Order::Latest) != self.back
    }

    fn is_by_activity(&self) -> bool {
        self.filter.expiring.is_none() && self.filter.order != Order::Waiting
    }

    /// Behind which place a list by activity begins: dates that are out of the question are not walked through.
    fn begins(&self, after: Option<Place>) -> Option<Place> {
        let edge = if self.newest_first() {
            self.filter.to.map(|at| (at, u64::MAX))
        } else {
            self.filter.from.map(|at| (at.plus(-1), 0))
        };
        let edge = edge.map(|(at, conversation)| Place {
            at,
            conversation: ConversationId(conversation),
        });
        after.into_iter().chain(edge).max_by_key(|place| self.rank(*place))
    }

    /// Whether nothing of a list by activity fits from a place on.
    fn ends_at(&self, place: Place) -> bool {
        self.is_by_activity()
            && if self.newest_first() {
                self.filter.from.is_some_and(|from| place.at < from)
            } else {
                self.filter.to.is_some_and(|to| place.at >= to)
            }
    }

    fn way(&self, after: Option<Place>) -> Result<Way, EngineError> {
        if self.filter.expiring.is_some() {
            return Ok(Way::ByEnd);
        }
        if let Some(sought) = &self.sought
            && let Found::Among(found) = sought.look_up(self.view.rows, self.account, FOUND_MAX)?
        {
            return Ok(Way::Few(found));
        }
        let mut fewest: Option<BTreeSet<ConversationId>> = None;
        // How many hours those who share a mark lie spread over, per group: the more, the rarer.
        let mut rarest: Option<(u32, usize)> = None;
        for (index, group) in self
            .wanted
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.is_posted)
        {
            let (mut found, mut hours) = (BTreeSet::new(), (u32::MAX, 0));
            for row in self.posted(&group.any_of, after) {
                let (hour, id) = row?;
                hours = (hours.0.min(hour), hours.1.max(hour));
                found.insert(id);
                if found.len() > FEW {
                    break;
                }
            }
            let spread = hours.1.saturating_sub(hours.0);
            if found.len() > FEW {
                rarest = rarest.max(Some((spread, index)));
            } else if fewest.as_ref().is_none_or(|fewest| found.len() < fewest.len()) {
                fewest = Some(found);
            }
        }
        Ok(match (fewest, rarest) {
            (Some(few), _) => Way::Few(few),
            (None, _) if !self.is_by_activity() => Way::Waiting,
            (None, Some((1.., group))) => Way::ByHour(group),
            (None, _) => Way::Listed,
        })
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

    /// Whether a card is what is asked for.
    fn fits(&self, id: ConversationId, card: &Card) -> Result<bool, EngineError> {
        let filter = self.filter;
        let at = card.state.last_activity_at.unwrap_or_default();
        let fits = card.account == filter.account
            && !card.group
            && filter.status.is_none_or(|status| card.state.status() == Some(status))
            && filter
                .sight
                .sees(&card.account, &card.channel, card.state.ticket.as_ref())
            && filter.from.is_none_or(|from| at >= from)
            && filter.to.is_none_or(|to| at < to)
            && self.wanted.fits(&Entry::of(card))
            && self.joined.fits(filter, card);
        let Some(sought) = self.sought.as_ref().filter(|_| fits) else {
            return Ok(fits);
        };
        let identity = match sought {
            Sought::Numbers(_) => identity::load(self.view.rows, id)?,
            Sought::Words(_) => None,
        };
        Ok(sought.is(card, identity.as_ref()))
    }

    /// The card of a conversation at its place, if it fits.
    fn placed(&self, id: ConversationId) -> Result<Option<(Place, Card)>, EngineError> {
        let Some(card) = card::load(self.view.rows, id)? else {
            return Ok(None);
        };
        let Some(at) = placed_at(self.filter, &card) else {
            return Ok(None);
        };
        let place = Place { at, conversation: id };
        Ok(self.fits(id, &card)?.then_some((place, card)))
    }

    /// Those of a few that fit, in order.
    fn few(&self, few: BTreeSet<ConversationId>, after: Option<Place>, limit: usize) -> Result<Told, EngineError> {
        let mut told = Vec::new();
        for id in few {
            told.extend(self.placed(id)?);
        }
        told.retain(|(place, _)| after.is_none_or(|after| self.rank(*place) > self.rank(after)));
        told.sort_by_key(|(place, _)| self.rank(*place));
        let is_more = told.len() > limit;
        told.truncate(limit);
        let end = told.last().filter(|_| is_more).map(|(place, _)| *place);
        Ok((told, end))
    }

    /// What stands last among all that could happen in that hour, or minute, since 1970; `ascends`: where time goes on.
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

    /// Those rows of an index that fit, with their cards, each at the place of its row.
    fn listed(
        &self,
        found: impl Iterator<Item = Result<(Place, Entry), RowsError>>,
        limit: usize,
    ) -> Result<Told, EngineError> {
        self.list_on(Hours::new(None, limit), found)
    }

    /// The same behind what is told already.
    fn list_on(
        &self,
        mut hours: Hours,
        found: impl Iterator<Item = Result<(Place, Entry), RowsError>>,
    ) -> Result<Told, EngineError> {
        for row in found {
            let (place, entry) = row?;
            if self.ends_at(place) {
                break;
            }
            hours.looked_at += 1;
            if self.wanted.fits(&entry) {
                hours.looked_at += CARD_COST;
                if let Some(card) = card::load(self.view.rows, place.conversation)?
                    && self.fits(place.conversation, &card)?
                {
                    hours.told.push((place, card));
                }
            }
            if hours.told.len() >= hours.limit || hours.looked_at >= LOOKED_AT_MAX {
                return Ok((hours.told, Some(place)));
            }
        }
        Ok((hours.told, None))
    }

    /// All of the account of that status, behind a place.
    fn rows_behind(&self, after: Option<Place>) -> impl Iterator<Item = Result<(Place, Entry), RowsError>> + use<'a> {
        let statuses = match self.filter.status {
            Some(status) => vec![Some(status)],
            None => TicketStatus::ALL.into_iter().map(Some).chain([None]).collect(),
        };
        queue::listed(self.view.rows, self.account, &statuses, !self.newest_first(), after)
    }

    /// Those under the marks of a group, hour by hour. In what order those of an hour stand only their cards tell: an hour that has too
    /// many, and what follows it, is read from the list of all.
    fn by_hour(&self, group: usize, after: Option<Place>, limit: usize) -> Result<Told, EngineError> {
        let Some(group) = self.wanted.groups.get(group) else {
            return Ok(Told::default());
        };
        let mut found = self.posted(&group.any_of, after).peekable();
        let mut told = Hours::new(after, limit);
        while let Some(first) = found.next() {
            let (hour, id) = first?;
            let mut of_hour = BTreeSet::from([id]);
            while let Some(Ok((_, id))) =
                found.next_if(|next| of_hour.len() <= OF_HOUR_MAX && matches!(next, Ok((same, _)) if *same == hour))
            {
                of_hour.insert(id);
            }
            let (first, edge) = (
                self.edge(hour, HOUR, self.newest_first()),
                self.edge(hour, HOUR, !self.newest_first()),
            );
            if self.ends_at(first) && self.ends_at(edge) {
                break;
            }
            if of_hour.len() > OF_HOUR_MAX {
                if let Some((place, _)) = told.told.last().filter(|_| told.told.len() >= limit) {
                    let end = *place;
                    return Ok((told.told, Some(end)));
                }
                let from = self.begins(after).into_iter().chain(self.before(hour));
                let from = from.max_by_key(|place| self.rank(*place));
                return self.list_on(told, self.rows_behind(from));
            }
            if let Some(end) = self.take_hour(&mut told, of_hour, edge, |_| true)? {
                return Ok((told.told, Some(end)));
            }
        }
        Ok((told.told, None))
    }

    /// What stands last among all that come before an hour in a list by activity.
    fn before(&self, hour: u32) -> Option<Place> {
        if self.newest_first() {
            Some(self.edge(hour.checked_add(1)?, HOUR, false))
        } else {
            // The first hour has all that was before.
            Some(self.edge(hour.checked_sub(1)?, HOUR, true))
        }
    }

    /// Those with a window that closes soon, minute by minute.
    fn by_end(&self, after: Option<Place>, limit: usize) -> Result<Told, EngineError> {
        let Some(expiring) = self.filter.expiring else {
            return Ok(Told::default());
        };
        let latest = expiring.by.min(expiring.now.plus(OPEN_AT_MOST));
        let (mut first, mut last) = (queue::minute(expiring.now), queue::minute(latest));
        match after {
            Some(after) if self.back => last = last.min(queue::minute(after.at)),
            Some(after) => first = first.max(queue::minute(after.at)),
            None => {}
        }
        if first > last {
            return Ok(Told::default());
        }
        let mut found = queue::ending(self.view.rows, self.account, (first, last), self.back).peekable();
        let (mut told, mut seen) = (Hours::new(after, limit), BTreeSet::new());
        while let Some(first) = found.next() {
            let (minute, id) = first?;
            let mut of_minute = BTreeSet::from([id]);
            while let Some(Ok((_, id))) = found.next_if(|next| matches!(next, Ok((same, _)) if *same == minute)) {
                of_minute.insert(id);
            }
            let edge = self.edge(minute, queue::MINUTE, !self.back);
            // The page before ended behind all of this minute: to read it again would end this page there too, for ever.
            if told.after.is_some_and(|after| self.rank(edge) <= self.rank(after)) {
                continue;
            }
            // Commits go on meanwhile: whose window moved on after it was told is not told twice.
            of_minute.retain(|id| !seen.contains(id));
            let is_here = |place: Place| queue::minute(place.at) == minute;
            let before = told.told.len();
            if let Some(end) = self.take_hour(&mut told, of_minute, edge, is_here)? {
                return Ok((told.told, Some(end)));
            }
            seen.extend(told.told.iter().skip(before).map(|(place, _)| place.conversation));
        }
        Ok((told.told, None))
    }

    /// Takes in those of an hour that fit, in order; gives where the page ends, if it does so here. What follows the hour follows `edge`.
    fn take_hour(
        &self,
        hours: &mut Hours,
        of_hour: BTreeSet<ConversationId>,
        edge: Place,
        is_here: impl Fn(Place) -> bool,
    ) -> Result<Option<Place>, EngineError> {
        // One more than there is room for says that the page ends here; no more are kept.
        let room = hours.limit.saturating_sub(hours.told.len()).saturating_add(1);
        let mut placed = Vec::new();
        for id in of_hour {
            hours.looked_at += CARD_COST;
            let is_behind = |place| hours.after.is_none_or(|after| self.rank(place) > self.rank(after));
            placed.extend(
                self.placed(id)?
                    .filter(|(place, _)| is_here(*place) && is_behind(*place)),
            );
            if placed.len() / 2 >= room {
                placed.sort_by_key(|(place, _)| self.rank(*place));
                placed.truncate(room);
            }
        }
        placed.sort_by_key(|(place, _)| self.rank(*place));
        hours.told.extend(placed);
        if hours.told.len() > hours.limit {
            hours.told.truncate(hours.limit);
            return Ok(hours.told.last().map(|(place, _)| *place));
        }
        Ok((hours.looked_at >= LOOKED_AT_MAX).then_some(edge))
    }
}

/// A page that is read hour by hour.
struct Hours {
    told: Vec<(Place, Card)>,
    after: Option<Place>,
    limit: usize,
    looked_at: usize,
}

impl Hours {
    const fn new(after: Option<Place>, limit: usize) -> Self {
        Self {
            told: Vec::new(),
            after,
            limit,
            looked_at: 0,
        }
    }
}
