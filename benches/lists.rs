//! How long does an inbox wait for a page of 50? In process, log in segments with a sync before each acknowledgement, views on sled, all as
//! they are by default; with filters that fit many, few and hardly any; alone, and while two thousand messages a second are taken in; and
//! for one conversation. Fixed seed. `LISTS_CONVERSATIONS` sets how many there are, `LISTS_PAGE` which pages are read: those whose name
//! has it.
//!
//! Asserted: what is written meanwhile comes at the rate that is told, and is projected as it comes.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // fixed data; figures are what it is for

use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use origem_domain::access::{AgentSight, Sight};
use origem_domain::key::ConversationId;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_domain::touch::OriginKind;
use origem_engine::query::{Assignee, Expiring, Filter, Order};
use origem_engine::{Delivery, Engine, Options, Source};
use origem_log_segments::SegmentLog;
use origem_measure::Bench;
use origem_store_sled::SledStore;
use origem_testkit::SECRET;
use origem_testkit::build::at;

/// Pages of each kind, in one round; conversations.
const PAGES: usize = 400;
const CONVERSATIONS: usize = 4_000;
/// Messages a second, in so many appends.
const MESSAGES_PER_SECOND: u64 = 2_000;
const APPENDS_PER_SECOND: u64 = 100;
/// Of that rate so much has to be reached, or it was measured under another.
const REACHED_MIN: f64 = 0.9;
/// Days over which the conversations lie.
const DAYS: u64 = 60;

/// A number that looks like chance, the same every time.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

/// When conversation `number` of `all` began: in order, the last ones lately.
fn begins(number: u64, all: u64) -> Timestamp {
    let step = DAYS * 86_400_000_000 / all;
    at("2026-09-01T00:00:00Z").plus(i64::try_from(number * step).unwrap())
}

fn event(number: u64, when: Timestamp, kind: &str, more: &str) -> String {
    const NAMES: [&str; 7] = ["Ana", "Bia", "Caio", "Davi", "Eva", "Rita", "Zuleika"];
    let name = NAMES[(mixed(number) % NAMES.len() as u64) as usize];
    format!(
        r#"{{"kind":"{kind}","channel":{{"kind":"whatsapp","id":"20000000000000{}"}},"contact":{{"aliases":[{{"kind":"phone","value":"55119{number:08}"}}],"name":"{name} Souza {}"}},"occurred_at":"{when}",{more}}}"#,
        number % 5,
        mixed(number + 1) % 50_000,
    )
}

