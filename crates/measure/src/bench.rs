//! A bench: which of its figures are wanted, how long each may take, what becomes of it.

use std::env;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::figure::Figure;
use crate::human;

/// The variable that names the file to which figures are appended.
pub const JSON: &str = "ORIGEM_BENCH_JSON";
/// The variable that asks for small sizes and few repetitions, whatever its value is.
pub const QUICK: &str = "ORIGEM_BENCH_QUICK";

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// That it runs: everything once, at the least sizes. What `cargo test --benches` does.
    Trial,
    /// A look: small sizes, few repetitions.
    Quick,
    /// Figures to publish.
    Full,
}

/// How one figure is repeated.
struct Effort {
    repetitions_min: usize,
    repetitions_max: usize,
    /// After this long there are no more repetitions than the fewest.
    budget: Duration,
    /// What takes less is done several times for one value.
    sample: Duration,
}

impl Extent {
    const fn effort(self) -> Effort {
        let (repetitions_min, repetitions_max, budget_ms, sample_ms) = match self {
            Self::Trial => (1, 1, 0, 0),
            Self::Quick => (1, 5, 300, 20),
            Self::Full => (3, 11, 2_000, 100),
        };
        Effort {
            repetitions_min,
            repetitions_max,
            budget: Duration::from_millis(budget_ms),
            sample: Duration::from_millis(sample_ms),
        }
    }
}

/// A running bench.
#[derive(Debug)]
pub struct Bench {
    name: &'static str,
    extent: Extent,
    only: Vec<String>,
    json: Option<PathBuf>,
    /// The first figure that could not be written.
    unwritten: Option<io::Error>,
    figures: Vec<Figure>,
}

impl Bench {
    /// The bench `name` as its arguments and the environment ask for it: `cargo bench --bench NAME -- [--quick] [TEXT...]`; only
    /// figures whose label has one of the texts in it are measured.
    #[must_use]
    pub fn begin(name: &'static str) -> Self {
        let words: Vec<String> = env::args().skip(1).collect();
        let bench = Self::asked(name, &words, env::var_os(QUICK).is_some());
        Self {
            json: env::var_os(JSON).map(PathBuf::from),
            ..bench
        }
    }

    fn asked(name: &'static str, words: &[String], quick: bool) -> Self {
        let has = |flag: &str| words.iter().any(|word| word == flag);
        let extent = match (has("--bench"), quick || has("--quick")) {
            (false, _) => Extent::Trial,
            (true, true) => Extent::Quick,
            (true, false) => Extent::Full,
        };
        let only = words.iter().filter(|word| !word.starts_with('-')).cloned();
        Self {
            name,
            extent,
            only: only.collect(),
            json: None,
            unwritten: None,
            figures: Vec::new(),
        }
    }

    /// What fits the extent of this run.
    #[must_use]
    pub fn pick<T>(&self, trial: T, quick: T, full: T) -> T {
        match self.extent {
            Extent::Trial => trial,
            Extent::Quick => quick,
            Extent::Full => full,
        }
    }

    /// Whether figures of `what` may be wanted: to leave out making what they need.
    #[must_use]
    pub fn may_want(&self, what: &str) -> bool {
        let name = format!("{}/{what}", self.name);
        self.only.is_empty() || self.only.iter().any(|text| name.contains(text) || text.contains(&name))
    }

