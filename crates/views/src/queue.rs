//! The queue: where a conversation stands in the lists of its account, and what it is found by.
//!
//! ```text
//! 08 account status !last_activity conv     listed    -> entry      every conversation once; moves with every message
//! 1a account since conv                     waiting   -> entry      only those whose customer waits; moves when that begins or ends
//! 1e account mark since conv                waiting   -> entry      the same, under the mark of whoever has it
//! 1b account mark part hour conv            posted                  few conversations share the mark; moves once an hour at most
//! 1b account 0    0    minute conv          posted                  when windows end; moves once a minute at most
//!
//! entry: | flags 1 | ticket opened at 8 | beginnings of words 8 | number of marks 1 | marks of now, 8 each | marks of its other origins, 8 each |
//! ```
//! An entry has what lists are narrowed by, so that who does not fit is passed over without a look at its card. Where what is asked for
//! is rare, the posted keys of one mark lead there without walking the list: they tell the hour of the last activity only, which is
//! why they seldom move; the cards put the conversations of an hour in order. Who waits stands in order under its holder too: an agent
//! asks for its own all day, and has one in hundreds of an account.

use std::collections::BTreeSet;

use origem_domain::facet::{Facet, Mark};
use origem_domain::key::ConversationId;
use origem_domain::ticket::{Ticket, TicketStatus};
use origem_domain::time::{HOUR, Micros, Timestamp};
use origem_domain::windows::Context;
use origem_domain::zone::Zone;
use serde::{Deserialize, Serialize};

use crate::card::Card;
use crate::contacts::Beginnings;
use crate::counts;
use crate::layout::{self, AccountKey};
use crate::rows::{Changes, Rows, RowsError, Scan, prefix_end};

/// A place in a list of an account: what a cursor points behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// What the list is ordered by: the last activity, since when the customer waits, or when a window closes.
    pub at: Timestamp,
    /// The conversation.
    pub conversation: ConversationId,
}

/// A part of what is posted under a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The latest ticket is open.
    Open,
    /// It is finished.
    Finished,
    /// There never was one.
    None,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Finished, Self::None];

    /// The one of conversations with that status.
    #[must_use]
    pub const fn of(status: Option<TicketStatus>) -> Self {
        match status {
            Some(TicketStatus::New | TicketStatus::Unanswered | TicketStatus::AwaitingCustomer) => Self::Open,
            Some(TicketStatus::Finished) => Self::Finished,
            None => Self::None,
        }
    }
}

/// A minute.
pub const MINUTE: Micros = HOUR / 60;

/// Hours since 1970; 0 before.
#[must_use]
pub fn hour(at: Timestamp) -> u32 {
    u32::try_from(at.micros().div_euclid(HOUR)).unwrap_or_default()
}

/// Minutes since 1970; 0 before.
#[must_use]
pub fn minute(at: Timestamp) -> u32 {
    u32::try_from(at.micros().div_euclid(MINUTE)).unwrap_or_default()
}

const UNREAD: u8 = 1;
const TICKET: u8 = 1 << 1;
const ASSIGNED: u8 = 1 << 2;
/// From here on: the status of the ticket.
const STATUS_SHIFT: u8 = 3;
const WORDS_AT: usize = 9;
const HEAD_BYTES: usize = 18;

/// What an index row says of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry(Vec<u8>);

impl Entry {
    /// What the index says of a card, and of the words that it is found by.
    #[must_use]
    pub fn of(card: &Card, words: Beginnings) -> Self {
        let ticket = card.state.ticket.as_ref();
        let mut flags = if card.state.unread > 0 { UNREAD } else { 0 };
        flags |= ticket.map_or(0, |ticket| {
            TICKET | if ticket.assignee.is_some() { ASSIGNED } else { 0 }
        });
        flags |= card.state.status().map_or(0, |status| (status as u8) << STATUS_SHIFT);
        let opened_at = ticket.map(|ticket| ticket.opened_at).unwrap_or_default();
        let now: BTreeSet<Mark> = facets(card).map(Facet::mark).collect();
        let others: BTreeSet<Mark> = other_origins(card).filter(|mark| !now.contains(mark)).collect();
        let mut bytes = vec![flags];
        bytes.extend(opened_at.micros().to_be_bytes());
        bytes.extend(words.bytes());
        // A conversation has about ten; more than a byte counts would be none of ours.
        bytes.push(u8::try_from(now.len()).unwrap_or(u8::MAX));
        for mark in now.iter().chain(&others) {
            bytes.extend(mark.0.to_be_bytes());
        }
        Self(bytes)
    }

    fn flag(&self, flag: u8) -> bool {
        self.0.first().is_some_and(|flags| flags & flag != 0)
    }

