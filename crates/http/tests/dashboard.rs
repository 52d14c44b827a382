//! The dashboard in docs shows metrics that there are, and every metric that wakes somebody.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const PAGE: &str = include_str!("../../../docs/metrics.md");
const DASHBOARD: &str = include_str!("../../../docs/grafana/origem.json");

/// Rows of the page: names, types and the whole line.
fn documented() -> BTreeMap<&'static str, (&'static str, &'static str)> {
    let rows = PAGE.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        Some((cells.next()?.trim_matches('`'), (cells.next()?, line)))
    });
    rows.collect()
}

/// All expressions of the dashboard.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("expr").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| expressions(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

/// The metrics an expression asks for.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("origem_") || word.starts_with("process_"))
}

#[test]
fn the_dashboard_shows_what_is_exported() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut found = Vec::new();
    expressions(&dashboard["panels"], &mut found);
    assert!(found.len() > 40, "{} expressions", found.len());
    let documented = documented();
    let mut shown = BTreeSet::new();
    for expression in &found {
        assert!(
            expression.contains("instance=~\"$instance\""),
            "of the instances that are chosen: {expression}"
        );
        for name in names(expression) {
            let (metric, wanted) = match name.strip_suffix("_bucket") {
                Some(metric) => (metric, "histogram"),
                None if name.ends_with("_total") => (name, "counter"),
                None => (name, "gauge"),
            };
            let kind = documented.get(metric).map(|(kind, _)| *kind);
            // Of the counters of a process, all end so.
            assert_eq!(kind, Some(wanted), "docs/metrics.md on {name} in {expression}");
            // What only grows says something by its rate.
            let is_growth = ["rate(", "increase("].iter().any(|of| expression.contains(of));
            assert!(wanted == "gauge" || is_growth, "{expression}");
            shown.insert(metric);
        }
    }
    let alarms = documented.iter().filter(|(_, (_, line))| line.contains("**alarm**"));
    let missing: Vec<_> = alarms
        .map(|(name, _)| name)
        .filter(|name| !shown.contains(*name))
        .collect();
    assert!(missing.is_empty(), "they wake somebody and are not shown: {missing:?}");
}

#[test]
fn panels_are_told_apart_and_do_not_overlap() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    let mut taken = BTreeSet::new();
    for panel in panels {
        let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(place("x") + place("w") <= 24, "{}", panel["title"]);
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(taken.insert((x, y)), "{} overlaps", panel["title"]);
            }
        }
    }
}
