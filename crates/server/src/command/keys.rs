//! `origem keys`: made, listed and revoked through the same routes as the API.

use std::io::{IsTerminal as _, Write as _};

use axum::http::Method;
use origem_domain::access::Role;
use serde_json::{Value, json};

use super::query::{encode, table};
use crate::api::Api;
use crate::args::{Format, Keys, KeysAction, KeysPlace, Settings};
use crate::failure::Failure;

const ROUTE: &str = "/v1/keys";

const COLUMNS: &[(&str, &[&str])] = &[
    ("id", &["/id"]),
    ("role", &["/role"]),
    ("account", &["/account"]),
    ("agent", &["/agent"]),
    ("name", &["/name"]),
    ("made", &["/created_at"]),
    ("by", &["/created_by"]),
    ("expires", &["/expires_at"]),
];

/// Carries an action out.
pub fn run(args: &Keys) -> Result<(), Failure> {
    match &args.action {
        KeysAction::Create {
            role,
            agent,
            account,
            name,
            expires,
            place,
        } => {
            let wanted = wanted(&[
                ("role", Some(Role::from(*role).name())),
                ("agent", agent.as_deref()),
                ("account", account.as_deref()),
                ("name", name.as_deref()),
                ("expires_in", expires.as_deref()),
            ]);
            let (key, is_known) = asked(place, Api::open_or_begin, |api| {
                let key = api.send(&Method::POST, ROUTE, Some(&wanted))?;
                Ok((key.clone(), is_known(api, &key)))
            })?;
            created(place, &key, is_known)
        }
        KeysAction::List { place } => {
            let keys = asked(place, Api::open, |api| api.get(ROUTE))?;
            match format(place) {
                Format::Json => print(&keys.to_string()),
                Format::Table => print(&table(COLUMNS, &keys).to_string()),
            }
        }
        KeysAction::Revoke { id, place } => {
            let path = format!("{ROUTE}/{}", encode(id));
            asked(place, Api::open, |api| api.send(&Method::DELETE, &path, None))?;
            Ok(())
        }
    }
}

fn wanted(members: &[(&str, Option<&str>)]) -> Value {
    let told = members.iter().filter_map(|(name, text)| Some((*name, (*text)?)));
    told.map(|(name, text)| (name.to_owned(), json!(text)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Whether the directory has the agent of a key: until it has, the key sees nothing.
fn is_known(api: &Api, key: &Value) -> bool {
    let (Some(agent), Some(account)) = (key["agent"].as_str(), key["account"].as_str()) else {
        return true;
    };
    api.get(&format!("/v1/agents/{}?account={}", encode(agent), encode(account)))
        .is_ok()
}

fn created(place: &KeysPlace, key: &Value, is_known: bool) -> Result<(), Failure> {
    let mut error = std::io::stderr().lock();
    if !is_known {
        let agent = key["agent"].as_str().unwrap_or_default();
        writeln!(
            error,
            "the directory has no agent `{agent}` yet: until it has, the key sees no conversation (PUT /v1/agents/{agent})"
        )?;
    }
    match format(place) {
        Format::Json => print(&key.to_string()),
        Format::Table => {
            writeln!(error, "the key, which is shown this once:")?;
            print(key["key"].as_str().unwrap_or_default())
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

fn format(place: &KeysPlace) -> Format {
    let usual = Format::usual(std::io::stdout().is_terminal());
    place.format.unwrap_or(usual)
}

/// Asks the API of a server, or of this process as `open` opens it.
fn asked<T>(
    place: &KeysPlace,
    open: fn(&Settings) -> Result<Api, Failure>,
    question: impl Fn(&Api) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let api = match &place.url {
        Some(url) => Api::remote(url, None),
        None => open(&place.settings)?,
    };
    let answer = question(&api);
    api.close()?;
    answer
}
