//! Every list is what a look at all cards gives, whichever way it is read; its counts are those of the same rows; and who stays in
//! place while others move is listed once.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use origem_domain::access::AgentSight;
use origem_domain::event::ChannelKind;
use origem_domain::facet::Facet;
use origem_domain::position::{Offset, Partition};
use origem_domain::record::Recorded;
use origem_domain::rules::Rulebook;
use origem_log::MemoryLog;
use origem_projector::{Decoded, Folding, Reading, fold};
use origem_testkit::{SECRET, script};
use origem_views::card::{self, Card};
use origem_views::identity::Settled;
use origem_views::ledger::Ledger;
use origem_views::meta::Checkpoint;
use origem_views::rows::MapRows;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::catalogue::Catalogue;

mod crowd;
mod holders;
mod joined;
mod reads;

static RULEBOOK: LazyLock<Arc<Rulebook>> = LazyLock::new(Arc::default);

struct World {
    /// What the directory says.
    catalogue: Catalogue,
    log: MemoryLog,
    rows: MapRows,
    settled: Settled,
}

impl World {
    fn new() -> Self {
        Self {
            catalogue: Catalogue::default(),
            log: MemoryLog::new(1),
            rows: MapRows::default(),
            settled: Settled::default(),
        }
    }

    fn take(&mut self, records: &[Recorded]) {
        let one = |recorded: &Recorded| Decoded::Event(Box::new(recorded.clone()));
        let batch: Vec<Decoded> = records.iter().map(one).collect();
        let mut changes = fold(&self.rows, &mut self.settled, &batch, &Folding::in_lanes(1))
            .unwrap()
            .changes;
        origem_views::counts::settle(&mut changes, &self.rows).unwrap();
        self.rows.commit(&changes);
    }

