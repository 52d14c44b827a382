//! What a process takes, seen from outside: memory and open files from `/proc`, disk from its directory, the rest from its metrics.

use std::fs;
use std::path::Path;

use crate::server::Server;

/// One look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    pub second: u64,
    /// Memory that is in use, in bytes.
    pub memory: u64,
    /// Of that, the most that there ever was.
    pub memory_peak: u64,
    pub files: u64,
    /// Bytes below the data directory.
    pub disk: u64,
    pub tail: u64,
    pub lag: u64,
    /// Deliveries acknowledged since the look before, and how long they took, in microseconds.
    pub delivered: u64,
    pub p50: u64,
    pub p99: u64,
}

impl Sample {
    /// Looks at the server of a data directory; what clients measured since the look before is told.
    pub fn take(server: &Server, data: &Path, second: u64, took: &mut [u64]) -> Self {
        let pid = pid(data);
        let metrics = server.ask("/metrics", &[]).body;
        took.sort_unstable();
        Self {
            second,
            memory: status(pid, "VmRSS:"),
            memory_peak: status(pid, "VmHWM:"),
            files: fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, |entries| entries.count() as u64),
            disk: below(data),
            tail: metric(&metrics, "origem_log_tail_offset"),
            lag: metric(&metrics, "origem_projection_lag_events"),
            delivered: took.len() as u64,
            p50: quantile(took, 50),
            p99: quantile(took, 99),
        }
    }
}

/// The process that has the log of a data directory open, as its lock names it.
fn pid(data: &Path) -> u32 {
    let lock = fs::read_to_string(data.join("log").join("lock")).unwrap();
    lock.trim()
        .parse()
        .unwrap_or_else(|_| panic!("`{lock}` names no process"))
}

/// A line of `/proc/<pid>/status` that tells kilobytes, in bytes.
fn status(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.map_or(0, |kilobytes| kilobytes * 1024)
}

/// Bytes of all files below a directory; files come and go meanwhile.
fn below(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// The value of a metric that has one line.
fn metric(metrics: &str, name: &str) -> u64 {
    let line = metrics.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    value.unwrap_or_else(|| panic!("no {name} in the metrics")) as u64
}

/// A quantile, in hundredths, of what is sorted; 0 of nothing.
pub fn quantile(sorted: &[u64], hundredths: usize) -> u64 {
    let at = sorted.len() * hundredths / 100;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
}
