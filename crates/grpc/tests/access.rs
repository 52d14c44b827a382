//! Who may do what, by gRPC: keys and what becomes of them, whose events may be brought, and who is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Server, json, options, refusal, server, submission};
use origem_access::{Key, Settings, Wanted};
use origem_domain::access::Role;
use origem_domain::directory::{self, Agent, Item, KEYS, Kind};
use origem_engine::{Wish, Writer};
use origem_grpc::Options;
use origem_wire::proto::submission::Content;
use origem_wire::proto::{
    AppendEventsRequest, Conversation, Delivery, FindConversationRequest, ListAnomaliesRequest, PublishRequest,
};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Status};

const RITA: &str = "5511955550101";
const OPERATOR: &str = "the-token-of-operators";

async fn guarded() -> Server {
    server(Options {
        access: Settings {
            operator_token: Some(OPERATOR.into()),
            ..Settings::default()
        },
        ..options()
    })
    .await
}

fn put(server: &Server, account: &str, id: &str, item: Item) {
    let wish = Wish {
        account: account.to_owned(),
        id: id.to_owned(),
        item,
    };
    server.engine.directory().put(&[wish], &Writer::default()).unwrap();
}

/// Makes a key and keeps it in the directory; its id, and the key.
fn key(server: &Server, role: Role, account: Option<&str>, agent: Option<&str>) -> (String, String) {
    let wanted = Wanted {
        role,
        account: account.map(str::to_owned),
        agent: agent.map(str::to_owned),
        ..Wanted::default()
    };
    let key = Key::make(wanted).unwrap();
    put(server, KEYS, &key.id, Item::AccessKey(key.entry));
    (key.id, String::from_utf8(key.secret.bytes().to_vec()).unwrap())
}

