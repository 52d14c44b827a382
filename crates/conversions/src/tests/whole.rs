//! From the log to the outbox: what agents do becomes conversions, once, also over restarts and rebuilds.

use std::sync::{Arc, Mutex};

use origem_domain::event::{Body, Command, Event};
use origem_domain::time::{HOUR, Timestamp};
use origem_engine::{Delivery, Engine, Source};
use origem_log::MemoryLog;
use origem_testkit::{SECRET, script};
use origem_views::rows::MemoryStore;

use super::*;
use crate::conversion::{Reason, State};
use crate::desk::{Desk, Filter};
use crate::feeder::Feeder;
use crate::outbox::{Outbox, Outcome};
use crate::sender::Condition;

/// When the day of scripts begins that tests take place on.
fn day() -> Timestamp {
    script::time_of("1.00:00")
}

/// A log with its views, and an outbox with its feeder.
struct Shop {
    log: Arc<MemoryLog>,
    kept: Arc<MemoryLog>,
    settings: Settings,
    runtime: tokio::runtime::Runtime,
    engine: Arc<Engine>,
    outbox: Outbox,
    feeder: Feeder,
}

impl Shop {
    /// One that has `history` before any destination is configured.
    fn of(settings: Settings, history: &[&str]) -> Self {
        let log = Arc::<MemoryLog>::default();
        let engine = engine(&log);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        take_in(&runtime, &engine, history);
        Self::on(log, Arc::default(), settings, runtime, engine)
    }

    fn on(
        log: Arc<MemoryLog>,
        kept: Arc<MemoryLog>,
        settings: Settings,
        runtime: tokio::runtime::Runtime,
        engine: Arc<Engine>,
    ) -> Self {
        let outbox = Outbox::open(kept.clone(), settings.keep, day()).unwrap();
        let mut feeder = Feeder::new(engine.clone(), outbox.clone(), Arc::new(settings.clone()));
        feeder.begin(day().plus(9 * HOUR)).unwrap();
        Self {
            log,
            kept,
            settings,
            runtime,
            engine,
            outbox,
            feeder,
        }
    }

    /// The same after a restart, with other settings; the views are folded again from the log.
    fn restarted(self, settings: Settings) -> Self {
        let Self {
            log,
            kept,
            runtime,
            engine,
            ..
        } = self;
        engine.stop().unwrap();
        let engine = self::engine(&log);
        runtime
            .block_on(engine.wait(&engine.status().unwrap().last(), PATIENCE))
            .unwrap();
        Self::on(log, kept, settings, runtime, engine)
    }

    /// Appends events, a line each, and feeds the outbox.
    fn happens(&mut self, lines: &[&str]) {
        take_in(&self.runtime, &self.engine, lines);
        self.feed();
    }

    fn feed(&mut self) {
        while self.feeder.step(day().plus(23 * HOUR)).unwrap() {}
    }

    /// `destination:event value state reason`, in order.
    fn told(&self) -> Vec<String> {
        let (mut items, _) = self.outbox.list(|_| true, None, 1_000);
        items.reverse();
        let told = items.iter().map(|item| {
            let conversion = &item.conversion;
            let value = conversion.value.map_or("-".to_owned(), |value| value.decimal());
            let reason = item.reason.as_ref().map_or("-", |reason| reason.code.as_str());
            format!(
                "{}:{} {value} {} {reason}",
                conversion.destination,
                conversion.event,
                item.state.name()
            )
        });
        told.collect()
    }

