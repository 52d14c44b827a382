//! `origem ingest`: files into the log and on into the views, or to a running server.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use origem_channels::{Delivery, Source};
use origem_domain::time::Timestamp;
use origem_engine::{Engine, Prepared, Status};
use serde_json::{Value, json};

use crate::args::Ingest;
use crate::client::post;
use crate::command::now;
use crate::config::{Config, Resolved};
use crate::failure::Failure;
use crate::{data, input, telemetry};

/// Deliveries that are decoded and appended together.
const CHUNK: usize = 4096;
/// Bytes of deliveries that are decoded and appended together.
const CHUNK_BYTES: usize = 4 << 20;

/// Appends the files and waits until they are projected; ends with one line of JSON.
pub fn run(args: &Ingest) -> Result<(), Failure> {
    let began = Instant::now();
    let bar = spinner();
    let mut summary = match &args.url {
        Some(url) => remote(args, url, &bar)?,
        None => local(args, &bar)?,
    };
    bar.finish_and_clear();
    summary["seconds"] = json!((began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0);
    writeln!(std::io::stdout(), "{summary}")?;
    Ok(())
}

fn spinner() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {pos} {msg} {elapsed} {per_sec}");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

/// Deliveries that are taken together. Each is told with the line of its file that it begins on.
#[derive(Default)]
struct Chunk {
    bodies: Vec<Vec<u8>>,
    lines: Vec<u64>,
    bytes: usize,
}

/// Which delivery of a chunk could not be taken, and why.
type Refused = (usize, Failure);

impl Chunk {
    fn is_full(&self, next: usize) -> bool {
        self.bodies.len() == CHUNK || (!self.bodies.is_empty() && self.bytes + next > CHUNK_BYTES)
    }

    fn push(&mut self, line: u64, body: Vec<u8>) {
        self.bytes += body.len();
        self.bodies.push(body);
        self.lines.push(line);
    }

    /// Hands the deliveries over and empties the chunk.
    fn give(&mut self, file: &Path, take: &mut impl FnMut(&[Vec<u8>]) -> Result<(), Refused>) -> Result<(), Failure> {
        let Self { bodies, lines, .. } = std::mem::take(self);
        take(&bodies).map_err(|(index, failure)| {
            let line = lines.get(index).copied().unwrap_or_default();
            failure.context(format!("cannot keep {}, line {line}", file.display()))
        })
    }
}

/// Hands the deliveries of all files over in chunks.
fn chunks(args: &Ingest, mut take: impl FnMut(&[Vec<u8>]) -> Result<(), Refused>) -> Result<u64, Failure> {
    let mut count = 0;
    for file in &args.input.files {
        let mut chunk = Chunk::default();
        let read = input::deliveries(file, |line, body| {
            count += 1;
            if chunk.is_full(body.len()) {
                chunk.give(file, &mut take)?;
            }
            chunk.push(line, body);
            Ok(())
        });
        // What came before an unreadable part stays appended.
        chunk.give(file, &mut take)?;
        read?;
    }
    Ok(count)
}

fn local(args: &Ingest, bar: &ProgressBar) -> Result<Value, Failure> {
    let config = Config::load(&args.settings, &[])?;
    // Progress is on the bar; the log of a batch command speaks up only when something is wrong.
    telemetry::start(&Config {
        telemetry_level: "warn".to_owned(),
        ..config.clone()
    })?;
    let engine = data::open_beside_servers(&config)?;
    if engine.is_far_behind()? {
        fold_anew(&engine, bar)?;
    }
    wait(&engine, bar, "events projected before")?;
    let before = engine.status()?;
    let intake = Intake {
        engine: &engine,
        source: args.input.source.into(),
        account: &config.http.account,
    };
    let (mut events, mut unrecognised, mut is_paused) = (0, 0, false);
    bar.set_message("deliveries");
    let deliveries = chunks(args, |bodies| {
        let accepted = intake.append(bodies, config.engine.projector.folding.lanes)?;
        events += accepted.0;
        unrecognised += accepted.1;
        bar.inc(bodies.len() as u64);
        // The views are folded anew at the end then: what is folded before that is folded in vain.
        if !is_paused && engine.is_far_behind().map_err(|error| (0, error.into()))? {
            engine.pause();
            is_paused = true;
        }
        Ok(())
    });
    if is_paused {
        fold_anew(&engine, bar)?;
    }
    wait(&engine, bar, "events projected")?;
    let after = engine.status()?;
    engine.stop()?;
    let duplicates = |status: &Status| status.sum(|progress| progress.checkpoint.duplicates);
    let mut summary = json!({
        "deliveries": deliveries?, "events": events, "duplicates": duplicates(&after) - duplicates(&before),
        "unrecognised": unrecognised, "conversations": after.sum(|progress| progress.checkpoint.conversations),
    });
    let last = after.last();
    if !last.is_empty() {
        summary["position"] = json!(last);
    }
    Ok(summary)
}

struct Intake<'a> {
    engine: &'a Engine,
    source: Source,
    account: &'a str,
}

