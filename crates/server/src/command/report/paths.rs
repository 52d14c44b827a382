//! The table of a report on paths: a path a line, the others and the totals as its last lines.

use serde_json::{Value, json};

use super::amounts;
use crate::command::query::table;

const COLUMNS: &[(&str, &[&str])] = &[
    ("path", &["/path"]),
    ("tickets", &["/tickets"]),
    ("won", &["/won"]),
    ("rate", &["/conversion_rate"]),
    ("revenue", &["/revenue_told"]),
];

/// A report as a table.
pub fn table_of(answer: &Value) -> String {
    let items = answer["items"].as_array().into_iter().flatten();
    let mut lines: Vec<Value> = items.map(|item| line(item, path(item))).collect();
    if let Some(others) = answer.get("others") {
        lines.push(line(others, format!("{} others", answer["others_number"])));
    }
    lines.push(line(&answer["totals"], "total".to_owned()));
    table(COLUMNS, &json!({ "items": lines })).to_string()
}

fn line(counts: &Value, path: String) -> Value {
    let mut line = counts.clone();
    line["path"] = json!(path);
    line["revenue_told"] = json!(amounts(&counts["revenue"]));
    line
}

/// `... > ad facebook > organic whatsapp`.
fn path(item: &Value) -> String {
    let steps = item["steps"].as_array().into_iter().flatten();
    let longer = item["longer"] == true;
    let told: Vec<String> = (longer.then(|| "...".to_owned()).into_iter())
        .chain(steps.map(step))
        .collect();
    if told.is_empty() {
        return "no origin".to_owned();
    }
    told.join(" > ")
}

fn step(step: &Value) -> String {
    let places = [
        &["/kind"][..],
        &["/platform"],
        &["/campaign/name", "/campaign/id"],
        &["/ad/name", "/ad/id"],
        &["/link/name", "/link/id"],
        &["/hashtag"],
    ];
    let word = |names: &&[&str]| names.iter().find_map(|name| step.pointer(name)?.as_str());
    let words: Vec<&str> = places.iter().filter_map(word).collect();
    if words.is_empty() {
        return "?".to_owned();
    }
    words.join(" ")
}
