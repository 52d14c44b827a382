//! Every metric that is exported is documented, with its type, and every one that is documented is exported.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::{Edge, edge, event, options};

const PAGE: &str = include_str!("../../../docs/metrics.md");

async fn text(edge: &Edge) -> String {
    String::from_utf8(edge.get("/metrics").await.body.to_vec()).unwrap()
}

/// Names as they are asked for, with their types.
fn exported(text: &str) -> BTreeMap<String, String> {
    let types = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let name = |name: &str, kind: &str| format!("{name}{}", if kind == "counter" { "_total" } else { "" });
    types
        .map(|(metric, kind)| (name(metric, kind), kind.to_owned()))
        .collect()
}

/// Names of the page with their types, but for what there is on Kafka only: the server compares that.
fn documented() -> BTreeMap<String, String> {
    let (page, _) = PAGE.split_once("## On Kafka").expect("a chapter about Kafka");
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        Some((cells.next()?.trim_matches('`').to_owned(), cells.next()?.to_owned()))
    });
    rows.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_what_is_exported() {
    let edge = edge(options());
    // What is counted by route and by source is there once something was counted.
    edge.post("/v1/events", "{}").await;
    assert_eq!(exported(&text(&edge).await), documented());
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_those_of_what_happened() {
    let edge = edge(options());
    let good = event("5511955550101", "2026-09-26T10:01:00Z", "m1", "oi");
    let written = edge.post("/v1/events", format!("{good}\n{good}\n{{}}")).await;
    edge.get_after(&written, "/v1/anomalies").await;
    let text = text(&edge).await;
    for line in [
        "origem_events_accepted_total{source=\"event\"} 3",
        "origem_events_accepted_unrecognised_total{source=\"event\"} 1",
        "origem_events_projected_total{partition=\"0\"} 3",
        "origem_events_projected_duplicates_total{partition=\"0\"} 1",
        "origem_anomalies{partition=\"0\",reason=\"unrecognised\"} 1",
        "origem_anomalies{partition=\"0\",reason=\"voided\"} 0",
        "origem_log_tail_offset{partition=\"0\"} 3",
        "origem_projection_checkpoint_offset{partition=\"0\"} 3",
        "origem_projection_lag_events{partition=\"0\"} 0",
        "origem_projection_lag_seconds{partition=\"0\"} 0.0",
        "origem_append_queue_deliveries{partition=\"0\"} 0",
        "origem_log_append_duration_seconds_count{partition=\"0\"} 1",
        "origem_log_append_duration_seconds_bucket{le=\"+Inf\",partition=\"0\"} 1",
        "origem_http_request_duration_seconds_count{route=\"/v1/events\"} 1",
        "origem_change_followers 0",
        "origem_ready 1",
    ] {
        assert!(text.contains(&format!("{line}\n")), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"), "the end is told once");
    assert_eq!(text.matches("# EOF").count(), 1);
    assert!(!text.contains("5511955550101") && !text.contains("cv_"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_counts_as_a_follower_for_as_long_as_it_is_held() {
    let edge = edge(options());
    let stream = edge
        .response(common::request(axum::http::Method::GET, "/v1/changes", &[], ""))
        .await;
    assert!(text(&edge).await.contains("origem_change_followers 1\n"));
    drop(stream);
    assert!(text(&edge).await.contains("origem_change_followers 0\n"));
}
