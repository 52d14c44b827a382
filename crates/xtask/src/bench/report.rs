//! The page of figures, written anew where it is generated.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use origem_measure::Figure;

use super::machine::Machine;
use super::plot::Chart;
use super::{Failure, aims, capacity, charts, failed, page, run, table};

const PAGE: &str = "docs/performance.md";
const CHARTS: &str = "docs/performance";

/// Writes what was measured into the page: a block for each bench, with its chart if there is one. Only if every bench ran, and at full
/// size, also the aims: they are of one run.
pub fn write(root: &Path, machine: &Machine, figures: &[Figure], is_whole: bool) -> Result<(), Failure> {
    let path = root.join(PAGE);
    let mut text = fs::read_to_string(&path).map_err(failed(path.display()))?;
    let names: BTreeSet<&str> = figures.iter().map(bench).collect();
    // Growth is a run of its own, for it takes long.
    let mut all = figures.to_vec();
    let growth = run::file(root, "growth.ndjson")?;
    if !names.contains("growth") && growth.exists() {
        all.extend(run::read(&growth)?);
    }
    let reached = if is_whole { aims::reached(&all) } else { Vec::new() };
    let charts = charts::of(figures, &reached);
    let mut blocks: Vec<(&str, String)> = Vec::new();
    for name in names {
        let own: Vec<&Figure> = figures.iter().filter(|figure| bench(figure) == name).collect();
        let tables = table::of(&own);
        let block = match name {
            "limits" => format!("{}\n{}", hardware(machine), table::list(&own)),
            "growth" => format!("{tables}\n{}", capacity::table(figures, machine.memory_bytes())),
            _ => tables,
        };
        blocks.push((name, block));
    }
    if is_whole {
        let measured = Machine::of_file(&growth).map_or(String::new(), |machine| format!(" {}", machine.note()));
        let note = format!("Rows of `growth/` are of a run of their own.{measured}");
        blocks.push(("aims", format!("{}\n{note}\n", aims::table(&reached))));
    }
    for (name, block) in blocks {
        let chart = charts.iter().find(|(chart, _)| *chart == name);
        let chart = chart.map_or(String::new(), |(file, chart)| {
            format!("![{}](performance/{file}.svg)\n\n", chart.title)
        });
        let block = format!("{}\n\n{chart}{block}", machine.note());
        text = page::replaced(&text, name, &block).ok_or_else(|| missing(name))?;
    }
    draw(root, &charts)?;
    fs::write(&path, text).map_err(failed(path.display()))?;
    println!("written: {PAGE}");
    Ok(())
}

/// The bench that a figure is of.
pub fn bench(figure: &Figure) -> &str {
    figure.name.split('/').next().unwrap_or_default()
}

fn missing(name: &str) -> Failure {
    format!(
        "{PAGE} has no place for `{name}`: write `<!-- figures: {name} -->` and `<!-- end of figures -->` where its figures belong"
    )
}

fn draw(root: &Path, charts: &[(&str, Chart)]) -> Result<(), Failure> {
    let folder = root.join(CHARTS);
    fs::create_dir_all(&folder).map_err(failed(folder.display()))?;
    for (name, chart) in charts {
        let path = folder.join(format!("{name}.svg"));
        fs::write(&path, chart.svg()).map_err(failed(path.display()))?;
        println!("written: {CHARTS}/{name}.svg");
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
