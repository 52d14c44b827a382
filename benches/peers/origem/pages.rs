//! Pages of 50, in process, one after the other and from the top again.

use std::path::Path;
use std::time::Instant;

use origem_domain::ticket::TicketStatus;
use origem_engine::Engine;
use origem_engine::query::{Assignee, Filter, Order};
use origem_measure::Figure;

use crate::exchange::first_of;

/// Pages of each filter.
const PAGES: usize = 400;
const ROWS: usize = 50;

/// How long pages take, by filter.
pub fn all(engine: &Engine, data: &Path, events: u64) -> Vec<Figure> {
    let filters = filters(data);
    filters
        .iter()
        .flat_map(|(name, filter)| figures(engine, name, filter, events))
        .collect()
}

fn filters(data: &Path) -> [(&'static str, Filter); 5] {
    let whole = Filter {
        account: "default".to_owned(),
        ..Filter::default()
    };
    let new = Filter {
        status: Some(TicketStatus::New),
        order: Order::Waiting,
        ..whole.clone()
    };
    let ad = Filter {
        ad: Some(first_of(data, "timeline", (2, "ad"), 5)),
        ..whole.clone()
    };
    let hashtag = Filter {
        hashtag: Some(first_of(data, "timeline", (2, "hashtag"), 5)),
        ..whole.clone()
    };
    let agent = Filter {
        agent: Some(Assignee::Agent(first_of(data, "queue", (1, "unanswered"), 2))),
        order: Order::Waiting,
        ..whole.clone()
    };
    [
        ("all", whole),
        ("new", new),
        ("ad", ad),
        ("hashtag", hashtag),
        ("agent", agent),
    ]
}

fn figures(engine: &Engine, name: &str, filter: &Filter, events: u64) -> [Figure; 2] {
    let (mut took, mut cursor) = (Vec::with_capacity(PAGES), None::<String>);
    for _ in 0..PAGES {
        let began = Instant::now();
        let page = engine.conversations(filter, cursor.as_deref(), ROWS).unwrap();
        took.push(began.elapsed().as_secs_f64() * 1e3);
        assert!(!page.items.is_empty() || cursor.is_some(), "nothing fits {name}");
        cursor = page.next;
    }
    took.sort_by(f64::total_cmp);
    [("p50", PAGES / 2), ("p99", PAGES * 99 / 100)].map(|(quantile, index)| {
        let more = [("filter", name), ("quantile", quantile)];
        super::figure("page", events, &more, "ms", &[took[index]])
    })
}