    fn view(&self) -> View<'_> {
        View {
            log: &self.log,
            partition: Partition(0),
            checkpoint: Checkpoint {
                next: Offset(0),
                ..Checkpoint::default()
            },
            rows: &self.rows,
            secret: &SECRET,
            rulebook: &RULEBOOK,
            reading: &Reading::Recorded,
        }
    }

    /// A page from the top, or from the bottom.
    fn part(&self, filter: &Filter, after: Option<Place>, back: bool, limit: usize) -> Part {
        let filter = filter.clone();
        List {
            joined: Joined::of(&self.catalogue, &filter),
            filter,
            after,
            back,
            limit,
        }
        .answer(self.view())
        .unwrap()
    }

    fn counted(&self, filter: &Filter) -> Counted {
        let filter = filter.clone();
        let joined = Joined::of(&self.catalogue, &filter);
        Count { filter, joined }.answer(self.view()).unwrap()
    }

    /// All pages.
    fn walk(&self, filter: &Filter, back: bool, limit: usize) -> Vec<Place> {
        let (mut places, mut after) = (Vec::new(), None);
        loop {
            let part = self.part(filter, after, back, limit);
            assert!(part.items.len() <= limit);
            places.extend(part.items.iter().map(|(place, _)| *place));
            match part.end {
                Some(end) => assert!(after.replace(end) != Some(end), "it does not go on"),
                None => return places,
            }
        }
    }

    /// What a look at all cards gives: those that fit but for their status, and of them the list, in order.
    fn expected(&self, filter: &Filter) -> (Vec<Card>, Vec<Place>) {
        let mut fitting = Vec::new();
        let mut places = Vec::new();
        for id in card::all(&self.rows) {
            let id = id.unwrap();
            let card = card::load(&self.rows, id).unwrap().unwrap();
            let Some(at) = read::placed_at(filter, &card) else {
                continue;
            };
            if !self.fits(filter, id, &card) {
                continue;
            }
            if filter.status.is_none() || card.state.status() == filter.status {
                places.push(Place { at, conversation: id });
            }
            fitting.push(card);
        }
        places.sort_by_key(|place| filter.rank(false, *place));
        (fitting, places)
    }

    fn fits(&self, filter: &Filter, id: ConversationId, card: &Card) -> bool {
        let state = &card.state;
        let ticket = state.ticket.as_ref();
        let mut ledger = Ledger::new(id, card.channel.kind, &RULEBOOK);
        let touches = ledger.outcome(&self.rows).unwrap().touches;
        let mut origins: Vec<_> = state
            .landmarks
            .current()
            .into_iter()
            .map(|touch| touch.origin.clone())
            .collect();
        if filter.origins == Origins::OfTicket {
            let of_ticket = touches.iter().filter(|touch| {
                ticket.is_some_and(|ticket| touch.ticket == Some(ticket.id) || ticket.adopts.contains(&touch.id))
            });
            let current = state.landmarks.current().map(|touch| touch.id);
            let all = of_ticket.chain(touches.iter().filter(|touch| Some(touch.id) == current));
            origins = all
                .flat_map(|touch| touch.also.iter().chain([&touch.origin]).cloned())
                .collect();
        }
        let any = |facet: Option<Facet<'_>>| {
            facet.is_none_or(|facet| origins.iter().any(|origin| origin.facets().any(|one| one == facet)))
        };
        let of_kind = match (filter.origin, filter.platform) {
            (Some(kind), Some(platform)) => Some(Facet::KindOn(kind, platform)),
            (Some(kind), None) => Some(Facet::Kind(kind)),
            (None, platform) => platform.map(Facet::Platform),
        };
        let at = state.last_activity_at.unwrap();
        let names = [&card.name, &card.username, &card.edited.name, &card.edited.email];
        let words = names.iter().filter_map(|name| name.as_ref());
        let words = words.flat_map(|name| name.value.split(|letter: char| !letter.is_alphanumeric()));
        let words: Vec<String> = words.map(str::to_lowercase).collect();
        let begins = |sought: &str| words.iter().any(|word| word.starts_with(sought));
        let found = |search: &String| search.split_whitespace().all(begins);
        filter.sight.sees(&card.account, &card.channel, ticket)
            && card.account == filter.account
            && any(of_kind)
            && any(filter.ad.as_deref().map(Facet::Ad))
            && any(filter.hashtag.as_deref().map(Facet::Hashtag))
            && filter.channel.as_ref().is_none_or(|channel| *channel == card.channel)
            && (filter.team.is_none() || ticket.is_some_and(|ticket| ticket.team == filter.team))
            && (filter.stage.is_none() || state.stage == filter.stage)
            && (filter.classification.is_none()
                || ticket.is_some_and(|ticket| ticket.classification == filter.classification))
            && match &filter.agent {
                None => true,
                Some(Assignee::Nobody) => ticket.is_some_and(|ticket| ticket.assignee.is_none()),
                Some(Assignee::Agent(agent)) => ticket.is_some_and(|ticket| ticket.assignee.as_ref() == Some(agent)),
            }
            && (!filter.unread || state.unread > 0)
            && filter.search.as_ref().is_none_or(found)
            && filter.from.is_none_or(|from| at >= from)
            && filter.to.is_none_or(|to| at < to)
            && filter
                .opened_from
                .is_none_or(|from| ticket.is_some_and(|ticket| ticket.opened_at >= from))
            && filter
                .opened_to
                .is_none_or(|to| ticket.is_some_and(|ticket| ticket.opened_at < to))
    }

    fn check(&self, filter: &Filter) {
        let (fitting, expected) = self.expected(filter);
        for limit in [1, 3, 50] {
            assert_eq!(self.walk(filter, false, limit), expected, "{filter:?} {limit}");
        }
        let mut back = self.walk(filter, true, 2);
        back.reverse();
        assert_eq!(back, expected, "from the bottom: {filter:?}");
        let seen = Filter {
            account: filter.account.clone(),
            sight: filter.sight.clone(),
            ..Filter::default()
        };
        let counts = |cards: &[Card]| {
            let mut counts: BTreeMap<_, u64> = TicketStatus::ALL.into_iter().map(|status| (status, 0)).collect();
            for status in cards.iter().filter_map(|card| card.state.status()) {
                *counts.entry(status).or_default() += 1;
            }
            counts
        };
        let part = self.part(filter, None, false, 1);
        assert_eq!(part.counts, counts(&self.expected(&seen).0), "what is seen: {filter:?}");
        let filter = Filter {
            status: None,
            ..filter.clone()
        };
        let counted = self.counted(&filter);
        let fits = counts(&fitting);
        if counted.at_least {
            let is_less = counted.counts.iter().all(|(status, count)| *count <= fits[status]);
            assert!(is_less, "{filter:?}");
        } else {
            assert_eq!(counted.counts, fits, "{filter:?}");
        }
    }
}

/// Lines of a script, each with the number of its message.
fn arb_story(lines: std::ops::Range<usize>) -> impl Strategy<Value = Vec<String>> {
    let what = select(vec![
        "in M name=Ana",
        "in M name=Bia",
        "in M",
        "in M ad=A0 clid=M",
        "in M ad=A1 clid=M",
        "in M tag=t0",
        "in M tag=t1",
        "out M via=web agent=a0",
        "out M via=app",
        "history M in",
        "claim agent=a0",
        "claim agent=a1",
        "assign to=a1 team=t1",
        "transfer team=t0",
        "transfer team=t1",
        "finish agent=a0 class=c0",
        "finish agent=a1 class=c1",
        "reopen agent=a0",
        "stage stage=s0",
        "edit edit=Bento",
    ]);
    let line = (1..4_u8, 0..24_u8, 0..60_u8, 0..7_u8, 1..3_u8, what);
    prop::collection::vec(line, lines).prop_map(|lines| {
        let line = |(number, (day, hour, minute, person, channel, what)): (usize, (u8, u8, u8, u8, u8, &str))| {
            let what = what.replace('M', &format!("m{number}"));
            format!("{day}.{hour:02}:{minute:02} p{person}/{channel} {what}")
        };
        lines.into_iter().enumerate().map(line).collect()
    })
}

