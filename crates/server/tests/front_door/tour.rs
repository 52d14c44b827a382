//! `docs/tour.md` is run as it stands: every command, and every line of its answers.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process;
use crate::server::Server;

/// A command of the page and the lines that its answer must have.
#[derive(Debug, Default)]
struct Step {
    command: String,
    expected: Vec<String>,
}

/// What stands between the outputs of two commands.
const MARK: char = '\u{1e}';

/// The steps of a page: `    $ command`, its further lines as `    > line`, then what it answers.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in page.lines() {
        let Some(shown) = line.strip_prefix("    ") else {
            continue;
        };
        if let Some(command) = shown.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                expected: Vec::new(),
            });
        } else if let Some(step) = steps.last_mut() {
            match shown.strip_prefix("> ") {
                Some(more) => step.command.extend(["\n", more]),
                None => step.expected.push(shown.to_owned()),
            }
        }
    }
    steps
}

/// Whether the parts of `pattern` between its `…` stand in `text` in that order.
fn fits(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    pattern.split('…').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn the_tour_can_be_taken() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tour.md");
    let steps = steps(&fs::read_to_string(page).unwrap());
    assert!(steps.len() > 20, "{} steps", steps.len());
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start({
        let mut serve = process::command(&["serve", "--listen", "127.0.0.1:0"]);
        serve.arg("--data").arg(directory.path().join("tour"));
        serve
    });
    let mut script = String::new();
    for step in &steps {
        // People look a moment later; a script must wait until the views have what it wrote.
        let settled = r#"until curl -s "$URL/v1/status" | grep -q '"lag":0[,}]'; do sleep 0.05; done"#;
        script += &format!("{}\nprintf '\\n{MARK}'\n{settled}\n", step.command);
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_origem"));
    let path = format!(
        "{}:{}",
        binary.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).env("URL", &server.url).env("PATH", path);
    let ran = process::finish(bash, b"");
    let out = String::from_utf8(ran.out).unwrap();
    let outputs: Vec<&str> = out.split(MARK).collect();
    assert_eq!(outputs.len(), steps.len() + 1, "{out}\n{}", ran.err);
    for (step, output) in steps.iter().zip(outputs) {
        // Every expected line is found behind the one before it, in a line of its own or in what is left of the same.
        let mut rest = output;
        for expected in &step.expected {
            let from = rest.lines().position(|line| fits(line, expected));
            let Some(from) = from else {
                panic!(
                    "{}\n  should answer {expected}\n  answers {output}\n{}",
                    step.command, ran.err
                );
            };
            let is_one_line = rest.lines().count() == 1;
            if !is_one_line {
                rest = rest.splitn(from + 2, '\n').nth(from + 1).unwrap_or_default();
            }
        }
    }
}