impl Intake<'_> {
    /// Decodes in `lanes` threads, appends in order; gives events and how many were not understood.
    fn append(&self, bodies: &[Vec<u8>], lanes: usize) -> Result<(u64, u64), Refused> {
        if bodies.is_empty() {
            return Ok((0, 0));
        }
        let received_at = now();
        let part_len = bodies.len().div_ceil(lanes.max(1));
        let prepared: Vec<Prepared> = std::thread::scope(|scope| {
            let threads: Vec<_> = bodies
                .chunks(part_len)
                .map(|part| scope.spawn(move || self.prepare(part, received_at)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let (mut events, mut unrecognised) = (0, 0);
        for (index, (prepared, part)) in prepared.iter().zip(bodies.chunks(part_len)).enumerate() {
            let accepted = match prepared.append(self.engine.log()) {
                Ok(accepted) => (accepted.events, accepted.unrecognised),
                Err(error) if error.has_no_side_effects() => self
                    .append_singly(part, received_at)
                    .map_err(|(at, failure)| (index * part_len + at, failure))?,
                Err(error) => return Err((index * part_len, error.into())),
            };
            events += accepted.0;
            unrecognised += accepted.1;
        }
        Ok((events, unrecognised))
    }

    /// What was refused together is appended one by one, so that all before the one that is too large is kept.
    fn append_singly(&self, bodies: &[Vec<u8>], received_at: Timestamp) -> Result<(u64, u64), Refused> {
        let (mut events, mut unrecognised) = (0, 0);
        for (at, body) in bodies.iter().enumerate() {
            let prepared = self.prepare(std::slice::from_ref(body), received_at);
            let accepted = prepared.append(self.engine.log()).map_err(|error| (at, error.into()))?;
            events += accepted.events;
            unrecognised += accepted.unrecognised;
        }
        Ok((events, unrecognised))
    }

    fn prepare(&self, bodies: &[Vec<u8>], received_at: Timestamp) -> Prepared {
        let delivery = |body| Delivery {
            source: self.source,
            body,
            received_at,
            account: self.account,
        };
        self.engine.prepare(bodies.iter().map(|body| delivery(body.as_slice())))
    }
}

/// Folds the views anew, and shows how far that is.
fn fold_anew(engine: &Arc<Engine>, bar: &ProgressBar) -> Result<(), Failure> {
    const PAUSE: Duration = Duration::from_millis(100);
    bar.set_message("events projected");
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || ended.send(engine.fold_anew()));
        loop {
            match end.recv_timeout(PAUSE) {
                Ok(folded) => return Ok(folded?),
                Err(RecvTimeoutError::Timeout) => {
                    bar.set_position(engine.last_status().sum(|progress| progress.checkpoint.next.0));
                }
                Err(RecvTimeoutError::Disconnected) => return Err("folding the views anew panicked".into()),
            }
        }
    })
}

