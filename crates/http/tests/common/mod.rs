//! An edge in the test's own process: memory log, memory views, no sockets.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // each test file uses its part

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use hmac::{Hmac, KeyInit as _, Mac as _};
use origem_domain::key::Secret;
use origem_engine::Engine;
use origem_http::{Options, State, router};
use origem_log::{EventLog, MemoryLog};
use origem_views::rows::MemoryStore;
use serde_json::Value;
use sha2::Sha256;
use tower::ServiceExt as _;

/// The secret of the reference's test vectors.
pub const SECRET_1: &str = "ref-app-secret-1";
pub const SECRET_2: &str = "ref-app-secret-2";
pub const VERIFY_TOKEN: &str = "verify-me";

pub struct Edge {
    pub engine: Arc<Engine>,
    pub state: State,
    pub router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Patience enough for a busy machine.
pub fn options() -> Options {
    Options {
        wait_timeout: Duration::from_secs(20),
        ..Options::default()
    }
}

/// Little patience, for tests of what happens when it ends.
pub fn impatient(options: Options) -> Options {
    Options {
        body_timeout: Duration::from_millis(300),
        wait_timeout: Duration::from_millis(300),
        ..options
    }
}

pub fn signed() -> Options {
    Options {
        meta_app_secrets: vec![SECRET_2.into(), SECRET_1.into()],
        meta_verify_token: Some(VERIFY_TOKEN.into()),
        ..options()
    }
}

pub fn edge(options: Options) -> Edge {
    edge_on(Arc::new(MemoryLog::default()), options)
}

pub fn edge_on(log: Arc<dyn EventLog>, options: Options) -> Edge {
    edge_of(log, origem_engine::Options::default(), options)
}

pub fn edge_of(log: Arc<dyn EventLog>, engine: origem_engine::Options, options: Options) -> Edge {
    let secret = Secret::new(*b"not-so-secret-16");
    let engine = Engine::start(log, Arc::new(MemoryStore::default()), secret, engine);
    let engine = Arc::new(engine.unwrap());
    let state = State::new(engine.clone(), options);
    Edge {
        router: router(state.clone()),
        engine,
        state,
    }
}

impl Edge {
    pub async fn response(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.response(request).await;
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, &[], "")).await
    }

    pub async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(request(Method::POST, path, &[], body)).await
    }

    /// Reads what was written before: the position of the write goes with the read.
    pub async fn get_after(&self, written: &Answer, path: &str) -> Answer {
        let position = written.header("origem-position");
        self.send(request(Method::GET, path, &[("origem-min-position", position)], ""))
            .await
    }
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let value = self
            .headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name}: {:?}", self.body));
        value.to_str().unwrap()
    }
}

pub fn request(method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

/// The signature of `body` with the first secret of the reference.
pub fn signature(body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET_1.as_bytes())
        .unwrap()
        .chain_update(body);
    let tag = mac.finalize().into_bytes();
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// A message as one of our own events.
pub fn event(phone: &str, time: &str, id: &str, text: &str) -> String {
    format!(
        r#"{{"kind":"message_received","channel":{{"kind":"whatsapp","id":"200000000000002"}},"contact":{{"aliases":[{{"kind":"phone","value":"{phone}"}}],"name":"Rita Teste"}},"occurred_at":"{time}","message":{{"id":"{id}","type":"text","text":"{text}"}}}}"#
    )
}

/// A WhatsApp webhook of `messages`, as Meta writes it.
pub fn whatsapp(messages: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100000000000001","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"200000000000002"}},"messages":[{messages}]}}}}]}}]}}"#
    )
}

const BAD_INPUT: &str = include_str!("../../../../docs/bad-input.md");

/// The rows of docs/bad-input.md: what comes in, and what it gets.
pub fn documented() -> BTreeMap<String, String> {
    let rows = BAD_INPUT
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter_map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            let (what, answer) = (cells.next()?.to_owned(), cells.next()?.replace('`', ""));
            answer
                .starts_with(|first: char| first.is_ascii_digit())
                .then_some((what, answer))
        });
    rows.collect()
}
