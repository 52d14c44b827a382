//! How much a page reads: rows of indexes, which lie beside each other, and cards, each of which lies somewhere else. Counts are no
//! timings, but these are what pages are as fast as.

use std::sync::atomic::{AtomicUsize, Ordering};

use origem_views::rows::{Rows, RowsError, Scan};

use super::*;

/// The first byte of the keys of cards.
const CARD: u8 = 0x05;

/// Rows that tell what is read of them.
struct Counting<'a> {
    rows: &'a MapRows,
    scanned: AtomicUsize,
    cards: AtomicUsize,
}

impl Counting<'_> {
    fn counted<'b>(&'b self, found: Scan<'b>) -> Scan<'b> {
        Box::new(found.inspect(|_| {
            self.scanned.fetch_add(1, Ordering::Relaxed);
        }))
    }
}

impl Rows for Counting<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        let is_card = key.first() == Some(&CARD);
        self.cards.fetch_add(usize::from(is_card), Ordering::Relaxed);
        self.rows.get(key)
    }

    fn scan<'b>(&'b self, from: &[u8], to: &[u8]) -> Scan<'b> {
        self.counted(self.rows.scan(from, to))
    }

    fn scan_back<'b>(&'b self, from: &[u8], to: &[u8]) -> Scan<'b> {
        self.counted(self.rows.scan_back(from, to))
    }
}

const PEOPLE: usize = 4_000;
/// Over how many days the first half of them comes; the other comes within the last three hours.
const DAYS: usize = 40;

/// A number that looks like chance, the same every time.
fn mixed(number: usize) -> usize {
    let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)) as usize >> 1
}

/// A business in small, with its rush: a seventh is called Zuleika, one in twenty-five has the same last name, one in a thousand came by
/// the same ad; fifteen in a hundred are claimed by nobody, the others by one of forty agents, and most of them are finished.
fn business() -> World {
    let mut world = World::new();
    let mut lines = Vec::new();
    for person in 0..PEOPLE {
        let late = person.saturating_sub(PEOPLE / 2);
        let (day, minutes) = match late {
            0 => (1 + person * DAYS / (PEOPLE / 2), mixed(person) % (24 * 60 - 4)),
            late => (DAYS + 2, 8 * 60 + late * 180 / (PEOPLE / 2)),
        };
        let at = |later: usize| format!("{day}.{:02}:{:02}", (minutes + later) / 60, (minutes + later) % 60);
        let chance = mixed(person) % 100;
        let name = ["Ana", "Bia", "Caio", "Davi", "Eva", "Rita", "Zuleika"][person % 7];
        let (word, ad) = (mixed(person + 1) % 25, mixed(person + 2) % 1_000);
        let (who, agent) = (format!("p{}/1", 10_000 + person), mixed(person + 3) % 40);
        lines.push(format!(
            "{} {who} in a{person} name={name}_Souza_w{word:02} ad=A{ad} clid=c{person}",
            at(0)
        ));
        if chance >= 15 {
            lines.push(format!("{} {who} claim agent=a{agent}", at(1)));
        }
        if chance.is_multiple_of(2) {
            lines.push(format!("{} {who} out b{person} via=web agent=a{agent}", at(2)));
        }
        if chance >= 25 {
            lines.push(format!("{} {who} finish agent=a{agent} class=c{}", at(3), person % 30));
        }
    }
    for batch in script::records(&lines.join("\n")).chunks(1_000) {
        world.take(batch);
    }
    world
}

#[test]
fn pages_read_hardly_more_cards_than_they_tell() {
    let world = business();
    // As pages are served, but for what is in the scale of the business.
    let bounds = read::Bounds {
        looked_at: 2_000,
        found: 400,
        ..read::Bounds::SERVED
    };
    let whole = Filter {
        account: "default".to_owned(),
        ..Filter::default()
    };
    let rush = script::time_of(&format!("{}.08:00", DAYS + 3));
    let filters = [
        ("everything", whole.clone(), (60, 50)),
        (
            "new, who waits longest",
            Filter {
                status: Some(TicketStatus::New),
                order: Order::Waiting,
                ..whole.clone()
            },
            (100, 52),
        ),
        (
            "of an agent",
            Filter {
                agent: Some(Assignee::Agent("a7".to_owned())),
                ..whole.clone()
            },
            (220, 60),
        ),
        (
            "of an agent, who waits longest",
            Filter {
                agent: Some(Assignee::Agent("a7".to_owned())),
                status: Some(TicketStatus::Unanswered),
                order: Order::Waiting,
                ..whole.clone()
            },
            (5, 5),
        ),
        (
            "what an agent sees, who waits longest",
            Filter {
                sight: Sight::Agent(AgentSight {
                    account: "default".to_owned(),
                    agent: "a7".to_owned(),
                    ..AgentSight::default()
                }),
                order: Order::Waiting,
                ..whole.clone()
            },
            (55, 50),
        ),
        (
            "one classification of thirty, the oldest first",
            Filter {
                classification: Some("c7".to_owned()),
                order: Order::Oldest,
                ..whole.clone()
            },
            (220, 60),
        ),
        (
            "what an agent sees",
            Filter {
                sight: Sight::Agent(AgentSight {
                    account: "default".to_owned(),
                    agent: "a7".to_owned(),
                    ..AgentSight::default()
                }),
                ..whole.clone()
            },
            (400, 52),
        ),
        (
            "two words",
            Filter {
                search: Some("zul w07".to_owned()),
                ..whole.clone()
            },
            (620, 35),
        ),
        (
            "a word of every seventh",
            Filter {
                search: Some("zuleika".to_owned()),
                ..whole.clone()
            },
            (420, 52),
        ),
        (
            "a word of all",
            Filter {
                search: Some("souza".to_owned()),
                ..whole.clone()
            },
            (60, 50),
        ),
        (
            "a word of a twenty-fifth",
            Filter {
                search: Some("w07".to_owned()),
                ..whole.clone()
            },
            (1300, 60),
        ),
        (
            "two words, finished",
            Filter {
                search: Some("zul souza".to_owned()),
                status: Some(TicketStatus::Finished),
                ..whole.clone()
            },
            (420, 52),
        ),
        (
            "windows that close",
            Filter {
                expiring: Some(Expiring {
                    now: rush,
                    by: rush.plus(origem_domain::time::HOUR),
                }),
                ..whole
            },
            (75, 70),
        ),
    ];
    // With what a page may read of each.
    for (name, filter, (rows_max, cards_max)) in filters {
        let (mut after, mut pages, mut told) = (None, 0, Vec::new());
        let (mut rows, mut cards) = (0, 0);
        loop {
            let counting = Counting {
                rows: &world.rows,
                scanned: AtomicUsize::new(0),
                cards: AtomicUsize::new(0),
            };
            let view = View {
                rows: &counting,
                ..world.view()
            };
            let joined = Joined::default();
            let reader = read::Reader::new(view, &filter, &joined, false).unwrap().within(bounds);
            let (items, end) = reader.page(after, 50).unwrap();
            let (scanned, read) = (counting.scanned.into_inner(), counting.cards.into_inner());
            rows = rows.max(scanned);
            cards = cards.max(read);
            pages += 1;
            told.extend(items.into_iter().map(|(place, _)| place));
            after = end;
            if after.is_none() {
                break;
            }
        }
        let found = world.expected(&filter).1;
        assert_eq!(told, found, "{name}");
        assert!(
            rows <= rows_max && cards <= cards_max,
            "{name}: {rows} rows and {cards} cards in a page"
        );
        assert!(told.len() / 50 + 1 >= pages, "{name}: {} in {pages} pages", told.len());
    }
}
