//! Reading a list: by which way, and what is told of what is found.
//!
//! ```text
//! first rows of the list -- one in forty fits -------------------> on, until the page is full
//!                        `- fewer --> whom a search finds, by days
//!                                     whom a mark leads to, by hours
//!                                     else the list, as far as a page may look
//! ```
//! Wherever it goes on, it does so behind the same place: all ways give one order. Where it is asked who waits of what some have, "the
//! list" is theirs, read as one; else it is that of the account.

mod bounds;
mod spans;
mod way;

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::access::Sight;
use origem_domain::facet::{Facet, Mark};
use origem_domain::key::ConversationId;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_views::card::{self, Card};
use origem_views::contacts::{Beginnings, Sought};
use origem_views::layout::AccountKey;
use origem_views::queue::{self, Entry, Place};
use origem_views::rows::RowsError;
use origem_views::{channels, counts, identity};

use super::joined::Joined;
use super::wanted::{Wanted, holders};
use super::{Filter, Order};
use crate::error::EngineError;
use crate::query::{Conversation, windows};
use crate::shard::View;

pub(super) use bounds::Bounds;
use way::Way;

/// A card costs as much as so many rows.
const CARD_COST: usize = 8;

/// Cards in order, and where the next page begins.
type Told = (Vec<(Place, Card)>, Option<Place>);

/// Rows of a list in its order.
type Listed<'a> = Box<dyn Iterator<Item = Result<(Place, Entry), RowsError>> + 'a>;

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
    /// What rows of who is sought have.
    beginnings: Beginnings,
    bounds: Bounds,
}

