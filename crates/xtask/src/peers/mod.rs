//! `cargo xtask peers`: Origem beside what people would pick instead, on the same events, in one run. benches/peers/README.md says what is
//! compared.
//!
//! ```text
//! export --events.csv, expected rows--> each peer --its rows--> equal? --figures--> a table with ratios, target/bench/peers.ndjson
//! ```

mod command;
mod equal;
mod figures;
mod peer;
mod postgres;
mod table;

use std::path::{Path, PathBuf};

use origem_measure::{Figure, JSON};

use crate::bench::Machine;
use command::Failure;
use peer::Peer;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Different events.
    events: u32,
    seed: u64,
    /// How often each peer does everything; the median counts.
    repetitions: usize,
    /// Which ones, in order; ours comes first.
    only: Vec<Peer>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            events: 20_000,
            seed: 7,
            repetitions: 1,
            only: Peer::ALL.to_vec(),
        }
    }
}

impl Options {
    /// Reads the words after `peers`; `None` if they make no sense.
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        for pair in words.chunks(2) {
            match pair {
                ["--events", events] => options.events = events.parse().ok().filter(|events| *events > 0)?,
                ["--seed", seed] => options.seed = seed.parse().ok()?,
                ["--repetitions", times] => options.repetitions = times.parse().ok().filter(|times| *times > 0)?,
                ["--only", names] => {
                    let wanted: Vec<Peer> = names.split(',').map(Peer::named).collect::<Option<_>>()?;
                    options.only = Peer::ALL.into_iter().filter(|peer| wanted.contains(peer)).collect();
                }
                _ => return None,
            }
        }
        Some(options)
    }
}

/// Where a run happens.
pub struct Place {
    /// The project.
    root: PathBuf,
    /// The events and the expected rows.
    data: PathBuf,
    /// What peers leave, a folder each.
    out: PathBuf,
}

/// Compares; `false` if a peer failed or had other rows, which has been told then.
pub fn run(root: &Path, options: &Options) -> bool {
    let place = Place {
        root: root.to_owned(),
        data: root.join("target/peers/data"),
        out: root.join("target/peers/out"),
    };
    match compare(&place, options) {
        Ok(failed) => {
            for (peer, failure) in &failed {
                eprintln!("\npeers FAILED: {}: {}", peer.name(), failure.chain());
            }
            failed.is_empty()
        }
        Err(failure) => {
            eprintln!("\npeers FAILED: {}", failure.chain());
            false
        }
    }
}

/// Peers that failed, and why.
type Failed = Vec<(Peer, Failure)>;

fn compare(place: &Place, options: &Options) -> Result<Failed, Failure> {
    let machine = Machine::look(&place.root);
    let mut peers = Vec::new();
    for peer in &options.only {
        match peer.missing(place) {
            None => peers.push(*peer),
            Some(how) => println!("{} is left out: {how}", peer.name()),
        }
    }
    println!("{machine}\n{} events, seed {}", options.events, options.seed);
    command::fresh(&place.data)?;
    peer::export(place, options.events, options.seed)?;
    let kept = place.root.join("target/bench/peers.ndjson");
    let work = |peer: Peer, turn: usize| -> Result<Vec<Figure>, Failure> {
        println!("\n==> {} ({turn} of {})", peer.name(), options.repetitions);
        let out = place.out.join(peer.name());
        command::fresh(&out)?;
        let figures = peer.run(place, &out)?;
        let ways = equal::check(&place.data.join("expected"), &out)?;
        println!("==> {}: the rows are equal ({ways})", peer.name());
        Ok(figures)
    };
    let told = |measured: &[Figure]| beside_ours(figures::merged(measured.to_vec()));
    let keep = |measured: &[Figure]| write(&told(measured), &machine, &kept);
    let (measured, failed) = each(&peers, options.repetitions, work, keep)?;
    let figures = told(&measured);
    print!("\n{}", table::of(&figures));
    if let Some(named) = std::env::var_os(JSON) {
        append(&figures, Path::new(&named))?;
    }
    println!("\ninto docs/performance.md: cargo xtask bench page {}", kept.display());
    Ok(failed)
}

