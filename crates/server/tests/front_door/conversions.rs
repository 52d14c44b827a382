//! Story: what agents sell is told to Meta and to a server of the business, once, whatever happens to the process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use origem_domain::time::Timestamp;
use serde_json::{Value, json};

use crate::process::{command, eventually, finish};
use crate::server::Server;
use crate::world::World;

/// Takes what it is told, as Meta does, and remembers it.
struct Receiver {
    url: String,
    heard: Arc<Mutex<Vec<Value>>>,
    /// It takes requests and never answers.
    silent: Arc<AtomicBool>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (heard, silent, stopping) = (Arc::default(), Arc::default(), Arc::<AtomicBool>::default());
        let shared = (Arc::clone(&heard), Arc::clone(&silent), Arc::clone(&stopping));
        let thread = thread::spawn(move || {
            let (heard, silent, stopping) = shared;
            for stream in listener.incoming() {
                if stopping.load(Ordering::Relaxed) {
                    return;
                }
                // Who is killed in between breaks off.
                drop(hear(stream.unwrap(), &heard, &silent));
            }
        });
        Self {
            url,
            heard,
            silent,
            stopping,
            thread: Some(thread),
        }
    }

    fn heard(&self) -> Vec<Value> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.url.trim_start_matches("http://")));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn hear(mut stream: TcpStream, heard: &Mutex<Vec<Value>>, silent: &AtomicBool) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        match line.trim().to_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap(),
            Some(_) => {}
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    heard.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
    if silent.load(Ordering::Relaxed) {
        // Until the other side is gone.
        reader.read_to_end(&mut body)?;
        return Ok(());
    }
    let answer = r#"{"events_received":1,"messages":[],"fbtrace_id":"T1"}"#;
    let length = answer.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}"
    )
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}

