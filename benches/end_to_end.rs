//! How long does an agent wait for a customer's message? Signed webhooks over HTTP, at a steady rate, to the real server in a process of
//! its own, as users run it: log on disk, views on sled. Among them new customers, each with a hashtag of its own: of these it is measured
//! how long the webhook took until it was accepted, and from then on until a page of the queue, asked by that hashtag, shows it.
//!
//! Webhooks go out when they are due, not when the one before was answered, so that a server that stalls is seen as slow for all that
//! wait. Where the rate is not reached, the figures say that it was missed. Asserted: each of them is on its page, as a new ticket of its hashtag; and the log has as many events as were sent.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a bench that fails is to stop

mod client;

use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use client::{APP_SECRET, Connection, header, request, signed};
use origem_measure::{Bench, JSON, QUICK};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep_until};

const SEED: u64 = 7;
/// Connections over which the load comes.
const CONNECTIONS: u64 = 32;
/// New customers that are looked for, a second, and how many look for theirs at the same time.
const CUSTOMERS_PER_SECOND: u64 = 100;
const LOOKERS: u64 = 10;
/// Of the rate that is told, so much has to be reached: at another rate other waits are to be expected.
const REACHED_MIN: f64 = 0.95;

/// The server of a run; killed when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
}

/// The binary, built like this bench.
fn binary() -> PathBuf {
    let release = if cfg!(debug_assertions) {
        &[][..]
    } else {
        &["--release"][..]
    };
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let built = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--package", "origem-server", "--bin", "origem"])
        .args(release)
        .arg("--target-dir")
        .arg(target)
        .status();
    assert!(built.unwrap().success(), "the server does not build");
    target
        .join(if release.is_empty() { "debug" } else { "release" })
        .join("origem")
}

impl Server {
    fn start(binary: &Path, data: &Path, durability: &str) -> Self {
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        command.env_remove(JSON).env_remove(QUICK);
        command.env("ORIGEM_META_APP_SECRETS", APP_SECRET);
        command.env("ORIGEM_LOG_DURABILITY", durability);
        // It warns that it has no keys, each time.
        command.env("ORIGEM_TELEMETRY_LEVEL", "error");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().parse().unwrap();
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended needs no killing.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What the load is: a delivery is due every so often on each connection.
struct Load {
    webhooks: Vec<Vec<u8>>,
    events: u64,
}

impl Load {
    fn of(webhooks: u64) -> Self {
        let simulation = origem_sim::Simulation::new(origem_sim::Options {
            seed: SEED,
            // A delivery has an event or more.
            events: webhooks * 2,
            ..Default::default()
        });
        let mut load = Self {
            webhooks: Vec::new(),
            events: 0,
        };
        for delivery in simulation.take(usize::try_from(webhooks).unwrap()) {
            load.events += u64::from(delivery.events);
            load.webhooks.push(signed(&delivery.body));
        }
        assert_eq!(load.webhooks.len() as u64, webhooks);
        load
    }
}

/// A new customer, `number` of the run: the first message is a hashtag.
fn customer(number: u64) -> Vec<u8> {
    let phone = format!("5521{number:09}");
    let message = json!({
        "from": phone, "id": format!("wamid.customer{number}"), "timestamp": "1790416800", "type": "text",
        "text": {"body": format!("#look{number} quero saber mais")},
    });
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": "200000000000002"},
        "contacts": [{"profile": {"name": "Rita Teste"}, "wa_id": phone}],
        "messages": [message],
    });
    let entry = json!({"id": "100000000000001", "changes": [{"field": "messages", "value": value}]});
    let body = json!({"object": "whatsapp_business_account", "entry": [entry]});
    signed(body.to_string().as_bytes())
}

/// Sends its share of the load when it is due; when the last one was answered, after the beginning.
async fn send(address: SocketAddr, load: Arc<Load>, connection: u64, each: Duration, begin: Instant) -> Duration {
    let mut server = Connection::to(address).await;
    let first = usize::try_from(connection).unwrap();
    let share = load
        .webhooks
        .iter()
        .enumerate()
        .skip(first)
        .step_by(CONNECTIONS as usize);
    for (turn, webhook) in share {
        sleep_until(begin + each * u32::try_from(turn).unwrap()).await;
        server.ask(webhook).await;
    }
    begin.elapsed()
}

/// How long one customer's webhook took until it was accepted, and until the queue showed it, from then on.
type Waits = (Duration, Duration);

