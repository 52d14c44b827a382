//! Sending to a destination that behaves like the real one: what becomes of conversions, and how often they are told.

use std::sync::Arc;
use std::time::Duration;

use origem_domain::event::ChannelKind;
use origem_domain::time::{DAY, HOUR};
use origem_log::MemoryLog;
use serde_json::json;

use super::destination::{Destination as Server, Fault};
use super::*;
use crate::conversion::{Item, State};
use crate::decide::Judged;
use crate::outbox::{Entry, Intake, Outbox, OutboxError};
use crate::sender::{Sender, Shared};

const SECOND: i64 = 1_000_000;

/// An outbox that a sender empties into a server.
struct Post {
    log: Arc<MemoryLog>,
    outbox: Outbox,
    settings: Arc<Settings>,
    destination: Destination,
    sender: Sender,
    condition: Shared,
}

impl Post {
    fn of(settings: Settings, destination: Destination) -> Self {
        Self::on(Arc::default(), settings, destination)
    }

    fn on(log: Arc<MemoryLog>, settings: Settings, destination: Destination) -> Self {
        let outbox = Outbox::open(log.clone(), settings.keep, noon()).unwrap();
        let (settings, condition) = (Arc::new(settings), Shared::default());
        let find =
            Arc::new(|conversion: &Conversion, _| Ok((conversion.conversation.0 != 404).then(|| "77".to_owned())));
        let sender = Sender::new(destination, outbox.clone(), settings.clone(), find, condition.clone());
        Self {
            log,
            outbox,
            settings,
            destination,
            sender,
            condition,
        }
    }

    /// For Meta, at a server.
    fn to_meta(server: &Server) -> Self {
        Self::of(
            super::settings("finished -> Purchase", Some(meta_settings(&server.url)), false),
            Destination::Meta,
        )
    }

    fn to_webhook(server: &Server) -> Self {
        let mut settings = super::settings("finished -> Purchase", None, true);
        settings.webhook.as_mut().unwrap().url = format!("{}/hook", server.url);
        Self::of(settings, Destination::Webhook)
    }

    /// The same after the process died: what was not written down is gone.
    fn killed(self) -> Self {
        let settings = Settings::clone(&self.settings);
        Self::on(self.log, settings, self.destination)
    }

    fn put(&self, conversions: impl IntoIterator<Item = Conversion>) {
        let entries = conversions.into_iter().map(|conversion| {
            let conversion = Conversion {
                destination: self.destination,
                ..conversion
            };
            Entry::Decided(Box::new(Judged {
                conversion,
                objection: None,
            }))
        });
        let intake = Intake {
            entries: entries.collect(),
            ..Intake::default()
        };
        self.outbox.take_in(intake, false, noon()).unwrap();
    }

    /// Sends until nothing is due, as if `after` had passed.
    fn send(&mut self, after: i64) {
        for _ in 0..100 {
            if !self.sender.step(noon().plus(after)).unwrap() {
                return;
            }
        }
        panic!("it never ends");
    }

    /// Has something be sent again, whatever became of it.
    fn again(&self, key: &str) {
        let may = |_: &Item| Ok::<(), OutboxError>(());
        self.outbox.send_again(key, may, noon()).unwrap();
    }

    fn item(&self, key: &str) -> Item {
        self.outbox.of_key(key).unwrap()
    }

    /// `key state reason attempts`, in order.
    fn told(&self) -> Vec<String> {
        let (mut items, _) = self.outbox.list(|_| true, None, 1_000);
        items.reverse();
        let told = items.iter().map(|item| {
            let reason = item.reason.as_ref().map_or("-", |reason| reason.code.as_str());
            format!(
                "{} {} {reason} {}",
                item.conversion.key,
                item.state.name(),
                item.attempts
            )
        });
        told.collect()
    }
}

fn whatsapp(key: &str) -> Conversion {
    conversion(key, ChannelKind::Whatsapp)
}

#[test]
fn a_batch_is_told_once_in_one_request_for_each_dataset() {
    let server = Server::start(noon());
    let mut post = Post::to_meta(&server);
    post.put([whatsapp("a"), conversion("b", ChannelKind::Messenger), whatsapp("c")]);
    post.send(0);
    post.send(HOUR);
    assert_eq!(post.told(), ["a sent - 1", "b sent - 1", "c sent - 1"]);
    assert_eq!(server.requests().len(), 2);
    let mut taken = server.taken();
    taken.sort();
    assert_eq!(taken, ["a", "b", "c"]);
    assert_eq!(post.item("a").trace.as_deref(), Some("T0"));
}