/// A page that is being read.
struct Page {
    told: Vec<(Place, Card)>,
    /// Nothing up to here is looked for any more.
    after: Option<Place>,
    limit: usize,
    looked_at: usize,
    /// All that can fit; `None`: anything.
    among: Option<BTreeSet<ConversationId>>,
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
        let sought = filter.search.as_deref().map(Sought::read);
        Ok(Self {
            view,
            filter,
            joined,
            back,
            account: AccountKey::of(&filter.account),
            is_blind: is_other || filter.sight == Sight::Nothing,
            wanted: Wanted::of(filter, joined, &queues),
            holders: holders(&filter.sight, &queues),
            beginnings: sought.as_ref().map(Sought::beginnings).unwrap_or_default(),
            sought,
            bounds: Bounds::default(),
        })
    }

    /// The same within other bounds.
    #[cfg(test)]
    pub(super) fn within(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
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
        let mut page = Page::new(after, limit);
        if self.is_blind {
            return Ok(Told::default());
        }
        if self.filter.expiring.is_none() && self.is_indexed() && !matches!(self.sought, Some(Sought::Numbers(_))) {
            let found = self.in_order(after);
            let bounds = &self.bounds;
            let goes_well =
                |rows: usize, told: usize| !rows.is_multiple_of(bounds.at_once) || told * bounds.rows_each >= rows;
            if let Some(end) = self.list(&mut page, found, goes_well)? {
                return Ok((page.told, end));
            }
        }
        self.by_index(page)
    }

    /// All cards, at most `limit`: whoever wants so many is better led to them.
    pub(super) fn all(&self, limit: usize) -> Result<Told, EngineError> {
        if self.is_blind {
            return Ok(Told::default());
        }
        self.by_index(Page::new(None, limit))
    }

    fn by_index(&self, mut page: Page) -> Result<Told, EngineError> {
        match self.way(&mut page)? {
            Way::Few(few) => {
                let end = self.take(&mut page, few, |_| true)?;
                Ok((page.told, end))
            }
            Way::ByDay(found) => self.by_day(found, page),
            Way::ByHour(found) => self.by_hour(found, page),
            Way::ByEnd => self.by_end(page),
            Way::InOrder => {
                let found = self.in_order(page.after);
                let end = self.list(&mut page, found, |_, _| true)?;
                Ok((page.told, end.flatten()))
            }
        }
    }

    /// Whether there is another way to what fits than the list itself.
    fn is_indexed(&self) -> bool {
        self.sought.is_some() || self.indexed().next().is_some()
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

    fn is_by_waiting(&self) -> bool {
        self.filter.expiring.is_none() && self.filter.order == Order::Waiting
    }

    /// With whom all are that the list of those who wait can have, if these are few enough to be read as one.
    fn held_by(&self) -> Option<&BTreeSet<Mark>> {
        let held_by = self.wanted.held_by.as_ref();
        held_by.filter(|marks| self.is_by_waiting() && marks.len() <= self.bounds.holders)
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
            && self.wanted.fits(&Entry::of(card, Beginnings::default()))
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

    /// Takes in those of some conversations that fit, in order; gives where the page ends, if it is full.
    fn take(
        &self,
        page: &mut Page,
        some: BTreeSet<ConversationId>,
        is_here: impl Fn(Place) -> bool,
    ) -> Result<Option<Place>, EngineError> {
        // One more than there is room for says that the page ends here; no more are kept.
        let room = page.limit.saturating_sub(page.told.len()).saturating_add(1);
        let mut placed = Vec::new();
        for id in some {
            page.looked_at += CARD_COST;
            let is_behind = |place| page.after.is_none_or(|after| self.rank(place) > self.rank(after));
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
        page.told.extend(placed);
        let is_more = page.told.len() > page.limit;
        page.told.truncate(page.limit);
        Ok(page.told.last().filter(|_| is_more).map(|(place, _)| *place))
    }

    /// Takes in those rows of an index that fit, with their cards, each at the place of its row, as long as it goes well by the number of
    /// rows and of what is told; gives where the page ends, if it does so here.
    fn list(
        &self,
        page: &mut Page,
        found: impl Iterator<Item = Result<(Place, Entry), RowsError>>,
        goes_well: impl Fn(usize, usize) -> bool,
    ) -> Result<Option<Option<Place>>, EngineError> {
        for (row, number) in found.zip(1..) {
            let (place, entry) = row?;
            if self.ends_at(place) {
                break;
            }
            page.looked_at += 1;
            page.after = Some(place);
            if page.may_have(place.conversation) && self.may_fit(&entry) {
                page.looked_at += CARD_COST;
                if let Some(card) = card::load(self.view.rows, place.conversation)?
                    && self.fits(place.conversation, &card)?
                {
                    page.told.push((place, card));
                }
            }
            if page.told.len() >= page.limit || page.looked_at >= self.bounds.looked_at {
                return Ok(Some(Some(place)));
            }
            if !goes_well(number, page.told.len()) {
                return Ok(None);
            }
        }
        Ok(Some(None))
    }

    /// Whether the card of a row is worth a look.
    fn may_fit(&self, entry: &Entry) -> bool {
        entry.beginnings().may_have(self.beginnings) && self.wanted.fits(entry)
    }

    /// The list itself, behind a place: all of the account that have the status, or those who wait.
    fn in_order(&self, after: Option<Place>) -> Listed<'a> {
        let (rows, account) = (self.view.rows, self.account);
        if self.is_by_waiting() {
            return Box::new(queue::waiting(rows, account, self.held_by(), self.back, after));
        }
        let statuses = match self.filter.status {
            Some(status) => vec![Some(status)],
            None => TicketStatus::ALL.into_iter().map(Some).chain([None]).collect(),
        };
        let behind = self.begins(after);
        Box::new(queue::listed(rows, account, &statuses, !self.newest_first(), behind))
    }
}

impl Page {
    const fn new(after: Option<Place>, limit: usize) -> Self {
        Self {
            told: Vec::new(),
            after,
            limit,
            looked_at: 0,
            among: None,
        }
    }

    fn may_have(&self, id: ConversationId) -> bool {
        self.among.as_ref().is_none_or(|among| among.contains(&id))
    }
}
