//! Story: an operator follows one delivery through a collector, from the webhook to the committed rows.

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;

use crate::collector::{Collector, attribute};
use crate::process::{command, eventually, finish};
use crate::server::{SECRET, Server, signature};
use crate::world::{World, text, whatsapp};

const TRACE: [u8; 16] = [
    0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c,
];
const CALLER: [u8; 8] = [0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31];
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn serve(world: &World, endpoint: &str) -> Server {
    let mut command = command(&["serve", "--listen", "127.0.0.1:0"]);
    command.arg("--data").arg(world.data());
    command.env("ORIGEM_META_APP_SECRETS", SECRET);
    command.env("ORIGEM_TELEMETRY_OTLP_ENDPOINT", endpoint);
    command.env("OTEL_SERVICE_NAME", "origem-of-a-test");
    command.env("OTEL_BSP_SCHEDULE_DELAY", "20");
    Server::start(command)
}

fn of(span: &Span, key: &str) -> String {
    attribute(&span.attributes, key).unwrap_or_default()
}

#[test]
fn a_webhook_is_followed_to_its_rows() {
    let (world, collector) = (World::new(), Collector::start());
    let server = serve(&world, &collector.url);
    let deliver = |second: u32, traceparent: &str| {
        let body = whatsapp(&json!([text(
            "5511955550101",
            &format!("wamid.{second}"),
            second,
            "segredo"
        )]));
        let headers = [
            ("x-hub-signature-256", signature(SECRET, body.as_bytes())),
            ("traceparent", traceparent.to_owned()),
        ];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        server
            .post("/webhooks/meta", &headers, body.as_bytes())
            .position
            .unwrap()
    };
    assert_eq!(deliver(0, TRACEPARENT), "0:0");
    server.get_at("/v1/conversations", "0:0");

    let spans = || -> Vec<Span> { collector.spans().into_iter().map(|(_, span)| span).collect() };
    let named = |name: &str| -> Vec<Span> { spans().into_iter().filter(|span| span.name == name).collect() };
    let ours = |name: &str| named(name).into_iter().find(|span| span.trace_id == TRACE);
    let committed = || named("batch").into_iter().find(|span| of(span, "from") == "0");
    assert!(
        eventually(|| ours("POST /webhooks/meta").is_some() && ours("project").is_some() && committed().is_some()),
        "{:#?}",
        spans()
    );
    let request = ours("POST /webhooks/meta").unwrap();
    assert_eq!(
        (&*request.parent_span_id, request.kind),
        (&CALLER[..], SpanKind::Server as i32)
    );
    assert_eq!(of(&request, "http.route"), "/webhooks/meta");
    assert_eq!(of(&request, "http.response.status_code"), "200");

    let [read, append, project] = ["read", "append", "project"].map(|name| ours(name).unwrap());
    for part in [&read, &append, &project] {
        assert_eq!(part.parent_span_id, request.span_id, "{}", part.name);
    }
    assert_eq!(
        (of(&read, "events"), of(&append, "events"), of(&append, "position")),
        ("1".into(), "1".into(), "0:0".into())
    );
    assert_eq!((of(&project, "first"), of(&project, "next")), ("0".into(), "1".into()));

    let batch = committed().unwrap();
    assert_ne!(batch.trace_id, TRACE, "a batch is of many deliveries");
    assert_eq!((of(&batch, "next"), of(&batch, "events")), ("1".into(), "1".into()));
    let within: Vec<String> = spans()
        .into_iter()
        .filter(|span| span.parent_span_id == batch.span_id)
        .map(|span| span.name)
        .collect();
    assert_eq!(within, ["fold", "commit"]);
    assert!(
        read.end_time_unix_nano <= append.start_time_unix_nano,
        "one after the other"
    );
    assert!(
        append.end_time_unix_nano <= request.end_time_unix_nano,
        "durable before the answer"
    );
    assert!(
        project.end_time_unix_nano >= batch.start_time_unix_nano,
        "visible after it was folded"
    );

    // Where a batch is done before its delivery heard that it is durable, only positions connect them: the next one may be linked.
    let mut second = 0;
    let linked = || {
        let links = |batch: Span| batch.links.into_iter().map(|link| (link.trace_id, link.span_id));
        let links: Vec<_> = named("batch").into_iter().flat_map(links).collect();
        let waits = named("project");
        links.iter().any(|(trace, span)| {
            waits
                .iter()
                .any(|wait| wait.trace_id == *trace && wait.span_id == *span)
        })
    };
    assert!(eventually(|| {
        second += 1;
        deliver(second, "none");
        linked()
    }));
    let alone = |request: &Span| request.trace_id != TRACE && request.parent_span_id.is_empty();
    assert!(
        eventually(|| named("POST /webhooks/meta").iter().any(alone)),
        "a caller without a trace begins one"
    );

    server.stop();
    for (sender, span) in collector.spans() {
        assert_eq!(sender, "origem-of-a-test");
        let shown = format!("{span:?}");
        for personal in ["5511955550101", "wamid", "segredo"] {
            assert!(!shown.contains(personal), "{shown}");
        }
    }
}

#[test]
fn a_collector_that_is_away_costs_nothing_but_its_traces() {
    let world = World::new();
    // Nobody listens on the discard port.
    let server = serve(&world, "http://127.0.0.1:9");
    let position = server.deliver(&whatsapp(&json!([text("5511955550101", "wamid.A", 0, "oi")])));
    server.get_at("/v1/conversations", &position);
    server.says("the collector takes no traces");
    server.stop();
}

#[test]
fn the_variable_that_all_programs_have_names_a_collector() {
    let (world, collector) = (World::new(), Collector::start());
    let mut command = command(&["serve", "--listen", "127.0.0.1:0"]);
    command.arg("--data").arg(world.data());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
    let server = Server::start(command);
    server.get("/healthz");
    // What is left is sent before the end.
    server.stop();
    let spans = collector.spans();
    assert!(
        spans
            .iter()
            .any(|(sender, span)| sender == "origem" && span.name == "GET /healthz"),
        "{spans:?}"
    );
}

#[test]
fn an_address_that_is_none_is_named() {
    for address in ["not an address", "https://collector.example", "http://"] {
        let world = World::new();
        let mut command = command(&["serve", "--listen", "127.0.0.1:0"]);
        command.arg("--data").arg(world.data());
        command.env("ORIGEM_TELEMETRY_OTLP_ENDPOINT", address);
        let error = finish(command, b"").failed(1);
        assert!(error.contains("telemetry.otlp_endpoint"), "{error}");
    }
}
