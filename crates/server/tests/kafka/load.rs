//! Helpers: deliveries that come while something else happens, and queries that go on meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::place::{Place, raw, unavailable_or};
use crate::process::eventually;
use crate::server::Server;
use crate::world::{text, whatsapp};

/// Numbers of the business, so that all partitions have something.
const NUMBERS: usize = 24;
/// Customers of each.
const CUSTOMERS: usize = 25;

/// A delivery with one message. Who writes has written before, unless `number` is small.
pub fn delivery(number: usize) -> String {
    let customer = number / NUMBERS % CUSTOMERS;
    let second = u32::try_from(number).unwrap();
    let message = text(
        &format!("55119555501{customer:02}"),
        &format!("wamid.{number}"),
        second,
        "oi",
    );
    whatsapp(&json!([message]))
        .replace("200000000000002", &format!("2000000000001{:02}", number % NUMBERS))
        .replace("BR.1000000000000001", &format!("BR.{customer}"))
        .replace(
            "\"wa_id\":\"5511955550101\"",
            &format!("\"wa_id\":\"55119555501{customer:02}\""),
        )
}

/// Publishes deliveries to inbound, a few at a time, until told to stop.
pub struct Load {
    published: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Load {
    /// Begins after the first `before` deliveries, which have been published.
    pub fn begin(place: &Place, before: usize) -> Self {
        /// At a time; and the time between.
        const FEW: usize = 4;
        const PAUSE: Duration = Duration::from_millis(25);
        let (published, stop) = (Arc::new(AtomicUsize::new(before)), Arc::new(AtomicBool::new(false)));
        let publisher = place.publisher("inbound");
        let (count, stopped) = (published.clone(), stop.clone());
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let begun = count.load(Ordering::Relaxed);
                let records: Vec<_> = (begun..begun + FEW).map(|number| raw(&delivery(number))).collect();
                publisher.publish(&records);
                count.store(begun + FEW, Ordering::Relaxed);
                thread::sleep(PAUSE);
            }
        });
        Self {
            published,
            stop,
            thread,
        }
    }

    /// Waits until so many more were published.
    #[track_caller]
    pub fn goes_on(&self, more: usize) {
        let enough = self.published.load(Ordering::Relaxed) + more;
        assert!(eventually(|| self.published.load(Ordering::Relaxed) >= enough));
    }

    /// Ends it; all that was published.
    #[track_caller]
    pub fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        (0..self.published.load(Ordering::Relaxed)).map(delivery).collect()
    }
}

/// What queries have seen.
#[derive(Debug, Default)]
pub struct Seen {
    pub answered: usize,
    pub unavailable: usize,
    /// The longest time without an answer.
    pub longest: Duration,
}

/// Asks `server` until `done`: lists, counts, one conversation that is there. It answers rightly, or says when to ask again.
#[track_caller]
pub fn query_until(server: &Server, done: &AtomicBool) -> Seen {
    let first = server.get("/v1/conversations?limit=200");
    let id = first["items"][0]["id"].as_str().unwrap().to_owned();
    let one = format!("/v1/conversations/{id}");
    let (mut seen, mut count, mut unread) = (Seen::default(), 0, 0);
    let mut last_answer = Instant::now();
    while !done.load(Ordering::Relaxed) {
        let list = server.ask("/v1/conversations?limit=200", &[]);
        let card = server.ask(&one, &[]);
        for answer in [&list, &card] {
            unavailable_or(answer, 200);
            seen.answered += usize::from(answer.status == 200);
            seen.unavailable += usize::from(answer.status != 200);
        }
        if list.status == 200 {
            let list = list.ok();
            let found = total(&list);
            assert!(found >= count, "{found} conversations after {count}");
            count = found;
            seen.longest = seen.longest.max(last_answer.elapsed());
            last_answer = Instant::now();
        }
        if card.status == 200 {
            let found = card.ok()["unread"].as_u64().unwrap();
            assert!(found >= unread, "{found} unread after {unread}");
            unread = found;
        }
    }
    seen.longest = seen.longest.max(last_answer.elapsed());
    seen
}

/// How many conversations the counts tell.
fn total(list: &Value) -> u64 {
    let counts = list["counts"].as_object().unwrap().values();
    counts.map(|count| count.as_u64().unwrap_or_default()).sum()
}

/// Says that it is done, however a scope is left: a failed assertion must not leave the others at work for ever.
pub struct Ends<'a>(pub &'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
