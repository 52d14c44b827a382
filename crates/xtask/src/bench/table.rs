//! Figures as tables: one for each name, a column for each parameter, percentiles side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use origem_measure::{Figure, ratio, told};

const QUANTILE: &str = "quantile";

/// The tables of these figures, each under its name.
pub fn of(figures: &[&Figure]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for figure in figures {
        if !names.contains(&figure.name.as_str()) {
            names.push(&figure.name);
        }
    }
    let tables = names.into_iter().map(|name| {
        let same: Vec<&Figure> = figures.iter().copied().filter(|figure| figure.name == name).collect();
        format!("`{name}`\n\n{}", one(&same))
    });
    tables.collect::<Vec<_>>().join("\n")
}

/// One table of all of them, a line each: for figures that have little in common.
pub fn list(figures: &[&Figure]) -> String {
    let head = ["what", "under", "median", "least to most", "times"].map(str::to_owned);
    let mut table = line(&head) + "|---|---|---|---|---|\n";
    for figure in figures {
        let what = figure.name.split('/').next_back().unwrap_or_default();
        let under = figure
            .parameters
            .iter()
            .map(|(key, value)| format!("{} {}", key.replace('_', " "), number(value)));
        table += &line(&[
            what.replace('_', " "),
            under.collect::<Vec<_>>().join(", "),
            median(figure),
            spread(figure),
            figure.repetitions.to_string(),
        ]);
    }
    table
}

/// A table of figures of one name.
fn one(figures: &[&Figure]) -> String {
    let mut keys = BTreeSet::new();
    let mut rows: Vec<Row<'_>> = Vec::new();
    for figure in figures {
        let mut parameters = figure.parameters.clone();
        let quantile = parameters.remove(QUANTILE).unwrap_or_default();
        keys.extend(parameters.keys().cloned());
        match rows.iter_mut().find(|row| row.parameters == parameters) {
            Some(row) => drop(row.by_quantile.insert(quantile, figure)),
            None => rows.push(Row {
                parameters,
                by_quantile: BTreeMap::from([(quantile, *figure)]),
            }),
        }
    }
    let quantiles: BTreeSet<&String> = rows.iter().flat_map(|row| row.by_quantile.keys()).collect();
    let has_ratio = figures.iter().any(|figure| figure.ratio().is_some());
    let mut head: Vec<String> = keys.iter().map(|key| key.replace('_', " ")).collect();
    for quantile in &quantiles {
        head.push(if quantile.is_empty() { "median" } else { quantile }.to_owned());
        head.push("least to most".to_owned());
    }
    head.push("times".to_owned());
    if has_ratio {
        head.push("beside".to_owned());
    }
    let mut table = line(&head);
    table += &line(&vec!["---".to_owned(); head.len()]).replace(' ', "");
    for row in &rows {
        let told = keys
            .iter()
            .map(|key| row.parameters.get(key).map_or(String::new(), |value| number(value)));
        let mut cells: Vec<String> = told.collect();
        for quantile in &quantiles {
            match row.by_quantile.get(*quantile) {
                Some(figure) => cells.extend([median(figure), spread(figure)]),
                None => cells.extend([String::new(), String::new()]),
            }
        }
        let first = row.by_quantile.values().next();
        cells.push(first.map_or(String::new(), |figure| figure.repetitions.to_string()));
        if has_ratio {
            cells.push(first.map_or(String::new(), |figure| beside(figure)));
        }
        table += &line(&cells);
    }
    table
}

struct Row<'a> {
    parameters: BTreeMap<String, String>,
    by_quantile: BTreeMap<String, &'a Figure>,
}

/// A line of a table.
pub fn line(cells: &[String]) -> String {
    let mut line = String::new();
    for cell in cells {
        // Writing to a string cannot fail.
        let _ = write!(line, "| {} ", cell.replace('|', "\\|"));
    }
    line + "|\n"
}

/// The middle value, with its unit.
pub fn median(figure: &Figure) -> String {
    told(figure.median, &figure.unit)
}

/// The least and the most, if they were measured more than once.
fn spread(figure: &Figure) -> String {
    match figure.repetitions {
        0 | 1 => "once".to_owned(),
        _ => format!("{} to {}", told(figure.min, ""), told(figure.max, "")),
    }
}

/// How many times what it stands beside.
fn beside(figure: &Figure) -> String {
    let told = figure.beside.as_ref().zip(figure.ratio());
    told.map_or(String::new(), |(beside, of)| {
        format!("{} of `{}`", ratio(of), beside.name)
    })
}

/// A value of a parameter, thousands set apart if it is a number.
pub fn number(value: &str) -> String {
    if value.len() < 4 || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.to_owned();
    }
    let first = value.len() % 3;
    let mut parts: Vec<&str> = Vec::new();
    if first > 0 {
        parts.push(&value[..first]);
    }
    parts.extend((first..value.len()).step_by(3).map(|at| &value[at..at + 3]));
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_column_for_each_parameter() {
        let floor = Figure::of("append/floor", &[], "records/s", &[10.0]);
        let figures = [
            Figure::of(
                "append/records",
                &[("bytes", "1000"), ("lanes", "2")],
                "records/s",
                &[5.0, 6.0, 7.0],
            )
            .beside(&floor),
            Figure::of("append/records", &[("bytes", "300")], "records/s", &[20_000.0]),
        ];
        let text = of(&figures.iter().collect::<Vec<_>>());
        assert_eq!(
            text,
            "`append/records`\n\n\
             | bytes | lanes | median | least to most | times | beside |\n\
             |---|---|---|---|---|---|\n\
             | 1,000 | 2 | 6.00 records/s | 5.00 to 7.00 | 3 | 0.60 of `append/floor` |\n\
             | 300 |  | 20.0 k records/s | once | 1 |  |\n"
        );
    }

    #[test]
    fn percentiles_stand_side_by_side() {
        let of_quantile = |quantile, value| Figure::of("wait", &[("quantile", quantile)], "ms", &[value, value]);
        let figures = [of_quantile("p50", 1.0), of_quantile("p99", 9.0)];
        let text = of(&figures.iter().collect::<Vec<_>>());
        assert!(
            text.ends_with("| p50 | least to most | p99 | least to most | times |\n|---|---|---|---|---|\n| 1.00 ms | 1.00 to 1.00 | 9.00 ms | 9.00 to 9.00 | 2 |\n"),
            "{text}"
        );
    }

    #[test]
    fn a_list_has_a_line_for_each_figure() {
        let figure = Figure::of("limits/memory_copy", &[("bytes", "1000")], "B/s", &[21e9]);
        let text = list(&[&figure]);
        assert!(
            text.ends_with("| memory copy | bytes 1,000 | 21.0 GB/s | once | 1 |\n"),
            "{text}"
        );
    }

    #[test]
    fn numbers_are_set_apart() {
        for (value, text) in [
            ("7", "7"),
            ("1000", "1,000"),
            ("1234567", "1,234,567"),
            ("fsync", "fsync"),
            ("0:4100", "0:4100"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
