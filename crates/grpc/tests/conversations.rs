//! Queries: a small story through the front door, and what is asked wrongly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::{Server, event, json, message, options, refusal, server};
use origem_domain::event::{Referral, Via};
use origem_grpc::Options;
use origem_testkit::build::{received_by_ad, sent};
use origem_wire::proto::{
    Channel, Conversation, FindConversationRequest, GetConversationRequest, GetThreadRequest, GetTicketsRequest,
    GetTimelineRequest, ListConversationsRequest,
};
use tonic::Code;

const RITA: &str = "5511955550101";
const BRUNO: &str = "5511955550102";

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Rita comes by an ad, is answered and done with, and comes back by a hashtag; Bruno just writes.
async fn story(server: &Server) -> Option<String> {
    let ad = Referral {
        source_type: some("ad"),
        source_id: some("1202"),
        headline: some("Plano anual"),
        ..Referral::default()
    };
    let finished = format!(
        r#"{{"kind":"ticket_finished","channel":{{"kind":"whatsapp","id":"200000000000002"}},"contact":{{"aliases":[{{"kind":"phone","value":"{RITA}"}}]}},"occurred_at":"2026-09-26T10:05:00Z","ticket":{{"classification":"sale","value":99.9,"currency":"BRL"}},"agent":"ana"}}"#
    );
    server
        .told([
            event(&received_by_ad(
                RITA,
                "2026-09-26T10:00:00Z",
                "m1",
                "Quero saber mais",
                ad,
            )),
            event(&sent(RITA, "2026-09-26T10:01:00Z", "m2", "Olá!", Via::Web)),
            json(&finished),
            message(RITA, "2026-09-28T10:00:00Z", "m3", "#Promo agora"),
            message(BRUNO, "2026-09-28T11:00:00Z", "m4", "bom dia"),
        ])
        .await
}