    /// As if all that waits had been sent.
    fn all_is_sent(&self) {
        let (items, _) = self.outbox.list(|item| item.state == State::Waiting, None, 1_000);
        let sent = items.into_iter().map(|item| item.became(Outcome::Sent { trace: None }));
        self.outbox.settle(sent.collect(), day()).unwrap();
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

fn engine(log: &Arc<MemoryLog>) -> Arc<Engine> {
    let store = Arc::new(MemoryStore::default());
    Arc::new(Engine::start(log.clone(), store, SECRET, Default::default()).unwrap())
}

/// Appends events and waits for the views. `sold=` and `class=` are of the ticket that a line finishes.
fn take_in(runtime: &tokio::runtime::Runtime, engine: &Arc<Engine>, lines: &[&str]) {
    if lines.is_empty() {
        return;
    }
    let events: Vec<String> = lines
        .iter()
        .map(|line| serde_json::to_string(&event(line)).unwrap())
        .collect();
    let deliveries = events.iter().map(|event| Delivery {
        source: Source::Event,
        body: event.as_bytes(),
        received_at: day(),
        account: "default",
    });
    let accepted = runtime.block_on(engine.accept_all(deliveries)).unwrap();
    runtime.block_on(engine.wait(&accepted.positions(), PATIENCE)).unwrap();
}

fn event(line: &str) -> Event {
    let mut event = script::event(line);
    let value = |name: &str| {
        line.split_whitespace()
            .find_map(|word| word.strip_prefix(name))
            .map(str::to_owned)
    };
    if let Body::TicketFinished(Command { ticket, .. }) = &mut event.body {
        ticket.value = value("sold=").map(|text| Amount::parse(&text).unwrap());
        ticket.currency = ticket.value.map(|_| "BRL".to_owned());
        ticket.classification = value("class=");
    }
    event
}

fn sales() -> Settings {
    settings(
        "finished value>0 -> Purchase; stage is=hot -> QualifiedLead; lead -> LeadSubmitted",
        None,
        true,
    )
}

#[test]
fn what_happened_before_a_destination_was_configured_is_told_to_nobody() {
    let history = ["1.08:00 p1 in m1", "1.08:10 p1 finish sold=10"];
    let mut shop = Shop::of(sales(), &history);
    shop.feed();
    assert!(shop.told().is_empty());
    // Also where it arrives only now.
    shop.happens(&["1.08:20 p2 in m2", "1.08:30 p2 finish sold=20"]);
    assert!(shop.told().is_empty());
    shop.happens(&["1.10:00 p3 in m3", "1.10:10 p3 finish sold=30"]);
    assert_eq!(shop.told(), ["webhook:Purchase 30 waiting -"]);
    // Unless the settings ask for it.
    let asked = Settings {
        since: Some(day().plus(8 * HOUR)),
        ..sales()
    };
    let mut shop = Shop::of(asked, &history);
    shop.feed();
    assert_eq!(shop.told(), ["webhook:Purchase 10 waiting -"]);
}

#[test]
fn a_rebuild_or_a_restart_tells_nothing_again_and_loses_nothing() {
    let mut shop = Shop::of(sales(), &[]);
    shop.happens(&[
        "1.10:00 p1 in m1",
        "1.10:10 p1 finish sold=10",
        "1.10:20 p2 in m2",
        "1.10:30 p2 finish sold=20",
    ]);
    shop.all_is_sent();
    let sent = ["webhook:Purchase 10 sent -", "webhook:Purchase 20 sent -"];
    assert_eq!(shop.told(), sent);
    // What happened while nobody was there is told when somebody is again.
    take_in(
        &shop.runtime,
        &shop.engine,
        &["1.11:00 p3 in m3", "1.11:10 p3 finish sold=30"],
    );
    let mut shop = shop.restarted(sales());
    shop.feed();
    assert_eq!(shop.told(), [sent[0], sent[1], "webhook:Purchase 30 waiting -"]);
    let settings = shop.settings.clone();
    let mut shop = shop.restarted(settings);
    shop.feed();
    assert_eq!(shop.told().len(), 3);
}

#[test]
fn a_ticket_that_is_opened_again_takes_back_what_it_can() {
    let mut shop = Shop::of(sales(), &[]);
    shop.happens(&["1.10:00 p1 in m1", "1.10:10 p1 finish sold=10", "1.10:20 p1 reopen"]);
    assert!(
        shop.told().is_empty() || shop.told() == ["webhook:Purchase 10 withdrawn withdrawn"],
        "{:?}",
        shop.told()
    );
    shop.happens(&["1.10:30 p1 finish sold=15"]);
    assert_eq!(shop.told(), ["webhook:Purchase 15 waiting -"], "as it is by now");
    shop.happens(&["1.10:40 p1 reopen"]);
    assert_eq!(shop.told(), ["webhook:Purchase 15 withdrawn withdrawn"]);
    shop.happens(&["1.10:50 p1 finish sold=20"]);
    shop.all_is_sent();
    shop.happens(&["1.11:00 p1 reopen"]);
    assert_eq!(
        shop.told(),
        ["webhook:Purchase 20 sent withdrawn"],
        "what is out is out"
    );
    shop.happens(&["1.11:10 p1 finish sold=25"]);
    assert_eq!(shop.told(), ["webhook:Purchase 20 sent sent_before"]);
    // And all of that again, from what was written down.
    let settings = shop.settings.clone();
    let mut shop = shop.restarted(settings);
    shop.feed();
    assert_eq!(shop.told(), ["webhook:Purchase 20 sent sent_before"]);
}

#[test]
fn stages_and_leads_count_once_a_ticket_and_what_was_voided_not_at_all() {
    let mut shop = Shop::of(sales(), &[]);
    shop.happens(&[
        "1.10:00 p1 in m1",
        "1.10:10 p1 stage stage=cold",
        "1.10:20 p1 stage stage=hot",
        "1.10:30 p1 stage stage=cold",
        "1.10:40 p1 stage stage=hot dedup=again",
        "1.10:50 p1 lead lead=L1",
        // Decided on a ticket that has moved on.
        "1.11:00 p1 finish sold=10 revision=1",
    ]);
    assert_eq!(
        shop.told(),
        ["webhook:QualifiedLead - waiting -", "webhook:LeadSubmitted - waiting -"]
    );
    // The next ticket is another.
    shop.happens(&[
        "1.12:00 p1 finish",
        "1.13:00 p1 in m2",
        "1.13:10 p1 stage stage=hot dedup=third",
    ]);
    assert_eq!(shop.told().len(), 3);
}

#[test]
fn a_destination_that_comes_back_begins_anew() {
    let nowhere = settings("finished value>0 -> Purchase", None, false);
    let mut shop = Shop::of(sales(), &[]);
    shop.happens(&["1.10:00 p1 in m1", "1.10:10 p1 finish sold=10"]);
    let mut shop = shop.restarted(nowhere);
    shop.happens(&["1.11:00 p2 in m2", "1.11:10 p2 finish sold=20"]);
    let mut shop = shop.restarted(sales());
    shop.happens(&["1.12:00 p3 in m3", "1.12:10 p3 finish sold=30"]);
    assert_eq!(
        shop.told(),
        ["webhook:Purchase 10 waiting -", "webhook:Purchase 30 waiting -"]
    );
}

#[test]
fn another_log_is_noticed() {
    let mut shop = Shop::of(sales(), &[]);
    shop.happens(&["1.10:00 p1 in m1", "1.10:10 p1 finish sold=10"]);
    shop.feeder.close();
    shop.log = Arc::default();
    let mut shop = shop.restarted(sales());
    shop.happens(&["1.11:00 p2 in m2", "1.11:10 p2 finish sold=20"]);
    assert_eq!(
        shop.told(),
        ["webhook:Purchase 10 waiting -", "webhook:Purchase 20 waiting -"]
    );
}

#[test]
fn meta_is_told_of_what_an_ad_brought() {
    let mut settings = sales();
    settings.webhook = None;
    settings.meta = Some(meta_settings("http://127.0.0.1:1"));
    let mut shop = Shop::of(settings, &[]);
    shop.happens(&[
        "1.10:00 p1 in m1 ad=A clid=x",
        "1.10:10 p1 finish sold=10",
        "1.10:20 p2 in m2",
        "1.10:30 p2 finish sold=20",
        "1.10:40 p3 in m3 ad=A clid=y",
        "1.10:45 p3 stop",
        "1.10:50 p3 finish sold=30",
    ]);
    let expected = [
        "meta:Purchase 10 waiting -",
        "meta:Purchase 20 skipped no_click",
        "meta:Purchase 30 skipped opted_out",
    ];
    assert_eq!(shop.told(), expected);
    let desk = Desk::new(
        shop.engine.clone(),
        shop.outbox.clone(),
        Arc::new(shop.settings.clone()),
    );
    let page = desk.list(&Filter::default(), None, 1);
    assert_eq!((page.items.len(), page.next), (1, Some(2)));
    let first = desk.list(&Filter::default(), page.next, 5).items.pop().unwrap();
    let request = desk.request(&first.conversion);
    assert_eq!(request["data"][0]["user_data"]["ctwa_clid"], "x");
    assert_eq!(request["data"][0]["event_id"], first.conversion.key.as_str());
    let origin = first.conversion.origin.unwrap();
    assert_eq!((origin.kind.as_str(), origin.ad.as_deref()), ("ad", Some("A")));
    // What would be sent is told without sending, and is what was decided.
    let explained = desk.explain(first.conversion.conversation, day()).unwrap();
    let (judged, state, again) = &explained[0].conversions[0];
    assert_eq!(
        (judged.conversion.key.as_str(), *state),
        (first.conversion.key.as_str(), Some(State::Waiting))
    );
    assert_eq!(*again, request);
    // What is of no use cannot be forced, what waits can be hurried.
    let skipped = &page.items[0].conversion.key;
    assert!(desk.send_again(skipped, day()).is_err());
    assert!(desk.send_again(&first.conversion.key, day()).is_ok());
    assert!(desk.send_again("nothing", day()).is_err());
    let standing = desk.standings(None).remove(0);
    assert_eq!((standing.waiting, standing.failures), (1, 0));
}

#[test]
fn an_account_is_told_of_its_own_conversions_alone() {
    let mut shop = Shop::of(sales(), &[]);
    shop.happens(&["1.10:00 p1 in m1", "1.10:10 p1 finish sold=10"]);
    let condition = Condition {
        failures: 7,
        rests_until: Some(day().plus(HOUR)),
        trouble: Some(Reason::new("busy", "the data of default is too much")),
        taken_at: Some(day()),
        ..Condition::default()
    };
    let desk = Desk::with(
        shop.engine.clone(),
        shop.outbox.clone(),
        Arc::new(shop.settings.clone()),
        BTreeMap::from([(Destination::Webhook, Arc::new(Mutex::new(condition)))]),
    );
    let told = |account| {
        let standing = desk.standings(account).remove(0);
        let trouble = standing.trouble.map(|reason| reason.code).unwrap_or_default();
        let (rests, taken) = (standing.rests_until.is_some(), standing.taken_at.is_some());
        format!("{} {} {trouble} {rests} {taken}", standing.waiting, standing.failures)
    };
    // It waits, and nobody tried yet.
    assert_eq!(told(Some("default")), "1 0  false false");
    let (items, _) = shop.outbox.list(|_| true, None, 1);
    let later = Outcome::Later {
        reason: Reason::new("slow", "it was too slow"),
        at: day().plus(HOUR),
    };
    shop.outbox.settle(vec![items[0].became(later)], day()).unwrap();
    for (account, expected) in [
        (None, "1 7 busy true true"),
        (Some("default"), "1 1 slow true false"),
        (Some("other"), "0 0  false false"),
    ] {
        assert_eq!(told(account), expected, "{account:?}");
    }
}
