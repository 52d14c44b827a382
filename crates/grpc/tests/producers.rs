//! Appending: what may be submitted, what becomes of it, and who may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io;
use std::sync::Arc;

use common::{PATIENCE, Server, event, json, message, options, refusal, server, server_on, submission};
use futures_util::{StreamExt as _, stream};
use origem_access::Settings;
use origem_domain::position::{Offset, Partition};
use origem_grpc::Options;
use origem_log::guarded::{Guard, Guarded};
use origem_log::{AppendError, MemoryLog};
use origem_testkit::build::received;
use origem_wire::proto::submission::Content;
use origem_wire::proto::{
    AppendEventsRequest, Delivery, Event, ListAnomaliesRequest, PublishRequest, PublishResponse, Submission,
};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Status};

const RITA: &str = "5511955550101";
const TIME: &str = "2026-09-26T10:01:00Z";

fn delivery(source: &str, body: &str) -> Content {
    Content::Delivery(Delivery {
        source: source.to_owned(),
        body: body.as_bytes().to_vec(),
    })
}

/// A webhook of two messages.
fn webhook() -> Content {
    let message = |id: &str| {
        format!(r#"{{"from":"{RITA}","id":"{id}","timestamp":"1790416860","type":"text","text":{{"body":"oi"}}}}"#)
    };
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"phone_number_id":"200000000000002"}},"messages":[{},{}]}}}}]}}]}}"#,
        message("wamid.A"),
        message("wamid.B"),
    );
    delivery("meta", &body)
}

/// Publishes all at once; the acknowledgements, and how the stream ended.
async fn publish(server: &Server, requests: Vec<PublishRequest>) -> (Vec<PublishResponse>, Option<Status>) {
    let mut answers = server
        .producers()
        .publish(stream::iter(requests))
        .await
        .unwrap()
        .into_inner();
    let mut acknowledged = Vec::new();
    loop {
        let answer = tokio::time::timeout(PATIENCE, answers.message())
            .await
            .expect("no answer");
        match answer {
            Ok(Some(answer)) => acknowledged.push(answer),
            Ok(None) => return (acknowledged, None),
            Err(status) => return (acknowledged, Some(status)),
        }
    }
}

