//! The machine that figures are of, and how busy it is.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use origem_measure::{append_machine, read_machine};
use serde_json::{Value, json};

use super::{Failure, failed};

/// What cannot be found out.
const UNKNOWN: &str = "unknown";

/// What a reader has to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory_bytes: u64,
    system: String,
    /// Of the disk that `target` lies on.
    filesystem: String,
    compiler: String,
    commit: String,
    day: String,
    /// Processes that wanted to run, over the minute before.
    load: f64,
}

impl Machine {
    /// The one we are on, as it is now. What cannot be found out is `unknown`.
    pub fn look(root: &Path) -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let told = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).current_dir(root).output().ok();
            let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
            text.filter(|text| !text.is_empty())
                .unwrap_or_else(|| UNKNOWN.to_owned())
        };
        Self {
            processor: field(&cpus, "model name").unwrap_or(UNKNOWN).to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: kibibytes(&memory, "MemTotal").unwrap_or_default(),
            system: told("uname", &["-sr"]),
            filesystem: told("stat", &["--file-system", "--format=%T", "target"]),
            compiler: told("rustc", &["--version"]),
            commit: told("git", &["describe", "--always", "--dirty", "--exclude=*"]),
            day: told("date", &["-u", "+%Y-%m-%d"]),
            load: load
                .split(' ')
                .next()
                .and_then(|load| load.parse().ok())
                .unwrap_or_default(),
        }
    }

    /// The one that a file of figures tells of; of a file that tells of none, everything is `unknown`.
    pub fn of_file(path: &Path) -> Result<Self, Failure> {
        let told = read_machine(path).map_err(|error| error.to_string())?;
        Ok(Self::told(&told.unwrap_or_default()))
    }

    /// Writes it into a file of figures, before them: whoever makes a page of the file later may sit at another machine.
    pub fn note_in(&self, path: &Path) -> Result<(), Failure> {
        append_machine(&self.value(), path).map_err(failed(path.display()))
    }

    fn value(&self) -> Value {
        json!({
            "processor": self.processor, "cores": self.cores, "memory_bytes": self.memory_bytes, "system": self.system,
            "filesystem": self.filesystem, "compiler": self.compiler, "commit": self.commit, "day": self.day, "load": self.load,
        })
    }

    fn told(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or(UNKNOWN).to_owned();
        let number = |name: &str| value[name].as_u64().unwrap_or_default();
        Self {
            processor: text("processor"),
            cores: usize::try_from(number("cores")).unwrap_or_default(),
            memory_bytes: number("memory_bytes"),
            system: text("system"),
            filesystem: text("filesystem"),
            compiler: text("compiler"),
            commit: text("commit"),
            day: text("day"),
            load: value["load"].as_f64().unwrap_or_default(),
        }
    }

    /// Under a table: where its figures are from.
    pub fn note(&self) -> String {
        let Self {
            processor,
            cores,
            commit,
            day,
            load,
            ..
        } = self;
        if day == UNKNOWN {
            return "When and on which machine this was measured was not kept.".to_owned();
        }
        format!("Measured on {day} at {commit}: {cores} cores of {processor}, load {load:.1} before it began.")
    }

    /// Name and value of everything that is known.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let memory = self.memory_bytes as f64 / f64::from(1 << 30);
        vec![
            ("processor", format!("{} cores of {}", self.cores, self.processor)),
            ("memory", format!("{memory:.1} GiB")),
            ("system; file system", format!("{}; {}", self.system, self.filesystem)),
            (
                "built",
                format!("{}, release, no LTO, at {}", self.compiler, self.commit),
            ),
            ("day; load before", format!("{}; {:.1}", self.day, self.load)),
        ]
    }

    /// Its memory in bytes, 0 if that is unknown.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.rows() {
            writeln!(f, "{name:<20} {value}")?;
        }
        if self.load > 0.5 {
            writeln!(
                f,
                "the machine is busy: read ratios, or begin again when nothing else runs"
            )?;
        }
        Ok(())
    }
}

/// The value of the first line `name : value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = pairs.find(|(key, _)| key.trim() == name)?;
    Some(value.trim())
}

/// The bytes of a line `name: N kB`, as files in `/proc` have them.
pub fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let value = field(text, name)?.strip_suffix("kB")?;
    value.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_proc_are_read() {
        let text = "Name:\torigem\nVmHWM:\t  12 kB\nmodel name\t: AMD EPYC\n";
        for (name, bytes) in [("VmHWM", Some(12_288)), ("VmRSS", None), ("Name", None)] {
            assert_eq!(kibibytes(text, name), bytes, "{name}");
        }
        assert_eq!(field(text, "model name"), Some("AMD EPYC"));
    }

    #[test]
    fn figures_are_of_the_machine_that_their_file_tells_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figures.ndjson");
        let then = Machine {
            day: "2026-01-02".to_owned(),
            commit: "abc1234-dirty".to_owned(),
            load: 0.5,
            ..Machine::look(folder.path())
        };
        then.note_in(&path).unwrap();
        assert_eq!(Machine::of_file(&path).unwrap(), then);
        let note = then.note();
        assert!(note.starts_with("Measured on 2026-01-02 at abc1234-dirty: "), "{note}");
        assert!(note.ends_with("load 0.5 before it began."), "{note}");

        fs::write(&path, "").unwrap();
        let note = Machine::of_file(&path).unwrap().note();
        assert!(note.ends_with("was not kept."), "{note}");
        assert!(Machine::of_file(&folder.path().join("nothing")).is_err());
    }
}
