//! Story: an operator changes a rule. What would change is seen before it does, the switch is seen by nobody, and there is a way back.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::process::{command, eventually, finish, on};
use crate::server::Server;
use crate::world::{World, simulated};

/// A message of a customer, `hour` hours after 2026-09-01 00:00, as an event of our own.
fn message(from: &str, hour: u32, ad: Option<&str>) -> String {
    let (day, hour_of_day) = (1 + hour / 24, hour % 24);
    let mut event = json!({
        "kind": "message_received", "channel": {"kind": "whatsapp", "id": "200000000000002"},
        "contact": {"aliases": [{"kind": "phone", "value": from}], "name": "Rita Teste"},
        "occurred_at": format!("2026-09-{day:02}T{hour_of_day:02}:00:00Z"), "dedup_key": format!("{from}-{hour}"),
        "message": {"id": format!("wamid.{from}.{hour}"), "type": "text", "text": "Quero saber mais"},
    });
    if let Some(ad) = ad {
        event["referral"] =
            json!({"source_type": "ad", "source_id": ad, "source_url": "https://www.instagram.com/p/x"});
    }
    event.to_string()
}

/// Rita comes through an ad and writes again after 13 hours; Ana writes twice within an hour.
fn two_customers() -> String {
    [
        message("5511955550101", 0, Some("1202")),
        message("5511955550101", 13, None),
        message("5511955550102", 0, None),
        message("5511955550102", 1, None),
    ]
    .join("\n")
}

/// Kinds of the timeline of Rita.
#[track_caller]
fn timeline(world: &World) -> Vec<String> {
    let timeline = world.run(&["query", "timeline", "--contact", "5511955550101"]).value();
    kinds(&timeline)
}

fn kinds(timeline: &Value) -> Vec<String> {
    let touches = timeline["items"].as_array().unwrap().iter();
    touches
        .map(|touch| touch["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn fingerprint(world: &World) -> Value {
    world.run(&["query", "fingerprint", "--format", "json"]).value()
}

/// What the same log gives a data directory that never had views.
#[track_caller]
fn folded_afresh(world: &World, name: &str, rules: &[(&str, &str)]) -> Value {
    let into = world.path(name);
    std::fs::create_dir_all(into.join("log")).unwrap();
    std::fs::copy(world.data().join("secret.key"), into.join("secret.key")).unwrap();
    for entry in std::fs::read_dir(world.data().join("log")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), into.join("log").join(entry.file_name())).unwrap();
    }
    let mut query = command(&["query", "fingerprint", "--format", "json"]);
    query.arg("--data").arg(&into).envs(rules.iter().copied());
    finish(query, b"").value()
}

/// The end of the only rebuild of a server.
#[track_caller]
fn ended(server: &Server, phase: &str) -> Value {
    let mut last = Value::Null;
    let over = eventually(|| {
        last = server.get("/v1/admin/rebuilds");
        last["items"][0]["finished"] == true
    });
    assert!(over, "{last}");
    assert_eq!(last["items"][0]["phase"], phase, "{last}");
    last["items"][0].take()
}

