//! `origem act`: what agents do with tickets, through the same routes as the API, which know what goes with what.

use std::io::Write as _;

use serde_json::{Map, Value, json};

use crate::api::Api;
use crate::args::{Act, Deed};
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
    if args.deed == Deed::Outreach {
        return once(args, api, "/v1/outreach", outreach(args));
    }
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
    once(args, api, &path, body(args))
}

/// Sends a command that is done once. Whoever hears of no success hears how to give it again.
fn once(args: &Act, api: &Api, path: &str, body: Map<String, Value>) -> Result<Value, Failure> {
    let fresh = || uuid::Uuid::new_v4().to_string();
    let key = args.idempotency_key.clone().unwrap_or_else(fresh);
    api.send_once(path, &key, &Value::Object(body)).map_err(|failure| {
        failure.context(format!(
            "not confirmed (the same again is safe with --idempotency-key {key})"
        ))
    })
}

/// The same to whoever has a conversation or none: the server looks.
fn outreach(args: &Act) -> Map<String, Value> {
    let mut body = body(args);
    let contact = args.conversation.as_ref().or(args.contact.as_ref());
    let named = [("contact", contact), ("channel", args.channel.as_ref())];
    body.extend(
        named
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), json!(text?)))),
    );
    if !args.variables.is_empty() {
        let variables: Map<String, Value> = (args.variables.iter())
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        body.insert("variables".to_owned(), Value::Object(variables));
    }
    body
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
        ("template", &args.template),
        ("text", &args.text),
    ];
    let told = texts
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?))));
    let revision = args.revision.map(|revision| ("revision".to_owned(), json!(revision)));
    told.chain(revision).collect()
}