    /// The customer wrote since the business last did.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.flag(UNREAD)
    }

    /// There is a ticket, and nobody has it.
    #[must_use]
    pub fn is_unassigned(&self) -> bool {
        self.flag(TICKET) && !self.flag(ASSIGNED)
    }

    /// Whether the latest ticket has that status.
    #[must_use]
    pub fn is(&self, status: TicketStatus) -> bool {
        let flags = self.0.first().copied().unwrap_or_default();
        self.flag(TICKET) && flags >> STATUS_SHIFT == status as u8
    }

    /// What its contact has among the beginnings of its words.
    #[must_use]
    pub fn beginnings(&self) -> Beginnings {
        let bytes = self.0.get(WORDS_AT..).and_then(|bytes| bytes.first_chunk());
        Beginnings::from_bytes(bytes.copied().unwrap_or_default())
    }

    /// When the latest ticket opened.
    #[must_use]
    pub fn opened_at(&self) -> Option<Timestamp> {
        let micros = self.0.get(1..)?.first_chunk::<8>()?;
        let at = Timestamp::from_micros(i64::from_be_bytes(*micros));
        self.flag(TICKET).then_some(at)
    }

    /// Whether it has one of these marks; with `others`, of any origin of its ticket. Of however many: its own are few.
    #[must_use]
    pub fn has_any(&self, wanted: &BTreeSet<Mark>, others: bool) -> bool {
        let count = self.0.get(HEAD_BYTES - 1).map_or(0, |count| usize::from(*count));
        let marks = self.0.get(HEAD_BYTES..).unwrap_or_default();
        let marks = if others {
            marks
        } else {
            &marks[..marks.len().min(count * 8)]
        };
        let mut marks = marks.as_chunks::<8>().0.iter();
        marks.any(|bytes| wanted.contains(&Mark(u64::from_be_bytes(*bytes))))
    }
}

/// Who has a conversation: its agent, else the team that it waits for, else whoever works on its channel.
#[must_use]
pub fn holder<'a>(card: &'a Card, ticket: Option<&'a Ticket>) -> Facet<'a> {
    let assignee = ticket.and_then(|ticket| ticket.assignee.as_deref());
    let team = ticket.and_then(|ticket| ticket.team.as_deref());
    match (assignee, team) {
        (Some(agent), _) => Facet::Agent(agent),
        (None, Some(team)) => Facet::TeamQueue(team),
        (None, None) => Facet::ChannelQueue(&card.channel),
    }
}

/// What a conversation is found by as it is now.
fn facets(card: &Card) -> impl Iterator<Item = Facet<'_>> {
    let state = &card.state;
    let ticket = state.ticket.as_ref();
    let words = [
        ticket.and_then(|ticket| ticket.team.as_deref()).map(Facet::Team),
        ticket
            .and_then(|ticket| ticket.classification.as_deref())
            .map(Facet::Classification),
        state.stage.as_deref().map(Facet::Stage),
    ];
    let origin = state.landmarks.current().map(|touch| touch.origin.facets());
    [Facet::Channel(&card.channel), holder(card, ticket)]
        .into_iter()
        .chain(words.into_iter().flatten())
        .chain(origin.into_iter().flatten())
}

/// What it is found by through other origins of its ticket than the current one.
fn other_origins(card: &Card) -> impl Iterator<Item = Mark> {
    let landmarks = &card.state.landmarks;
    let beside = landmarks.current().into_iter().flat_map(|touch| &touch.also);
    let beside = beside.flat_map(|origin| origin.facets()).map(Facet::mark);
    landmarks.earlier().iter().copied().chain(beside)
}

/// Where the lists hold a conversation, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    at: Timestamp,
    status: Option<TicketStatus>,
    waiting: Option<Timestamp>,
    holder: Mark,
    entry: Entry,
    /// Mark, part and number of the hour.
    posted: BTreeSet<(Mark, u8, u32)>,
}

impl Listing {
    /// As a card says, and the words that it is found by; `None` if no list holds it.
    pub(crate) fn of(card: &Card, words: Beginnings) -> Option<Self> {
        let at = card.listed_at()?;
        let status = card.state.status();
        let ticket = card.state.ticket.as_ref();
        let (part, last_hour) = (Part::of(status), !hour(at));
        let selective = facets(card).filter(|facet| facet.is_selective()).map(Facet::mark);
        let mut posted: BTreeSet<_> = selective
            .chain(other_origins(card))
            .map(|mark| (mark, part as u8, last_hour))
            .collect();
        let context = Context {
            channel: card.channel.kind,
            provider: card.provider.as_ref().map(|seen| seen.value.as_str()),
            group: card.group,
            zone: Zone::UTC,
            service_delivered_this_month: None,
        };
        posted.extend(card.state.windows.ends(&context).map(|end| (ENDS, 0, minute(end))));
        Some(Self {
            at,
            status,
            waiting: card.state.waiting_since(),
            holder: holder(card, ticket).mark(),
            entry: Entry::of(card, words),
            posted,
        })
    }

