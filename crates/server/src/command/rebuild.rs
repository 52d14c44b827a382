//! `origem rebuild`: views are folded again and compared with those that serve; in this process on a data directory, or at a
//! server while it serves. Both go through the same routes.

mod report;

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use axum::http::Method;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::api::Api;
use crate::args::{Format, Rebuild, RebuildAction, RebuildPlace};
use crate::config::{Config, Resolved};
use crate::failure::Failure;

/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(200);
/// Between two lines of progress where there is no terminal.
const LINE: Duration = Duration::from_secs(5);
/// How long a server that is being followed may be away: it goes on with the rebuild when it is back.
const PATIENCE: Duration = Duration::from_secs(60);

/// Rebuilds, or tells of rebuilds.
pub fn run(args: &Rebuild) -> Result<(), Failure> {
    let place = &args.place;
    if args.action.is_none() && !args.rules.is_empty() && !args.dry_run {
        let advice = "--rule is for one --dry-run only; to keep a rule, put it into the configuration, as rules.*";
        return Err(Failure::usage(format!(
            "{advice}: the next start would rebuild by what stands there"
        )));
    }
    if place.url.is_some() && !args.rules.is_empty() {
        return Err(Failure::usage(
            "a server has the rules of its configuration; --rule is for a data directory",
        ));
    }
    let api = open(args)?;
    let done = carry_out(args, &api);
    api.close()?;
    let (answer, failed) = done?;
    print(place, args.action.as_ref(), &answer)?;
    failed.map_or(Ok(()), Err)
}

fn open(args: &Rebuild) -> Result<Api, Failure> {
    let place = &args.place;
    if let Some(url) = &place.url {
        let resolved = Resolved::new(None, std::env::vars(), [])?;
        let known = Some(resolved.get("operators.token").0.to_owned()).filter(|token| !token.is_empty());
        return Ok(Api::remote(url, place.token.clone().or(known)));
    }
    let rules = args.rules.iter().map(|(key, value)| (*key, Some(value.as_str())));
    let config = Config::load(&place.settings.shared(), &rules.collect::<Vec<_>>())?;
    let api = Api::on(&config)?;
    api.catch_up()?;
    Ok(api)
}

/// What there is to print, and what went wrong all the same.
type Done = (Value, Option<Failure>);

fn carry_out(args: &Rebuild, api: &Api) -> Result<Done, Failure> {
    let done = |answer| Ok((answer, None));
    match &args.action {
        None => follow(api, &start(args, api)?),
        Some(RebuildAction::Status { id: Some(id) }) => done(api.get(&format!("{REBUILDS}/{id}"))?),
        Some(RebuildAction::Status { id: None }) => done(api.get(REBUILDS)?),
        Some(RebuildAction::Cancel { id }) => {
            let id = match id {
                Some(id) => *id,
                None => under_way(api)?,
            };
            done(api.send(&Method::DELETE, &format!("{REBUILDS}/{id}"), None)?)
        }
        Some(RebuildAction::Rollback) => done(api.send(&Method::POST, "/v1/admin/rollback", None)?),
        Some(RebuildAction::Prune) => done(api.send(&Method::POST, "/v1/admin/prune", None)?),
    }
}

const REBUILDS: &str = "/v1/admin/rebuilds";

fn start(args: &Rebuild, api: &Api) -> Result<Value, Failure> {
    let mut wanted = json!({"renormalise": args.renormalise, "dry_run": args.dry_run, "examples": args.examples});
    // Only where it is asked for: a server of before does not know it, and is to take whatever else is asked.
    if args.accept_loss {
        wanted["accept_loss"] = json!(true);
    }
    // Nobody is served from a data directory meanwhile: all of the machine is ours.
    let is_ours = matches!(api, Api::Local { .. });
    if let Some(share) = args.cpu_share.or(is_ours.then_some(1.0)) {
        wanted["cpu_share"] = json!(share);
    }
    api.send(&Method::POST, REBUILDS, Some(&wanted))
}

/// The number of the rebuild that is under way.
fn under_way(api: &Api) -> Result<u64, Failure> {
    let all = api.get(REBUILDS)?;
    let running = all["items"].as_array().into_iter().flatten();
    let mut running = running.filter(|rebuild| rebuild["finished"] == false);
    let id = running.next().and_then(|rebuild| rebuild["id"].as_u64());
    id.ok_or_else(|| "no rebuild is under way".into())
}

/// Looks at a rebuild until it has ended.
fn follow(api: &Api, started: &Value) -> Result<Done, Failure> {
    let path = format!("{REBUILDS}/{}", started["id"]);
    let mut progress = Progress::new();
    let mut seen = Instant::now();
    let ended = loop {
        match api.get(&path) {
            Ok(status) => {
                seen = Instant::now();
                progress.show(&status);
                if status["finished"] == true {
                    break status;
                }
            }
            // A server that is started again goes on with it.
            Err(_) if matches!(api, Api::Remote { .. }) && seen.elapsed() < PATIENCE => {}
            Err(failure) => return Err(failure.context("the rebuild cannot be followed")),
        }
        std::thread::sleep(LOOK);
    };
    progress.end();
    let failed = match ended["phase"].as_str() {
        Some("failed") => {
            let why = ended["error"].as_str().unwrap_or("the log of the server says why");
            Some(Failure::from(format!("the rebuild failed: {why}")))
        }
        Some("cancelled") => Some("the rebuild was cancelled".into()),
        _ => None,
    };
    Ok((ended, failed))
}

/// How far it is, on standard error: a bar on a terminal, else a line now and then.
struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    line: Option<Instant>,
    phase: String,
}

impl Progress {
    fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
            ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        } else {
            ProgressBar::hidden()
        };
        Self {
            bar,
            is_terminal,
            line: None,
            phase: String::new(),
        }
    }

    fn show(&mut self, status: &Value) {
        let (done, total, told) = report::progress(status);
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.set_message(told.clone());
        let phase = status["phase"].as_str().unwrap_or_default();
        let is_due = self.line.is_none_or(|line| line.elapsed() >= LINE) || self.phase != phase;
        if !self.is_terminal && is_due {
            // Whoever closed standard error does not want to know.
            drop(writeln!(std::io::stderr(), "{done}/{total} {told}"));
            self.line = Some(Instant::now());
            phase.clone_into(&mut self.phase);
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn print(place: &RebuildPlace, action: Option<&RebuildAction>, answer: &Value) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let is_terminal = std::io::stdout().is_terminal();
    match (place.format.unwrap_or(Format::usual(is_terminal)), action) {
        (Format::Json, _) => writeln!(out, "{answer}")?,
        (Format::Table, Some(RebuildAction::Rollback | RebuildAction::Prune)) => {
            writeln!(out, "{}", report::generations(answer))?;
        }
        (Format::Table, Some(RebuildAction::Status { id: None })) => writeln!(out, "{}", report::list(answer))?,
        (Format::Table, _) => write!(out, "{}", report::whole(answer))?,
    }
    Ok(())
}
