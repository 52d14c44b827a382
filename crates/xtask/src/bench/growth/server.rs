//! A server of the binary: started, waited for, asked, stopped or killed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::binary::memory;
use super::{Failure, failed};

/// Between two looks at whether it is ready.
const LOOK: Duration = Duration::from_millis(5);
/// A server that is not ready by then never is; one that ends takes less.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts one on `data` and waits until it says that it is ready; gives how long that took.
    pub fn start(origem: &Path, data: &Path) -> Result<(Self, Duration), Failure> {
        let mut command = Command::new(origem);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        // It warns that it has no keys, each time.
        command.env("ORIGEM_TELEMETRY_LEVEL", "error");
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed("origem serve"))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out)
                .read_line(&mut line)
                .map_err(failed("origem serve"))?;
        }
        let server = Self {
            child,
            address: line.trim().trim_start_matches("http://").to_owned(),
        };
        if server.address.is_empty() {
            return Err("origem serve ended before it told its address".to_owned());
        }
        while !server
            .ask("GET /readyz", "")
            .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
        {
            if began.elapsed() > PATIENCE {
                return Err(format!("origem serve was not ready after {} s", PATIENCE.as_secs()));
            }
            thread::sleep(LOOK);
        }
        Ok((server, began.elapsed()))
    }

    /// Appends events, one JSON a line; they are durable then.
    pub fn take_in(&self, events: &str) -> Result<(), Failure> {
        let answer = self.ask("POST /v1/events", events).map_err(failed("POST /v1/events"))?;
        let first = answer.lines().next().unwrap_or_default();
        if first.starts_with("HTTP/1.1 200") {
            return Ok(());
        }
        Err(format!("POST /v1/events answered {answer}"))
    }

    /// Records in its log.
    pub fn records(&self) -> Result<u64, Failure> {
        let answer = self.ask("GET /metrics", "").map_err(failed("GET /metrics"))?;
        let mut tails = answer.lines().filter_map(|line| line.strip_prefix("origem_log_tail"));
        let tail = tails.next().and_then(|line| line.rsplit(' ').next()?.parse().ok());
        tail.ok_or_else(|| "GET /metrics says nothing of origem_log_tail".to_owned())
    }

    /// Reads the inbox, page after page, at most so many; how many conversations it was shown.
    pub fn read_pages(&self, most: usize) -> Result<usize, Failure> {
        let (mut shown, mut cursor) = (0, String::new());
        for _ in 0..most {
            let request = format!("GET /v1/conversations?limit=50{cursor}");
            let answer = self.ask(&request, "").map_err(failed(&request))?;
            let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            let page: serde_json::Value =
                serde_json::from_str(body).map_err(|error| format!("{request} answered no JSON: {error}: {answer}"))?;
            shown += page["items"].as_array().map_or(0, Vec::len);
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        Ok(shown)
    }

    /// Bytes of memory it has now.
    pub fn memory_bytes(&self) -> u64 {
        memory(&self.child, "VmRSS")
    }

    /// Kills it in the middle of whatever it does.
    pub fn kill(mut self) -> Result<(), Failure> {
        self.child.kill().map_err(failed("kill"))?;
        self.child.wait().map(drop).map_err(failed("kill"))
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) -> Result<(), Failure> {
        let process = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &process]).status();
        asked.map_err(failed("kill -TERM"))?;
        let began = Instant::now();
        while self.child.try_wait().map_err(failed("origem serve"))?.is_none() {
            if began.elapsed() > PATIENCE {
                return Err(format!(
                    "origem serve had not ended {} s after it was asked to",
                    PATIENCE.as_secs()
                ));
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// The whole answer to a request. One connection each: a server that begins may close it.
    fn ask(&self, request: &str, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let head =
            format!("{request} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\n");
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended needs no killing.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