/// The customer comes, by an ad, a campaign's hashtag or alone; most are claimed by one of 500 agents, half of them answered, some finished.
fn events(number: u64, all: u64) -> Vec<String> {
    let begins = begins(number, all);
    let chance = mixed(number);
    let text = format!(
        r#""message":{{"id":"a{number}","type":"text","text":"{}"}}"#,
        match chance % 10 {
            0 => format!("#promo{}", chance % 2_000),
            _ => "Bom dia, ainda tem?".to_owned(),
        }
    );
    let referral = match chance % 10 {
        1..=3 => format!(
            r#","referral":{{"source_type":"ad","source_id":"{}","source_url":"https://fb.me/x","ctwa_clid":"c{number}"}}"#,
            1_000 + chance % 5_000
        ),
        _ => String::new(),
    };
    let mut told = vec![event(number, begins, "message_received", &format!("{text}{referral}"))];
    let agent = chance % 500;
    if chance % 20 > 2 {
        let claimed = format!(r#""agent":"agent{agent}""#);
        told.push(event(number, begins.plus(60_000_000), "ticket_claimed", &claimed));
    }
    if chance.is_multiple_of(2) {
        let answer = format!(
            r#""via":"web","agent":"agent{agent}","message":{{"id":"b{number}","type":"text","text":"Temos sim!"}}"#
        );
        told.push(event(number, begins.plus(120_000_000), "message_sent", &answer));
    }
    if chance % 20 > 4 && number < all - all / 20 {
        let finished = format!(
            r#""agent":"agent{agent}","ticket":{{"classification":"code{}"}}"#,
            chance % 30
        );
        told.push(event(number, begins.plus(180_000_000), "ticket_finished", &finished));
    }
    told
}

fn append(engine: &Engine, bodies: &[String]) {
    let deliveries = bodies.iter().map(|body| Delivery {
        source: Source::Event,
        body: body.as_bytes(),
        received_at: at("2026-12-01T00:00:00Z"),
        account: "default",
    });
    engine.prepare(deliveries).append(engine.log()).unwrap();
}

fn engine(directory: &std::path::Path, all: u64) -> Arc<Engine> {
    let (log, _) = SegmentLog::open(&directory.join("log"), &Default::default()).unwrap();
    let log = Arc::new(log);
    let intake = Engine::over(log.clone(), SECRET, Options::default()).unwrap();
    let numbers: Vec<u64> = (0..all).collect();
    for chunk in numbers.chunks(4_000) {
        let bodies: Vec<String> = chunk.iter().flat_map(|number| events(*number, all)).collect();
        append(&intake, &bodies);
    }
    let store = SledStore::open(&directory.join("views"), &Default::default()).unwrap();
    let engine = Arc::new(Engine::start(log, Arc::new(store), SECRET, Options::default()).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let last = engine.status().unwrap().last();
    runtime
        .block_on(engine.wait(&last, Duration::from_secs(3_600)))
        .unwrap();
    engine
}

fn filters(all: u64) -> Vec<(&'static str, Filter)> {
    let whole = Filter {
        account: "default".to_owned(),
        ..Filter::default()
    };
    let agent = |number: u64| Some(Assignee::Agent(format!("agent{number}")));
    let sees = |number: u64| {
        Sight::Agent(AgentSight {
            account: "default".to_owned(),
            agent: format!("agent{number}"),
            ..AgentSight::default()
        })
    };
    let now = begins(all, all);
    vec![
        ("everything, the latest first", whole.clone()),
        (
            "new, who waits longest",
            Filter {
                status: Some(TicketStatus::New),
                order: Order::Waiting,
                ..whole.clone()
            },
        ),
        (
            "from ads, unread",
            Filter {
                origin: Some(OriginKind::Ad),
                unread: true,
                ..whole.clone()
            },
        ),
        (
            "of one ad in 5,000",
            Filter {
                ad: Some("1001".to_owned()),
                ..whole.clone()
            },
        ),
        (
            "of one hashtag in 2,000, finished",
            Filter {
                hashtag: Some("promo30".to_owned()),
                status: Some(TicketStatus::Finished),
                ..whole.clone()
            },
        ),
        (
            "of one agent in 500",
            Filter {
                agent: agent(123),
                ..whole.clone()
            },
        ),
        (
            "of one agent in 500, unanswered, who waits longest",
            Filter {
                agent: agent(123),
                status: Some(TicketStatus::Unanswered),
                order: Order::Waiting,
                ..whole.clone()
            },
        ),
        (
            "one classification in 30, the oldest first",
            Filter {
                classification: Some("code7".to_owned()),
                order: Order::Oldest,
                ..whole.clone()
            },
        ),
        (
            "what an agent sees",
            Filter {
                sight: sees(123),
                ..whole.clone()
            },
        ),
        (
            "what an agent sees, who waits longest",
            Filter {
                sight: sees(123),
                order: Order::Waiting,
                ..whole.clone()
            },
        ),
        (
            "found by two words",
            Filter {
                search: Some("zul 499".to_owned()),
                ..whole.clone()
            },
        ),
        (
            "found by a word that many have",
            Filter {
                search: Some("souza".to_owned()),
                ..whole.clone()
            },
        ),
        (
            "windows that close within the hour",
            Filter {
                expiring: Some(Expiring {
                    now,
                    by: now.plus(3_600_000_000),
                }),
                ..whole
            },
        ),
    ]
}

/// Pages one after the other, from the top again at the end; how long each took.
fn pages(engine: &Engine, filter: &Filter, often: usize) -> Vec<Duration> {
    let (mut took, mut cursor, mut items) = (Vec::with_capacity(often), None::<String>, 0);
    for _ in 0..often {
        let began = Instant::now();
        let page = engine.conversations(filter, cursor.as_deref(), 50).unwrap();
        took.push(began.elapsed());
        items += page.items.len();
        cursor = page.next;
    }
    assert!(items > 0, "nothing fits {filter:?}");
    took
}

/// Conversations that lie everywhere; how long each took.
fn single(engine: &Engine, ids: &[ConversationId], often: usize) -> Vec<Duration> {
    let ids = (0..).map(|turn: u64| ids[(mixed(turn) % ids.len() as u64) as usize]);
    ids.take(often)
        .map(|id| {
            let began = Instant::now();
            let conversation = engine.conversation(id).unwrap();
            let took = began.elapsed();
            assert_eq!(conversation.id, id);
            took
        })
        .collect()
}

/// Every kind of page, and single conversations, in a few rounds.
fn measure(bench: &mut Bench, engine: &Engine, all: u64, writes: u64) {
    let rounds = 0..bench.pick(1, 1, 3);
    // Slow builds do not keep up with what is written meanwhile: a trial is to be short.
    let (pages_each, conversations) = bench.pick((5, 20), (PAGES, CONVERSATIONS), (PAGES, CONVERSATIONS));
    let only = std::env::var("LISTS_PAGE").unwrap_or_default();
    for (name, filter) in filters(all).into_iter().filter(|(name, _)| name.contains(&only)) {
        let mut took: Vec<_> = rounds.clone().map(|_| pages(engine, &filter, pages_each)).collect();
        let conditions: [(&str, &dyn Display); 3] =
            [("conversations", &all), ("page", &name), ("writes_per_second", &writes)];
        bench.figure("page_of_50", &conditions).quantiles(&mut took);
    }
    let whole = Filter {
        account: "default".to_owned(),
        ..Filter::default()
    };
    let (mut ids, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..20 {
        let page = engine.conversations(&whole, cursor.as_deref(), 200).unwrap();
        ids.extend(page.items.iter().map(|item| item.id));
        cursor = page.next;
    }
    let mut took: Vec<_> = rounds.map(|_| single(engine, &ids, conversations)).collect();
    let conditions: [(&str, &dyn Display); 2] = [("conversations", &all), ("writes_per_second", &writes)];
    bench.figure("conversation", &conditions).quantiles(&mut took);
}

/// Messages of conversations that lie everywhere, as fast as told, until it is enough; how many a second it were.
fn write(engine: &Engine, all: u64, enough: &AtomicBool) -> f64 {
    let began = Instant::now();
    let each = MESSAGES_PER_SECOND / APPENDS_PER_SECOND;
    let mut turn = 0;
    while !enough.load(Ordering::Relaxed) {
        let bodies: Vec<String> = (turn * each..(turn + 1) * each)
            .map(|number| {
                let when = begins(all, all).plus(i64::try_from(number).unwrap() * 500);
                let text = format!(r#""message":{{"id":"w{number}","type":"text","text":"Oi?"}}"#);
                event(mixed(number) % all, when, "message_received", &text)
            })
            .collect();
        append(engine, &bodies);
        turn += 1;
        let due = Duration::from_micros(turn * 1_000_000 / APPENDS_PER_SECOND);
        // A rate is what is measured under.
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    }
    (turn * each) as f64 / began.elapsed().as_secs_f64()
}

/// Says that it is enough when dropped: also when measuring panics, for a scope waits for whoever writes.
struct Enough<'a>(&'a AtomicBool);

impl Drop for Enough<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The same under writes.
fn measure_under_writes(bench: &mut Bench, engine: &Engine, all: u64) {
    let enough = AtomicBool::new(false);
    let (reached, behind) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(engine, all, &enough));
        let behind = {
            let _enough = Enough(&enough);
            measure(bench, engine, all, MESSAGES_PER_SECOND);
            engine.status().unwrap().lag()
        };
        (writer.join().unwrap(), behind)
    });
    let conditions: [(&str, &dyn Display); 2] = [("conversations", &all), ("writes_per_second", &MESSAGES_PER_SECOND)];
    bench.figure("reached", &conditions).values("writes/s", &[reached]);
    // Slow builds do not keep up, and tell no figures.
    if bench.pick(true, false, false) {
        return;
    }
    assert!(
        reached >= MESSAGES_PER_SECOND as f64 * REACHED_MIN,
        "{reached:.0} messages a second were written, not {MESSAGES_PER_SECOND}"
    );
    assert!(behind <= MESSAGES_PER_SECOND, "the views are {behind} messages behind");
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("lists");
    let told = std::env::var("LISTS_CONVERSATIONS").ok();
    let told = told.and_then(|told| told.parse().ok());
    let all: u64 = told.unwrap_or(bench.pick(20_000, 20_000, 1_000_000));
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let began = Instant::now();
    let engine = engine(directory.path(), all);
    println!(
        "{all} conversations, views made in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    measure(&mut bench, &engine, all, 0);
    measure_under_writes(&mut bench, &engine, all);
    engine.stop().unwrap();
    bench.end()
}