#[test]
fn one_that_is_refused_does_not_take_the_others_with_it() {
    let server = Server::start(noon());
    let mut post = Post::to_meta(&server);
    let mut bad = whatsapp("bad");
    bad.event = "CartAbandoned".to_owned();
    let good = (0..9).map(|number| whatsapp(&format!("g{number}")));
    post.put(good.chain([bad]));
    post.send(0);
    let refused: Vec<String> = post.told().into_iter().filter(|told| !told.contains("sent")).collect();
    assert_eq!(refused, ["bad refused refused 1"]);
    let reason = post.item("bad").reason.unwrap().message;
    assert_eq!(reason, "Meta's error 100/2804066: Event name is not supported");
    let mut taken = server.taken();
    taken.sort();
    taken.dedup();
    assert_eq!((taken.len(), server.taken().len()), (9, 9), "each once");
    assert!(server.requests().len() < 10, "it is found by halves");
    // By hand it is tried once more.
    post.again("bad");
    post.send(0);
    assert_eq!(post.item("bad").attempts, 2);
}

#[test]
fn what_is_too_old_or_leads_to_nobody_never_leaves() {
    let server = Server::start(noon().plus(8 * DAY));
    let mut post = Post::to_meta(&server);
    let mut recent = whatsapp("recent");
    recent.at = noon().plus(5 * DAY);
    let mut gone = conversion("gone", ChannelKind::Messenger);
    gone.conversation = ConversationId(404);
    gone.at = recent.at;
    let mut elsewhere = conversion("elsewhere", ChannelKind::Webchat);
    elsewhere.at = recent.at;
    post.put([whatsapp("old"), recent, gone, elsewhere]);
    post.send(8 * DAY);
    let expected = [
        "old gave_up too_old 0",
        "recent sent - 1",
        "gone gave_up no_person 0",
        "elsewhere gave_up no_dataset 0",
    ];
    assert_eq!(post.told(), expected);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_destination_that_is_busy_is_left_alone_and_then_told() {
    let error = json!({"error": {"message": "too many calls", "code": 4}});
    for (fault, code, rest) in [
        (Fault::Status(429, Some(120), json!(null)), "rate_limited", 120),
        (Fault::Status(400, Some(60), error), "rate_limited", 60),
        (Fault::Status(500, None, json!("oops")), "unavailable", 1),
        (Fault::Status(503, Some(30), json!(null)), "unavailable", 30),
        (
            Fault::Status(401, None, json!({"error": {"message": "expired", "code": 190}})),
            "token",
            1,
        ),
        (Fault::Resets, "unreachable", 1),
    ] {
        let server = Server::start(noon());
        server.will([fault.clone()]);
        let mut post = Post::to_meta(&server);
        post.put([whatsapp("a"), whatsapp("b")]);
        post.send(0);
        assert_eq!(
            post.told(),
            [format!("a waiting {code} 1"), format!("b waiting {code} 1")],
            "{fault:?}"
        );
        let trouble = post.condition.lock().unwrap().clone();
        assert_eq!(trouble.trouble.unwrap().code, code);
        let until = trouble.rests_until.unwrap().since(noon());
        assert!(
            until <= rest * SECOND && until >= rest * SECOND / 2,
            "{fault:?}: {until}"
        );
        post.send(until - 1);
        let asked = server.requests().len();
        assert!(asked <= 1, "{fault:?}: it is left alone");
        post.send(HOUR);
        assert_eq!(post.told(), ["a sent - 2", "b sent - 2"], "{fault:?}");
        assert_eq!(post.condition.lock().unwrap().trouble, None);
    }
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again_under_the_same_id() {
    for fault in [Fault::TakesAndResets, Fault::Hangs] {
        let server = Server::start(noon());
        server.will([fault.clone()]);
        let mut post = Post::to_meta(&server);
        let mut settings = Settings::clone(&post.settings);
        settings.timeout = Duration::from_millis(500);
        post = Post::of(settings, Destination::Meta);
        post.put([whatsapp("a")]);
        post.send(0);
        assert_eq!(post.item("a").state, State::Waiting, "{fault:?}");
        post.send(HOUR);
        assert_eq!(post.item("a").state, State::Sent, "{fault:?}");
        let expected: &[&str] = if fault == Fault::Hangs { &["a"] } else { &["a", "a"] };
        assert_eq!(server.taken(), expected, "{fault:?}");
    }
}

#[test]
fn who_dies_after_the_answer_and_before_the_note_tells_again_and_who_dies_later_does_not() {
    let server = Server::start(noon());
    let mut post = Post::to_meta(&server);
    post.put([whatsapp("a"), whatsapp("b")]);
    // It is out, and nothing says so: as if the process had died between.
    let copy = Arc::<MemoryLog>::default();
    let records =
        origem_log::EventLog::read(&*post.log, Default::default(), Default::default(), Default::default()).unwrap();
    for (_, record) in records.iter() {
        origem_log::EventLog::append(&*copy, Default::default(), &[record]).unwrap();
    }
    post.send(0);
    let mut killed = Post::on(copy, Settings::clone(&post.settings), Destination::Meta);
    killed.send(0);
    assert_eq!(killed.told(), ["a sent - 1", "b sent - 1"]);
    assert_eq!(
        server.taken(),
        ["a", "b", "a", "b"],
        "the same ids, for the receiver to drop"
    );
    let mut after = post.killed();
    after.send(HOUR);
    assert_eq!(after.told(), ["a sent - 1", "b sent - 1"]);
    assert_eq!(server.taken().len(), 4);
}

#[test]
fn a_webhook_is_signed_and_a_stubborn_one_holds_up_nobody() {
    let server = Server::start(noon());
    server.will([
        Fault::Status(500, None, json!("cannot read this one")),
        Fault::Status(422, None, json!({"error": "no such product"})),
    ]);
    let mut post = Post::to_webhook(&server);
    post.put([whatsapp("a"), whatsapp("b"), whatsapp("c")]);
    post.send(0);
    post.send(2 * SECOND);
    assert_eq!(
        post.told(),
        ["a waiting unavailable 1", "b refused refused 1", "c sent - 1"]
    );
    post.send(HOUR);
    assert_eq!(post.told(), ["a sent - 2", "b refused refused 1", "c sent - 1"]);
    let last = server.requests().pop().unwrap();
    assert_eq!(last.header("webhook-id"), "a");
    let now = noon().plus(HOUR);
    let secret = &post.settings.webhook.as_ref().unwrap().secret;
    let expected = crate::webhook::headers("a", secret, &last.body, now);
    assert_eq!(last.header("webhook-signature"), expected[2].1);
    assert_eq!(last.header("webhook-timestamp"), expected[1].1);
    let body = last.json();
    assert_eq!(body["type"], "conversion");
    assert_eq!(body["data"]["event"], "Purchase");
    assert_eq!(body["data"]["value"], 199.9);
    assert_eq!(body["data"]["ctwa_clid"], "Afe_1");
}

#[test]
fn a_webhook_is_given_up_after_seven_days_and_meta_too() {
    for destination in Destination::ALL {
        let server = Server::start(noon());
        let mut post = match destination {
            Destination::Meta => Post::to_meta(&server),
            Destination::Webhook => Post::to_webhook(&server),
        };
        server.will((0..400).map(|_| Fault::Status(503, None, json!(null))));
        post.put([whatsapp("a")]);
        for hour in 0..=170 {
            post.send(hour * HOUR);
        }
        let item = post.item("a");
        assert_eq!(item.state, State::GaveUp, "{destination}");
        assert!(item.attempts > 100, "{destination}: {}", item.attempts);
        let asked = server.requests().len();
        post.send(180 * HOUR);
        assert_eq!(server.requests().len(), asked, "{destination}");
    }
}

#[test]
fn a_dry_run_sends_nothing() {
    let server = Server::start(noon());
    let mut settings = super::settings("finished -> Purchase", Some(meta_settings(&server.url)), false);
    settings.dry_run = true;
    let mut post = Post::of(settings, Destination::Meta);
    post.put([whatsapp("a")]);
    post.again("a");
    post.send(HOUR);
    assert_eq!(server.requests().len(), 0);
}
