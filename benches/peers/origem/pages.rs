//! Pages of 50, in process, one after the other and from the top again. What is measured is compared, row by row, with what they are to
//! show.

use std::path::Path;
use std::time::Instant;

use origem_domain::alias::AliasKind;
use origem_domain::ticket::TicketStatus;
use origem_engine::Engine;
use origem_engine::query::{Assignee, Conversation, Filter, Order, Page};
use origem_measure::Figure;

use crate::listed::{self, Asked, Shown};

/// Pages of each filter.
const PAGES: usize = 400;
const ROWS: usize = 50;

/// How long pages take, by filter.
pub fn all(engine: &Engine, data: &Path, events: u64) -> Vec<Figure> {
    let asked = listed::asked(data);
    let mut figures = Vec::new();
    for name in listed::FILTERS {
        let (took, pages) = asked_for(engine, &filter(name, &asked));
        let shown: Vec<Vec<Shown>> = pages.iter().map(|page| shown(name, &asked, page)).collect();
        listed::check(name, &shown, &listed::list(data, name, &asked), ROWS);
        figures.extend(told(name, took, events));
    }
    figures
}

fn filter(name: &str, asked: &Asked) -> Filter {
    let whole = Filter {
        account: "default".to_owned(),
        ..Filter::default()
    };
    match name {
        "new" => Filter {
            status: Some(TicketStatus::New),
            order: Order::Waiting,
            ..whole
        },
        "ad" => Filter {
            ad: Some(asked.ad.clone()),
            ..whole
        },
        "hashtag" => Filter {
            hashtag: Some(asked.hashtag.clone()),
            ..whole
        },
        "agent" => Filter {
            agent: Some(Assignee::Agent(asked.agent.clone())),
            order: Order::Waiting,
            ..whole
        },
        _ => whole,
    }
}

/// Asks for pages; how long each took, in milliseconds, and what it is.
fn asked_for(engine: &Engine, filter: &Filter) -> (Vec<f64>, Vec<Page>) {
    let (mut took, mut pages) = (Vec::with_capacity(PAGES), Vec::with_capacity(PAGES));
    let mut cursor = None::<String>;
    for _ in 0..PAGES {
        let began = Instant::now();
        let page = engine.conversations(filter, cursor.as_deref(), ROWS).unwrap();
        took.push(began.elapsed().as_secs_f64() * 1e3);
        cursor.clone_from(&page.next);
        pages.push(page);
    }
    (took, pages)
}

/// The rows of a page, as all peers tell them.
fn shown(name: &str, asked: &Asked, page: &Page) -> Vec<Shown> {
    let row = |conversation: &Conversation| {
        let aliases = conversation.identity.aliases.iter();
        let mut phones = aliases.filter(|known| known.key.kind == AliasKind::Phone);
        let key = phones.next().map(|known| known.value.to_string()).unwrap();
        let shown = listed::shown(name, asked, &super::rows::of(&key, conversation));
        assert!(shown.is_some(), "{key} is on a page of {name}");
        shown.unwrap()
    };
    page.items.iter().map(row).collect()
}

fn told(name: &str, mut took: Vec<f64>, events: u64) -> [Figure; 2] {
    took.sort_by(f64::total_cmp);
    [("p50", PAGES / 2), ("p99", PAGES * 99 / 100)].map(|(quantile, index)| {
        let more = [("filter", name), ("quantile", quantile)];
        super::figure("page", events, &more, "ms", &[took[index]])
    })
}
