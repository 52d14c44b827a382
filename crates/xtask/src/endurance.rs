//! `cargo xtask crash`, `sim`, `soak` and `overload`: the long runs of tests that are ignored otherwise, in a release build.
//!
//! The flags become environment variables of the test, which reads them; what they mean stands there. docs/endurance.md tells what the
//! runs prove.

use std::path::Path;

use crate::step::{self, Step};

/// A long run, and what may be set of it.
struct Long {
    step: Step,
    /// Flags that take a number, each with the variable it becomes.
    numbers: &'static [(&'static str, &'static str)],
    /// Flags that take nothing.
    switches: &'static [(&'static str, &'static str)],
}

/// A run of one test of a target, alone and with its output.
macro_rules! long {
    ($name:literal, $package:literal, $target:literal, $test:literal, $minutes:literal) => {
        Step {
            name: $name,
            arguments: &[
                "test",
                "--release",
                "--package",
                $package,
                "--test",
                $target,
                "--",
                "--ignored",
                "--exact",
                "--nocapture",
                $test,
            ],
            environment: &[],
            minutes_max: $minutes,
            kafka: false,
        }
    };
}

/// All there are. The limits are for a run that hangs: no sensible number of kills, seeds or minutes reaches them.
const ALL: &[Long] = &[
    Long {
        step: long!("crash", "origem-server", "endurance", "crash::long", 1_440),
        numbers: &[("--kills", "ORIGEM_CRASH_KILLS"), ("--seed", "ORIGEM_CRASH_SEED")],
        switches: &[("--report", "ORIGEM_CRASH_REPORT")],
    },
    Long {
        step: long!("sim", "origem-workspace", "simulation", "long", 10_080),
        numbers: &[
            ("--seeds", "ORIGEM_SIM_SEEDS"),
            ("--from", "ORIGEM_SIM_FROM"),
            ("--seed", "ORIGEM_SIM_SEED"),
            ("--steps", "ORIGEM_SIM_STEPS"),
        ],
        switches: &[],
    },
    Long {
        step: long!("soak", "origem-server", "endurance", "soak::long", 10_080),
        numbers: &[
            ("--minutes", "ORIGEM_SOAK_MINUTES"),
            ("--rate", "ORIGEM_SOAK_RATE"),
            ("--every", "ORIGEM_SOAK_EVERY"),
        ],
        switches: &[],
    },
    Long {
        step: long!("overload", "origem-server", "endurance", "overload::figures", 60),
        numbers: &[
            ("--seconds", "ORIGEM_OVERLOAD_SECONDS"),
            ("--clients", "ORIGEM_OVERLOAD_CLIENTS"),
        ],
        switches: &[],
    },
];

/// A run with what was set of it.
pub struct Chore {
    step: &'static Step,
    set: Vec<(&'static str, String)>,
}

impl Chore {
    /// Reads the words of the command line; `None` if they make no sense.
    pub fn read(words: &[&str]) -> Option<Self> {
        let (name, mut words) = words.split_first()?;
        let long = ALL.iter().find(|long| long.step.name == *name)?;
        let mut set = Vec::new();
        while let [flag, rest @ ..] = words {
            let known = |(name, _): &&(&str, &str)| name == flag;
            if let Some((_, variable)) = long.switches.iter().find(known) {
                set.push((*variable, "1".to_owned()));
                words = rest;
                continue;
            }
            let (_, variable) = long.numbers.iter().find(known)?;
            let (value, rest) = rest.split_first()?;
            // Nothing of something proves nothing; seeds are counted from anywhere.
            let number: u64 = value.parse().ok()?;
            if number == 0 && !["--seed", "--from"].contains(flag) {
                return None;
            }
            set.push((*variable, number.to_string()));
            words = rest;
        }
        Some(Self { step: &long.step, set })
    }
}

/// Runs it; `false` if something did not hold, which has been told then.
pub fn run(root: &Path, chore: &Chore) -> bool {
    let ran = step::run(root, chore.step, &chore.set);
    if let Err(failure) = &ran {
        eprintln!("{} FAILED: {failure}", chore.step.name);
    }
    ran.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_become_variables() {
        for (line, expected) in [
            ("crash", Some("")),
            (
                "crash --kills 300 --seed 7",
                Some("ORIGEM_CRASH_KILLS=300 ORIGEM_CRASH_SEED=7"),
            ),
            (
                "crash --report --kills 3",
                Some("ORIGEM_CRASH_REPORT=1 ORIGEM_CRASH_KILLS=3"),
            ),
            (
                "sim --seeds 10 --steps 5",
                Some("ORIGEM_SIM_SEEDS=10 ORIGEM_SIM_STEPS=5"),
            ),
            ("soak --minutes 2", Some("ORIGEM_SOAK_MINUTES=2")),
            ("soak --minutes 0", None),
            ("soak --every 0", None),
            ("crash --kills 0", None),
            ("sim --seed 0", Some("ORIGEM_SIM_SEED=0")),
            ("sim --from 0", Some("ORIGEM_SIM_FROM=0")),
            ("overload --seconds 3", Some("ORIGEM_OVERLOAD_SECONDS=3")),
            ("overload --report", None),
            ("crash --kills", None),
            ("crash --kills many", None),
            ("crash --minutes 2", None),
            ("rest", None),
            ("", None),
        ] {
            let words: Vec<&str> = line.split_whitespace().collect();
            let read = Chore::read(&words).map(|chore| {
                let set = chore.set.iter().map(|(name, value)| format!("{name}={value}"));
                set.collect::<Vec<_>>().join(" ")
            });
            assert_eq!(read.as_deref(), expected, "{line}");
        }
    }
}
