//! A server on loopback that behaves as Meta does, or as a receiver of webhooks, errors included.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use origem_domain::time::{DAY, Timestamp};
use serde_json::{Value, json};

/// What it does with a request instead of what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It answers this, with these seconds to wait.
    Status(u16, Option<u64>, Value),
    /// It takes the request and goes away without a word.
    TakesAndResets,
    /// It goes away before it has read anything.
    Resets,
    /// It never answers.
    Hangs,
}

/// A request that came in.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Seen {
    requests: Vec<Request>,
    /// The ids of events that were taken, in order, duplicates too.
    taken: Vec<String>,
    faults: VecDeque<Fault>,
}

/// The server; stops when dropped.
pub(crate) struct Destination {
    pub url: String,
    seen: Arc<Mutex<Seen>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Destination {
    /// One whose clock stands at `now`.
    pub(crate) fn start(now: Timestamp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, stopping) = (Arc::<Mutex<Seen>>::default(), Arc::<AtomicBool>::default());
        let (shared, ending) = (seen.clone(), stopping.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ending.load(Ordering::Relaxed) {
                    return;
                }
                // Each connection is served alone: what is asked here comes one after the other.
                drop(serve(stream.unwrap(), &shared, now));
            }
        });
        Self {
            url: format!("http://{address}"),
            seen,
            stopping,
            thread: Some(thread),
        }
    }

    /// What it does with the next requests, in order.
    pub(crate) fn will(&self, faults: impl IntoIterator<Item = Fault>) {
        self.seen.lock().unwrap().faults.extend(faults);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().requests.clone()
    }

    pub(crate) fn taken(&self) -> Vec<String> {
        self.seen.lock().unwrap().taken.clone()
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.url.trim_start_matches("http://")));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Answers one request and closes.
fn serve(mut stream: TcpStream, seen: &Mutex<Seen>, now: Timestamp) -> std::io::Result<()> {
    let fault = seen.lock().unwrap().faults.pop_front();
    if fault == Some(Fault::Resets) {
        return Ok(());
    }
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request = Request {
        path,
        headers,
        body: String::from_utf8(body).unwrap(),
    };
    let (status, after, answer) = match fault {
        Some(Fault::Status(status, after, answer)) => (status, after, answer),
        Some(Fault::Hangs) => {
            seen.lock().unwrap().requests.push(request);
            // Until the other side gives up.
            drop(reader.read_line(&mut line));
            return Ok(());
        }
        fault => {
            let (status, answer) = judge(&request, now, &mut seen.lock().unwrap().taken);
            if fault == Some(Fault::TakesAndResets) {
                seen.lock().unwrap().requests.push(request);
                return Ok(());
            }
            (status, None, answer)
        }
    };
    seen.lock().unwrap().requests.push(request);
    let body = answer.to_string();
    let after = after
        .map(|seconds| format!("retry-after: {seconds}\r\n"))
        .unwrap_or_default();
    write!(
        stream,
        "HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\n{after}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// As Meta does: one event at fault and the whole request is refused. A webhook takes what has an id.
fn judge(request: &Request, now: Timestamp, taken: &mut Vec<String>) -> (u16, Value) {
    let error = |status: u16, code: i64, subcode: i64, message: &str| {
        let error = json!({"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "T1"});
        (status, json!({"error": error}))
    };
    if request.path == "/hook" {
        taken.push(request.header("webhook-id").to_owned());
        return (200, json!({}));
    }
    if request.header("authorization") != "Bearer good-token" {
        return error(401, 190, 463, "Error validating access token");
    }
    if !["/ds-w/events", "/ds-m/events", "/ds-i/events"].contains(&request.path.as_str()) {
        return error(400, 100, 33, "Unsupported post request");
    }
    let body = request.json();
    let events = body["data"].as_array().unwrap();
    for event in events {
        let at = Timestamp::from_seconds(event["event_time"].as_i64().unwrap());
        let user = &event["user_data"];
        let is_known = match event["messaging_channel"].as_str().unwrap() {
            "whatsapp" => user["ctwa_clid"].is_string() && user["whatsapp_business_account_id"].is_string(),
            "messenger" => user["page_id"].is_string() && user["page_scoped_user_id"].is_string(),
            _ => user["instagram_business_account_id"].is_string() && user["ig_sid"].is_string(),
        };
        if now.since(at) > 7 * DAY {
            return error(400, 100, 2_804_003, "Event timestamp is too old");
        }
        if event["event_name"] == "CartAbandoned" {
            return error(400, 100, 2_804_066, "Event name is not supported");
        }
        if !is_known || event["action_source"] != "business_messaging" {
            return error(400, 100, 2_804_050, "Missing user data");
        }
    }
    taken.extend(
        events
            .iter()
            .map(|event| event["event_id"].as_str().unwrap().to_owned()),
    );
    (
        200,
        json!({"events_received": events.len(), "messages": [], "fbtrace_id": "T0"}),
    )
}
