//! How fast are the questions an inbox asks? In process, on sled, over the views of a simulated business; fixed seed. Each question is
//! timed by itself, so that there is a tail to look at; nothing is written meanwhile: pages under writes are what `lists` measures.

#![allow(clippy::unwrap_used)] // fixed data

use std::cell::Cell;
use std::fmt::Display;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::key::ConversationId;
use origem_domain::time::Timestamp;
use origem_domain::touch::OriginKind;
use origem_domain::zone::Zone;
use origem_engine::query::{Filter, Moment, ThreadQuery};
use origem_engine::{Delivery, Engine, Options, Source};
use origem_log::{EventLog, MemoryLog};
use origem_log_segments::SegmentLog;
use origem_measure::Bench;
use origem_store_sled::SledStore;
use origem_testkit::SECRET;
use origem_testkit::build::at;

const SEED: u64 = 7;
/// Deliveries of one append.
const CHUNK: usize = 4_096;

/// `events` of the business, and as many as `long` of one conversation, about evenly among them. Views are made when all is there.
fn engine(directory: &Path, log: Arc<dyn EventLog>, events: u64, long: u64) -> Arc<Engine> {
    let intake = Engine::over(log.clone(), SECRET, Options::default()).unwrap();
    let append = |bodies: &[(Source, Vec<u8>, Timestamp)]| {
        let deliveries = bodies.iter().map(|(source, body, received_at)| Delivery {
            source: *source,
            body,
            received_at: *received_at,
            account: "default",
        });
        intake.prepare(deliveries).append(intake.log()).unwrap();
    };
    let mut deliveries = origem_sim::Simulation::new(origem_sim::Options {
        seed: SEED,
        events,
        ..Default::default()
    })
    .enumerate()
    .peekable();
    // There are about eight deliveries to ten events.
    let every = (events * 8 / 10 / long.max(1)).max(1) as usize;
    let mut own = (0..long).map(one_of_many);
    while deliveries.peek().is_some() {
        let mut bodies = Vec::new();
        for (number, delivery) in deliveries.by_ref().take(CHUNK) {
            let turn = if number % every == 0 { own.next() } else { None };
            bodies.push((Source::Meta, delivery.body, delivery.at));
            bodies.extend(turn.map(|body| (Source::Event, body, delivery.at)));
        }
        append(&bodies);
    }
    let rest: Vec<_> = own
        .map(|body| (Source::Event, body, at("2026-11-01T00:00:00Z")))
        .collect();
    rest.chunks(CHUNK).for_each(append);
    let store = SledStore::open(directory, &Default::default()).unwrap();
    let engine = Arc::new(Engine::start(log, Arc::new(store), SECRET, Options::default()).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime
        .block_on(engine.wait(&engine.status().unwrap().last(), Duration::from_secs(3_600)))
        .unwrap();
    engine
}

/// An event of the long conversation: the customer writes, the business answers, the answer is read.
fn one_of_many(number: u64) -> Vec<u8> {
    let when = at("2026-01-01T00:00:00Z").plus(number as i64 * 40 * 60_000_000);
    let (kind, more) = match number % 3 {
        0 => (
            "message_received",
            format!(r#""message":{{"id":"m{number}","type":"text","text":"oi"}}"#),
        ),
        1 => (
            "message_sent",
            format!(r#""via":"web","agent":"ana","message":{{"id":"m{number}","type":"text","text":"Bom dia!"}}"#),
        ),
        _ => (
            "message_status",
            format!(r#""status":{{"message_id":"m{}","state":"read"}}"#, number - 1),
        ),
    };
    format!(
        r#"{{"kind":"{kind}","channel":{{"kind":"whatsapp","id":"200000000000002"}},"contact":{{"aliases":[{{"kind":"phone","value":"5511955550101"}}]}},"occurred_at":"{when}",{more}}}"#
    )
    .into_bytes()
}

/// Asks `ask` so often, in three rounds; how long each answer took.
fn asked(bench: &Bench, often: usize, mut ask: impl FnMut()) -> Vec<Vec<Duration>> {
    let rounds = bench.pick(1, 1, 3);
    // What is read first comes from the disk; an inbox asks all day.
    for _ in 0..often.div_ceil(10) {
        ask();
    }
    let mut timed = |_| {
        let began = Instant::now();
        ask();
        began.elapsed()
    };
    (0..rounds).map(|_| (0..often).map(&mut timed).collect()).collect()
}

/// The past of a conversation of many events, which lie in segments among those of others.
fn past(bench: &mut Bench) {
    let (events, long) = bench.pick((2_000, 300), (20_000, 3_000), (200_000, 10_000));
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (log, _) = SegmentLog::open(&directory.path().join("log"), &Default::default()).unwrap();
    let engine = engine(&directory.path().join("views"), Arc::new(log), events, long);
    let id = engine.find("5511955550101", None).unwrap();
    let whole = Moment::At(at("2027-01-01T00:00:00Z"));
    let everything = ThreadQuery {
        limit: usize::MAX,
        ..ThreadQuery::default()
    };
    let messages = |moment: &Moment| engine.thread_at(id, moment, &everything).unwrap().rows.len() as u64;
    assert!(messages(&whole) > long / 2);
    let half = Moment::At(at("2026-01-01T00:00:00Z").plus(long as i64 / 2 * 40 * 60_000_000));
    assert!(messages(&half) < messages(&whole) * 6 / 10);
    let last = Moment::Position(engine.status().unwrap().last());
    let often = bench.pick(1, 3, 20);
    for (name, moment) in [
        ("at the end", &whole),
        ("in the middle", &half),
        ("at the last position", &last),
    ] {
        let mut took = asked(bench, often, || {
            drop(black_box(engine.conversation_at(id, moment, Zone::UTC).unwrap()));
        });
        let conditions: [(&str, &dyn Display); 3] = [("events_each", &long), ("events", &events), ("moment", &name)];
        bench.figure("past", &conditions).quantiles(&mut took);
    }
    pages(bench, &engine, id, long);
    engine.stop().unwrap();
}

/// Pages of a long thread: what one costs shall not depend on how long the thread is, nor on where the page lies.
fn pages(bench: &mut Bench, engine: &Engine, id: ConversationId, long: u64) {
    let of = |after, latest_first, limit| ThreadQuery {
        after,
        latest_first,
        limit,
        ..ThreadQuery::default()
    };
    let middle = engine.thread(id, &of(None, false, long as usize / 3)).unwrap().next;
    assert!(middle.is_some());
    let often = bench.pick(1, 50, 500);
    for (name, query) in [
        ("the first", of(None, false, 50)),
        ("in the middle", of(middle, false, 50)),
        ("in the middle, backwards", of(middle, true, 50)),
        ("the latest", of(None, true, 50)),
        ("all of it", of(None, false, usize::MAX)),
    ] {
        let often = if query.limit > 50 { often / 10 + 1 } else { often };
        let mut took = asked(bench, often, || {
            let page = engine.thread(id, &query).unwrap();
            assert!(black_box(&page).rows.len() >= 50);
        });
        let conditions: [(&str, &dyn Display); 2] = [("events_each", &long), ("page", &name)];
        bench.figure("thread_pages", &conditions).quantiles(&mut took);
    }
}

/// Questions over the views of so many events of the business.
fn questions(bench: &mut Bench, events: u64) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let engine = engine(&directory.path().join("views"), Arc::new(MemoryLog::new(1)), events, 0);
    let conversations = engine
        .status()
        .unwrap()
        .sum(|progress| progress.checkpoint.conversations);
    let all = Filter {
        account: "default".to_owned(),
        ..Filter::default()
    };
    // Every page there is, so that what is asked for lies everywhere.
    let (mut ids, mut cursor) = (Vec::<ConversationId>::new(), None::<String>);
    loop {
        let page = engine.conversations(&all, cursor.as_deref(), 500).unwrap();
        ids.extend(page.items.iter().map(|item| item.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert!(ids.len() as u64 > conversations / 2, "{} of {conversations}", ids.len());
    let longest = ids
        .iter()
        .take(500)
        .copied()
        .max_by_key(|id| engine.timeline(*id).unwrap().len())
        .unwrap();
    let few = ThreadQuery {
        limit: 50,
        ..ThreadQuery::default()
    };
    let ads = Filter {
        origin: Some(OriginKind::Ad),
        ..all.clone()
    };
    let named = Filter {
        search: Some("mar".to_owned()),
        ..all.clone()
    };
    // A step that shares no factor with most lengths: neighbours in the list are not asked for one after the other.
    let turn = Cell::new(0_usize);
    let next = || ids[turn.replace(turn.get() + 1) * 7_919 % ids.len()];
    let page = |filter: &Filter| {
        let page = engine.conversations(filter, None, 50).unwrap();
        assert!(!black_box(&page).items.is_empty());
    };
    let questions: [(&str, &mut dyn FnMut()); 7] = [
        ("one conversation", &mut || {
            drop(black_box(engine.conversation(next()).unwrap()))
        }),
        ("timeline", &mut || drop(black_box(engine.timeline(next()).unwrap()))),
        ("longest timeline of 500", &mut || {
            drop(black_box(engine.timeline(longest).unwrap()))
        }),
        ("thread of 50", &mut || {
            drop(black_box(engine.thread(next(), &few).unwrap()))
        }),
        ("page of 50", &mut || page(&all)),
        ("page of 50 from ads", &mut || page(&ads)),
        ("page of 50 by name", &mut || page(&named)),
    ];
    let often = bench.pick(5, 200, 2_000);
    for (name, question) in questions {
        let mut took = asked(bench, often, question);
        let conditions: [(&str, &dyn Display); 2] = [("conversations", &conversations), ("question", &name)];
        bench.figure("questions", &conditions).quantiles(&mut took);
    }
    engine.stop().unwrap();
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("query");
    // Nine events a conversation: about a thousand, ten thousand, a hundred thousand of them.
    let sizes = bench.pick(&[2_000][..], &[9_000][..], &[9_000, 90_000, 900_000][..]);
    for &events in sizes {
        questions(&mut bench, events);
    }
    past(&mut bench);
    bench.end()
}
