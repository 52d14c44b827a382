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
    let compared = compare(&place, options);
    if let Err(failure) = &compared {
        eprintln!("\npeers FAILED: {}", failure.chain());
    }
    compared.is_ok()
}

fn compare(place: &Place, options: &Options) -> Result<(), Failure> {
    let mut peers = Vec::new();
    for peer in &options.only {
        match peer.missing(place) {
            None => peers.push(*peer),
            Some(how) => println!("{} is left out: {how}", peer.name()),
        }
    }
    println!("{} events, seed {}", options.events, options.seed);
    command::fresh(&place.data)?;
    peer::export(place, options.events, options.seed)?;
    let mut measured = Vec::new();
    for turn in 1..=options.repetitions {
        for peer in &peers {
            println!("\n==> {} ({turn} of {})", peer.name(), options.repetitions);
            let out = place.out.join(peer.name());
            command::fresh(&out)?;
            let figures = peer.run(place, &out)?;
            let ways = equal::check(&place.data.join("expected"), &out)?;
            println!("==> {}: the rows are equal ({ways})", peer.name());
            measured.extend(figures);
        }
    }
    let figures = beside_ours(figures::merged(measured));
    print!("\n{}", table::of(&figures));
    let kept = place.root.join("target/bench/peers.ndjson");
    keep(&figures, &kept)?;
    println!("\ninto docs/performance.md: cargo xtask bench page {}", kept.display());
    Ok(())
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

/// Writes the figures to a file of their own, and appends them to the one that the environment names, if it names one.
fn keep(figures: &[Figure], kept: &Path) -> Result<(), Failure> {
    if let Some(folder) = kept.parent() {
        std::fs::create_dir_all(folder).map_err(|source| Failure::io("make", folder, source))?;
    }
    command::write(kept, "")?;
    let named = std::env::var_os(JSON).map(PathBuf::from);
    for path in [Some(kept.to_owned()), named].iter().flatten() {
        let append = |figure: &Figure| {
            figure
                .append(path)
                .map_err(|source| Failure::io("append figures to", path, source))
        };
        figures.iter().try_for_each(append)?;
    }
    Ok(())
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
}