fn request(id: &str, content: Content) -> PublishRequest {
    PublishRequest {
        id: id.to_owned(),
        submission: Some(submission(content)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_deliveries_are_appended_together() {
    let server = server(options()).await;
    let answer = server
        .append([
            event(&received(RITA, TIME, "m1", "um")),
            message(RITA, TIME, "m2", "dois"),
            webhook(),
            json("no JSON"),
            Content::Event(Event {
                channel: None,
                ..Event::of(&received(RITA, TIME, "m3", "x"))
            }),
        ])
        .await
        .unwrap();
    assert_eq!((answer.accepted, answer.unrecognised), (6, 2));
    assert_eq!(answer.position.as_deref(), Some("0:5"));

    let anomalies = ListAnomaliesRequest {
        min_position: answer.position,
        ..ListAnomaliesRequest::default()
    };
    let anomalies = server
        .operations()
        .list_anomalies(anomalies)
        .await
        .unwrap()
        .into_inner()
        .items;
    let details: Vec<_> = anomalies
        .iter()
        .filter_map(|anomaly| anomaly.detail.as_deref())
        .collect();
    assert_eq!(details.first(), Some(&"not an event: `channel` is missing"));
    assert_eq!(details.len(), 2);

    let nothing = server.append([]).await.unwrap();
    assert_eq!((nothing.accepted, nothing.position), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_refused_with_all_the_rest() {
    let server = server(Options {
        submissions_max: 3,
        message_bytes_max: 10_000,
        ..options()
    })
    .await;
    let good = || submission(message(RITA, TIME, "m1", "oi"));
    let invalid = (Code::InvalidArgument, "invalid", "false");
    for (bad, expected, why) in [
        (
            vec![Submission { content: None }],
            invalid,
            "submission 2: content: nothing is submitted",
        ),
        (
            vec![submission(Content::Event(Event::default()))],
            invalid,
            "submission 2: event.body: missing",
        ),
        (
            vec![submission(json(" [{}]"))],
            invalid,
            "submission 2: event_json: an array",
        ),
        (
            vec![submission(delivery("myspace", ""))],
            invalid,
            "submission 2: delivery.source: `myspace` is none of meta",
        ),
        (
            vec![good(), good(), good()],
            (Code::OutOfRange, "too_large", "false"),
            "4 submissions in one call, the limit is 3",
        ),
        // Told by the transport, before we see it.
        (
            vec![submission(json(&"x".repeat(10_000)))],
            (Code::OutOfRange, "", ""),
            "the limit is: 10000 bytes",
        ),
    ] {
        let submissions = [vec![good()], bad].concat();
        let status = server
            .producers()
            .append_events(AppendEventsRequest { submissions })
            .await
            .unwrap_err();
        assert_eq!(refusal(&status), expected, "{status}");
        assert!(status.message().contains(why), "{}", status.message());
    }
    assert_eq!(
        server.engine.log().tail(Partition(0)).unwrap(),
        Offset(0),
        "nothing was appended"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_appended_in_order_and_each_is_acknowledged() {
    let server = server(Options {
        under_way_max: 16,
        ..options()
    })
    .await;
    let large = "x".repeat(100_000); // read on a thread of its own
    let requests = (0..500).map(|at| {
        let text = if at % 50 == 7 { large.as_str() } else { "oi" };
        request(&format!("r{at}"), message(RITA, TIME, &format!("m{at}"), text))
    });
    let (answers, end) = publish(&server, requests.collect()).await;
    assert!(end.is_none(), "{end:?}");
    let told: Vec<_> = answers
        .into_iter()
        .map(|answer| (answer.id, answer.accepted, answer.position, answer.problem))
        .collect();
    let expected: Vec<_> = (0..500)
        .map(|at| (format!("r{at}"), 1, Some(format!("0:{at}")), None))
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_refused_ends_nothing() {
    let server = server(options()).await;
    let requests = vec![
        request("a", message(RITA, TIME, "m1", "oi")),
        PublishRequest {
            id: "b".to_owned(),
            submission: None,
        },
        request("c", delivery("myspace", "")),
        request("d", webhook()),
        request("e", json("no JSON")),
    ];
    let (answers, end) = publish(&server, requests).await;
    assert!(end.is_none(), "{end:?}");
    let told: Vec<_> = answers
        .iter()
        .map(|answer| {
            let problem = answer
                .problem
                .as_ref()
                .map(|problem| (problem.code.as_str(), problem.retryable));
            (
                answer.id.as_str(),
                answer.accepted,
                answer.unrecognised,
                answer.position.as_deref(),
                problem,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("a", 1, 0, Some("0:0"), None),
            ("b", 0, 0, None, Some(("invalid", false))),
            ("c", 0, 0, None, Some(("invalid", false))),
            ("d", 2, 0, Some("0:2"), None),
            ("e", 1, 1, Some("0:3"), None),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_limit_ends_the_stream_after_what_came_before_is_told() {
    let server = server(Options {
        message_bytes_max: 10_000,
        ..options()
    })
    .await;
    let requests = vec![
        request("a", message(RITA, TIME, "m1", "oi")),
        request("b", json(&"x".repeat(10_000))),
        request("c", message(RITA, TIME, "m2", "oi")),
    ];
    let (answers, end) = publish(&server, requests).await;
    let ids: Vec<_> = answers.iter().map(|answer| answer.id.as_str()).collect();
    assert_eq!(ids, ["a"]);
    assert_eq!(end.map(|status| status.code()), Some(Code::OutOfRange));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_server_ends_a_stream_that_is_still_open() {
    let mut server = server(options()).await;
    let first = stream::iter([request("a", message(RITA, TIME, "m1", "oi"))]);
    let requests = first.chain(stream::pending());
    let mut answers = server.producers().publish(requests).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().id, "a");
    server.end();
    let end = tokio::time::timeout(PATIENCE, answers.message())
        .await
        .expect("the stream goes on");
    assert_eq!(
        refusal(&end.unwrap_err()),
        (Code::Unavailable, "log_unavailable", "true")
    );
    drop(answers);
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_folds_to_nothing() {
    let server = server(options()).await;
    for _ in 0..2 {
        let answer = server.append([message(RITA, TIME, "m1", "oi")]).await.unwrap();
        assert_eq!(answer.accepted, 1);
    }
    let position = server.told([message(RITA, TIME, "m1", "oi")]).await;
    let request = ListAnomaliesRequest {
        min_position: position,
        ..ListAnomaliesRequest::default()
    };
    server.operations().list_anomalies(request).await.unwrap();
    let status = server.engine.status().unwrap();
    assert_eq!(status.sum(|progress| progress.checkpoint.duplicates), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn producers_need_the_token() {
    let server = server(Options {
        access: Settings {
            producer_token: Some("s3cret".into()),
            ..Settings::default()
        },
        ..options()
    })
    .await;
    let with = |authorization: Option<&'static str>| {
        let mut request = Request::new(AppendEventsRequest {
            submissions: vec![submission(message(RITA, TIME, "m1", "oi"))],
        });
        if let Some(value) = authorization {
            request
                .metadata_mut()
                .insert("authorization", MetadataValue::from_static(value));
        }
        request
    };
    for (authorization, welcome) in [
        (None, false),
        (Some("Bearer wrong"), false),
        (Some("s3cret"), false),
        (Some("Basic s3cret"), false),
        (Some("Bearer s3cret"), true),
        (Some("bearer s3cret"), true),
    ] {
        let answer = server.producers().append_events(with(authorization)).await;
        match answer {
            Ok(_) => assert!(welcome, "{authorization:?}"),
            Err(status) => {
                assert!(!welcome, "{authorization:?}");
                assert_eq!(refusal(&status), (Code::Unauthenticated, "unauthorised", "false"));
            }
        }
    }
    let refused = server.producers().publish(stream::iter(Vec::new())).await;
    assert_eq!(refused.map(|_| ()).unwrap_err().code(), Code::Unauthenticated);
    // Whoever brings events reads nothing, with the token or without.
    for authorization in [None, Some("Bearer s3cret")] {
        let mut request = Request::new(ListAnomaliesRequest::default());
        if let Some(value) = authorization {
            let value = MetadataValue::from_static(value);
            request.metadata_mut().insert("authorization", value);
        }
        let status = server.operations().list_anomalies(request).await.unwrap_err();
        let expected = match authorization {
            None => (Code::Unauthenticated, "unauthorised", "false"),
            Some(_) => (Code::PermissionDenied, "forbidden", "false"),
        };
        assert_eq!(refusal(&status), expected);
    }
}

/// A log whose disk is full.
struct Full;

impl Guard for Full {
    fn before_append(&self) -> Result<(), AppendError> {
        let source = Arc::new(io::Error::new(io::ErrorKind::StorageFull, "/var/lib/origem is full"));
        Err(AppendError::NotWritten { source })
    }
}

/// A log in memory behind a guard.
fn behind<G: Guard>(guard: G) -> Arc<Guarded<G>> {
    Arc::new(Guarded::new(Arc::new(MemoryLog::default()), guard))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_take_events_says_so_and_tells_no_more() {
    let server = server_on(behind(Full), options()).await;
    let status = server.append([message(RITA, TIME, "m1", "oi")]).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::Unavailable, "log_unavailable", "true"));
    assert!(!status.message().contains("/var/lib"), "{status}");

    let (answers, end) = publish(&server, vec![request("a", message(RITA, TIME, "m1", "oi"))]).await;
    assert!(end.is_none(), "{end:?}");
    let problem = answers[0].problem.clone().unwrap();
    assert_eq!((problem.code.as_str(), problem.retryable), ("log_unavailable", true));
    assert!(!problem.message.contains("/var/lib"), "{}", problem.message);
}
