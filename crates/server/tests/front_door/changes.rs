//! Story: a downstream service follows the changes, while the server comes and goes.

use std::sync::mpsc::Receiver;

use serde_json::{Value, json};

use crate::process::{PATIENCE, value};
use crate::server::Server;
use crate::world::{World, text, whatsapp};

struct Feed(Receiver<String>);

impl Feed {
    fn open(server: &Server, path: &str, last: Option<&str>) -> Self {
        let last = last.map(|id| ("last-event-id", id));
        Self(server.stream(path, last.as_slice()))
    }

    /// The next change; its id is its position.
    #[track_caller]
    fn next(&self) -> (String, Value) {
        let (mut id, mut data) = (None, None);
        loop {
            let line = self.0.recv_timeout(PATIENCE).expect("a change");
            match line.split_once(": ") {
                Some(("id", told)) => id = Some(told.to_owned()),
                Some(("data", told)) => data = Some(value(told)),
                _ if line.is_empty() && data.is_some() => {
                    let (id, data) = (id.unwrap(), data.unwrap());
                    assert_eq!(data["position"], *id);
                    return (id, data);
                }
                _ => {}
            }
        }
    }

    /// The ids of the next changes.
    fn ids(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next().0).collect()
    }

    /// The server closed it; whatever was still on its way.
    #[track_caller]
    fn rest(self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.0.recv_timeout(PATIENCE) {
                Ok(line) => lines.push(line),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("the stream does not end"),
            }
        }
        lines
            .iter()
            .filter_map(|line| line.strip_prefix("id: "))
            .map(str::to_owned)
            .collect()
    }
}

fn deliver(server: &Server, numbers: std::ops::Range<u32>) {
    for number in numbers {
        server.deliver(&whatsapp(&json!([text(
            "5511955550101",
            &format!("wamid.{number}"),
            number,
            "oi"
        )])));
    }
}

fn ids(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|number| format!("0:{number}")).collect()
}

#[test]
fn a_feed_is_resumed_without_gap_or_repeat_across_restarts() {
    let world = World::new();
    let server = Server::serve(&world.data());
    let feed = Feed::open(&server, "/v1/changes", None);
    deliver(&server, 0..5);
    let (id, first) = feed.next();
    assert_eq!(id, "0:0");
    assert_eq!(first["event"]["message"]["id"], "wamid.0");
    assert!(
        first["conversation"].as_str().is_some_and(|id| id.starts_with("cv_")),
        "{first}"
    );
    assert_eq!(feed.ids(4), ids(1..5));
    deliver(&server, 5..7);
    // A listener does not keep the server from stopping, and its stream ends.
    server.terminate();
    let seen = feed.rest();
    server.stop();
    assert!(ids(5..7).starts_with(&seen), "{seen:?}");
    let last = seen.last().cloned().unwrap_or_else(|| "0:4".to_owned());

    let server = Server::serve(&world.data());
    deliver(&server, 7..9);
    let next: u32 = last[2..].parse::<u32>().unwrap() + 1;
    let count = usize::try_from(9 - next).unwrap();
    let by_parameter = Feed::open(&server, &format!("/v1/changes?after={last}"), None);
    let by_header = Feed::open(&server, "/v1/changes?after=0:0", Some(&last));
    assert_eq!(by_parameter.ids(count), ids(next..9));
    assert_eq!(by_header.ids(count), ids(next..9));
    assert_eq!(Feed::open(&server, "/v1/changes?after=start", None).ids(9), ids(0..9));
    deliver(&server, 9..10);
    assert_eq!(
        (by_parameter.next().0, by_header.next().0),
        ("0:9".to_owned(), "0:9".to_owned())
    );
    assert_eq!(server.ask("/v1/changes?after=0:10", &[]).refused(), "400 invalid");
    server.stop();
}

#[test]
fn a_feed_is_resumed_after_the_server_was_killed() {
    let world = World::new();
    let mut server = Server::serve(&world.data());
    let feed = Feed::open(&server, "/v1/changes", None);
    deliver(&server, 0..20);
    let seen = feed.ids(20);
    server.kill();
    drop(feed);
    let server = Server::serve(&world.data());
    let feed = Feed::open(&server, &format!("/v1/changes?after={}", seen[9]), None);
    deliver(&server, 20..22);
    assert_eq!(feed.ids(12), ids(10..22));
    server.stop();
}