#[test]
fn a_dry_run_says_what_a_rule_would_change_and_changes_nothing() {
    let world = World::new();
    world.ingest("event", two_customers());
    let (before, touches) = (fingerprint(&world), timeline(&world));
    assert_eq!(touches, ["ad"]);
    let dry_run = ["rebuild", "--dry-run", "--rule", "interaction_gap=12h"];
    let found = world.run(&[&dry_run[..], &["--format", "json"]].concat()).value();
    assert_eq!(found["phase"], "compared", "{found}");
    let diff = &found["diff"];
    assert_eq!(
        diff["rules"],
        json!([{"name": "interaction_gap", "old": "24h", "new": "12h"}])
    );
    assert_eq!(
        diff["conversations"],
        json!({"compared": 2, "equal": 1, "changed": 1, "only_old": 0, "only_new": 0})
    );
    for (view, changed) in [
        ("origin", 1),
        ("timeline", 1),
        ("tickets", 0),
        ("status", 0),
        ("windows", 0),
        ("thread", 0),
    ] {
        assert_eq!(diff["views"][view]["changed"], changed, "{view} in {diff}");
    }
    assert_eq!(diff["contents"]["old"], before);
    let example = &diff["examples"][0];
    let origin = &example["differences"][0];
    assert_eq!(origin["view"], "origin", "{example}");
    assert_eq!(origin["old"]["text"], "ad/instagram 1202");
    assert_eq!(
        (&origin["old"]["rule"], &origin["old"]["position"]),
        (&json!("ad.referral@1"), &json!("0:0"))
    );
    assert_eq!(
        (&origin["new"]["rule"], &origin["new"]["position"]),
        (&json!("organic@1"), &json!("0:1"))
    );
    assert!(!found.to_string().contains("Rita"), "nothing personal: {found}");
    let told = world.run(&[&dry_run[..], &["--format", "table"]].concat()).done();
    for word in [
        "interaction_gap: 24h -> 12h",
        example["conversation"].as_str().unwrap(),
        "ad/instagram",
        "organic/whatsapp",
        "nothing was switched",
    ] {
        assert!(told.contains(word), "{word} in {told}");
    }
    assert_eq!((fingerprint(&world), timeline(&world)), (before, touches));
}

#[test]
fn a_rebuild_switches_and_can_be_taken_back() {
    let world = World::new();
    world.ingest("event", two_customers());
    let told = world.told();
    let same = world.run(&["rebuild", "--format", "json"]).value();
    assert_eq!(
        (&same["phase"], &same["diff"]["equal"]),
        (&json!("switched"), &json!(true)),
        "{same}"
    );
    assert_eq!(world.told(), told);
    // Under another rule: the views that were kept answer again after the rollback.
    let by_rule = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.arg("--data").arg(world.data());
        command.env("ORIGEM_RULES_INTERACTION_GAP", "12h");
        finish(command, b"")
    };
    let changed = by_rule(&["rebuild", "--format", "json"]).value();
    assert_eq!(changed["phase"], "switched", "{changed}");
    assert_eq!(changed["diff"]["conversations"]["changed"], 1);
    let timeline = by_rule(&["query", "timeline", "--contact", "5511955550101"]).value();
    assert_eq!(kinds(&timeline), ["ad", "organic"]);
    world.run(&["rebuild", "rollback"]).done();
    assert_eq!(world.told(), told);
    world.run(&["rebuild", "prune"]).done();
    let nothing = world.run(&["rebuild", "rollback"]).failed(1);
    assert!(nothing.contains("no views are kept"), "{nothing}");
}

#[test]
fn nobody_notices_a_rebuild_under_load() {
    let world = World::new();
    world.ingest("meta", simulated(4_000, 31));
    world.ingest("event", message("5511955550101", 0, Some("1202")));
    let server = Server::serve(&world.data());
    let id = server.get("/v1/conversations?contact=5511955550101")["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let over = AtomicBool::new(false);
    let switched = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut hour = 1;
            while !over.load(Ordering::Relaxed) {
                let answer = server.post("/v1/events", &[], message("5511955550101", hour % 600, None).as_bytes());
                assert_eq!(answer.status, 200, "{}", answer.body);
                hour += 1;
            }
            hour
        });
        let readers = [
            format!("/v1/conversations/{id}"),
            format!("/v1/conversations/{id}/timeline"),
            "/v1/conversations?limit=50".to_owned(),
        ];
        let readers = readers.map(|path| {
            let (server, over, id) = (&server, &over, &id);
            scope.spawn(move || {
                let (mut reads, mut latest) = (0, 0);
                while !over.load(Ordering::Relaxed) {
                    let answer = server.get(&path);
                    if answer["id"] == **id {
                        let offset = offset_of(&answer["position"]);
                        assert!(offset >= latest, "a read went back from {latest} to {offset}");
                        latest = offset;
                    }
                    reads += 1;
                }
                reads
            })
        });
        let started = server.post("/v1/admin/rebuilds", &[], b"{\"cpu_share\": 1.0}");
        assert_eq!(started.status, 202, "{}", started.body);
        assert_eq!(server.post("/v1/admin/rebuilds", &[], b"").refused(), "409 conflict");
        let switched = ended(&server, "switched");
        over.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() > 1);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
        switched
    });
    assert_eq!(switched["diff"]["equal"], true, "{switched}");
    assert_eq!(switched["cause"], "operator");
    server.stop();
    assert_eq!(fingerprint(&world), folded_afresh(&world, "afresh", &[]));
}

