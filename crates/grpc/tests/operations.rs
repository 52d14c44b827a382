//! What operators and their tools ask: status, anomalies, health, the schema.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use common::{PATIENCE, Server, json, message, options, refusal, server, server_of};
use futures_util::stream;
use origem_domain::position::Partition;
use origem_engine::Cause;
use origem_engine::readiness::Limits;
use origem_grpc::{Options, Unready};
use origem_log::guarded::{Guard, Guarded};
use origem_log::{MemoryLog, ReadError};
use origem_wire::proto::{GetStatusRequest, ListAnomaliesRequest, PartitionStatus};
use tonic::transport::Channel;
use tonic::{Code, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

const SERVICES: [&str; 4] = [
    "origem.api.v1.Changes",
    "origem.api.v1.Conversations",
    "origem.api.v1.Operations",
    "origem.api.v1.Producers",
];

fn health_of(server: &Server) -> HealthClient<Channel> {
    HealthClient::new(server.channel.clone())
}

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

/// Reads on until `status` comes.
async fn comes(watch: &mut Streaming<HealthCheckResponse>, status: ServingStatus) {
    loop {
        let told = tokio::time::timeout(PATIENCE, watch.message())
            .await
            .expect("nothing is told");
        if told.unwrap().expect("the watch ended").status() == status {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_how_far_the_views_are() {
    let server = server(options()).await;
    let min_position = server
        .told([message("5511955550101", "2026-09-26T10:01:00Z", "m1", "oi")])
        .await;
    let request = ListAnomaliesRequest {
        min_position,
        ..ListAnomaliesRequest::default()
    };
    server.operations().list_anomalies(request).await.unwrap();

    let status = server
        .operations()
        .get_status(GetStatusRequest {})
        .await
        .unwrap()
        .into_inner();
    assert!(status.ready);
    assert_eq!((status.cause, status.lag, status.conversations), (None, 0, 1));
    assert_eq!(
        status.partitions,
        [PartitionStatus {
            partition: 0,
            tail: 1,
            checkpoint: 1,
            ..PartitionStatus::default()
        }]
    );
    assert_eq!((status.lag_seconds, status.log, status.anomalies), (0, None, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn anomalies_are_paged_latest_first() {
    let server = server(options()).await;
    let answer = server
        .append((0..5).map(|at| json(&format!("no JSON {at}"))))
        .await
        .unwrap();
    let (mut positions, mut cursor) = (Vec::new(), None);
    loop {
        let request = ListAnomaliesRequest {
            cursor,
            limit: Some(2),
            min_position: answer.position.clone(),
            ..ListAnomaliesRequest::default()
        };
        let page = server.operations().list_anomalies(request).await.unwrap().into_inner();
        assert!(page.items.len() <= 2);
        assert!(page.items.iter().all(|anomaly| anomaly.reason == "unrecognised"));
        positions.extend(page.items.into_iter().map(|anomaly| anomaly.position));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(positions, ["0:4", "0:3", "0:2", "0:1", "0:0"]);

    let none = ListAnomaliesRequest {
        reason: Some("bad_time".to_owned()),
        ..ListAnomaliesRequest::default()
    };
    let page = server.operations().list_anomalies(none).await.unwrap().into_inner();
    assert_eq!((page.items, page.next), (Vec::new(), None));

    let request = ListAnomaliesRequest::default;
    for request in [
        ListAnomaliesRequest {
            cursor: Some("x".to_owned()),
            ..request()
        },
        ListAnomaliesRequest {
            reason: Some("odd".to_owned()),
            ..request()
        },
    ] {
        let status = server.operations().list_anomalies(request).await.unwrap_err();
        assert_eq!(refusal(&status), (Code::InvalidArgument, "invalid", "false"));
    }
}

/// A log that is not read while it is held.
#[derive(Default)]
struct Slow {
    held: Mutex<()>,
}

impl Guard for Slow {
    fn before_read(&self, _: Partition) -> Result<(), ReadError> {
        drop(self.held.lock());
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::await_holding_lock)] // to hold it is the point
async fn health_follows_whether_the_server_is_ready() {
    let log = Arc::new(Guarded::new(Arc::new(MemoryLog::default()), Slow::default()));
    let engine = origem_engine::Options {
        readiness: Limits {
            lag_max: 0,
            ..Limits::default()
        },
        ..origem_engine::Options::default()
    };
    let mut server = server_of(log.clone(), engine, options()).await;
    let mut watches = Vec::new();
    for service in [""].into_iter().chain(SERVICES) {
        let mut watch = health_of(&server).watch(of(service)).await.unwrap().into_inner();
        comes(&mut watch, ServingStatus::Serving).await;
        watches.push(watch);
    }
    let unknown = health_of(&server).check(of("origem.api.v1.Nobody")).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);

    // The log grows, and nothing of it comes.
    let held = log.guard.held.lock().unwrap();
    server.engine.log().append(Partition(0), &[b"one more"]).unwrap();
    for watch in &mut watches {
        comes(watch, ServingStatus::NotServing).await;
    }
    let status = server
        .operations()
        .get_status(GetStatusRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (status.ready, status.cause.as_deref(), status.lag),
        (false, Some("lagging"), 1)
    );
    assert!(status.message.is_some() && status.advice.is_some(), "{status:?}");
    drop(held);
    for watch in &mut watches {
        comes(watch, ServingStatus::Serving).await;
    }

    server.end();
    for watch in &mut watches {
        // Its last word, and then nothing.
        while let Ok(Some(last)) = tokio::time::timeout(PATIENCE, watch.message())
            .await
            .expect("the watch goes on")
        {
            assert_eq!(last.status(), ServingStatus::NotServing);
        }
    }
    drop(watches);
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_heeds_what_runs_beside_the_engine() {
    const JOINING: Cause = Cause {
        code: "joining",
        message: "it joins",
        advice: "wait",
    };
    let joined = Arc::new(AtomicBool::new(false));
    let unready = {
        let joined = joined.clone();
        Unready::new(move || (!joined.load(Ordering::Relaxed)).then_some(JOINING))
    };
    let server = server(Options { unready, ..options() }).await;
    let mut watch = health_of(&server).watch(of("")).await.unwrap().into_inner();
    comes(&mut watch, ServingStatus::NotServing).await;
    let status = server.operations().get_status(GetStatusRequest {}).await.unwrap();
    assert_eq!(status.into_inner().cause.as_deref(), Some("joining"));
    joined.store(true, Ordering::Relaxed);
    comes(&mut watch, ServingStatus::Serving).await;
    joined.store(false, Ordering::Relaxed);
    comes(&mut watch, ServingStatus::NotServing).await;
}

async fn reflect(server: &Server, request: MessageRequest) -> ServerReflectionResponse {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(request),
    };
    let mut client = ServerReflectionClient::new(server.channel.clone());
    let answers = client.server_reflection_info(stream::iter([request])).await.unwrap();
    answers.into_inner().message().await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_told_by_reflection() {
    let server = server(options()).await;
    let answer = reflect(&server, MessageRequest::ListServices(String::new())).await;
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("no list");
    };
    let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    for service in SERVICES
        .into_iter()
        .chain(["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"])
    {
        assert!(names.contains(&service), "{service}: {names:?}");
    }
    let symbol = "origem.api.v1.Event".to_owned();
    let answer = reflect(&server, MessageRequest::FileContainingSymbol(symbol)).await;
    assert!(matches!(
        answer.message_response,
        Some(MessageResponse::FileDescriptorResponse(_))
    ));
}
