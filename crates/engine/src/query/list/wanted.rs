//! What a filter asks of a row of an index: marks that it must have, and what else the row tells.

use std::collections::BTreeSet;
use std::sync::Arc;

use origem_domain::access::Sight;
use origem_domain::facet::{Facet, Mark};
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_views::queue::Entry;

use super::joined::Joined;
use super::{Assignee, Filter, Origins};

/// So many marks are looked up one by one in what is posted; of more, rows are looked at.
const POSTED_MAX: usize = 64;

/// What is asked of a row.
pub(super) struct Wanted {
    pub(super) groups: Vec<Group>,
    /// With whom a conversation must be, if that is asked for: one of these has it.
    pub(super) held_by: Option<BTreeSet<Mark>>,
    status: Option<TicketStatus>,
    unassigned: bool,
    unread: bool,
    opened_from: Option<Timestamp>,
    opened_to: Option<Timestamp>,
}

/// Marks of which a row must have one.
pub(super) struct Group {
    pub(super) any_of: BTreeSet<Mark>,
    /// Or one of these, which are too many to be copied.
    or_of: Arc<BTreeSet<Mark>>,
    /// Those of all origins of the ticket count.
    of_ticket: bool,
    /// Conversations are posted under them.
    pub(super) is_posted: bool,
    /// They are of those who may have it.
    pub(super) is_of_holders: bool,
}

impl Wanted {
    /// What a filter asks, with what the directory adds to origins; `queues` are the marks of channels whose new conversations an agent
    /// sees.
    pub(super) fn of(filter: &Filter, joined: &Joined, queues: &BTreeSet<Mark>) -> Self {
        let of_ticket = filter.origins == Origins::OfTicket;
        let group = |facet: Facet<'_>, of_ticket| Group {
            any_of: BTreeSet::from([facet.mark()]),
            or_of: Arc::default(),
            of_ticket,
            is_posted: facet.is_selective(),
            is_of_holders: matches!(facet, Facet::Agent(_)),
        };
        let of_origin = |facet: Facet<'_>, any_of: BTreeSet<Mark>| Group {
            is_posted: facet.is_selective() && any_of.len() <= POSTED_MAX,
            any_of,
            or_of: Arc::default(),
            of_ticket,
            is_of_holders: false,
        };
        let agent = match &filter.agent {
            Some(Assignee::Agent(agent)) => Some(agent),
            Some(Assignee::Nobody) | None => None,
        };
        let (kind, campaign, link) = (filter.origin, filter.campaign.as_deref(), filter.link.as_deref());
        let of_origins = [
            match (kind, filter.platform) {
                (Some(kind), None) => Some(group(Facet::Kind(kind), of_ticket)),
                (kind, platform) => platform.map(|platform| Group {
                    or_of: joined.on_platform(),
                    ..group(
                        kind.map_or(Facet::Platform(platform), |kind| Facet::KindOn(kind, platform)),
                        of_ticket,
                    )
                }),
            },
            campaign.map(|campaign| of_origin(Facet::Campaign(campaign), joined.of_campaign(campaign, None))),
            filter.ad.as_deref().map(|ad| group(Facet::Ad(ad), of_ticket)),
            link.map(|link| of_origin(Facet::Link(link), joined.of_link(link, None))),
            filter
                .hashtag
                .as_deref()
                .map(|tag| group(Facet::Hashtag(tag), of_ticket)),
        ];
        let of_tickets = [
            filter.channel.as_ref().map(Facet::Channel),
            agent.map(|agent| Facet::Agent(agent)),
            filter.team.as_deref().map(Facet::Team),
            filter.stage.as_deref().map(Facet::Stage),
            filter.classification.as_deref().map(Facet::Classification),
        ];
        let of_origins = of_origins.into_iter().flatten();
        let of_tickets = of_tickets.into_iter().flatten().map(|facet| group(facet, false));
        let seen = seen(filter, queues);
        let named = named(filter).map(|holder| BTreeSet::from([holder]));
        // One has it, so it must be one of both.
        let held_by = match (&seen, named) {
            (Some(seen), Some(named)) => Some(&seen.any_of & &named),
            (Some(seen), None) => Some(seen.any_of.clone()),
            (None, named) => named,
        };
        Self {
            groups: of_origins.chain(of_tickets).chain(seen).collect(),
            held_by,
            status: filter.status,
            unassigned: filter.agent == Some(Assignee::Nobody),
            unread: filter.unread,
            opened_from: filter.opened_from,
            opened_to: filter.opened_to,
        }
    }

    /// Whether a row has all of it.
    pub(super) fn fits(&self, entry: &Entry) -> bool {
        let has = |group: &Group| {
            entry.has_any(&group.any_of, group.of_ticket) || entry.has_any(&group.or_of, group.of_ticket)
        };
        let opened = |fits: &dyn Fn(Timestamp) -> bool| entry.opened_at().is_some_and(fits);
        self.status.is_none_or(|status| entry.is(status))
            && self.groups.iter().all(has)
            && (!self.unassigned || entry.is_unassigned())
            && (!self.unread || entry.is_unread())
            && self.opened_from.is_none_or(|from| opened(&|at| at >= from))
            && self.opened_to.is_none_or(|to| opened(&|at| at < to))
    }
}

/// Who must have it by the words of a filter: the agent that it names; the queue of the team, if no agent has it. Of those who wait,
/// that is what is new.
fn named(filter: &Filter) -> Option<Mark> {
    let is_new = filter.status == Some(TicketStatus::New);
    let holder = match (&filter.agent, filter.team.as_deref()) {
        (Some(Assignee::Agent(agent)), _) => Some(Facet::Agent(agent)),
        (Some(Assignee::Nobody), team) => team.map(Facet::TeamQueue),
        (None, team) => team.filter(|_| is_new).map(Facet::TeamQueue),
    };
    holder.map(Facet::mark)
}

/// Those who may have what an agent sees. What is unanswered is somebody's, so only the agent's own is seen of it.
fn seen(filter: &Filter, queues: &BTreeSet<Mark>) -> Option<Group> {
    let mut any_of = holders(&filter.sight, queues)?;
    if let (Some(TicketStatus::Unanswered), Sight::Agent(sight)) = (filter.status, &filter.sight) {
        any_of = BTreeSet::from([Facet::Agent(&sight.agent).mark()]);
    }
    Some(Group {
        any_of,
        or_of: Arc::default(),
        of_ticket: false,
        is_posted: true,
        is_of_holders: true,
    })
}

/// The marks of whoever has what is seen: the agent, the queues of its teams and of channels; `None` where it does not matter who has
/// it.
pub(super) fn holders(sight: &Sight, queues: &BTreeSet<Mark>) -> Option<BTreeSet<Mark>> {
    match sight {
        Sight::Everything | Sight::Account(_) => None,
        Sight::Nothing => Some(BTreeSet::new()),
        Sight::Agent(sight) => {
            let own = Facet::Agent(&sight.agent).mark();
            let teams = sight.teams.iter().map(|team| Facet::TeamQueue(team).mark());
            Some(teams.chain(queues.iter().copied()).chain([own]).collect())
        }
    }
}
