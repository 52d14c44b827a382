//! Helpers: a running server and its callers.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::Receiver;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::process::{self, PATIENCE, command, value};

pub const SECRET: &str = "front-door-secret";
pub const VERIFY_TOKEN: &str = "front-door-token";

/// A server process; killed when dropped.
pub struct Server {
    child: Child,
    pub url: String,
    log: Mutex<Receiver<String>>,
    agent: ureq::Agent,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub position: Option<String>,
    /// After how many seconds to ask again.
    pub retry_after: Option<String>,
    pub body: String,
}

impl Server {
    /// `serve` on a free port with our secrets, once it tells its address.
    #[track_caller]
    pub fn serve(data: &Path) -> Self {
        let mut command = command(&["serve", "--listen", "127.0.0.1:0"]);
        command.arg("--data").arg(data);
        command.env("ORIGEM_META_APP_SECRETS", format!("another, {SECRET}"));
        command.env("ORIGEM_META_VERIFY_TOKEN", VERIFY_TOKEN);
        Self::start(command)
    }

    #[track_caller]
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = process::lines(child.stdout.take().unwrap());
        let log = process::lines(child.stderr.take().unwrap());
        let Ok(url) = out.recv_timeout(PATIENCE) else {
            drop(child.kill());
            panic!("no address: {:?}", log.iter().collect::<Vec<_>>());
        };
        let port = url
            .strip_prefix("http://127.0.0.1:")
            .and_then(|port| port.parse::<u16>().ok());
        assert!(port.is_some_and(|port| port != 0), "{url}");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        Self {
            child,
            url,
            log: Mutex::new(log),
            agent: agent.into(),
        }
    }

    /// An answer, whatever it is.
    #[track_caller]
    pub fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.call().unwrap())
    }

    /// The JSON of a path.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        self.ask(path, &[]).ok()
    }

    /// The JSON of a path once the views hold `position`.
    #[track_caller]
    pub fn get_at(&self, path: &str, position: &str) -> Value {
        self.ask(path, &[("origem-min-position", position)]).ok()
    }

    #[track_caller]
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_post(path, headers, body).unwrap()
    }

    /// Posts to a server that may go away meanwhile.
    pub fn try_post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, ureq::Error> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let mut request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(body)?;
        let text = response.body_mut().read_to_string()?;
        Ok(Answer::new(&response, text))
    }

    /// A delivery of Meta, signed by the right app.
    pub fn try_deliver(&self, body: &[u8]) -> Result<Answer, ureq::Error> {
        self.try_post(
            "/webhooks/meta",
            &[("x-hub-signature-256", &signature(SECRET, body))],
            body,
        )
    }

    /// The position of a delivery that was accepted.
    #[track_caller]
    pub fn deliver(&self, body: &str) -> String {
        let answer = self.try_deliver(body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.position.unwrap()
    }

    /// The stream of changes, line by line.
    #[track_caller]
    pub fn stream(&self, path: &str, headers: &[(&str, &str)]) -> Receiver<String> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.call().unwrap();
        assert_eq!(response.status().as_u16(), 200);
        process::lines(response.into_body().into_reader())
    }

    /// Waits until the log says `what`; the line that does.
    #[track_caller]
    pub fn says(&self, what: &str) -> String {
        let log = self.log.lock().unwrap();
        let mut said = Vec::new();
        loop {
            match log.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(what) => return line,
                Ok(line) => said.push(line),
                Err(_) => panic!("no `{what}` in {said:#?}"),
            }
        }
    }

    /// What the log has said since somebody last looked.
    pub fn said(&self) -> Vec<String> {
        self.log.lock().unwrap().try_iter().collect()
    }

    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Asks it to stop, as an init system does.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Kills it while others are still using it.
    pub fn crash(&self) {
        self.signal("-KILL");
    }

    /// Stops it; it must end well.
    #[track_caller]
    pub fn stop(mut self) {
        self.terminate();
        let status = process::end(&mut self.child);
        assert_eq!(status.code(), Some(0), "{:#?}", self.said());
    }

    /// Kills it, if it is not dead yet, and waits for its end.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Answer {
    #[track_caller]
    fn of(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let text = response.body_mut().read_to_string().unwrap();
        Self::new(&response, text)
    }

    fn new(response: &ureq::http::Response<ureq::Body>, body: String) -> Self {
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        Self {
            status: response.status().as_u16(),
            position: header("origem-position"),
            retry_after: header("retry-after"),
            body,
        }
    }

    /// The JSON of a good answer.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        value(&self.body)
    }

    /// Status and code of a refusal. One that passes says when to ask again.
    #[track_caller]
    pub fn refused(&self) -> String {
        assert_eq!(self.status == 503, self.retry_after.is_some(), "{self:?}");
        let code = value(&self.body)["error"]["code"].as_str().unwrap().to_owned();
        format!("{} {code}", self.status)
    }
}

/// As Meta signs. Source: reference/meta-platform.md 3.2.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .unwrap()
        .chain_update(body);
    let tag = mac.finalize().into_bytes();
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}
