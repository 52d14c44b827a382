//! Lists that are read while events come: nobody is left out, nobody is told twice.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use origem_domain::position::Partition;
use origem_domain::time::Timestamp;
use origem_engine::query::{Filter, Order};
use origem_engine::{Delivery, Engine, Options, Source};
use origem_log::MemoryLog;
use origem_testkit::SECRET;
use origem_views::rows::{Changes, MapRows, MemoryStore, Rows, RowsError, Scan, Store};

/// A store whose lists can be held while rows go on: as if a commit came between reading the one and the other.
#[derive(Default)]
struct Racing {
    store: MemoryStore,
    held: Mutex<Option<MapRows>>,
}

impl Rows for Racing {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.store.get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        match &*self.held.lock().unwrap() {
            Some(held) => Box::new(held.scan(from, to).collect::<Vec<_>>().into_iter()),
            None => self.store.scan(from, to),
        }
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        match &*self.held.lock().unwrap() {
            Some(held) => Box::new(held.scan_back(from, to).collect::<Vec<_>>().into_iter()),
            None => self.store.scan_back(from, to),
        }
    }
}

impl Store for Racing {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        self.store.commit(changes)
    }

    fn flush(&self) -> Result<(), RowsError> {
        self.store.flush()
    }
}

/// A message of contact number `contact` in minute `minute`.
fn message(contact: u32, minute: u32) -> String {
    format!(
        r#"{{"kind":"message_received","channel":{{"kind":"whatsapp","id":"200000000000002"}},"contact":{{"aliases":[{{"kind":"phone","value":"551195555010{contact}"}}]}},"occurred_at":"2026-09-26T10:{minute:02}:00Z","message":{{"id":"m{contact}-{minute}","type":"text","text":"oi"}}}}"#
    )
}

#[test]
fn who_writes_while_a_list_is_read_hides_nobody() {
    let store = Arc::new(Racing::default());
    let engine = Engine::over(Arc::new(MemoryLog::new(1)), SECRET, Options::default()).unwrap();
    engine.own(Partition(0), store.clone()).unwrap();
    let engine = Arc::new(engine);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let take = |contact, minute| {
        let body = message(contact, minute);
        let delivery = Delivery {
            source: Source::Event,
            body: body.as_bytes(),
            received_at: Timestamp::default(),
            account: "default",
        };
        runtime.block_on(async {
            let accepted = engine.accept(delivery).await.unwrap();
            engine
                .wait(&accepted.positions(), Duration::from_secs(30))
                .await
                .unwrap();
        });
    };
    (0..6).for_each(|contact| take(contact, contact));
    *store.held.lock().unwrap() = Some(store.store.copy());
    (0..6).step_by(2).for_each(|contact| take(contact, 50));
    for order in [Order::Latest, Order::Oldest] {
        let filter = Filter {
            account: "default".to_owned(),
            order,
            ..Filter::default()
        };
        for limit in [1, 2, 5] {
            let (mut listed, mut cursor) = (Vec::new(), None);
            for _ in 0..=6 {
                let page = engine.conversations(&filter, cursor.as_deref(), limit).unwrap();
                listed.extend(page.items.into_iter().map(|item| item.id));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(cursor, None, "{order:?}, pages of {limit}: it does not end");
            let told = listed.len();
            listed.sort();
            listed.dedup();
            assert_eq!((told, listed.len()), (6, 6), "{order:?}, pages of {limit}");
        }
    }
    engine.stop().unwrap();
}
