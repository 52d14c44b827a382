//! The feed of changes: from anywhere, resumed anywhere, no gap and no repeat.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use common::{PATIENCE, Server, message, message_on, options, refusal, server, server_on};
use origem_domain::position::{Offset, Partition, Position};
use origem_log::MemoryLog;
use origem_wire::proto::event::Body;
use origem_wire::proto::{Change, FollowRequest};
use tonic::{Code, Status, Streaming};

async fn follow(server: &Server, after: Option<&str>) -> Streaming<Change> {
    let after = after.map(str::to_owned);
    server
        .changes()
        .follow(FollowRequest { after })
        .await
        .unwrap()
        .into_inner()
}

async fn next(stream: &mut Streaming<Change>) -> Result<Option<Change>, Status> {
    tokio::time::timeout(PATIENCE, stream.message())
        .await
        .expect("the stream is silent")
}

/// Positions and cursors of the next changes.
async fn places(stream: &mut Streaming<Change>, count: usize) -> Vec<(String, String)> {
    let mut places = Vec::new();
    for _ in 0..count {
        let change = next(stream).await.unwrap().expect("the stream ended");
        places.push((change.position, change.cursor));
    }
    places
}

/// What [`places`] gives in a log of one partition, where a cursor is a position.
fn offsets(offsets: std::ops::Range<usize>) -> Vec<(String, String)> {
    offsets
        .map(|offset| (format!("0:{offset}"), format!("0:{offset}")))
        .collect()
}

async fn write(server: &Server, ids: std::ops::Range<usize>) {
    let contents = ids.map(|id| message("5511955550101", "2026-09-26T10:01:00Z", &format!("m{id}"), "oi"));
    server.told(contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_tells_position_cursor_conversation_and_event() {
    let server = server(options()).await;
    let mut stream = follow(&server, None).await;
    write(&server, 0..1).await;
    let change = next(&mut stream).await.unwrap().unwrap();
    assert_eq!((change.position.as_str(), change.cursor.as_str()), ("0:0", "0:0"));
    assert!(change.conversation.unwrap().starts_with("cv_"));
    let [window] = &change.windows[..] else {
        panic!("{:?}", change.windows);
    };
    assert_eq!(
        (window.window.as_str(), window.change.as_str()),
        ("customer_care", "opened")
    );
    let closes_at = window.closes_at.as_ref().map(|at| at.seconds);
    assert_eq!(closes_at, Some(1_790_503_260), "2026-09-27T10:01:00Z");
    assert_eq!((&window.category, &window.reply_by), (&None, &None));
    let Some(Body::MessageReceived(body)) = change.event.unwrap().body else {
        panic!("another kind");
    };
    assert_eq!(body.message.unwrap().text.as_deref(), Some("oi"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let server = server(options()).await;
    write(&server, 0..250).await; // more than are read at once

    let mut stream = follow(&server, Some("start")).await;
    assert_eq!(places(&mut stream, 130).await, offsets(0..130));
    drop(stream);
    write(&server, 250..260).await; // while nobody listens

    let mut stream = follow(&server, Some("0:129")).await;
    assert_eq!(places(&mut stream, 130).await, offsets(130..260));
    write(&server, 260..265).await; // while it waits
    assert_eq!(places(&mut stream, 5).await, offsets(260..265));

    let mut stream = follow(&server, Some("0:262")).await;
    assert_eq!(places(&mut stream, 2).await, offsets(263..265));

    let mut stream = follow(&server, None).await;
    write(&server, 265..266).await;
    assert_eq!(places(&mut stream, 1).await, offsets(265..266));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_listeners_hear_the_same() {
    let server = server(options()).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(follow(&server, None).await);
    }
    for at in 0..5 {
        write(&server, at * 10..at * 10 + 10).await;
    }
    for stream in &mut streams {
        assert_eq!(places(stream, 50).await, offsets(0..50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_log_is_refused() {
    let server = server(options()).await;
    write(&server, 0..1).await;
    places(&mut follow(&server, Some("start")).await, 1).await;
    for after in ["0:7", "1:0", "yesterday"] {
        let request = FollowRequest {
            after: Some(after.to_owned()),
        };
        let status = server.changes().follow(request).await.unwrap_err();
        assert_eq!(refusal(&status), (Code::InvalidArgument, "invalid", "false"), "{after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_server_ends_the_stream_so_that_one_comes_back() {
    let mut server = server(options()).await;
    write(&server, 0..1).await;
    let mut stream = follow(&server, Some("start")).await;
    places(&mut stream, 1).await;
    server.end();
    let status = next(&mut stream).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::Unavailable, "log_unavailable", "true"));
    drop(stream);
    server.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_several_partitions_is_followed_and_resumed_as_a_whole() {
    let server = server_on(Arc::new(MemoryLog::new(3)), options()).await;
    let contents = (0..60).map(|at| {
        let (channel, id) = (format!("20000000000000{}", at % 8), format!("m{at}"));
        message_on(&channel, "5511955550101", "2026-09-26T10:01:00Z", &id, "oi")
    });
    let position = server.told(contents).await.unwrap();
    assert!(position.contains(','), "one partition has all: {position}");

    let (mut seen, mut cursor) = (Vec::new(), "start".to_owned());
    while seen.len() < 60 {
        let mut stream = follow(&server, Some(&cursor)).await;
        // Cut in the middle of a partition, too.
        for (position, behind) in places(&mut stream, 7.min(60 - seen.len())).await {
            seen.push(position.parse::<Position>().unwrap());
            cursor = behind;
        }
    }
    let mut offsets: BTreeMap<Partition, Vec<Offset>> = BTreeMap::new();
    for position in &seen {
        offsets.entry(position.partition).or_default().push(position.offset);
    }
    for offsets in offsets.values() {
        let expected: Vec<Offset> = (0..offsets.len() as u64).map(Offset).collect();
        assert_eq!(offsets, &expected, "each partition in order");
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 60, "no gap and no repeat");
    let all: BTreeSet<String> = cursor.split(',').map(str::to_owned).collect();
    assert_eq!(
        all,
        position.split(',').map(str::to_owned).collect(),
        "the cursor is behind all that was written"
    );
}