    /// Turns the rows of `before` into those of `now`.
    pub(crate) fn write(
        changes: &mut Changes,
        account: AccountKey,
        conversation: ConversationId,
        before: Option<&Self>,
        now: Option<&Self>,
    ) {
        let listed = |listing: &Self| layout::listed(account, listing.status, listing.at, conversation);
        let waiting = |listing: &Self, holder| Some(layout::waiting(account, holder, listing.waiting?, conversation));
        let of_account = |listing: &Self| waiting(listing, None);
        let of_holder = |listing: &Self| waiting(listing, Some(listing.holder));
        for (old, new) in [
            (before.map(listed), now.map(listed)),
            (before.and_then(of_account), now.and_then(of_account)),
            (before.and_then(of_holder), now.and_then(of_holder)),
        ] {
            let entry = now.map(|listing| &listing.entry);
            let is_same = old == new && before.map(|listing| &listing.entry) == entry;
            if let Some(old) = old.filter(|old| Some(old) != new.as_ref()) {
                changes.remove(old);
            }
            if let (Some(new), Some(entry), false) = (new, entry, is_same) {
                changes.put_bytes(new, entry.0.clone());
            }
        }
        let none = BTreeSet::new();
        let old = before.map_or(&none, |listing| &listing.posted);
        let new = now.map_or(&none, |listing| &listing.posted);
        for (mark, part, number) in old.difference(new) {
            changes.remove(layout::posted(account, *mark, *part, *number, conversation));
        }
        for (mark, part, number) in new.difference(old) {
            changes.put_bytes(layout::posted(account, *mark, *part, *number, conversation), Vec::new());
        }
        let counted = |listing: &Self| Some((listing.holder, listing.status?));
        counts::moved(changes, account, before.and_then(counted), now.and_then(counted));
    }
}

/// Under this mark stand the minutes in which windows end, instead of the hour of the last activity: of a campaign that thousands
/// answer within an hour, a page reads few.
const ENDS: Mark = Mark(0);

/// Where the scan of a list begins and ends: behind `after`, if that is told.
fn scan<'a>(rows: &'a dyn Rows, prefix: &[u8], back: bool, after: Option<&[u8]>) -> Scan<'a> {
    let end = prefix_end(prefix);
    match (back, after) {
        (false, None) => rows.scan(prefix, &end),
        // The first key behind the place: the key itself and a zero byte.
        (false, Some(place)) => rows.scan(&[place, &[0][..]].concat(), &end),
        (true, None) => rows.scan_back(prefix, &end),
        (true, Some(place)) => rows.scan_back(prefix, place),
    }
}

/// Conversations of an account with one of these statuses behind `after`: the latest activity first, or the oldest. A card may be
/// newer than its place, for another commit may come between reading the two.
pub fn listed<'a>(
    rows: &'a dyn Rows,
    account: AccountKey,
    statuses: &[Option<TicketStatus>],
    oldest_first: bool,
    after: Option<Place>,
) -> impl Iterator<Item = Result<(Place, Entry), RowsError>> + use<'a> {
    let lists = statuses.iter().map(|status| {
        let place = after.map(|place| layout::listed(account, *status, place.at, place.conversation));
        let prefix = layout::listed_of(account, *status);
        scan(rows, &prefix, oldest_first, place.as_deref())
    });
    let mut lists: Vec<List<'a>> = lists.map(List::of).collect();
    std::iter::from_fn(move || {
        // Behind the status, keys of all lists sort alike.
        let next = next_of(&mut lists, oldest_first, |key| {
            key.get(layout::STATUS_AT + 1..).unwrap_or_default()
        });
        next.map(|row| {
            let (key, entry) = row?;
            let place = Place {
                at: layout::listed_at(&key).unwrap_or_default(),
                conversation: layout::conversation_of(&key).unwrap_or_default(),
            };
            Ok((place, Entry(entry)))
        })
    })
}

/// One of several lists that are read as one: its next row, and what follows.
struct List<'a> {
    next: Option<Scanned>,
    rest: Scan<'a>,
}

impl<'a> List<'a> {
    fn of(mut rest: Scan<'a>) -> Self {
        Self {
            next: rest.next(),
            rest,
        }
    }
}