fn offset_of(position: &Value) -> u64 {
    position.as_str().unwrap().strip_prefix("0:").unwrap().parse().unwrap()
}

#[test]
fn a_rebuild_that_is_killed_goes_on_at_the_next_start_and_one_that_is_cancelled_does_not() {
    let world = World::new();
    world.ingest("meta", simulated(20_000, 37));
    let mut server = Server::serve(&world.data());
    let cancelled = server.post("/v1/admin/rebuilds", &[], b"{\"cpu_share\": 0.01}");
    assert_eq!(cancelled.status, 202, "{}", cancelled.body);
    let cancel = command(&["rebuild", "cancel", "--format", "json", "--url", &server.url]);
    assert_eq!(finish(cancel, b"").value()["phase"], "cancelled");
    let started = server.post("/v1/admin/rebuilds", &[], b"{\"cpu_share\": 0.3}");
    assert_eq!(started.status, 202, "{}", started.body);
    let rebuild = || server.get("/v1/admin/rebuilds")["items"][0].take();
    assert!(eventually(|| rebuild()["events_done"].as_u64().unwrap() > 0));
    assert_eq!(rebuild()["finished"], false, "it was faster than we");
    server.crash();
    server.kill();
    let server = Server::serve(&world.data());
    let switched = ended(&server, "switched");
    assert_eq!(
        (&switched["id"], &switched["cause"]),
        (&json!(2), &json!("operator")),
        "{switched}"
    );
    assert_eq!(switched["diff"]["equal"], true, "{switched}");
    let rebuilds = server.get("/v1/admin/rebuilds");
    assert_eq!(rebuilds["items"].as_array().unwrap().len(), 1, "{rebuilds}");
    server.stop();
    assert_eq!(fingerprint(&world), folded_afresh(&world, "afresh", &[]));
}

#[test]
fn a_command_that_is_killed_goes_on_at_the_next_one() {
    let world = World::new();
    world.ingest("meta", simulated(24_000, 43));
    let before = fingerprint(&world);
    let views = world.data().join("views");
    // Slow enough to be met at work: the directory is there from the first pass until the rows are durable.
    let mut rebuild = command(&["rebuild", "--cpu-share", "0.05"]);
    let mut child = rebuild
        .arg("--data")
        .arg(world.data())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = eventually(|| views.join("2/scratch").is_dir() || child.try_wait().unwrap().is_some());
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success() && begun, "it was faster than we");
    assert!(views.join("2").is_dir(), "what was begun stays");
    let same = world.run(&["rebuild", "--format", "json"]).value();
    assert_eq!(same["phase"], "switched", "{same}");
    assert_eq!(same["diff"]["equal"], true, "{same}");
    let serving = std::fs::read_to_string(views.join("serving")).unwrap();
    assert_eq!(serving.lines().next(), Some("2"), "it went on with what was begun");
    assert_eq!(fingerprint(&world), before);
}

