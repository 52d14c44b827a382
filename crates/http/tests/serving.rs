//! The server loop, over real sockets: it answers, and it ends in order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::{edge, options};
use origem_http::serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Sends the head of a request and reads until `wanted` has come.
async fn ask(stream: &mut TcpStream, path: &str, wanted: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    while !text.contains(wanted) {
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the connection ended: {text}");
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_knows_where_wrong_keys_come_from() {
    let mut options = options();
    options.access.operator_token = Some("right".into());
    let edge = edge(options);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(listener, edge.router.clone(), std::future::pending()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut status = async |key: &str| {
        let request = format!("HEAD /v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap().into());
        }
        head.split(' ').nth(1).unwrap().to_owned()
    };
    let mut tried = 0;
    while status("wrong").await != "429" {
        tried += 1;
        assert!(tried < 2_000, "nobody says stop");
    }
    assert!(tried >= 20, "{tried}");
    assert_eq!(status("right").await, "200");
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_ends_although_somebody_listens_to_changes() {
    let edge = edge(options());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let state = edge.state.clone();
    let server = tokio::spawn(serve(listener, edge.router.clone(), async move {
        drop(ended.await);
        state.close();
    }));

    let mut idle = TcpStream::connect(address).await.unwrap();
    ask(&mut idle, "/healthz", "{\"status\":\"ok\"}").await;
    let mut listening = TcpStream::connect(address).await.unwrap();
    ask(&mut listening, "/v1/changes", "text/event-stream").await;

    end.send(()).unwrap();
    timeout(Duration::from_secs(9), server)
        .await
        .expect("the server does not end")
        .unwrap()
        .unwrap();
    let mut rest = Vec::new();
    timeout(Duration::from_secs(5), listening.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