/// Waits until everything that is in the log now is projected.
fn wait(engine: &Engine, bar: &ProgressBar, what: &'static str) -> Result<(), Failure> {
    const PAUSE: Duration = Duration::from_millis(2);
    bar.set_message(what);
    let tails: Vec<_> = engine.status()?.partitions.iter().map(|status| status.tail).collect();
    loop {
        let status = engine.status()?;
        if status.failed() {
            return Err("the projector stopped; see the log above".into());
        }
        bar.set_position(status.sum(|progress| progress.checkpoint.next.0));
        let mut behind = status.partitions.iter().zip(&tails);
        if !behind.any(|(status, tail)| status.progress.checkpoint.next < *tail) {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
}

/// Gives the deliveries to a running server.
fn remote(args: &Ingest, url: &str, bar: &ProgressBar) -> Result<Value, Failure> {
    let source: Source = args.input.source.into();
    let endpoint = format!(
        "{}/v1/deliveries?source={}&wait=true",
        url.trim_end_matches('/'),
        source.name()
    );
    let resolved = Resolved::new(None, std::env::vars(), [])?;
    let token = Some(resolved.get("producers.token").0).filter(|token| !token.is_empty());
    let mut sums = json!({"deliveries": 0, "events": 0, "duplicates": 0, "unrecognised": 0});
    let mut now = json!({});
    bar.set_message("deliveries");
    let limit = origem_http::Options::default().request_bytes_max;
    chunks(args, |bodies| {
        for Request { first, split, body } in requests(bodies) {
            // A server that refuses a long body may hang up before all of it is sent, so that its answer is lost.
            if body.len() > limit {
                let bytes = body.len();
                let refusal = format!("a request of {bytes} bytes exceeds the limit of {limit} bytes (too_large)");
                return Err((first, refusal.into()));
            }
            let answer =
                post(&format!("{endpoint}&split={split}"), token, &body).map_err(|failure| (first, failure))?;
            for (name, sum) in sums.as_object_mut().into_iter().flatten() {
                *sum = json!(sum.as_u64().unwrap_or_default() + answer[name.as_str()].as_u64().unwrap_or_default());
            }
            for name in ["conversations", "position"] {
                if let Some(value) = answer.get(name) {
                    now[name] = value.clone();
                }
            }
        }
        bar.inc(bodies.len() as u64);
        Ok(())
    })?;
    for (name, value) in now.as_object_mut().into_iter().flatten() {
        sums[name.as_str()] = value.take();
    }
    Ok(sums)
}

/// Deliveries that are posted together.
struct Request {
    /// Which delivery it begins with.
    first: usize,
    /// How they are told apart.
    split: &'static str,
    body: Vec<u8>,
}

/// Deliveries as requests: those of one line together, in order; one of several lines by itself, so that its bytes stay as
/// they are.
fn requests(bodies: &[Vec<u8>]) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    for (first, body) in bodies.iter().enumerate() {
        let request = |split, body| Request { first, split, body };
        if body.contains(&b'\n') {
            requests.push(request("none", body.clone()));
            continue;
        }
        if requests.last().is_none_or(|request| request.split == "none") {
            requests.push(request("lines", Vec::new()));
        }
        if let Some(Request { body: lines, .. }) = requests.last_mut() {
            lines.extend_from_slice(body);
            lines.push(b'\n');
        }
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_of_several_lines_travel_alone() {
        let bodies: Vec<Vec<u8>> = ["a", "b", "c\nd", "e"]
            .iter()
            .map(|body| body.as_bytes().to_vec())
            .collect();
        let sent: Vec<(usize, &str, String)> = requests(&bodies)
            .into_iter()
            .map(|Request { first, split, body }| (first, split, String::from_utf8(body).unwrap()))
            .collect();
        let expected = [(0, "lines", "a\nb\n"), (2, "none", "c\nd"), (3, "lines", "e\n")];
        assert_eq!(
            sent,
            expected.map(|(first, split, body)| (first, split, body.to_owned()))
        );
    }
}