    /// A figure to be measured: `what`, under these conditions.
    pub fn figure(&mut self, what: &str, parameters: &[(&str, &dyn Display)]) -> Measuring<'_> {
        let told = |(key, value): &(&str, &dyn Display)| ((*key).to_owned(), value.to_string());
        Measuring {
            name: format!("{}/{what}", self.name),
            parameters: parameters.iter().map(told).collect(),
            beside: None,
            bench: self,
        }
    }

    /// Ends it. Each figure stands since it was made in the file that the environment names, if it names one.
    ///
    /// # Errors
    /// What the system said of that file, if a figure could not be written.
    pub fn end(self) -> io::Result<()> {
        self.unwritten.map_or(Ok(()), Err)
    }

    fn wants(&self, label: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|text| label.contains(text))
    }

    /// Tells a person and keeps it, at once: a bench that fails later, or hangs, does not take with it what was measured before.
    #[allow(clippy::print_stdout)] // what a bench is for
    fn keep(&mut self, label: &str, figure: Figure) -> Figure {
        let spread = match figure.repetitions {
            0 | 1 => "(once)".to_owned(),
            times => format!(
                "({} to {}, {times} times)",
                human::told(figure.min, ""),
                human::told(figure.max, "")
            ),
        };
        let beside = figure.beside.as_ref().zip(figure.ratio());
        let beside = beside.map_or(String::new(), |(beside, ratio)| {
            format!(", {} of {}", human::ratio(ratio), beside.name)
        });
        println!(
            "{label:<72} {:>18} {spread}{beside}",
            human::told(figure.median, &figure.unit)
        );
        if let Some(Err(error)) = self.json.as_deref().map(|path| figure.append(path)) {
            self.unwritten.get_or_insert(error);
        }
        self.figures.push(figure.clone());
        figure
    }
}

/// A figure about to be measured. Each way gives the figure, or nothing if it is not wanted.
#[derive(Debug)]
pub struct Measuring<'a> {
    bench: &'a mut Bench,
    name: String,
    parameters: Vec<(String, String)>,
    beside: Option<Figure>,
}

impl Measuring<'_> {
    /// To be read beside `other`, which has the same unit.
    #[must_use]
    pub fn beside(self, other: Option<&Figure>) -> Self {
        Self {
            beside: other.cloned(),
            ..self
        }
    }

    /// How many `of` a second. `work` is told how often to do its work, in which `elements` of them are done each time, and gives how
    /// long all of it took.
    pub fn rate(self, of: &str, elements: u64, work: impl FnMut(u64) -> Duration) -> Option<Figure> {
        self.measure(
            &format!("{of}/s"),
            |times, took| (times * elements) as f64 / took.as_secs_f64(),
            work,
        )
    }

    /// How many microseconds something takes. `work` as in [`rate`](Self::rate).
    pub fn time(self, work: impl FnMut(u64) -> Duration) -> Option<Figure> {
        self.measure("µs", |times, took| took.as_secs_f64() * 1e6 / times as f64, work)
    }

    fn measure(
        self,
        unit: &str,
        value: impl Fn(u64, Duration) -> f64,
        mut work: impl FnMut(u64) -> Duration,
    ) -> Option<Figure> {
        let label = self.label();
        if !self.bench.wants(&label) {
            return None;
        }
        let effort = self.bench.extent.effort();
        let began = Instant::now();
        let mut values = Vec::new();
        let first = work(1).max(Duration::from_nanos(1));
        // What is short has warmed up only; what is long enough counts.
        let times = (effort.sample.as_nanos() / first.as_nanos()).clamp(1, 10_000_000) as u64;
        if times == 1 {
            values.push(value(1, first));
        }
        while values.len() < effort.repetitions_min
            || (values.len() < effort.repetitions_max && began.elapsed() < effort.budget)
        {
            values.push(value(times, work(times)));
        }
        self.values(unit, &values)
    }

    /// Of what took how long, by repetition: the 50th and the 99th percentile, in milliseconds.
    pub fn quantiles(self, repetitions: &mut [Vec<Duration>]) -> [Option<Figure>; 2] {
        for took in repetitions.iter_mut() {
            took.sort_unstable();
        }
        let Self {
            bench,
            name,
            parameters,
            beside,
        } = self;
        ["p50", "p99"].map(|quantile| {
            let values: Vec<f64> = repetitions
                .iter()
                .filter_map(|took| percentile(took, quantile))
                .map(|took| took.as_secs_f64() * 1e3)
                .collect();
            let told = [("quantile".to_owned(), quantile.to_owned())];
            let measuring = Measuring {
                bench: &mut *bench,
                name: name.clone(),
                parameters: parameters.iter().cloned().chain(told).collect(),
                beside: beside.clone(),
            };
            measuring.values("ms", &values)
        })
    }

    /// Values that were measured elsewhere.
    pub fn values(self, unit: &str, values: &[f64]) -> Option<Figure> {
        let label = self.label();
        if !self.bench.wants(&label) {
            return None;
        }
        let parameters: Vec<(&str, &str)> = self
            .parameters
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let figure = Figure::of(&self.name, &parameters, unit, values);
        let figure = match &self.beside {
            Some(other) => figure.beside(other),
            None => figure,
        };
        Some(self.bench.keep(&label, figure))
    }

    fn label(&self) -> String {
        let told = self.parameters.iter().map(|(key, value)| format!(" {key}={value}"));
        format!("{}{}", self.name, told.collect::<String>())
    }
}

