//! `origem demo`: a server with a simulated business whose deliveries come in by the real webhook, signed, and whose staff works by
//! the commands of the API.

mod directory;
mod staff;

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use origem_domain::time::HOUR;
use origem_sim::{Business, Options, Pace, Simulation};
use sha2::Sha256;
use tracing::warn;

use crate::args::Demo;
use crate::command::{now, serve};
use crate::config::{Config, Resolved};
use crate::failure::Failure;
use crate::{data, seed, telemetry};

/// Hours of business before the start, so that there is something to see at once.
const PAST_HOURS: i64 = 48;

/// Runs the demo until it is told to stop.
pub fn run(args: &Demo) -> Result<(), Failure> {
    let temporary = tempfile::Builder::new().prefix("origem-demo-").tempdir()?;
    let directory = args.data.clone().unwrap_or_else(|| temporary.path().to_owned());
    let secret = format!("demo-{}", args.seed);
    let flags = [
        ("data", directory.to_string_lossy().into_owned()),
        ("listen", args.listen.clone()),
        ("meta.app_secrets", secret.clone()),
        ("telemetry.level", "warn".to_owned()),
        // Nobody in it is real.
        ("access.open", "true".to_owned()),
        // The past is taken in one delivery at a time, as Meta would send it; nothing here outlives the demo.
        ("log.durability", "os".to_owned()),
    ];
    let mut config = Config::new(&Resolved::new(None, std::iter::empty(), flags)?)?;
    config.engine.rebuild.automatic = true;
    let _traces = telemetry::start_with_traces(&config)?;
    let engine = data::open(&config)?;
    let business = Business::of(args.seed);
    seed::sow(
        &engine,
        &directory::of(&business).to_string(),
        &config.http.account,
        now(),
    )?;
    let stop = Arc::new(AtomicBool::new(false));
    let (seed, rate, stopping) = (args.seed, args.rate, stop.clone());
    let runtime = tokio::runtime::Runtime::new()?;
    let start = move |address, _: &_, _| {
        let (url, idle) = (format!("http://{address}"), stopping.clone());
        let webhook = format!("{url}/webhooks/meta");
        // Whoever takes the address alone has closed what the rest would be written to.
        drop(invite(&url, &business));
        std::thread::spawn(move || traffic(&webhook, &secret, seed, rate, &stopping));
        std::thread::spawn(move || staff::work(&url, &business, &idle));
        Ok(())
    };
    let stop = move |()| stop.store(true, Ordering::Relaxed);
    let served = runtime.block_on(serve::serve(engine.clone(), &config, start, stop));
    engine.stop()?;
    served
}

/// Tells how to look at it as somebody: what each of them sees is real.
fn invite(url: &str, business: &Business) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "  everybody, without limits: {url}/?person=")?;
    for (id, who) in directory::people(business) {
        writeln!(out, "  as {who}: {url}/?person={id}")?;
    }
    out.flush()
}

/// Posts what the business received until now at once, and goes on in real time.
fn traffic(url: &str, secret: &str, seed: u64, rate: u64, stop: &AtomicBool) {
    const POLL: Duration = Duration::from_millis(20);
    // The past at the same rate would be long at high rates; a few thousand events are enough to look at.
    let past = (PAST_HOURS * HOUR).min(i64::try_from(5_000 * 60_000_000 / rate).unwrap_or(HOUR));
    let options = Options {
        seed,
        events: u64::MAX,
        start: now().plus(-past),
        pace: Pace::PerMinute(rate),
    };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    for delivery in Simulation::new(options) {
        while now() < delivery.at {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(POLL);
        }
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let request = agent.post(url).header("content-type", "application/json");
        let sent = request
            .header("x-hub-signature-256", signature(secret, &delivery.body))
            .send(&delivery.body);
        if let Err(error) = sent
            && !stop.load(Ordering::Relaxed)
        {
            warn!(%error, "a simulated delivery was not accepted");
        }
    }
}

/// As Meta signs: HMAC-SHA256 of the exact body with the app secret.
fn signature(secret: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    let hex: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256={hex}")
}