/// A customer who came by an ad, and bought.
fn sale(phone: &str, units: u32) -> String {
    let event = |kind: &str, more: Value| {
        let mut event = json!({
            "kind": kind, "account": "default", "channel": {"kind": "whatsapp", "id": "200000000000002"},
            "contact": {"aliases": [{"kind": "phone", "value": phone}]}, "occurred_at": now(),
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event.to_string()
    };
    let clid = format!("Afe_{phone}");
    let referral = json!({"source_type": "ad", "source_id": "1202", "ctwa_clid": clid});
    let first = json!({"message": {"id": format!("m{phone}"), "type": "text", "text": "oi"}, "referral": referral});
    let ticket = json!({"ticket": {"value": units, "currency": "BRL", "classification": "sale"}, "agent": "ana"});
    format!(
        "{}\n{}\n",
        event("message_received", first),
        event("ticket_finished", ticket)
    )
}

/// A server that tells a receiver, with more settings.
#[track_caller]
fn serve(world: &World, receiver: &Receiver, more: &[(&str, &str)]) -> Server {
    let mut command = command(&["serve", "--listen", "127.0.0.1:0"]);
    command.arg("--data").arg(world.data());
    command.env("ORIGEM_CONVERSIONS_RULES", "finished value>0 -> Purchase");
    command.env("ORIGEM_CONVERSIONS_META_URL", &receiver.url);
    command.env("ORIGEM_CONVERSIONS_META_DATASETS", "whatsapp:*=123/456");
    command.env("ORIGEM_CONVERSIONS_META_TOKEN_FILE", world.file("token", "the-token\n"));
    command.envs(more.iter().copied());
    let server = Server::start(command);
    let begun = || server.get("/v1/conversions")["destinations"][0]["began_at"].is_string();
    assert!(eventually(begun), "conversions begin");
    server
}

/// Waits until so many conversions are in a state.
#[track_caller]
fn until(server: &Server, state: &str, count: u64) {
    let mut last = Value::Null;
    let is_so = eventually(|| {
        last = server.get("/v1/conversions");
        last["counts"][state] == count
    });
    assert!(is_so, "{count} {state}: {last}");
}

fn ids(heard: &[Value]) -> Vec<&str> {
    heard
        .iter()
        .map(|body| body["data"][0]["event_id"].as_str().unwrap())
        .collect()
}

#[test]
fn a_sale_is_told_once_through_kill_nine_restart_and_rebuild() {
    let (world, receiver) = (World::new(), Receiver::start());
    receiver.silent.store(true, Ordering::Relaxed);
    let mut server = serve(&world, &receiver, &[]);
    server
        .post("/v1/events", &[], sale("5511955550101", 199).as_bytes())
        .ok();
    assert!(eventually(|| !receiver.heard().is_empty()), "it is told");
    // The answer is lost, and the process with it.
    server.crash();
    server.kill();
    receiver.silent.store(false, Ordering::Relaxed);
    let server = serve(&world, &receiver, &[]);
    until(&server, "sent", 1);
    let heard = receiver.heard();
    assert_eq!(heard.len(), 2);
    assert_eq!(ids(&heard)[0], ids(&heard)[1], "told again under the same id");
    let event = &heard[1]["data"][0];
    assert_eq!(event["event_name"], "Purchase");
    assert_eq!(
        event["user_data"],
        json!({"whatsapp_business_account_id": "456", "ctwa_clid": "Afe_5511955550101"})
    );
    assert_eq!(event["custom_data"]["value"], 199);
    assert_eq!(event["custom_data"]["currency"], "BRL");
    // Folded again from the start.
    server.post("/v1/admin/rebuilds", &[], b"");
    let rebuilt = eventually(|| server.get("/v1/admin/rebuilds")["items"][0]["finished"] == true);
    assert!(rebuilt, "{}", server.get("/v1/admin/rebuilds"));
    server.stop();
    std::fs::remove_dir_all(world.data().join("views")).unwrap();
    let server = serve(&world, &receiver, &[]);
    // Another sale, so that there is something to wait for.
    server
        .post("/v1/events", &[], sale("5511955550102", 50).as_bytes())
        .ok();
    until(&server, "sent", 2);
    let heard = receiver.heard();
    assert_eq!(heard.len(), 3, "nothing is told again: {heard:?}");
    assert_ne!(ids(&heard)[1], ids(&heard)[2]);
    server.stop();
}

#[test]
fn people_see_what_was_tried_out_and_send_it_by_hand() {
    let (world, receiver) = (World::new(), Receiver::start());
    let server = serve(&world, &receiver, &[("ORIGEM_CONVERSIONS_DRY_RUN", "true")]);
    server
        .post("/v1/events", &[], sale("5511955550101", 199).as_bytes())
        .ok();
    until(&server, "dry_run", 1);
    let listed = server.get("/v1/conversions?state=dry_run&destination=meta");
    let conversion = &listed["items"][0];
    assert_eq!(
        (&conversion["event"], &conversion["value"]),
        (&json!("Purchase"), &json!(199))
    );
    let id = conversion["id"].as_str().unwrap();
    let one = server.get(&format!("/v1/conversions/{id}"));
    assert_eq!(one["request"]["data"][0]["event_id"], id);
    let conversation = conversion["conversation"].as_str().unwrap();
    let explained = server.get(&format!("/v1/conversions/explain?conversation={conversation}"));
    assert_eq!(
        explained["items"][0]["conversions"][0]["state"], "dry_run",
        "{explained}"
    );
    for (path, refused) in [
        ("/v1/conversions?state=lost", "400 invalid"),
        ("/v1/conversions?destination=google", "400 invalid"),
        ("/v1/conversions?cursor=x", "400 invalid"),
        ("/v1/conversions/nothing", "404 not_found"),
        ("/v1/conversions/explain?conversation=x", "400 invalid"),
        (
            "/v1/conversions/explain?conversation=cv_0000000000000001",
            "404 not_found",
        ),
    ] {
        assert_eq!(server.ask(path, &[]).refused(), refused, "{path}");
    }
    let tool = |arguments: &[&str]| {
        let mut command = command(&["conversions"]);
        command.args(arguments).args(["--url", &server.url, "--format", "json"]);
        finish(command, b"").value()
    };
    assert_eq!(tool(&["list", "--limit", "5"])["items"][0]["id"], id);
    assert_eq!(tool(&["show", id])["id"], id);
    assert_eq!(tool(&["show"])["items"][0]["name"], "meta");
    assert_eq!(tool(&["explain", conversation, "--dry-run"]), explained);
    server.stop();
    assert!(receiver.heard().is_empty(), "nothing left");
    // On the data directory, for the server that is started next.
    let settings = [
        ("ORIGEM_CONVERSIONS_META_DATASETS", "whatsapp:*=123/456"),
        ("ORIGEM_CONVERSIONS_META_TOKEN", "the-token"),
    ];
    let mut again = command(&["conversions", "retry", id, "--format", "json", "--data"]);
    again.arg(world.data()).envs(settings);
    assert_eq!(finish(again, b"").value()["state"], "waiting");
    let server = serve(&world, &receiver, &[]);
    until(&server, "sent", 1);
    assert_eq!(ids(&receiver.heard()), [id]);
    let path = format!("/v1/admin/conversions/{id}/retry");
    assert_eq!(server.post(&path, &[], b"").refused(), "409 conflict");
    let metrics = server.ask("/metrics", &[]).body;
    let line = "origem_conversions_requests_total{destination=\"meta\",outcome=\"taken\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    let log = server.said().join("\n");
    assert!(!log.contains("5511955550101") && !log.contains("Afe_"), "{log}");
    server.stop();
}

#[test]
fn a_webhook_is_told_too_and_settings_that_make_no_sense_are_refused() {
    let (world, receiver) = (World::new(), Receiver::start());
    let url = format!("{}/hook", receiver.url);
    let hook = [
        ("ORIGEM_CONVERSIONS_WEBHOOK_URL", url.as_str()),
        ("ORIGEM_CONVERSIONS_WEBHOOK_SECRET", "whsec_c2VjcmV0"),
    ];
    let server = serve(&world, &receiver, &hook);
    server
        .post("/v1/events", &[], sale("5511955550101", 10).as_bytes())
        .ok();
    until(&server, "sent", 2);
    let heard = receiver.heard();
    let hooked = heard.iter().find(|body| body["type"] == "conversion").unwrap();
    assert_eq!(hooked["data"]["event"], "Purchase");
    assert_eq!(hooked["data"]["origin"]["kind"], "ad");
    server.stop();
    for (name, value, words) in [
        ("ORIGEM_CONVERSIONS_RULES", "finished Purchase", "has no `->`"),
        (
            "ORIGEM_CONVERSIONS_RULES",
            "finished -> Sale",
            "conversions.meta_events",
        ),
        ("ORIGEM_CONVERSIONS_META_DATASETS", "whatsapp:*=123", "BUSINESS_ACCOUNT"),
        ("ORIGEM_LOG_KIND", "kafka", "embedded log only"),
    ] {
        let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(world.data());
        command.env("ORIGEM_CONVERSIONS_META_DATASETS", "whatsapp:*=123/456");
        command.env("ORIGEM_CONVERSIONS_META_TOKEN", "the-token");
        let ran = finish(
            {
                command.env(name, value);
                command
            },
            b"",
        );
        assert_eq!(ran.code, Some(1), "{name}={value}");
        assert!(ran.err.contains(words), "{name}={value}: {}", ran.err);
    }
}

#[test]
fn what_agents_do_by_commands_is_told_by_the_rules_of_the_directory() {
    let (world, receiver) = (World::new(), Receiver::start());
    let rules =
        "finished outcome=won value>0 -> Purchase, lead -> LeadSubmitted, stage is=in_progress -> QualifiedLead";
    let server = serve(&world, &receiver, &[("ORIGEM_CONVERSIONS_RULES", rules)]);
    for (id, outcome) in [("sale", "won"), ("no-sale", "lost")] {
        let entry = json!({"name": id, "outcome": outcome}).to_string();
        let url = format!("{}/v1/classifications/{id}", server.url);
        let put = ureq::put(url).header("content-type", "application/json").send(entry);
        assert!(put.unwrap().status().is_success());
    }
    let events = sale("5511955550101", 1);
    let (message, _) = events.split_once('\n').unwrap();
    let position = server.post("/v1/events", &[], message.as_bytes()).position.unwrap();
    let listed = server.get_at("/v1/conversations", &position);
    let path = format!("/v1/conversations/{}", listed["items"][0]["id"].as_str().unwrap());
    let order = |what: &str, body: Value| {
        let answer = server.post(&format!("{path}/{what}"), &[], body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    };
    let finish = |classification: &str| {
        let body = json!({"agent": "ana", "classification": classification, "value": 99.5, "currency": "BRL"});
        order("finish", body);
    };
    order("claim", json!({"agent": "ana"}));
    order("lead", json!({"agent": "ana", "lead": "L1"}));
    order("stage", json!({"agent": "ana", "stage": "in_progress"}));
    finish("no-sale");
    order("reopen", json!({"agent": "ana"}));
    finish("sale");
    until(&server, "sent", 3);
    let heard = receiver.heard();
    let mut told: Vec<&str> = heard
        .iter()
        .flat_map(|body| body["data"].as_array().unwrap())
        .map(|event| event["event_name"].as_str().unwrap())
        .collect();
    told.sort_unstable();
    assert_eq!(told, ["LeadSubmitted", "Purchase", "QualifiedLead"]);
    // Opened again: what is out is out, and is said to be.
    order("reopen", json!({"agent": "ana"}));
    let is_withdrawn = || {
        let purchase = server.get("/v1/conversions?event=Purchase");
        purchase["items"][0]["withdrawn_at"].is_string() && purchase["items"][0]["state"] == "sent"
    };
    assert!(eventually(is_withdrawn), "{}", server.get("/v1/conversions"));
    server.stop();
}
