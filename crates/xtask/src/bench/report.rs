//! The page of figures, written anew where it is generated.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use origem_measure::Figure;

use super::machine::Machine;
use super::{Failure, aims, capacity, charts, failed, page, run, table};

const PAGE: &str = "docs/performance.md";
const CHARTS: &str = "docs/performance";

/// Writes what was measured into the page: a block for each bench. Only if every bench ran, and at full size, also the aims: they are of
/// one run.
pub fn write(root: &Path, machine: &Machine, figures: &[Figure], is_whole: bool) -> Result<(), Failure> {
    let path = root.join(PAGE);
    let mut text = fs::read_to_string(&path).map_err(failed(path.display()))?;
    let benches: BTreeSet<&str> = figures
        .iter()
        .filter_map(|figure| figure.name.split('/').next())
        .collect();
    for bench in &benches {
        let of_bench = |figure: &&Figure| figure.name.split('/').next() == Some(bench);
        let own: Vec<&Figure> = figures.iter().filter(of_bench).collect();
        let mut block = format!("{}\n\n{}", machine.note(), table::of(&own));
        if *bench == "limits" {
            block = format!("{}\n{}", hardware(machine), table::of(&own));
        }
        if *bench == "growth" {
            block = format!("{block}\n{}", capacity::table(figures, machine.memory_bytes()));
        }
        text = put(&text, bench, &block)?;
    }
    // Growth is a run of its own, for it takes hours.
    let mut all = figures.to_vec();
    let growth = run::file(root, "growth.ndjson")?;
    if !benches.contains("growth") && growth.exists() {
        all.extend(run::read(&growth)?);
    }
    let reached = aims::reached(&all);
    if is_whole {
        let note = "Rows of `growth/` are of its own run.";
        text = put(
            &text,
            "aims",
            &format!("{} {note}\n\n{}", machine.note(), aims::table(&reached)),
        )?;
    }
    fs::write(&path, text).map_err(failed(path.display()))?;
    println!("written: {PAGE}");
    draw(root, figures, if is_whole { &reached } else { &[] })
}

fn put(text: &str, name: &str, block: &str) -> Result<String, Failure> {
    page::replaced(text, name, block).ok_or_else(|| {
        format!("{PAGE} has no place for `{name}`: write `<!-- figures: {name} -->` and `<!-- end of figures -->` where its figures belong")
    })
}

fn draw(root: &Path, figures: &[Figure], reached: &[aims::Reached<'_>]) -> Result<(), Failure> {
    let folder = root.join(CHARTS);
    fs::create_dir_all(&folder).map_err(failed(folder.display()))?;
    for (name, chart) in charts::of(figures, reached) {
        let path = folder.join(name);
        fs::write(&path, chart.svg()).map_err(failed(path.display()))?;
        println!("written: {CHARTS}/{name}");
    }
    Ok(())
}

fn hardware(machine: &Machine) -> String {
    let mut text = table::line(&["machine".to_owned(), String::new()]) + "|---|---|\n";
    for (name, value) in machine.rows() {
        text += &table::line(&[name.to_owned(), value]);
    }
    text
}
