//! `origem act`: what agents do with tickets, through the same routes as the API, which know what goes with what.

use std::io::Write as _;

use axum::http::Method;
use serde_json::{Map, Value, json};

use crate::api::Api;
use crate::args::Act;
use crate::command::query::{encode, find};
use crate::failure::Failure;

/// Carries a command out and prints the conversation as it is then.
pub fn run(args: &Act) -> Result<(), Failure> {
    let api = Api::at(args.url.as_deref(), &args.settings)?;
    let answer = act(args, &api);
    api.close()?;
    writeln!(std::io::stdout().lock(), "{}", answer?)?;
    Ok(())
}

fn act(args: &Act, api: &Api) -> Result<Value, Failure> {
    let id = match (&args.conversation, &args.contact) {
        (Some(id), _) => id.clone(),
        (None, Some(contact)) => find(api, contact, args.channel.as_deref())?,
        (None, None) => {
            return Err(Failure::usage(
                "name a conversation, or its contact with --contact".to_owned(),
            ));
        }
    };
    let path = format!("/v1/conversations/{}/{}", encode(&id), args.deed.route());
    api.send(&Method::POST, &path, Some(&Value::Object(body(args))))
}

/// What was told, by the names of the body.
fn body(args: &Act) -> Map<String, Value> {
    let texts = [
        ("agent", &args.agent),
        ("assignee", &args.assignee),
        ("team", &args.team),
        ("classification", &args.classification),
        ("value", &args.value),
        ("currency", &args.currency),
        ("note", &args.note),
        ("name", &args.name),
        ("phone", &args.phone),
        ("email", &args.email),
        ("stage", &args.stage),
        ("lead", &args.lead),
    ];
    let told = texts
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?))));
    let revision = args.revision.map(|revision| ("revision".to_owned(), json!(revision)));
    told.chain(revision).collect()
}
