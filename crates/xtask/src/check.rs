//! `cargo xtask check`: everything that has to pass before a change is taken.

use std::path::Path;
use std::time::Instant;

use crate::kafka;
use crate::step::{self, Failure, Step};
use crate::tidy;

/// The steps that cargo does, cheap ones first. A limit is generous for a cold build on two cores; beyond it something hangs.
const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        arguments: &["fmt", "--all", "--check"],
        environment: &[],
        minutes_max: 5,
        kafka: false,
    },
    Step {
        name: "clippy",
        arguments: &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
        environment: &[],
        minutes_max: 30,
        kafka: false,
    },
    Step {
        name: "clippy without Kafka",
        arguments: &[
            "clippy",
            "-p",
            "origem-server",
            "--no-default-features",
            "--",
            "-D",
            "warnings",
        ],
        environment: &[],
        minutes_max: 15,
        kafka: false,
    },
    Step {
        name: "test",
        arguments: &["test", "--workspace", "--no-fail-fast"],
        environment: &[],
        minutes_max: 45,
        kafka: true,
    },
    Step {
        name: "doc",
        arguments: &["doc", "--workspace", "--no-deps"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
        minutes_max: 15,
        kafka: false,
    },
];

/// Runs all steps in order; `false` after the first that fails.
pub fn run(root: &Path) -> bool {
    let began = Instant::now();
    for step in STEPS {
        println!("\n==> {}: {}", step.name, step.line());
        let step_began = Instant::now();
        if let Err(failure) = run_one(root, step) {
            eprintln!("\ncheck FAILED at {}: {failure}", step.name);
            eprintln!("run that step alone: {}", step.line());
            return false;
        }
        println!(
            "==> {} passed in {:.1} s",
            step.name,
            step_began.elapsed().as_secs_f64()
        );
    }
    println!("\n==> tidy: cargo xtask tidy");
    if !tidy::run(root) {
        eprintln!("\ncheck FAILED at tidy: see the findings above");
        return false;
    }
    println!("\ncheck passed in {:.1} s", began.elapsed().as_secs_f64());
    true
}

/// Runs one step; its broker, if it has one, ends with it, however it ends.
fn run_one(root: &Path, step: &Step) -> Result<(), Failure> {
    let broker = if step.kafka {
        kafka::for_tests().map_err(Failure::Broker)?
    } else {
        None
    };
    let environment = broker.as_ref().map(|cluster| cluster.endpoints().environment());
    step::run(root, step, &environment.unwrap_or_default())
}