fn channel(number: u8) -> Channel {
    Channel {
        kind: ChannelKind::Whatsapp,
        id: format!("20000000000000{number}"),
    }
}

fn arb_sight() -> impl Strategy<Value = Sight> {
    let agent = |teams: &[&str], closed: &[u8]| {
        Sight::Agent(AgentSight {
            account: "default".to_owned(),
            agent: "a0".to_owned(),
            teams: teams.iter().map(|team| (*team).to_owned()).collect(),
            closed: closed.iter().map(|number| channel(*number)).collect::<BTreeSet<_>>(),
        })
    };
    select(vec![
        Sight::Everything,
        Sight::Account("default".to_owned()),
        Sight::Account("other".to_owned()),
        Sight::Nothing,
        agent(&[], &[]),
        agent(&["t0"], &[1]),
        agent(&["t0", "t1"], &[1, 2]),
        agent(&["t0", "t1"], &[]),
    ])
}

fn arb_filter() -> impl Strategy<Value = Filter> {
    let word = |words: &[&str]| {
        prop::option::weighted(
            0.2,
            select(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()),
        )
    };
    let time = || {
        prop::option::weighted(
            0.15,
            select(vec!["1.12:00", "2.06:30", "3.00:00", "3.20:00"]).prop_map(script::time_of),
        )
    };
    let agent = prop::option::weighted(
        0.3,
        select(vec!["a0", "a1", "none"]).prop_map(|agent| Assignee::named(agent.to_owned())),
    );
    let of_origins = (
        select(vec![Origins::Current, Origins::OfTicket]),
        prop::option::weighted(
            0.2,
            select(vec![OriginKind::Ad, OriginKind::Organic, OriginKind::Hashtag]),
        ),
        prop::option::weighted(0.1, select(vec![Platform::Unknown, Platform::Whatsapp])),
        word(&["A0", "A1"]),
        word(&["t0", "t1"]),
    );
    let of_tickets = (
        agent,
        word(&["t0", "t1"]),
        word(&["s0"]),
        word(&["c0", "c1"]),
        prop::option::weighted(0.2, (1..3_u8).prop_map(channel)),
        prop::bool::weighted(0.2),
        word(&["an", "b", "ana be", "bento"]),
    );
    let times = (time(), time(), time(), time());
    let status = prop::option::weighted(0.5, select(TicketStatus::ALL.to_vec()));
    let order = select(vec![Order::Latest, Order::Oldest, Order::Waiting]);
    let expiring = prop::option::weighted(
        0.2,
        (select(vec!["2.00:00", "3.12:00"]), 1..30_i64).prop_map(|(now, hours)| Expiring {
            now: script::time_of(now),
            by: script::time_of(now).plus(hours * origem_domain::time::HOUR),
        }),
    );
    (arb_sight(), of_origins, of_tickets, times, status, order, expiring).prop_map(
        |(sight, of_origins, of_tickets, times, status, order, expiring)| {
            let (origins, origin, platform, ad, hashtag) = of_origins;
            let (agent, team, stage, classification, channel, unread, search) = of_tickets;
            let (from, to, opened_from, opened_to) = times;
            Filter {
                account: "default".to_owned(),
                sight,
                status,
                channel,
                origins,
                origin,
                platform,
                campaign: None,
                ad,
                link: None,
                hashtag,
                team,
                agent,
                stage,
                classification,
                unread,
                search,
                from,
                to,
                opened_from,
                opened_to,
                expiring,
                order,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_list_is_what_a_look_at_all_cards_gives(
        story in arb_story(20..80),
        filters in prop::collection::vec(arb_filter(), 1..8),
    ) {
        let records = script::records(&story.join("\n"));
        let mut world = World::new();
        for batch in records.chunks(7) {
            world.take(batch);
        }
        world.check(&Filter { account: "default".to_owned(), ..Filter::default() });
        for filter in &filters {
            world.check(filter);
        }
    }

    #[test]
    fn who_stays_in_place_is_listed_once_while_others_move(
        story in arb_story(40..90),
        filter in arb_filter(),
        limit in 1..4_usize,
    ) {
        let records = script::records(&story.join("\n"));
        let mut world = World::new();
        let (before, meanwhile) = records.split_at(30);
        world.take(before);
        let mut stay: BTreeSet<Place> = world.expected(&filter).1.into_iter().collect();
        let mut changes = meanwhile.chunks(5);
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let part = world.part(&filter, after, false, limit);
            listed.extend(part.items.iter().map(|(place, _)| *place));
            after = part.end;
            if after.is_none() {
                break;
            }
            if let Some(batch) = changes.next() {
                world.take(batch);
                let now: BTreeSet<Place> = world.expected(&filter).1.into_iter().collect();
                stay.retain(|place| now.contains(place));
            }
        }
        for place in stay {
            let times = listed.iter().filter(|listed| **listed == place).count();
            prop_assert_eq!(times, 1, "{:?} in {:?}", place, &filter);
        }
    }
}