/// Customers that come when they are due, each looked for in the queue.
async fn look(address: SocketAddr, numbers: Vec<u64>, each: Duration, begin: Instant) -> Vec<Waits> {
    let (mut writes, mut reads) = (Connection::to(address).await, Connection::to(address).await);
    let mut waits = Vec::with_capacity(numbers.len());
    for (turn, number) in (0..).zip(numbers) {
        let webhook = customer(number);
        let due = begin + each * turn;
        // Time that a customer waits because we were not ready counts too.
        let free_before = Instant::now() <= due;
        sleep_until(due).await;
        let sent = if free_before { Instant::now() } else { due };
        let (head, _) = writes.ask(&webhook).await;
        let accepted = Instant::now();
        let position = header(head, "origem-position").unwrap();
        let page = request(
            &format!(
                "GET /v1/conversations?status=new&hashtag=look{number} HTTP/1.1\r\norigem-min-position: {position}"
            ),
            b"",
        );
        let (_, body) = reads.ask(&page).await;
        let visible = Instant::now();
        let page: Value = serde_json::from_slice(body).unwrap();
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "customer {number}: {page}");
        assert_eq!(items[0]["origin"]["entry"]["value"], format!("look{number}"), "{page}");
        waits.push((accepted - sent, visible - accepted));
    }
    waits
}

/// One run: what each customer waited, and how many webhooks a second were accepted.
fn run(runtime: &Runtime, server: &Server, rate: u64, seconds: u64) -> (Vec<Waits>, f64) {
    let customers = CUSTOMERS_PER_SECOND * seconds;
    let load = Arc::new(Load::of((rate - CUSTOMERS_PER_SECOND) * seconds));
    let each = Duration::from_secs(seconds) / u32::try_from(load.webhooks.len()).unwrap();
    let each_look =
        Duration::from_secs(1) * u32::try_from(LOOKERS).unwrap() / u32::try_from(CUSTOMERS_PER_SECOND).unwrap();
    let address = server.address;
    let events = load.events + customers;
    let (waits, took) = runtime.block_on(async {
        let begin = Instant::now() + Duration::from_millis(100);
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|connection| tokio::spawn(send(address, load.clone(), connection, each, begin)))
            .collect();
        let lookers: Vec<_> = (0..LOOKERS)
            .map(|looker| {
                let numbers = (looker..customers).step_by(LOOKERS as usize).collect();
                // They take turns, so that customers come evenly.
                let begin = begin + each_look * u32::try_from(looker).unwrap() / u32::try_from(LOOKERS).unwrap();
                tokio::spawn(look(address, numbers, each_look, begin))
            })
            .collect();
        let (mut waits, mut took) = (Vec::new(), Duration::ZERO);
        for looker in lookers {
            waits.append(&mut looker.await.unwrap());
        }
        for sender in senders {
            took = took.max(sender.await.unwrap());
        }
        (waits, took)
    });
    assert_eq!(waits.len() as u64, customers);
    let metrics = runtime.block_on(async {
        let mut connection = Connection::to(address).await;
        let (_, body) = connection.ask(&request("GET /metrics HTTP/1.1", b"")).await;
        String::from_utf8_lossy(body).into_owned()
    });
    let tail = metrics.lines().find_map(|line| line.strip_prefix("origem_log_tail"));
    let tail: u64 = tail.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert_eq!(tail, events, "everything that was accepted is in the log");
    (
        waits,
        (load.webhooks.len() as u64 + customers) as f64 / took.as_secs_f64(),
    )
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("end_to_end");
    let binary = binary();
    let runtime = Runtime::new()?;
    let settings = bench.pick(
        &[(200, "fsync")][..],
        &[(2_000, "fsync")][..],
        &[(500, "fsync"), (2_000, "fsync"), (2_000, "os")][..],
    );
    let (rounds, seconds) = bench.pick((1, 1), (1, 3), (3, 8));
    for &(rate, durability) in settings {
        let (mut accepted, mut visible, mut rates) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
            let server = Server::start(&binary, data.path(), durability);
            let (waits, reached) = run(&runtime, &server, rate, seconds);
            accepted.push(waits.iter().map(|(accepted, _)| *accepted).collect());
            visible.push(waits.iter().map(|(_, visible)| *visible).collect());
            rates.push(reached);
        }
        let told = match rates.iter().all(|reached| *reached >= rate as f64 * REACHED_MIN) {
            true => rate.to_string(),
            false => format!("{rate} (missed)"),
        };
        let conditions: [(&str, &dyn std::fmt::Display); 2] =
            [("webhooks_per_second", &told), ("durability", &durability)];
        bench.figure("reached", &conditions).values("webhooks/s", &rates);
        bench.figure("accepted", &conditions).quantiles(&mut accepted);
        bench.figure("visible", &conditions).quantiles(&mut visible);
    }
    bench.end()
}
