//! WhatsApp Web libraries and their servers. Source: reference/meta-platform.md 5.3, contract.md "whatsapp_web".
//!
//! Here: the envelopes. An envelope leads to *items*, one message or report each, which [`item`] reads. These are not the
//! Cloud API: no prices, no windows; events carry the `provider`, so that nobody computes any.
//!
//! ```text
//! Baileys     ITEM    [ITEM, ..]    {"messages":[ITEM, ..]}        ITEM = {key{..}, message{..}, ..}
//! Evolution   {"event":"messages.upsert","instance":..,"sender":..,"data": ITEM or [ITEM, ..] or {"messages":[..]}}
//! uazapi      {"EventType":"messages","owner":..,"message": ITEM}  ITEM = {chatid, content, ..}
//! whatsmeow   {"event": ITEM, ..}    ITEM                          ITEM = {Info{..}, Message{..}}
//! ```

mod content;
mod context;
mod head;
mod item;
mod jid;
mod names;
mod receipt;
mod session;

use origem_domain::event::{AccountUpdate, Body};

use self::item::{Item, Manner};
use self::names::{Loose as _, fold};
use self::session::{Provider, Session};
use crate::json::{Doc, Node};
use crate::output::{Envelope, Output};
use crate::time::At;
use crate::{Decoded, Delivery, output};

/// The events of one delivery.
pub(crate) fn decode<'a>(delivery: &Delivery<'a>) -> Vec<Decoded<'a>> {
    let doc = match Doc::parse(delivery.body) {
        Ok(doc) => doc,
        Err(reason) => return output::unrecognised(delivery, reason.to_string()),
    };
    let root = doc.root();
    let mut out = Output::new(delivery);
    if !read(&mut out, root) {
        return output::unrecognised(delivery, "no envelope of a WhatsApp Web library");
    }
    out.finish()
}

