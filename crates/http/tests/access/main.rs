//! Who may ask what: every route with every role, keys, and what of the conversations each caller sees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod commands;
mod keys;
mod outreach;
mod plans;
mod producers;
mod routes;
mod taken_for;
mod visibility;
mod wrong_keys;

use axum::http::Method;
use common::{Answer, Edge, options, request};
use origem_access::{Key, Settings, Wanted};
use origem_domain::access::Role;
use origem_domain::directory::{Item, KEYS};
use origem_engine::{Wish, Writer};
use origem_http::Options;

/// The token of operators in the settings.
const OPERATOR: &str = "the-token-of-operators";

/// An edge where everybody has to prove who they are.
fn guarded() -> Edge {
    common::edge(Options {
        access: Settings {
            operator_token: Some(OPERATOR.into()),
            ..Settings::default()
        },
        ..options()
    })
}

/// Makes a key and keeps it in the directory.
fn key(edge: &Edge, role: Role, account: Option<&str>, agent: Option<&str>) -> String {
    let wanted = Wanted {
        role,
        account: account.map(str::to_owned),
        agent: agent.map(str::to_owned),
        ..Wanted::default()
    };
    let key = Key::make(wanted).unwrap();
    let wish = Wish {
        account: KEYS.to_owned(),
        id: key.id,
        item: Item::AccessKey(key.entry),
    };
    edge.engine.directory().put(&[wish], &Writer::default()).unwrap();
    String::from_utf8(key.secret.bytes().to_vec()).unwrap()
}

/// Sends a request with a key.
async fn ask(edge: &Edge, key: &str, method: Method, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    edge.send(request(method, path, &[("authorization", &bearer)], body.to_owned()))
        .await
}

/// Status and code of an answer: `200`, `403 not_visible`.
fn told(answer: &Answer) -> String {
    if answer.status.is_success() {
        return answer.status.as_u16().to_string();
    }
    format!(
        "{} {}",
        answer.status.as_u16(),
        answer.json()["error"]["code"].as_str().unwrap()
    )
}
