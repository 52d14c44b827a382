//! How much memory there is, and how much of it the cache of a store takes.

use std::fs;

/// Where it cannot be told.
const USUAL: u64 = 256 << 20;
const LEAST: u64 = 64 << 20;
const MOST: u64 = 1 << 30;
/// The part of memory that a cache takes: what its pages hold takes about twice their bytes, and a rebuild opens a second store.
const PART: u64 = 16;

/// Bytes for the cache of a store: a sixteenth of memory, 64 MiB at least and 1 GiB at most; 256 MiB where it cannot be told how much
/// there is.
#[must_use]
pub fn usual_cache_bytes() -> u64 {
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    of(fs::read_to_string("/proc/meminfo").ok().as_deref(), limit.as_deref())
}

/// Of a machine with this `/proc/meminfo`, in a control group with this limit.
fn of(machine: Option<&str>, limit: Option<&str>) -> u64 {
    let total = machine.and_then(|machine| machine.lines().find_map(|line| line.strip_prefix("MemTotal:")));
    let kilobytes = total.and_then(|total| total.trim().strip_suffix("kB"));
    let machine = kilobytes.and_then(|kilobytes| kilobytes.trim().parse::<u64>().ok());
    let machine = machine.map(|kilobytes| kilobytes.saturating_mul(1 << 10));
    // Without a limit it says `max`.
    let limit = limit.and_then(|limit| limit.trim().parse::<u64>().ok());
    let memory = machine.into_iter().chain(limit).min();
    memory.map_or(USUAL, |memory| (memory / PART).clamp(LEAST, MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_takes_a_part_of_what_there_is() {
        let machine = |gib: u64| format!("MemTotal:       {} kB\nMemFree:  1 kB\n", gib << 20);
        for (memory, limit, expected) in [
            (Some(machine(4)), None, 256 << 20),
            (Some(machine(4)), Some("max\n"), 256 << 20),
            (Some(machine(64)), Some("2147483648\n"), 128 << 20),
            (Some(machine(4)), Some("17179869184\n"), 256 << 20),
            (Some(machine(64)), None, MOST),
            (Some(machine(0)), None, LEAST),
            (None, Some("8589934592"), 512 << 20),
            (None, None, USUAL),
            (Some("MemTotal: much".to_owned()), Some("little"), USUAL),
        ] {
            assert_eq!(of(memory.as_deref(), limit), expected, "{memory:?} {limit:?}");
        }
    }
}