/// Takes the row that comes first of several lists; what cannot be read comes before all.
fn next_of(lists: &mut [List<'_>], back: bool, place: fn(&[u8]) -> &[u8]) -> Option<Scanned> {
    let mut first: Option<(usize, &[u8])> = None;
    for (index, list) in lists.iter().enumerate() {
        match &list.next {
            None => {}
            Some(Err(_)) => {
                first = Some((index, &[]));
                break;
            }
            Some(Ok((key, _))) => {
                let here = place(key);
                if first.is_none_or(|(_, first)| if back { here > first } else { here < first }) {
                    first = Some((index, here));
                }
            }
        }
    }
    let (index, _) = first?;
    let list = lists.get_mut(index)?;
    std::mem::replace(&mut list.next, list.rest.next())
}

type Scanned = Result<crate::rows::Row, RowsError>;

/// Conversations of an account whose customer waits, behind `after`: the longest waiting first, or the shortest; with `holders`, only
/// those that one of them has, by the mark of [`holder`].
pub fn waiting<'a>(
    rows: &'a dyn Rows,
    account: AccountKey,
    holders: Option<&BTreeSet<Mark>>,
    shortest_first: bool,
    after: Option<Place>,
) -> impl Iterator<Item = Result<(Place, Entry), RowsError>> + use<'a> {
    let of = |holder: Option<Mark>| {
        let place = after.map(|place| layout::waiting(account, holder, place.at, place.conversation));
        let prefix = layout::waiting_of(account, holder);
        List::of(scan(rows, &prefix, shortest_first, place.as_deref()))
    };
    let mut lists: Vec<List<'a>> = match holders {
        None => vec![of(None)],
        Some(holders) => holders.iter().map(|holder| of(Some(*holder))).collect(),
    };
    std::iter::from_fn(move || {
        let next = next_of(&mut lists, shortest_first, layout::waiting_place);
        next.map(|row| {
            let (key, entry) = row?;
            let place = Place {
                at: layout::waiting_since(&key).unwrap_or_default(),
                conversation: layout::conversation_of(&key).unwrap_or_default(),
            };
            Ok((place, Entry(entry)))
        })
    })
}

/// The conversations that are posted under one of `marks`, each with the hour of its last activity: the latest hour first, or the
/// oldest; from hour `from` on. Within an hour they are in no order of time, and one with two of the marks comes twice.
pub fn posted<'a>(
    rows: &'a dyn Rows,
    account: AccountKey,
    marks: &BTreeSet<Mark>,
    parts: &[Part],
    oldest_first: bool,
    from: Option<u32>,
) -> impl Iterator<Item = Result<(u32, ConversationId), RowsError>> + use<'a> {
    let mut lists: Vec<List<'a>> = Vec::with_capacity(marks.len() * parts.len());
    for mark in marks {
        for part in parts {
            let prefix = layout::posted_of(account, *mark, *part as u8);
            let hour = from.map(|hour| [&*prefix, &(!hour).to_be_bytes()].concat());
            lists.push(List::of(match (oldest_first, hour) {
                (false, hour) => rows.scan(&hour.unwrap_or_else(|| prefix.clone()), &prefix_end(&prefix)),
                (true, None) => rows.scan_back(&prefix, &prefix_end(&prefix)),
                (true, Some(hour)) => rows.scan_back(&prefix, &prefix_end(&hour)),
            }));
        }
    }
    std::iter::from_fn(move || {
        let next = next_of(&mut lists, oldest_first, |key| {
            key.get(layout::PART_AT + 1..).unwrap_or_default()
        });
        next.map(|row| {
            let (key, _) = row?;
            let hour = !layout::posted_number(&key).unwrap_or_default();
            Ok((hour, layout::conversation_of(&key).unwrap_or_default()))
        })
    })
}

/// The conversations of an account with a window that ends from one minute to another, inclusive, each with the minute: the first
/// minute first, or the last. Within a minute they are in no order of time.
pub fn ending(
    rows: &dyn Rows,
    account: AccountKey,
    (first, last): (u32, u32),
    last_first: bool,
) -> impl Iterator<Item = Result<(u32, ConversationId), RowsError>> + '_ {
    let of = |minute: u32| [layout::posted_of(account, ENDS, 0), minute.to_be_bytes().to_vec()].concat();
    let (from, to) = (of(first), prefix_end(&of(last)));
    let found = if last_first {
        rows.scan_back(&from, &to)
    } else {
        rows.scan(&from, &to)
    };
    found.map(|row| {
        let (key, _) = row?;
        let minute = layout::posted_number(&key).unwrap_or_default();
        Ok((minute, layout::conversation_of(&key).unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests;
