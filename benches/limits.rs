//! What does the machine allow? Disk, memory and cores, without Origem: whatever else is measured in the same run is read beside these.
//! The floor of HTTP is measured by `ingest`, on the same server as the webhooks.

#![allow(clippy::unwrap_used)] // fixed data

use std::fs::File;
use std::hint::black_box;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use origem_measure::Bench;
use serde_json::value::RawValue;
use sha2::Sha256;

const SEED: u64 = 7;

/// A file under `target`: a temporary one is often in memory, where a sync costs nothing.
fn file() -> File {
    tempfile::tempfile_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// How long `times` turns take.
fn timed(times: u64, mut turn: impl FnMut()) -> Duration {
    let began = Instant::now();
    for _ in 0..times {
        turn();
    }
    began.elapsed()
}

fn disk(bench: &mut Bench) {
    let (whole, part) = (bench.pick(1 << 20, 64 << 20, 512 << 20), 1 << 20);
    let buffer = vec![7_u8; part];
    bench
        .figure("sequential_write", &[("bytes", &whole), ("syncs", &"one, at the end")])
        .rate("B", whole as u64, |times| {
            (0..times)
                .map(|_| {
                    let file = file();
                    timed(1, || {
                        for position in (0..whole).step_by(part) {
                            file.write_all_at(&buffer, position as u64).unwrap();
                        }
                        file.sync_data().unwrap();
                    })
                })
                .sum()
        });
    let appends = bench.pick(10, 500, 2_000);
    let rounds = bench.pick(1, 1, 3);
    let mut took: Vec<Vec<Duration>> = (0..rounds)
        .map(|_| {
            let file = file();
            let append = |number: u64| {
                timed(1, || {
                    file.write_all_at(&buffer[..4096], number * 4096).unwrap();
                    file.sync_data().unwrap();
                })
            };
            (0..appends).map(append).collect()
        })
        .collect();
    bench
        .figure("fdatasync", &[("append_bytes", &4096)])
        .quantiles(&mut took);
}

fn memory(bench: &mut Bench) {
    let bytes = bench.pick(1 << 20, 64 << 20, 256 << 20);
    let from = vec![7_u8; bytes];
    let mut to = vec![0_u8; bytes];
    bench
        .figure("memory_copy", &[("bytes", &bytes)])
        .rate("B", bytes as u64, |times| {
            timed(times, || {
                to.copy_from_slice(black_box(&from));
                black_box(&to);
            })
        });
    assert_eq!(from, to);
}

fn cores(bench: &mut Bench) {
    let simulation = origem_sim::Simulation::new(origem_sim::Options {
        seed: SEED,
        events: bench.pick(100, 2_000, 5_000),
        ..Default::default()
    });
    let bodies: Vec<Vec<u8>> = simulation.map(|delivery| delivery.body).collect();
    let bytes: u64 = bodies.iter().map(|body| body.len() as u64).sum();
    let mean = bytes / bodies.len() as u64;
    bench
        .figure("json_scan", &[("mean_bytes", &mean)])
        .rate("deliveries", bodies.len() as u64, |times| {
            timed(times, || {
                for body in &bodies {
                    black_box(serde_json::from_slice::<&RawValue>(body).unwrap());
                }
            })
        });
    bench
        .figure("json_values", &[("mean_bytes", &mean)])
        .rate("deliveries", bodies.len() as u64, |times| {
            timed(times, || {
                for body in &bodies {
                    drop(black_box(serde_json::from_slice::<serde_json::Value>(body).unwrap()));
                }
            })
        });
    bench
        .figure("hmac_sha256", &[("mean_bytes", &mean)])
        .rate("B", bytes, |times| {
            timed(times, || {
                for body in &bodies {
                    let mut mac = Hmac::<Sha256>::new_from_slice(b"secret").unwrap();
                    mac.update(body);
                    black_box(mac.finalize());
                }
            })
        });
    let block = vec![7_u8; 1 << 20];
    assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
    bench
        .figure("crc32c", &[("bytes", &block.len())])
        .rate("B", block.len() as u64, |times| {
            timed(times, || {
                black_box(crc32c::crc32c(black_box(&block)));
            })
        });
}

fn main() -> io::Result<()> {
    let mut bench = Bench::begin("limits");
    disk(&mut bench);
    memory(&mut bench);
    cores(&mut bench);
    bench.end()
}