fn with<T>(key: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let value = MetadataValue::try_from(format!("Bearer {key}")).unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

fn wrote(account: Option<&str>, channel: &str, minute: u32, id: &str) -> String {
    let account = account
        .map(|account| format!(r#""account":"{account}","#))
        .unwrap_or_default();
    format!(
        r#"{{{account}"kind":"message_received","channel":{{"kind":"whatsapp","id":"{channel}"}},"contact":{{"aliases":[{{"kind":"phone","value":"{RITA}"}}]}},"occurred_at":"2026-09-26T10:{minute:02}:00Z","message":{{"id":"{id}","type":"text","text":"oi"}}}}"#
    )
}

async fn append(server: &Server, key: &str, contents: Vec<Content>) -> Result<Option<String>, Status> {
    let request = AppendEventsRequest {
        submissions: contents.into_iter().map(submission).collect(),
    };
    let answer = server.producers().append_events(with(key, request)).await?;
    Ok(answer.into_inner().position)
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_the_last_key_opens_no_doors_also_where_nobody_called_before() {
    let server = server(options()).await;
    let (id, _) = key(&server, Role::Operator, None, None);
    let writer = Writer::default();
    server
        .engine
        .directory()
        .remove(KEYS, Kind::AccessKey, &id, &writer)
        .unwrap();
    // The first call of all.
    let refused = server
        .operations()
        .list_anomalies(ListAnomaliesRequest::default())
        .await;
    let expected = (Code::Unauthenticated, "unauthorised", "false");
    assert_eq!(refusal(&refused.unwrap_err()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_of_the_account_of_whoever_brings_them() {
    let server = guarded().await;
    let (_, of_acme) = key(&server, Role::Producer, Some("acme"), None);
    let own = || json(&wrote(Some("acme"), "1", 0, "own"));
    let of_other = wrote(Some("other"), "1", 1, "m");
    let delivery = |body: &str| {
        Content::Delivery(Delivery {
            source: "event".to_owned(),
            body: body.as_bytes().to_vec(),
        })
    };
    let twice = of_other.replacen('{', r#"{"account":"acme","#, 1);
    let refused = (Code::PermissionDenied, "forbidden", "false");
    for content in [
        json(&of_other),
        json(&twice),
        delivery(&of_other),
        delivery(&twice),
        delivery(&format!("[{of_other}]")),
        delivery(&format!("[[{of_other}]]")),
        delivery(r#"{"account":"other","kind":"of_another_day"}"#),
    ] {
        let told = append(&server, &of_acme, vec![own(), content.clone()]).await;
        assert_eq!(refusal(&told.unwrap_err()), refused, "{content:?}");
        let request = PublishRequest {
            id: "a".to_owned(),
            submission: Some(submission(content.clone())),
        };
        let requests = futures_util::stream::iter([request]);
        let answers = server.producers().publish(with(&of_acme, requests)).await.unwrap();
        let answer = answers.into_inner().message().await.unwrap().unwrap();
        assert_eq!(answer.problem.unwrap().code, "forbidden", "{content:?}");
    }
    // Nothing of all that was kept.
    assert_eq!(append(&server, &of_acme, vec![own()]).await.unwrap().unwrap(), "0:0");
}

/// Whom a caller finds: the account of the conversation, and its channel.
async fn found(server: &Server, key: &str, alias: &str, position: &str) -> Result<(String, String), Status> {
    let request = FindConversationRequest {
        alias: alias.to_owned(),
        channel: None,
        min_position: Some(position.to_owned()),
    };
    let found: Conversation = server
        .conversations()
        .find_conversation(with(key, request))
        .await?
        .into_inner();
    Ok((found.account, found.channel.unwrap().id))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_somebody_up_finds_whom_it_sees() {
    let server = guarded().await;
    for (agent, team) in [("ana", "sales"), ("bia", "support")] {
        let entry = Agent {
            name: agent.to_owned(),
            role: Role::Agent,
            teams: vec![team.to_owned()],
            inactive: false,
        };
        put(&server, "acme", agent, Item::Agent(entry));
    }
    let closed = directory::Channel {
        teams: vec!["sales".to_owned()],
        ..directory::Channel::default()
    };
    put(&server, "acme", "whatsapp:2", Item::Channel(closed));
    let events = [
        wrote(Some("acme"), "1", 0, "m1"),
        wrote(Some("acme"), "2", 1, "m2"),
        wrote(Some("other"), "3", 2, "m3"),
    ];
    let position = append(&server, OPERATOR, events.iter().map(|event| json(event)).collect()).await;
    let position = position.unwrap().unwrap();
    let of_other = {
        let (_, key) = key(&server, Role::Manager, Some("other"), None);
        assert_eq!(found(&server, &key, RITA, &position).await.unwrap().1, "3");
        server.engine.find(RITA, None).unwrap().to_string()
    };
    let missing = (Code::NotFound, "not_found", "false");
    for (role, account, agent, channel) in [
        (Role::Operator, None, None, Some(("other", "3"))),
        (Role::Manager, Some("acme"), None, Some(("acme", "2"))),
        (Role::Manager, Some("third"), None, None),
        (Role::Agent, Some("acme"), Some("ana"), Some(("acme", "2"))),
        (Role::Agent, Some("acme"), Some("bia"), Some(("acme", "1"))),
        (Role::Agent, Some("acme"), Some("nobody"), None),
    ] {
        let (_, key) = key(&server, role, account, agent);
        let case = format!("{role:?} {account:?} {agent:?}");
        match (found(&server, &key, RITA, &position).await, channel) {
            (Ok(found), Some((account, id))) => assert_eq!(found, (account.to_owned(), id.to_owned()), "{case}"),
            (Err(status), None) => assert_eq!(refusal(&status), missing, "{case}"),
            (other, _) => panic!("{case}: {other:?}"),
        }
        // By its id it is found by no more of them.
        match found(&server, &key, &of_other, &position).await {
            Ok(_) => assert_eq!(role, Role::Operator, "{case}"),
            Err(status) => assert_eq!(refusal(&status), missing, "{case}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_many_keys_is_told_to_wait_and_right_ones_are_not() {
    let server = guarded().await;
    let mut tried = 0;
    let limited = loop {
        let refused = append(&server, "wrong", Vec::new()).await.unwrap_err();
        if refused.code() != Code::Unauthenticated {
            break refused;
        }
        tried += 1;
        assert!(tried < 2_000, "nobody says stop");
    };
    assert!(tried >= 20, "{tried}");
    assert_eq!(
        refusal(&limited),
        (Code::ResourceExhausted, "too_many_attempts", "false")
    );
    assert!(append(&server, OPERATOR, Vec::new()).await.is_ok());
}
