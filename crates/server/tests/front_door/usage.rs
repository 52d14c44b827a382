//! Story: somebody meets the command line for the first time.

use crate::process::{command, finish, origem};
use crate::world::World;

#[test]
fn help_of_every_command_names_what_the_contract_promises() {
    for (command, words) in [
        (
            &[][..],
            &[
                "serve",
                "demo",
                "ingest",
                "decode",
                "simulate",
                "query",
                "log",
                "config",
                "completions",
                "--version",
            ][..],
        ),
        (
            &["serve"],
            &["--config", "--data", "--listen", "./data", "127.0.0.1:8080"],
        ),
        (&["demo"], &["--data", "--listen", "--seed", "--rate"]),
        (
            &["ingest"],
            &[
                "--source",
                "--data",
                "--url",
                "meta",
                "twilio",
                "whatsapp_web",
                "event",
                ".gz",
                ".zst",
                "-",
            ],
        ),
        (&["decode"], &["--source", "FILE"]),
        (&["simulate"], &["--events", "--seed", "--source"]),
        (
            &["query"],
            &[
                "conversations",
                "conversation",
                "timeline",
                "tickets",
                "thread",
                "--contact",
                "--channel",
                "--data",
                "--url",
                "--format",
                "table",
                "json",
            ],
        ),
        (
            &["anomalies"],
            &["list", "show", "export", "count", "not_joined", "--url"],
        ),
        (
            &["anomalies", "export"],
            &[
                "--reason",
                "--kind",
                "--account",
                "--channel",
                "--since",
                "--until",
                "--raw",
                "--source",
            ],
        ),
        (
            &["rebuild"],
            &[
                "--renormalise",
                "--dry-run",
                "--examples",
                "--cpu-share",
                "--rule",
                "--data",
                "--url",
                "--token",
                "--format",
                "status",
                "cancel",
                "rollback",
                "prune",
            ],
        ),
        (&["log"], &["info", "verify", "tail", "export", "trim", "--data"]),
        (
            &["backup"],
            &["--to", "--data", "--quick", "--without-secret", "verify"],
        ),
        (&["restore"], &["--from", "--data"]),
        (&["config"], &["explain"]),
        (&["completions"], &["bash", "zsh", "fish"]),
    ] {
        let help = origem(&[command, &["--help"]].concat()).done();
        for word in words {
            assert!(help.contains(word), "{command:?}: no {word} in {help}");
        }
    }
}

#[test]
fn the_version_is_told() {
    assert_eq!(
        origem(&["--version"]).done(),
        format!("origem {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_ends_with_two_and_says_how_it_is_meant() {
    for wrong in [
        &["nonsense"][..],
        &["ingest"],
        &["ingest", "--source", "nonsense", "-"],
        &["simulate"],
        &["simulate", "--events", "many"],
        &["simulate", "--events", "5", "--source", "twilio"],
        &["serve", "--nonsense"],
        &["demo", "--rate", "0"],
        &["completions", "nonsense"],
    ] {
        origem(wrong).failed(2);
    }
    for unfinished in [&[][..], &["log"], &["config"]] {
        let ran = origem(unfinished);
        assert_eq!((ran.code, ran.out.as_slice()), (Some(2), &b""[..]));
        assert!(ran.err.contains("Usage: origem"), "{}", ran.err);
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = origem(&["completions", shell]).done();
        assert!(script.contains("origem") && script.contains("simulate"), "{shell}");
    }
}

#[test]
fn settings_are_explained_and_secrets_are_not_shown() {
    let world = World::new();
    let secret = world.file("secret", "from-a-file\n");
    let file = world.file(
        "origem.toml",
        format!("listen = '127.0.0.1:1'\n[log]\ndurability = 'os'\n[meta]\nverify_token_file = '{secret}'\n"),
    );
    let mut explain = command(&["config", "explain", "--config", &file]);
    explain
        .env("ORIGEM_LISTEN", "127.0.0.1:2")
        .env("ORIGEM_META_APP_SECRETS", "from-the-environment");
    let told = finish(explain, b"").done();
    for line in [
        "listen = 127.0.0.1:2    [environment ORIGEM_LISTEN]",
        "log.durability = os    [file ",
        "data = ./data    [default]",
        "meta.app_secrets = (hidden)    [environment ORIGEM_META_APP_SECRETS]",
        "meta.verify_token = (hidden)    [file ",
        "twilio.auth_token = (not set)    [default]",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
    assert!(!told.contains("from-"), "{told}");
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let world = World::new();
    for (name, content, words) in [
        ("unknown.toml", "lisen = 'a'", &["lisen", "config explain"][..]),
        (
            "value.toml",
            "[log]\ndurability = 'never'",
            &["log.durability", "never", "value.toml"],
        ),
        ("broken.toml", "= 1", &["broken.toml", "TOML"]),
        (
            "secret.toml",
            "secret = 'letmein'",
            &["secret", "(hidden)", "hexadecimal"],
        ),
    ] {
        let file = world.file(name, content);
        for command in [
            &["config", "explain", "--config", &file][..],
            &["serve", "--listen", "127.0.0.1:0", "--config", &file],
        ] {
            let ran = origem(command);
            assert_eq!(ran.code, Some(1), "{}", ran.err);
            for word in words {
                assert!(ran.err.contains(word), "{word} in {}", ran.err);
            }
        }
    }
    let missing = origem(&["serve", "--config", world.path("missing.toml").to_str().unwrap()]).failed(1);
    assert!(missing.contains("missing.toml"), "{missing}");
    let mut listen = command(&["serve", "--listen", "nonsense"]);
    listen.arg("--data").arg(world.data());
    assert!(finish(listen, b"").failed(1).contains("nonsense"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut grpc = command(&["serve", "--listen", "127.0.0.1:0", "--grpc", &address]);
    grpc.arg("--data").arg(world.data());
    let said = finish(grpc, b"").failed(1);
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
}

#[test]
fn whoever_stops_reading_has_seen_enough() {
    let mut simulate = command(&["simulate", "--events", "20000"]);
    simulate
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = simulate.spawn().unwrap();
    drop(child.stdout.take());
    let status = crate::process::end(&mut child);
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}
