//! A small client for servers on loopback: requests are bytes made before, so that it costs little beside what it measures.

use std::net::SocketAddr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The secret that signed deliveries are signed with.
pub const APP_SECRET: &str = "bench-secret";

/// A request as bytes: its first line and headers, then its body.
pub fn request(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{head}\r\nhost: bench\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A delivery of Meta, signed.
pub fn signed(body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).unwrap();
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    request(
        &format!("POST /webhooks/meta HTTP/1.1\r\nx-hub-signature-256: sha256={hex}"),
        body,
    )
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            read: Vec::with_capacity(1 << 16),
        }
    }

    /// Sends a request and reads the answer, which must be a 200; its head and its body.
    pub async fn ask(&mut self, request: &[u8]) -> (&str, &[u8]) {
        self.answered(request, "HTTP/1.1 200").await
    }

    /// The same where the answer must begin with something else.
    pub async fn answered(&mut self, request: &[u8], begins: &str) -> (&str, &[u8]) {
        self.stream.write_all(request).await.unwrap();
        self.read.clear();
        let end = loop {
            let read = self.stream.read_buf(&mut self.read).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            if let Some(end) = end_of_answer(&self.read) {
                break end;
            }
        };
        let head = std::str::from_utf8(&self.read[..end]).unwrap();
        let body = &self.read[end..];
        assert!(head.starts_with(begins), "{head}{}", String::from_utf8_lossy(body));
        (head, body)
    }
}

/// Where the body begins, once all of the answer is there.
fn end_of_answer(read: &[u8]) -> Option<usize> {
    let head = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&read[..head]).unwrap();
    let length = header(text, "content-length").map_or(0, |length| length.parse::<usize>().unwrap());
    (read.len() >= head + length).then_some(head)
}

/// A header of an answer; `name` in lower case, as the server writes it.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
