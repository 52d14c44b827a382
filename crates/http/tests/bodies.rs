//! Bodies under way share a room: who finds none is refused unread and at once, slow callers cannot make the server hold more, and
//! whoever reads is answered all the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Method;
use common::{Edge, documented, edge, event, options, request};
use futures_util::stream;
use origem_http::{Options, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

const KIB: usize = 1 << 10;
/// The room of these tests.
const ROOM: usize = 1 << 20;
/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn narrow() -> Edge {
    edge(Options {
        bodies_bytes_max: ROOM,
        body_timeout: PATIENCE,
        ..options()
    })
}

async fn metric(edge: &Edge, name: &str) -> usize {
    let text = String::from_utf8(edge.get("/metrics").await.body.to_vec()).unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {name}: {text}")).parse().unwrap()
}

/// Waits until bodies of so many bytes are under way.
async fn held(edge: &Edge, bytes: usize) {
    let waited = timeout(PATIENCE, async {
        while metric(edge, "origem_http_body_bytes").await != bytes {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("the room never holds as much");
}

/// A delivery of so many bytes, that nobody understands.
fn delivery(bytes: usize) -> String {
    format!("{{{}}}", " ".repeat(bytes - 2))
}

/// A client over a socket.
struct Client(TcpStream);

impl Client {
    /// Sends the head of a delivery, and nothing more.
    async fn announce(server: SocketAddr, bytes: usize, more: &str) -> Self {
        let mut stream = TcpStream::connect(server).await.unwrap();
        let head = format!("POST /webhooks/meta HTTP/1.1\r\nHost: localhost\r\nContent-Length: {bytes}\r\n{more}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(stream)
    }

    async fn send(&mut self, bytes: &str) {
        self.0.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// The status, code and `Retry-After` of the next answer.
    async fn answer(&mut self) -> String {
        timeout(PATIENCE, self.read()).await.expect("there is no answer")
    }

    async fn read(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap().into());
        }
        let header = |name: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let length = header("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        let status = head.split(' ').nth(1).unwrap();
        let code = serde_json::from_slice::<serde_json::Value>(&body).unwrap()["error"]["code"].clone();
        match (code.as_str(), header("retry-after")) {
            (Some(code), Some(after)) => format!("{status} {code}, again after {after} s"),
            _ => status.to_owned(),
        }
    }
}

async fn served(edge: &Edge) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, edge.router.clone(), std::future::pending()));
    address
}

const REFUSED: &str = "503 overloaded, again after 1 s";

#[tokio::test(flavor = "multi_thread")]
async fn many_slow_callers_with_large_bodies_get_no_more_than_the_room() {
    let edge = narrow();
    let server = served(&edge).await;
    let (large, half) = (256 * KIB, 128 * KIB);
    let whole = delivery(large);
    let mut slow = Vec::new();
    // Three fit into what large ones may have of the room.
    for at in 1..=3 {
        let mut client = Client::announce(server, large, "").await;
        client.send(&whole[..half]).await;
        slow.push(client);
        held(&edge, at * large).await;
    }
    // Refused although nothing of their bodies was sent.
    let mut refused = Vec::new();
    for _ in 0..40 {
        let mut client = Client::announce(server, large, "").await;
        assert_eq!(client.answer().await, REFUSED);
        refused.push(client);
    }
    // One that writes all the same; the server reads it into nothing.
    let mut patient = refused.pop().unwrap();
    patient.send(&whole).await;
    assert_eq!(metric(&edge, "origem_http_body_bytes").await, 3 * large);
    assert_eq!(metric(&edge, "origem_http_bodies_refused_total").await, 40);
    assert_eq!(edge.get("/readyz").await.status, 200);
    assert_eq!(edge.get("/v1/conversations").await.status, 200);
    let usual = event("5511955550101", "2026-09-26T10:01:00Z", "m1", "oi");
    assert_eq!(edge.post("/v1/events", usual).await.status, 200, "small ones find room");
    for client in &mut slow {
        client.send(&whole[half..]).await;
        assert_eq!(client.answer().await, "200");
    }
    held(&edge, 0).await;
    // On the same connection.
    patient
        .send(&format!(
            "POST /webhooks/meta HTTP/1.1\r\nHost: localhost\r\nContent-Length: {large}\r\n\r\n{whole}"
        ))
        .await;
    assert_eq!(patient.answer().await, "200", "there is room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_of_small_bodies_take_no_room() {
    let edge = narrow();
    let server = served(&edge).await;
    let (small, many) = (64 * KIB, 2 * ROOM / (64 * KIB));
    let mut slow = Vec::new();
    for _ in 0..many {
        let mut client = Client::announce(server, small, "").await;
        client.send("{").await;
        slow.push(client);
    }
    // What came of them.
    held(&edge, many).await;
    let usual = event("5511955550101", "2026-09-26T10:01:00Z", "m1", "oi");
    assert_eq!(edge.post("/v1/events", usual).await.status, 200);
    assert_eq!(metric(&edge, "origem_http_bodies_refused_total").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_the_views_needs_no_room() {
    let edge = narrow();
    edge.engine.pause();
    let request = request(Method::POST, "/v1/deliveries?wait=true", &[], delivery(256 * KIB));
    let (router, state) = (edge.router.clone(), edge.state.clone());
    let sender = Edge {
        engine: edge.engine.clone(),
        state,
        router,
    };
    let waiting = tokio::spawn(async move { sender.send(request).await });
    let taken = timeout(PATIENCE, async {
        while edge.engine.status().unwrap().last().is_empty() {
            tokio::task::yield_now().await;
        }
    });
    taken.await.expect("it is not taken in");
    held(&edge, 0).await;
    assert!(!waiting.is_finished(), "nothing is projected");
    waiting.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_before_it_sends_is_told_before_it_sends() {
    let edge = narrow();
    let server = served(&edge).await;
    let (large, asks) = (600 * KIB, "Expect: 100-continue\r\n");
    let mut first = Client::announce(server, large, asks).await;
    let mut told = [0; 25];
    first.0.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    let mut second = Client::announce(server, large, asks).await;
    assert_eq!(second.answer().await, REFUSED);
    let mut rest = Vec::new();
    let ended = timeout(PATIENCE, second.0.read_to_end(&mut rest)).await.unwrap();
    assert_eq!(ended.unwrap(), 0, "and is not told to go on");
    first.send(&delivery(large)).await;
    assert_eq!(first.answer().await, "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_unknown_length_takes_room_as_it_comes() {
    let edge = narrow();
    let chunked = || {
        let (chunks, mut coming) = mpsc::unbounded_channel::<Bytes>();
        let body = Body::from_stream(stream::poll_fn(move |context| {
            coming.poll_recv(context).map(|chunk| chunk.map(Ok::<_, io::Error>))
        }));
        let request = request(Method::POST, "/v1/deliveries", &[], body);
        let (router, state) = (edge.router.clone(), edge.state.clone());
        let sender = Edge {
            engine: edge.engine.clone(),
            state,
            router,
        };
        (chunks, tokio::spawn(async move { sender.send(request).await }))
    };
    let chunk = |kib: usize| Bytes::from(vec![b' '; kib * KIB]);
    let (first, answered) = chunked();
    first.send(chunk(10)).unwrap();
    held(&edge, 10 * KIB).await;
    first.send(chunk(490)).unwrap();
    held(&edge, 500 * KIB).await;
    let (second, refused) = chunked();
    second.send(chunk(200)).unwrap();
    held(&edge, 700 * KIB).await;
    second.send(chunk(200)).unwrap();
    let refused = refused.await.unwrap();
    let told = format!(
        "{} {}",
        refused.status.as_u16(),
        refused.json()["error"]["code"].as_str().unwrap()
    );
    assert_eq!(
        documented().remove("more bodies at once than there is room for"),
        Some(told)
    );
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.json()["error"]["retryable"], true);
    held(&edge, 500 * KIB).await;
    drop(first);
    assert_eq!(answered.await.unwrap().status, 200);
    held(&edge, 0).await;
    // Alone, one larger than the room is taken; of a caller that goes away nothing stays.
    assert_eq!(edge.post("/v1/deliveries", delivery(2 * ROOM)).await.status, 200);
    let (third, gone) = chunked();
    third.send(chunk(300)).unwrap();
    held(&edge, 300 * KIB).await;
    gone.abort();
    held(&edge, 0).await;
}
