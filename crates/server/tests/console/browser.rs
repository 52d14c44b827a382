//! A real browser, driven over the Chrome DevTools Protocol: one WebSocket, one message after the other.

use std::cell::{Cell, RefCell};
use std::env;
use std::ffi::{OsStr, OsString};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

use crate::page::Page;
use crate::process::{PATIENCE, end, lines, value};

/// Names of the program, the first that is there.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// How somebody sits before the page.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    pub language: &'static str,
    pub width: u32,
    pub height: u32,
    /// `light` or `dark`.
    pub scheme: &'static str,
}

/// Somebody in Brazil at a notebook.
pub const DESK: Viewer = Viewer {
    language: "pt-BR",
    width: 1440,
    height: 900,
    scheme: "light",
};

/// A browser without a window; killed when dropped.
pub struct Browser {
    child: Child,
    socket: RefCell<WebSocket<TcpStream>>,
    sent: Cell<u64>,
    /// What pages complained of: errors of scripts and refused loads, by session.
    complaints: RefCell<Vec<(String, String)>>,
    _profile: TempDir,
}

/// Where the browser is, as `told` by the environment or on the `path`; none: stories in it are skipped, unless it is `required`.
fn program(told: Option<OsString>, path: &OsStr) -> Result<Option<PathBuf>, &'static str> {
    let is_required = told.as_deref() == Some(OsStr::new("required"));
    if let Some(told) = told.filter(|_| !is_required) {
        return Ok(Some(told.into()));
    }
    let found = NAMES.iter().find_map(|name| {
        env::split_paths(path)
            .map(|dir| dir.join(name))
            .find(|file| file.is_file())
    });
    if found.is_none() && is_required {
        return Err("no Chromium found; install one, or name it in ORIGEM_CHROMIUM");
    }
    Ok(found)
}

#[test]
fn where_the_browser_is_required_and_missing_the_stories_fail() {
    let dir = tempfile::tempdir().unwrap();
    let there = dir.path().join(NAMES[0]);
    let (some, none) = (dir.path().as_os_str(), OsStr::new(""));
    std::fs::write(&there, "").unwrap();
    for (told, path, expected) in [
        (None, none, Ok(None)),
        (None, some, Ok(Some(there.clone()))),
        (Some("required"), some, Ok(Some(there.clone()))),
        (Some("required"), none, Err(())),
        (Some("/opt/chromium"), none, Ok(Some("/opt/chromium".into()))),
        (Some("/opt/chromium"), some, Ok(Some("/opt/chromium".into()))),
    ] {
        let found = program(told.map(Into::into), path);
        assert_eq!(found.map_err(|_| ()), expected, "{told:?} {path:?}");
    }
}

impl Browser {
    /// Starts it. `None`, told on standard error, where there is none.
    pub fn start() -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let Some(program) = program(env::var_os("ORIGEM_CHROMIUM"), &path).unwrap() else {
            eprintln!("skipped: no Chromium here; install one, or name it in ORIGEM_CHROMIUM");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new(program)
            .args([
                "--headless=new",
                "--remote-debugging-port=0",
                "--no-first-run",
                "--hide-scrollbars",
            ])
            // A container has neither the user namespaces of the sandbox nor much shared memory; only our own pages are shown.
            .args(["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-extensions",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = lines(child.stderr.take().unwrap());
        let address = loop {
            let line = said
                .recv_timeout(PATIENCE)
                .expect("Chromium does not tell where it listens");
            if let Some(address) = line.strip_prefix("DevTools listening on ") {
                break address.to_owned();
            }
        };
        let host = address.trim_start_matches("ws://").split('/').next().unwrap();
        let stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(address.as_str(), stream).unwrap();
        Some(Self {
            child,
            socket: RefCell::new(socket),
            sent: Cell::new(0),
            complaints: RefCell::default(),
            _profile: profile,
        })
    }

    /// A window of its own, with storage of its own, in the hands of `viewer`; it shows nothing yet.
    pub fn open(&self, viewer: Viewer) -> Page<'_> {
        let context = self.call(None, "Target.createBrowserContext", json!({}));
        let context = context["browserContextId"].as_str().unwrap();
        let target = json!({ "url": "about:blank", "browserContextId": context, "width": viewer.width, "height": viewer.height });
        let target = self.call(None, "Target.createTarget", target);
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.call(None, "Target.attachToTarget", attach);
        let session = session["sessionId"].as_str().unwrap().to_owned();
        let permissions =
            json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "browserContextId": context });
        self.call(None, "Browser.grantPermissions", permissions);
        Page::new(self, session, viewer)
    }

    /// Sends a command and waits for its answer; what else comes meanwhile is kept if it is a complaint.
    #[track_caller]
    pub fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        let answer = self.ask(session, method, params);
        answer.unwrap_or_else(|refusal| panic!("{method}: {refusal}"))
    }

    /// The same; an error is what the browser refused.
    #[track_caller]
    pub fn ask(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.sent.get() + 1;
        self.sent.set(id);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.socket
            .borrow_mut()
            .send(Message::text(message.to_string()))
            .unwrap();
        loop {
            let read = self.socket.borrow_mut().read();
            let message = read.unwrap_or_else(|error| panic!("{method}: no answer: {error}"));
            let Ok(text) = message.to_text() else { continue };
            let answer = value(text);
            if answer["id"] == id {
                return match &answer["error"] {
                    Value::Null => Ok(answer["result"].clone()),
                    refusal => Err(refusal.clone()),
                };
            }
            self.hear(&answer);
        }
    }

    fn hear(&self, event: &Value) {
        let complaint = match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => {
                let details = &event["params"]["exceptionDetails"];
                let description = &details["exception"]["description"];
                format!("{} {}", details["text"], description)
            }
            // That the API refused something is an answer, not a fault of the page.
            Some("Log.entryAdded")
                if event["params"]["entry"]["level"] == "error" && event["params"]["entry"]["source"] != "network" =>
            {
                let entry = &event["params"]["entry"];
                format!("{} {}", entry["text"], entry["url"])
            }
            _ => return,
        };
        let session = event["sessionId"].as_str().unwrap_or_default().to_owned();
        self.complaints.borrow_mut().push((session, complaint));
    }

    /// What the page of `session` complained of.
    pub fn complaints(&self, session: &str) -> Vec<String> {
        let all = self.complaints.borrow();
        let own = all.iter().filter(|(of, _)| of == session);
        own.map(|(_, complaint)| complaint.clone()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to end, it takes its own children along.
        let close = json!({ "id": self.sent.get() + 1, "method": "Browser.close" });
        let asked = self.socket.borrow_mut().send(Message::text(close.to_string()));
        if asked.is_err() || std::thread::panicking() {
            drop(self.child.kill());
        }
        end(&mut self.child);
    }
}