async fn find(server: &Server, alias: &str, min_position: Option<String>) -> Conversation {
    let request = FindConversationRequest {
        alias: alias.to_owned(),
        channel: None,
        min_position,
    };
    let found = server.conversations().find_conversation(request).await;
    found.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_is_read_back_by_every_method() {
    let server = server(options()).await;
    let position = story(&server).await;
    assert_eq!(position.as_deref(), Some("0:4"));

    let rita = find(&server, "+55 11 95555-0101", position.clone()).await;
    let kinds: Vec<&str> = rita.origins.iter().map(|touch| touch.kind.as_str()).collect();
    assert_eq!(kinds, ["ad", "hashtag"]);
    assert_eq!(rita.origin.as_ref().unwrap().entry.as_ref().unwrap().value, "promo");
    let ad = rita.origins[0].ad.as_ref().unwrap();
    assert_eq!(
        (ad.id.as_deref(), ad.headline.as_deref()),
        (Some("1202"), Some("Plano anual"))
    );
    let evidence = rita.origins[0].evidence.as_ref().unwrap();
    assert_eq!(
        (evidence.position.as_str(), evidence.message_id.as_deref()),
        ("0:0", Some("m1"))
    );
    assert_eq!(rita.contact.as_ref().unwrap().phone.as_deref(), Some(RITA));

    let request = GetConversationRequest {
        id: rita.id.clone(),
        min_position: position.clone(),
    };
    let one = server
        .conversations()
        .get_conversation(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(one, rita);

    let request = GetTimelineRequest {
        id: rita.id.clone(),
        min_position: position.clone(),
    };
    let timeline = server.conversations().get_timeline(request).await.unwrap().into_inner();
    assert_eq!(timeline.items, rita.origins);

    let request = GetTicketsRequest {
        id: rita.id.clone(),
        min_position: position,
    };
    let tickets = server
        .conversations()
        .get_tickets(request)
        .await
        .unwrap()
        .into_inner()
        .items;
    let told: Vec<_> = tickets
        .iter()
        .map(|ticket| (ticket.status.as_str(), ticket.value_micros, ticket.origins.len()))
        .collect();
    assert_eq!(told, [("finished", Some(99_900_000), 1), ("new", None, 1)]);
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_counted_and_paged() {
    let server = server(options()).await;
    let min_position = story(&server).await;
    let list = |request: ListConversationsRequest| {
        let (mut client, min_position) = (server.conversations(), min_position.clone());
        async move {
            let request = ListConversationsRequest {
                min_position,
                ..request
            };
            client.list_conversations(request).await.unwrap().into_inner()
        }
    };
    let everything = ListConversationsRequest::default;
    let phones = |items: &[Conversation]| -> Vec<String> {
        let phone = |item: &Conversation| item.contact.as_ref().unwrap().phone.clone().unwrap();
        items.iter().map(phone).collect()
    };
    for (request, expected) in [
        (everything(), vec![BRUNO, RITA]),
        (
            ListConversationsRequest {
                order: some("oldest"),
                ..everything()
            },
            vec![RITA, BRUNO],
        ),
        (
            ListConversationsRequest {
                origin: some("hashtag"),
                ..everything()
            },
            vec![RITA],
        ),
        (
            ListConversationsRequest {
                hashtag: some("#PROMO"),
                ..everything()
            },
            vec![RITA],
        ),
        (
            ListConversationsRequest {
                origin: some("organic"),
                status: some("new"),
                ..everything()
            },
            vec![BRUNO],
        ),
        (
            ListConversationsRequest {
                q: some("5511955550102"),
                ..everything()
            },
            vec![BRUNO],
        ),
        (
            ListConversationsRequest {
                account: some("other"),
                ..everything()
            },
            vec![],
        ),
    ] {
        let page = list(request.clone()).await;
        assert_eq!(phones(&page.items), expected, "{request:?}");
    }
    assert_eq!(list(everything()).await.counts.unwrap().new, 2);

    let first = list(ListConversationsRequest {
        limit: Some(1),
        ..everything()
    })
    .await;
    assert_eq!(phones(&first.items), [BRUNO]);
    let second = ListConversationsRequest {
        cursor: first.next,
        ..everything()
    };
    let second = list(second).await;
    assert_eq!((phones(&second.items), second.next), (vec![RITA.to_owned()], None));
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_searched_and_paged() {
    let server = server(options()).await;
    let position = story(&server).await;
    let id = find(&server, RITA, position).await.id;
    let thread = |q: Option<String>, cursor: Option<String>, limit: Option<u32>| {
        let (mut client, id) = (server.conversations(), id.clone());
        async move {
            let request = GetThreadRequest {
                id,
                q,
                cursor,
                limit,
                min_position: None,
                ..GetThreadRequest::default()
            };
            client.get_thread(request).await.unwrap().into_inner()
        }
    };
    let whole = thread(None, None, None).await;
    let kinds: Vec<&str> = whole.items.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["touch", "message", "message", "event", "touch", "message"]);
    assert_eq!(whole.items[0].touch.as_ref().unwrap().kind, "ad");

    let found = thread(some("ola"), None, None).await;
    let texts: Vec<_> = found.items.iter().map(|row| row.text.as_deref()).collect();
    assert_eq!(texts, [Some("Olá!")]);

    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let page = thread(None, cursor, Some(4)).await;
        rows.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(rows, whole.items);
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_and_says_why() {
    let server = server(options()).await;
    let position = story(&server).await;
    find(&server, RITA, position).await;
    let mut client = server.conversations();
    let invalid = (Code::InvalidArgument, "invalid", "false");
    let missing = (Code::NotFound, "not_found", "false");

    let alias = |alias: &str| FindConversationRequest {
        alias: alias.to_owned(),
        ..FindConversationRequest::default()
    };
    let telegram = Channel {
        kind: "telegram".to_owned(),
        id: "1".to_owned(),
    };
    let elsewhere = Channel {
        kind: "webchat".to_owned(),
        id: "1".to_owned(),
    };
    for (request, expected, why) in [
        (alias("5511900000000"), missing, "5511900000000"),
        (alias(""), invalid, "`alias` is missing"),
        (
            FindConversationRequest {
                channel: Some(telegram),
                ..alias(RITA)
            },
            invalid,
            "`channel.kind`: unknown variant",
        ),
        (
            FindConversationRequest {
                channel: Some(elsewhere),
                ..alias(RITA)
            },
            missing,
            RITA,
        ),
        (
            FindConversationRequest {
                min_position: some("far"),
                ..alias(RITA)
            },
            invalid,
            "min_position: `far`",
        ),
        (
            FindConversationRequest {
                min_position: some("7:1"),
                ..alias(RITA)
            },
            invalid,
            "7:1 is in no partition",
        ),
    ] {
        let status = client.find_conversation(request.clone()).await.unwrap_err();
        assert_eq!(refusal(&status), expected, "{request:?}");
        assert!(status.message().contains(why), "{}", status.message());
    }
    for id in ["cv_00000000000000ff", "no id", ""] {
        let request = GetConversationRequest {
            id: id.to_owned(),
            min_position: None,
        };
        assert_eq!(
            refusal(&client.get_conversation(request).await.unwrap_err()),
            missing,
            "{id}"
        );
        let request = GetTimelineRequest {
            id: id.to_owned(),
            min_position: None,
        };
        assert_eq!(
            refusal(&client.get_timeline(request).await.unwrap_err()),
            missing,
            "{id}"
        );
        let request = GetTicketsRequest {
            id: id.to_owned(),
            min_position: None,
        };
        assert_eq!(
            refusal(&client.get_tickets(request).await.unwrap_err()),
            missing,
            "{id}"
        );
        let request = GetThreadRequest {
            id: id.to_owned(),
            ..GetThreadRequest::default()
        };
        assert_eq!(refusal(&client.get_thread(request).await.unwrap_err()), missing, "{id}");
    }
    let list = ListConversationsRequest::default;
    for (request, why) in [
        (
            ListConversationsRequest {
                status: some("open"),
                ..list()
            },
            "`status`: unknown variant `open`",
        ),
        (
            ListConversationsRequest {
                cursor: some("x"),
                ..list()
            },
            "cursor is not valid",
        ),
    ] {
        let status = client.list_conversations(request).await.unwrap_err();
        assert_eq!(refusal(&status), invalid);
        assert!(status.message().contains(why), "{}", status.message());
    }
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_waits_in_vain_may_be_tried_again() {
    let server = server(Options {
        wait_timeout: Duration::from_millis(50),
        ..options()
    })
    .await;
    let request = ListConversationsRequest {
        min_position: some("0:1000"),
        ..ListConversationsRequest::default()
    };
    let status = server.conversations().list_conversations(request).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::Unavailable, "not_there_yet", "true"));
    server.ended().await;
}
