//! Conversations whose windows close soon, what closes first before the rest.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::{SystemTime, UNIX_EPOCH};

use common::{Answer, Edge, edge, event, options};
use origem_domain::time::{HOUR, Timestamp};
use serde_json::Value;

/// So many minutes ago.
fn ago(minutes: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_micros(i64::try_from(now.as_micros()).unwrap())
        .plus(-minutes * HOUR / 60)
        .to_string()
}

async fn said(edge: &Edge, phone: &str, minutes_ago: i64) -> Answer {
    edge.post(
        "/v1/events",
        event(phone, &ago(minutes_ago), &format!("wamid.{phone}"), "oi"),
    )
    .await
}

fn phones(page: &Value) -> Vec<&str> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["contact"]["phone"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_closes_first_comes_first() {
    let edge = edge(options());
    // Minutes ago: open for 23 hours, two hours, one hour; closed; closed long ago.
    let people = [
        ("5511955550101", 60),
        ("5511955550102", 22 * 60),
        ("5511955550103", 23 * 60),
        ("5511955550104", 25 * 60),
        ("5511955550105", 30 * 24 * 60),
    ];
    let mut last = None;
    for (phone, minutes) in people {
        last = Some(said(&edge, phone, minutes).await);
    }
    let last = last.unwrap();
    for (within, expected) in [
        ("30m", &[][..]),
        ("90m", &["5511955550103"]),
        ("3h", &["5511955550103", "5511955550102"]),
        ("7200s", &["5511955550103", "5511955550102"]),
        ("1d", &["5511955550103", "5511955550102", "5511955550101"]),
    ] {
        let page = edge
            .get_after(&last, &format!("/v1/conversations?expiring_within={within}"))
            .await
            .json();
        assert_eq!(phones(&page), expected, "{within}");
        assert_eq!(
            page.get("next"),
            None,
            "nothing older can be open, so there is no more to look at"
        );
        for item in page["items"].as_array().unwrap() {
            assert_eq!(item["windows"]["closes_next"]["what"], "customer_care");
        }
    }
    // Other filters hold as well, and pages go on.
    let page = edge.get("/v1/conversations?expiring_within=1d&q=0102").await.json();
    assert_eq!(phones(&page), Vec::<&str>::new());
    let page = edge
        .get("/v1/conversations?expiring_within=1d&status=new&limit=2")
        .await
        .json();
    let mut seen: Vec<String> = phones(&page).into_iter().map(str::to_owned).collect();
    let next = page["next"].as_str().unwrap();
    let page = edge
        .get(&format!(
            "/v1/conversations?expiring_within=1d&status=new&limit=2&cursor={next}"
        ))
        .await
        .json();
    seen.extend(phones(&page).into_iter().map(str::to_owned));
    seen.sort();
    assert_eq!(seen, ["5511955550101", "5511955550102", "5511955550103"]);
    for bad in ["30", "soon", "-1h", "1y", ""] {
        let refused = edge.get(&format!("/v1/conversations?expiring_within={bad}")).await;
        assert_eq!(refused.status, 400, "{bad}");
    }
}