/// Reads an envelope, or a bare item or list of items. `false` if it is none.
fn read<'a>(out: &mut Output<'a>, root: Node<'_, 'a>) -> bool {
    if root.is_array() {
        let session = Session::unknown(Provider::Baileys);
        each(out, &session, Manner::Live, root, "[", "]");
    } else if let Some(event) = root.any_word(&["eventtype"]) {
        uazapi(out, root, &event);
    } else if let Some(event) = root.any(&["event"]).filter(|event| event.is_object()) {
        let session = Session::of(Provider::Whatsmeow, root);
        let before = format!(r#"{{{}{}"event":"#, session.members(), keep(root, &["type", "state"]));
        one(out, &session, Manner::Live, event, &before, "}");
    } else if let (Some(event), Some(data)) = (root.any_word(&["event"]), root.any(&["data"])) {
        evolution(out, root, &event, data);
    } else if let Some(messages) = root.any(&["messages"]).filter(|messages| messages.is_array()) {
        let session = Session::of(Provider::Baileys, root);
        let before = format!(r#"{{{}"messages":["#, session.members());
        each(out, &session, Manner::Live, messages, &before, "]}");
    } else if item::is_item(root) {
        if root.any(&["messageids"]).is_none() {
            out.expect_one();
        }
        let provider = match root {
            _ if root.any(&["key"]).is_some() => Provider::Baileys,
            _ if root.any(&["info"]).is_some() => Provider::Whatsmeow,
            _ => Provider::Uazapi,
        };
        one(
            out,
            &Session::unknown(provider).or_own(root),
            Manner::Live,
            root,
            "",
            "",
        );
    } else {
        return false;
    }
    true
}

fn uazapi<'a>(out: &mut Output<'a>, root: Node<'_, 'a>, event: &str) {
    let session = Session::of(Provider::Uazapi, root);
    let start = format!(
        r#"{{{}{}"#,
        keep(root, &["EventType", "type", "state"]),
        session.members()
    );
    if let Some(message) = root.any(&["message"]).filter(|message| message.is_object()) {
        one(
            out,
            &session.or_own(message),
            Manner::Live,
            message,
            &format!(r#"{start}"message":"#),
            "}",
        );
    } else if let Some(report) = root.any(&["event"]).filter(|report| item::is_item(*report)) {
        one(out, &session, Manner::Live, report, &format!(r#"{start}"event":"#), "}");
    } else {
        other(out, &session, event, root, "", "");
    }
}

fn evolution<'a>(out: &mut Output<'a>, root: Node<'_, 'a>, event: &str, data: Node<'_, 'a>) {
    let mut session = Session::of(Provider::Evolution, root);
    if !session.is_named() {
        session.provider = Provider::Baileys;
    }
    // `MESSAGES_UPSERT` in some versions.
    let event = event.to_lowercase().replace(['_', '-'], ".");
    let manner = match event.as_str() {
        "messages.set" | "messaging.history.set" => Manner::History,
        "send.message" => Manner::Api,
        "messages.delete" => Manner::Delete,
        _ => Manner::Live,
    };
    let start = format!(r#"{{{}{}"data":"#, keep(root, &["event"]), session.members());
    let list = |name: &'static str| Some((name, data.any(&[name]).filter(|list| list.is_array())?));
    if !is_of_messages(&event) {
        other(out, &session, &event, data, &start, "}");
    } else if data.is_array() {
        each(out, &session, manner, data, &format!("{start}["), "]}");
    } else if let Some((name, list)) = list("messages").or_else(|| list("keys")) {
        each(out, &session, manner, list, &format!(r#"{start}{{"{name}":["#), "]}}");
    } else {
        one(out, &session, manner, data, &start, "}");
    }
}

fn is_of_messages(event: &str) -> bool {
    event.starts_with("messages.") || event.starts_with("messaging.") || event == "send.message" || event == "message"
}

/// The members of `root` of those names as they are, each with a comma behind.
fn keep(root: Node<'_, '_>, names: &[&str]) -> String {
    let members = names.iter().filter_map(|name| {
        let value = root.any(&[&fold(name)]).filter(|value| value.scalar().is_some())?;
        Some(format!(r#""{name}":{},"#, value.raw()))
    });
    members.collect()
}

fn each<'a>(out: &mut Output<'a>, session: &Session, manner: Manner, list: Node<'_, 'a>, before: &str, after: &str) {
    for node in list.items() {
        one(out, session, manner, node, before, after);
    }
}

fn one<'a>(out: &mut Output<'a>, session: &Session, manner: Manner, node: Node<'_, 'a>, before: &str, after: &str) {
    Item {
        session,
        manner,
        node,
        before,
        after,
    }
    .read(out);
}

/// What is no message: connections are news of the account; typing, chat lists and contact lists are not needed.
fn other<'a>(out: &mut Output<'a>, session: &Session, event: &str, data: Node<'_, 'a>, before: &str, after: &str) {
    const NOT_NEEDED: [&str; 7] = ["presence", "chats", "contacts", "groups", "group", "labels", "qrcode"];
    let topic = event.split(['.', '_']).next().unwrap_or_default();
    if NOT_NEEDED.contains(&topic) {
        return;
    }
    let raw = data.raw().as_bytes();
    let envelope = || Envelope {
        before: before.to_owned(),
        after: after.to_owned(),
    };
    if topic != "connection" {
        return out.unrecognised(session.channel(), format!("event {event}"), raw, envelope);
    }
    let values = data
        .children()
        .filter_map(|value| Some((value.key().into_owned(), value.scalar()?.into_owned())));
    let values = values.filter(|(key, _)| !is_secret(key)).collect();
    let body = Body::AccountUpdated {
        account_update: AccountUpdate {
            field: event.to_owned(),
            values,
        },
    };
    let mut event = out.event(session.channel(), At::received(out.delivery().received_at), body);
    event.provider = Some(session.provider.name().to_owned());
    out.push(event, raw, envelope);
}

/// Keys of the server's interface that some of them put into every envelope.
fn is_secret(key: &str) -> bool {
    matches!(
        fold(key).as_str(),
        "token" | "apikey" | "qrcode" | "base64" | "paircode"
    )
}