/// The percentile `p50` or `p99` of what is sorted.
fn percentile(sorted: &[Duration], quantile: &str) -> Option<Duration> {
    let percent = if quantile == "p50" { 50 } else { 99 };
    let index = (sorted.len() * percent / 100).min(sorted.len().checked_sub(1)?);
    sorted.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bench(words: &[&str], quick: bool) -> Bench {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Bench::asked("b", &words, quick)
    }

    #[test]
    fn arguments_say_how_much_is_measured() {
        for (words, quick, extent) in [
            (&[][..], false, Extent::Trial),
            (&["--test-threads=1"][..], true, Extent::Trial),
            (&["--bench"][..], false, Extent::Full),
            (&["--bench"][..], true, Extent::Quick),
            (&["--quick", "--bench"][..], false, Extent::Quick),
        ] {
            assert_eq!(bench(words, quick).extent, extent, "{words:?}");
        }
        assert_eq!(bench(&["--bench"], true).pick(1, 2, 3), 2);
    }

    #[test]
    fn a_text_picks_figures() {
        let mut bench = bench(&["--bench", "lanes=2"], true);
        let measured = |bench: &mut Bench, lanes: u32| {
            bench
                .figure("fold", &[("lanes", &lanes)])
                .values("ms", &[1.0])
                .is_some()
        };
        assert!(!measured(&mut bench, 1));
        assert!(measured(&mut bench, 2));
        assert_eq!(bench.figures.len(), 1);
    }

    #[test]
    fn a_figure_is_written_when_it_is_made() {
        let path = env::temp_dir().join(format!("origem-bench-{}", std::process::id()));
        let written_to = |path: PathBuf| Bench {
            json: Some(path),
            ..bench(&["--bench"], true)
        };
        let mut failing = written_to(path.clone());
        let made = failing.figure("fold", &[]).values("ms", &[1.0]);
        // It fails before its end.
        drop(failing);
        let read = crate::figure::read(&path);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read.unwrap(), [made.unwrap()]);

        let mut unwritten = written_to(path.join("no folder"));
        unwritten.figure("fold", &[]).values("ms", &[1.0]);
        assert!(unwritten.end().is_err());
    }

    #[test]
    fn what_is_short_is_done_often() {
        let mut bench = bench(&["--bench"], true);
        let mut done = Vec::new();
        let figure = bench.figure("fold", &[]).rate("events", 10, |times| {
            done.push(times);
            Duration::from_micros(times)
        });
        let figure = figure.unwrap();
        assert_eq!((figure.median, figure.unit.as_str()), (1e7, "events/s"));
        assert_eq!(done[..2], [1, 20_000], "once to warm up");
        assert_eq!(figure.repetitions, done.len() - 1);

        let long = bench.figure("fold", &[]).time(|times| {
            assert_eq!(times, 1);
            Duration::from_secs(2)
        });
        assert_eq!(long.unwrap().median, 2e6);
    }

    #[test]
    fn percentiles_of_each_repetition() {
        let mut bench = bench(&["--bench"], true);
        let of = |step: u64| {
            (1..=100)
                .rev()
                .map(|ms| Duration::from_millis(ms * step))
                .collect::<Vec<_>>()
        };
        let [middle, tail] = bench.figure("wait", &[]).quantiles(&mut [of(1), of(3), of(2)]);
        let (middle, tail) = (middle.unwrap(), tail.unwrap());
        assert_eq!((middle.median, middle.min, middle.max), (102.0, 51.0, 153.0));
        assert_eq!((tail.median, tail.repetitions), (200.0, 3));
        assert_eq!(tail.parameters["quantile"], "p99");
        assert_eq!(percentile(&[], "p50"), None);
    }
}