/// Lets each peer do its work, so often. `keep` hears after each what was measured so far: what fails later costs nothing of that. A
/// peer that failed is not asked again.
fn each(
    peers: &[Peer],
    repetitions: usize,
    mut work: impl FnMut(Peer, usize) -> Result<Vec<Figure>, Failure>,
    mut keep: impl FnMut(&[Figure]) -> Result<(), Failure>,
) -> Result<(Vec<Figure>, Failed), Failure> {
    let (mut measured, mut failed) = (Vec::new(), Failed::new());
    for turn in 1..=repetitions {
        for peer in peers {
            if failed.iter().any(|(other, _)| other == peer) {
                continue;
            }
            match work(*peer, turn) {
                Ok(figures) => measured.extend(figures),
                Err(failure) => {
                    eprintln!("==> {} FAILED: {}", peer.name(), failure.chain());
                    failed.push((*peer, failure));
                }
            }
            keep(&measured)?;
        }
    }
    Ok((measured, failed))
}

/// Each figure beside that of Origem under the same conditions.
fn beside_ours(figures: Vec<Figure>) -> Vec<Figure> {
    let ours: Vec<Figure> = figures
        .iter()
        .filter(|figure| figures::is_ours(figure))
        .cloned()
        .collect();
    let beside = |figure: Figure| match figures::counterpart(&figure, &ours) {
        Some(ours) => figure.beside(ours),
        None => figure,
    };
    figures.into_iter().map(beside).collect()
}

/// Writes the figures to a file of their own, after the machine that they are of.
fn write(figures: &[Figure], machine: &Machine, kept: &Path) -> Result<(), Failure> {
    if let Some(folder) = kept.parent() {
        std::fs::create_dir_all(folder).map_err(|source| Failure::io("make", folder, source))?;
    }
    command::write(kept, "")?;
    machine.note_in(kept).map_err(Failure::Note)?;
    append(figures, kept)
}

fn append(figures: &[Figure], path: &Path) -> Result<(), Failure> {
    let append = |figure: &Figure| {
        figure
            .append(path)
            .map_err(|source| Failure::io("append figures to", path, source))
    };
    figures.iter().try_for_each(append)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read() {
        let base = Options::default();
        for (words, expected) in [
            (&[][..], Some(base.clone())),
            (
                &["--events", "1000000", "--repetitions", "3", "--seed", "8"][..],
                Some(Options {
                    events: 1_000_000,
                    repetitions: 3,
                    seed: 8,
                    ..base.clone()
                }),
            ),
            (
                &["--only", "duckdb,origem"][..],
                Some(Options {
                    only: vec![Peer::Origem, Peer::Duckdb],
                    ..base.clone()
                }),
            ),
            (&["--only", "oracle"][..], None),
            (&["--events", "0"][..], None),
            (&["--events"][..], None),
            (&["--fast"][..], None),
        ] {
            assert_eq!(Options::read(words), expected, "{words:?}");
        }
    }

    #[test]
    fn a_peer_that_fails_costs_nobody_elses_figures() {
        let peers = [Peer::Origem, Peer::Postgres, Peer::Duckdb];
        let (mut asked, mut kept) = (Vec::new(), Vec::new());
        let work = |peer: Peer, turn: usize| {
            asked.push((peer, turn));
            match peer {
                Peer::Postgres => Err(Failure::Note("no room".to_owned())),
                _ => Ok(vec![Figure::of(
                    "peers/x",
                    &[("peer", peer.name())],
                    "ms",
                    &[turn as f64],
                )]),
            }
        };
        let keep = |measured: &[Figure]| {
            kept.push(measured.len());
            Ok(())
        };
        let (measured, failed) = each(&peers, 2, work, keep).unwrap();
        assert_eq!(kept, [1, 1, 2, 3, 4], "after each");
        assert_eq!(measured.len(), 4);
        assert_eq!(
            failed.iter().map(|(peer, _)| *peer).collect::<Vec<_>>(),
            [Peer::Postgres]
        );
        let expected = [
            (Peer::Origem, 1),
            (Peer::Postgres, 1),
            (Peer::Duckdb, 1),
            (Peer::Origem, 2),
            (Peer::Duckdb, 2),
        ];
        assert_eq!(asked, expected);
    }
}
