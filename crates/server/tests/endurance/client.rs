//! A client as providers and producers are: it sends again what was not acknowledged, and now and then what was.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use origem_testkit::chance::Chance;
use serde_json::{Value, json};

use crate::server::{Answer, SECRET, Server, signature};

/// People who write: few, so that conversations are in the middle of something when the server dies.
const PEOPLE: u64 = 40;
/// Acknowledged deliveries that may be sent again.
const REMEMBERED_MAX: usize = 32;
/// One in so many deliveries was acknowledged before.
const AGAIN: u64 = 8;

/// What a client has sent and been told, over all lives of the server.
pub struct Client {
    number: u64,
    chance: Chance,
    made: u64,
    /// Sent without an answer: the next thing to send.
    waiting: Option<Sending>,
    remembered: VecDeque<Sending>,
    /// What was acknowledged, in order.
    pub told: Vec<Told>,
    /// Deliveries sent again although they were acknowledged.
    pub again: u64,
    /// Deliveries that got no answer.
    pub unanswered: u64,
}

/// A delivery.
#[derive(Clone)]
struct Sending {
    path: &'static str,
    body: String,
    ids: Vec<String>,
}

/// An acknowledgement.
pub struct Told {
    /// The ids of the messages, in order.
    pub ids: Vec<String>,
    /// The offset of the last.
    pub last: u64,
    /// In which life of the server.
    pub life: usize,
}

impl Client {
    pub fn new(seed: u64, number: u64) -> Self {
        Self {
            number,
            chance: Chance::new(seed, 1_000 + number),
            made: 0,
            waiting: None,
            remembered: VecDeque::new(),
            told: Vec::new(),
            again: 0,
            unanswered: 0,
        }
    }

    /// Sends until the server is gone, or until `enough`.
    pub fn run(&mut self, server: &Server, life: usize, enough: &AtomicBool) {
        while !enough.load(Ordering::Relaxed) {
            let sending = self.next();
            if !self.send(server, life, sending) {
                return;
            }
        }
    }

    /// Sends so many, to a server that stays.
    #[track_caller]
    pub fn deliver(&mut self, server: &Server, count: usize) {
        for _ in 0..count {
            let sending = self.next();
            assert!(self.send(server, 0, sending), "the server went away by itself");
        }
    }

    /// Sends what has had no answer yet, to a server that stays.
    #[track_caller]
    pub fn finish(&mut self, server: &Server, life: usize) {
        if let Some(waiting) = self.waiting.take() {
            assert!(self.send(server, life, waiting), "the server went away by itself");
        }
    }

    /// False if there was no answer.
    fn send(&mut self, server: &Server, life: usize, sending: Sending) -> bool {
        let answer = post(server, &sending);
        let Some(answer) = answer else {
            self.unanswered += 1;
            self.waiting = Some(sending);
            return false;
        };
        assert_eq!(answer.status, 200, "{answer:?}");
        let position = answer.position.unwrap();
        let last = position.strip_prefix("0:").and_then(|offset| offset.parse().ok());
        self.told.push(Told {
            ids: sending.ids.clone(),
            last: last.unwrap_or_else(|| panic!("`{position}` is no position")),
            life,
        });
        self.remembered.push_back(sending);
        if self.remembered.len() > REMEMBERED_MAX {
            self.remembered.pop_front();
        }
        true
    }

    fn next(&mut self) -> Sending {
        if let Some(waiting) = self.waiting.take() {
            return waiting;
        }
        if !self.remembered.is_empty() && self.chance.once_in(AGAIN) {
            self.again += 1;
            let which = self.chance.below(self.remembered.len() as u64) as usize;
            return self.remembered[which].clone();
        }
        let person = self.chance.below(PEOPLE);
        let count = self.chance.between(1, 4);
        let ids: Vec<String> = (0..count).map(|_| self.id()).collect();
        if self.chance.once_in(3) {
            let lines: Vec<String> = ids.iter().map(|id| self.event(person, id).to_string()).collect();
            return Sending {
                path: "/v1/events",
                body: lines.join("\n"),
                ids,
            };
        }
        Sending {
            path: "/webhooks/meta",
            body: self.webhook(person, &ids),
            ids,
        }
    }

    fn id(&mut self) -> String {
        self.made += 1;
        format!("wamid.{}.{}", self.number, self.made)
    }

    /// Seconds after noon of the day everybody writes on.
    fn second(&mut self) -> u64 {
        self.made + self.chance.below(600)
    }

    fn webhook(&mut self, person: u64, ids: &[String]) -> String {
        let messages: Vec<Value> = ids
            .iter()
            .map(|id| {
                let at = (1_790_424_000 + self.second()).to_string();
                json!({"from": phone(person), "id": id, "timestamp": at, "type": "text", "text": {"body": "oi"}})
            })
            .collect();
        let value = json!({
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": "200000000000002"},
            "contacts": [{"profile": {"name": "Rita Teste"}, "wa_id": phone(person), "user_id": format!("BR.{person}")}],
            "messages": messages,
        });
        let changes = json!([{"field": "messages", "value": value}]);
        json!({"object": "whatsapp_business_account", "entry": [{"id": "100000000000001", "changes": changes}]})
            .to_string()
    }

    fn event(&mut self, person: u64, id: &str) -> Value {
        let second = self.second() % 3_600;
        json!({
            "kind": "message_sent", "channel": {"kind": "whatsapp", "id": "200000000000002"}, "via": "web", "agent": "ana",
            "contact": {"aliases": [{"kind": "phone", "value": phone(person)}]},
            "occurred_at": format!("2026-09-26T12:{:02}:{:02}Z", second / 60, second % 60),
            "message": {"id": id, "type": "text", "text": "bom dia"},
        })
    }
}

fn phone(person: u64) -> String {
    format!("55119555501{person:02}")
}

fn post(server: &Server, sending: &Sending) -> Option<Answer> {
    let body = sending.body.as_bytes();
    let signed = signature(SECRET, body);
    let headers: &[(&str, &str)] = match sending.path {
        "/webhooks/meta" => &[("x-hub-signature-256", &signed)],
        _ => &[],
    };
    server.try_post(sending.path, headers, body).ok()
}
