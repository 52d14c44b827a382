//! Everything that is measured at one size.

use std::fs;
use std::path::Path;
use std::time::Duration;

use origem_measure::{Figure, told};

use super::binary::{disk_bytes, run_to_end};
use super::server::Server;
use super::{Failure, failed};

const SEED: &str = "7";
/// How often a start is measured.
const STARTS: usize = 3;
/// Events that are taken in before a kill, so that there is something that the views had not made durable.
const EVENTS_BEFORE_KILL: u64 = 500;
/// Pages of the inbox that are read before it is looked how much memory a server has.
const PAGES: usize = 400;

/// The figures of a size, told as they come.
struct Figures {
    events: String,
    told: Vec<Figure>,
}

impl Figures {
    fn add(&mut self, name: &str, more: &[(&str, &str)], unit: &str, values: &[f64]) {
        let mut parameters = vec![("events", self.events.as_str())];
        parameters.extend(more);
        let figure = Figure::of(&format!("growth/{name}"), &parameters, unit, values);
        let under: Vec<String> = figure
            .parameters
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        println!(
            "{:<24} {:<48} {}",
            figure.name,
            under.join(" "),
            told(figure.median, unit)
        );
        self.told.push(figure);
    }

    /// What each of so many events took, and how many that are in a second.
    fn add_work(&mut self, name: &str, more: &[(&str, &str)], events: u64, took: Duration) {
        self.add(name, more, "events/s", &[events as f64 / took.as_secs_f64()]);
        let work = more
            .iter()
            .fold(name.to_owned(), |work, (_, value)| format!("{work}, {value}"));
        self.add(
            "cost",
            &[("work", &work)],
            "µs",
            &[took.as_secs_f64() * 1e6 / events as f64],
        );
    }

    fn add_memory(&mut self, what: &str, bytes: u64) {
        self.add("memory", &[("what", what)], "MiB", &[bytes as f64 / f64::from(1 << 20)]);
    }
}

/// Makes a data directory of so many events in `folder`, and measures what is done with it.
pub fn measure(origem: &Path, folder: &Path, events: u64) -> Result<Vec<Figure>, Failure> {
    println!("\n==> {events} events");
    let mut figures = Figures {
        events: events.to_string(),
        told: Vec::new(),
    };
    let data = folder.join("data");
    let conversations = ingest(origem, folder, &data, events, &mut figures)?;
    disk(&data, events, conversations, &mut figures)?;
    starts(origem, &data, events, &mut figures)?;
    for (readers, flags) in [("as recorded", &[][..]), ("of this build", &["--renormalise"][..])] {
        rebuild(origem, &data, readers, flags, &mut figures)?;
    }
    Ok(figures.told)
}

/// A business is simulated into a file first, so that it takes nothing from what is measured. How many conversations there are.
fn ingest(origem: &Path, folder: &Path, data: &Path, events: u64, figures: &mut Figures) -> Result<u64, Failure> {
    let input = folder.join("deliveries.ndjson");
    run_to_end(
        origem,
        &["simulate", "--events", &events.to_string(), "--seed", SEED],
        Some(&input),
    )?;
    let ended = run_to_end(origem, &["ingest", "--data", &path(data)?, &path(&input)?], None)?;
    fs::remove_file(&input).map_err(failed(input.display()))?;
    let summary = json(&ended.output)?;
    let number = |name: &str| {
        let number = summary.get(name).and_then(serde_json::Value::as_u64);
        number.ok_or_else(|| format!("ingest tells no `{name}`: {summary}"))
    };
    if number("events")? != events {
        return Err(format!("of {events} events ingest read others: {summary}"));
    }
    let conversations = number("conversations")?;
    figures.add("conversations", &[], "conversations", &[conversations as f64]);
    figures.add_work("ingest", &[], events, ended.took);
    figures.add_memory("ingest, most", ended.memory_bytes);
    Ok(conversations)
}

fn disk(data: &Path, events: u64, conversations: u64, figures: &mut Figures) -> Result<(), Failure> {
    for of in ["log", "views"] {
        let folder = data.join(of);
        let bytes = disk_bytes(&folder).map_err(failed(folder.display()))? as f64;
        figures.add("disk_per_event", &[("of", of)], "B", &[bytes / events as f64]);
        figures.add(
            "disk_per_conversation",
            &[("of", of)],
            "B",
            &[bytes / conversations.max(1) as f64],
        );
    }
    Ok(())
}

/// From the start of the process to ready, after a clean stop and after a kill while it takes in events.
fn starts(origem: &Path, data: &Path, events: u64, figures: &mut Figures) -> Result<(), Failure> {
    let milliseconds = |took: Duration| took.as_secs_f64() * 1e3;
    let (mut clean, mut killed) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let (server, took) = Server::start(origem, data)?;
        clean.push(milliseconds(took));
        server.stop()?;
    }
    let (mut server, _) = Server::start(origem, data)?;
    let mut appended = events;
    for turn in 0..STARTS {
        server.take_in(&written(turn))?;
        appended += EVENTS_BEFORE_KILL;
        server.kill()?;
        let (next, took) = Server::start(origem, data)?;
        killed.push(milliseconds(took));
        let records = next.records()?;
        if records != appended {
            return Err(format!(
                "{appended} events were acknowledged, {records} are in the log after a kill"
            ));
        }
        server = next;
    }
    if server.read_pages(PAGES)? == 0 {
        return Err("the inbox is empty".to_owned());
    }
    figures.add_memory("serving", server.memory_bytes());
    server.stop()?;
    figures.add("start", &[("after", "clean stop")], "ms", &clean);
    figures.add("start", &[("after", "kill -9")], "ms", &killed);
    Ok(())
}

/// Messages of customers that are new, one JSON a line.
fn written(turn: usize) -> String {
    let event = |number: u64| {
        serde_json::json!({
            "kind": "message_received", "channel": {"kind": "whatsapp", "id": "200000000000002"},
            "contact": {"aliases": [{"kind": "phone", "value": format!("5521{turn:02}{number:07}")}]},
            "occurred_at": "2026-10-20T10:00:00Z",
            "message": {"id": format!("growth{turn}-{number}"), "type": "text", "text": "Bom dia"},
        })
        .to_string()
    };
    (0..EVENTS_BEFORE_KILL).map(event).collect::<Vec<_>>().join("\n")
}

fn rebuild(origem: &Path, data: &Path, readers: &str, flags: &[&str], figures: &mut Figures) -> Result<(), Failure> {
    let data = path(data)?;
    let mut arguments = vec!["rebuild", "--format", "json", "--data", &data];
    arguments.extend(flags);
    let ended = run_to_end(origem, &arguments, None)?;
    let told = json(&ended.output)?;
    let events = told["events_done"].as_u64().unwrap_or_default();
    if events == 0 || told["phase"] != "switched" || told["diff"]["equal"] != true {
        return Err(format!(
            "the views that were made again are not those that served: {told}"
        ));
    }
    figures.add_work("rebuild", &[("readers", readers)], events, ended.took);
    figures.add_memory(&format!("rebuild, {readers}, most"), ended.memory_bytes);
    run_to_end(origem, &["rebuild", "prune", "--data", &data], None)?;
    Ok(())
}

fn json(text: &str) -> Result<serde_json::Value, Failure> {
    serde_json::from_str(text.trim()).map_err(|error| format!("what origem printed is no JSON: {error}: {text}"))
}

fn path(path: &Path) -> Result<String, Failure> {
    let text = path.to_str();
    text.map(str::to_owned)
        .ok_or_else(|| format!("{} is no text", path.display()))
}
