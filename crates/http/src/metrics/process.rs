//! The process itself, under the names that Prometheus' own libraries use, where the system tells it in Linux's way.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sample::{Metric, Sample, write};

const MEMORY: Metric = Metric::gauge("process_resident_memory_bytes", "Memory of the process that is in use");
const CPU: Metric = Metric::counter("process_cpu_seconds", "Processor time spent, by user and system");
const THREADS: Metric = Metric::gauge("process_threads", "Threads");
const OPEN_FILES: Metric = Metric::gauge("process_open_fds", "Files and connections that are open");
const OPEN_FILES_MAX: Metric = Metric::gauge("process_max_fds", "Files and connections that may be open");
const STARTED: Metric = Metric::gauge("process_start_time_seconds", "When the process started, since 1970");

const METRICS: [Metric; 6] = [MEMORY, CPU, THREADS, OPEN_FILES, OPEN_FILES_MAX, STARTED];

/// Ticks of a second in /proc: fixed by the interface to programs, whatever the kernel counts in.
const TICKS: f64 = 100.0;
/// The place of the processor time in /proc/self/stat behind the name of the program: of the user, then of the system.
const STAT_CPU: usize = 11;
/// The place of the start in ticks since the system started.
const STAT_STARTED: usize = 19;

/// What is measured of the process.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        write(&METRICS, &samples(), &mut encoder)
    }
}

/// What can be told; what cannot is left out.
fn samples() -> Vec<Sample> {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{name}")).unwrap_or_default();
    let (status, stat, limits, system) = (
        read("self/status"),
        read("self/stat"),
        read("self/limits"),
        read("stat"),
    );
    let fields = stat_fields(&stat);
    let field = |place: usize| fields.get(place)?.parse::<f64>().ok();
    let cpu = field(STAT_CPU).zip(field(STAT_CPU + 1));
    let booted = number_behind("btime ", &system);
    let started = field(STAT_STARTED).zip(booted);
    let open = std::fs::read_dir("/proc/self/fd")
        .ok()
        .map(|files| files.count() as u64);
    [
        number_behind("VmRSS:", &status).map(|kibibytes| MEMORY.sample(Vec::new(), kibibytes * 1024.0)),
        cpu.map(|(user, system)| CPU.sample(Vec::new(), (user + system) / TICKS)),
        number_behind("Threads:", &status).map(|threads| THREADS.sample(Vec::new(), threads)),
        open.map(|open| OPEN_FILES.sample(Vec::new(), open)),
        number_behind("Max open files", &limits).map(|limit| OPEN_FILES_MAX.sample(Vec::new(), limit)),
        started.map(|(ticks, booted)| STARTED.sample(Vec::new(), booted + ticks / TICKS)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The first number on the line that begins with `name`.
fn number_behind(name: &str, text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The fields of /proc/self/stat behind the name of the program, which may itself hold blanks and brackets.
fn stat_fields(stat: &str) -> Vec<&str> {
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    behind.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_the_system_are_read_as_it_writes_them() {
        let status = "Name:\torigem\nVmRSS:\t   20480 kB\nThreads:\t17\n";
        assert_eq!(number_behind("VmRSS:", status), Some(20_480.0));
        assert_eq!(number_behind("Threads:", status), Some(17.0));
        assert_eq!(number_behind("VmSwap:", status), None);
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!(number_behind("Max open files", limits), Some(1_024.0));
        let stat = "42 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 17 0 9000 1";
        let fields = stat_fields(stat);
        assert_eq!(
            (fields[STAT_CPU], fields[STAT_CPU + 1], fields[STAT_STARTED]),
            ("250", "50", "9000")
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_measured() {
        let names: Vec<_> = samples().into_iter().map(|sample| sample.name).collect();
        assert_eq!(names, METRICS.map(|metric| metric.name));
    }
}