#[test]
fn a_server_with_another_rule_serves_what_it_has_and_rebuilds_by_itself() {
    const RULE: (&str, &str) = ("ORIGEM_RULES_INTERACTION_GAP", "12h");
    let world = World::new();
    world.ingest("event", two_customers());
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.arg("--data").arg(world.data()).env(RULE.0, RULE.1);
    let server = Server::start(serve);
    let switched = ended(&server, "switched");
    assert_eq!(switched["cause"], "rules_changed");
    assert_eq!(switched["diff"]["conversations"]["changed"], 1);
    let id = switched["diff"]["examples"][0]["conversation"]
        .as_str()
        .unwrap()
        .to_owned();
    let touches = || kinds(&server.get(&format!("/v1/conversations/{id}/timeline")));
    assert_eq!(touches(), ["ad", "organic"]);
    let metrics = server.ask("/metrics", &[]).body;
    assert!(
        metrics.contains("origem_rebuild_phase{phase=\"switched\"} 1"),
        "{metrics}"
    );
    // The command line goes through the server's door, and events follow it to the end.
    let at_server = |arguments: &[&str]| finish(command(&[arguments, &["--url", &server.url]].concat()), b"");
    let events = server.stream(&format!("/v1/admin/rebuilds/{}/events", switched["id"]), &[]);
    assert!(events.iter().any(|line| line == "event: end"));
    let in_use = on(&world.data(), &["rebuild", "--dry-run"]).failed(1);
    assert!(in_use.contains("--url"), "{in_use}");
    at_server(&["rebuild", "rollback"]).done();
    assert_eq!(touches(), ["ad"]);
    let again = at_server(&["rebuild", "--dry-run", "--format", "json"]).value();
    assert_eq!(
        (&again["phase"], &again["diff"]["conversations"]["changed"]),
        (&json!("compared"), &json!(1))
    );
    assert_eq!(touches(), ["ad"], "a dry run switches nothing");
    server.stop();
}

#[test]
fn operators_have_a_token() {
    let world = World::new();
    world.ingest("event", two_customers());
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    serve
        .arg("--data")
        .arg(world.data())
        .env("ORIGEM_OPERATORS_TOKEN", "the-token");
    let server = Server::start(serve);
    for path in ["/v1/admin/rebuilds", "/v1/admin/rollback", "/v1/admin/prune"] {
        assert_eq!(server.post(path, &[], b"").refused(), "401 unauthorised", "{path}");
    }
    assert_eq!(server.ask("/v1/admin/rebuilds", &[]).refused(), "401 unauthorised");
    let rebuild = |token: &[&str]| {
        let arguments = [
            &["rebuild", "--dry-run", "--format", "json", "--url", &server.url],
            token,
        ]
        .concat();
        finish(command(&arguments), b"")
    };
    assert!(rebuild(&[]).failed(1).contains("unauthorised"));
    assert_eq!(rebuild(&["--token", "the-token"]).value()["diff"]["equal"], true);
    server.stop();
}

#[test]
fn what_makes_no_sense_is_refused_with_advice() {
    let world = World::new();
    world.ingest("event", two_customers());
    for (arguments, words) in [
        (
            &["rebuild", "--rule", "interaction_gap=12h"][..],
            &["configuration", "dry"][..],
        ),
        (
            &["rebuild", "--dry-run", "--rule", "nonsense=12h"],
            &["nonsense", "interaction_gap"],
        ),
        (&["rebuild", "--dry-run", "--rule", "interaction_gap"], &["NAME=VALUE"]),
        (&["rebuild", "--cpu-share", "2"], &["over 0 and up to 1"]),
        (
            &[
                "rebuild",
                "--dry-run",
                "--rule",
                "interaction_gap=12h",
                "--url",
                "http://127.0.0.1:1",
            ],
            &["configuration"],
        ),
    ] {
        let said = crate::process::origem(arguments).failed(2);
        for word in words {
            assert!(said.contains(word), "{word} in {said}");
        }
    }
    let value = world
        .run(&["rebuild", "--dry-run", "--rule", "interaction_gap=soon"])
        .failed(1);
    assert!(
        value.contains("rules.interaction_gap") && value.contains("soon"),
        "{value}"
    );
    assert!(
        world
            .run(&["rebuild", "cancel"])
            .failed(1)
            .contains("no rebuild is under way")
    );
    assert!(world.run(&["rebuild", "status", "77"]).failed(1).contains("not_found"));
    let missing = on(&world.path("nowhere"), &["rebuild", "--dry-run"]).failed(1);
    assert!(missing.contains("no data"), "{missing}");
}
