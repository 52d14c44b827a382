//! Rules on crates: who may depend on whom, and on what from outside. The table in docs/ARCHITECTURE.md is the rule itself.

use std::collections::{BTreeMap, BTreeSet};

use toml::Table;

use super::Finding;
use super::rust::PURE;
use super::tree::Tree;

const ARCHITECTURE: &str = "docs/ARCHITECTURE.md";
const PREFIX: &str = "origem-";

/// Crates from outside that would bring IO, a clock, threads or chance into a pure crate.
const NOT_PURE: &[&str] = &[
    "async-std",
    "axum",
    "fastrand",
    "getrandom",
    "hyper",
    "rand",
    "rand_pcg",
    "rdkafka",
    "reqwest",
    "sled",
    "tempfile",
    "time",
    "tokio",
    "tonic",
    "tracing",
    "ureq",
    "uuid",
];

/// Each crate depends on exactly the crates that the table of the architecture names.
pub fn direction(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.text(ARCHITECTURE) else {
        return vec![Finding::new(ARCHITECTURE, 0, "is missing")];
    };
    let rows = table(page);
    let mut found = Vec::new();
    for folder in tree.crates() {
        let manifest = format!("{folder}/Cargo.toml");
        let name = folder.trim_start_matches("crates/");
        let Some((line, allowed)) = rows.get(name) else {
            found.push(Finding::new(
                ARCHITECTURE,
                0,
                format!("crate `{name}` is missing in the table of crates"),
            ));
            continue;
        };
        let used = dependencies(tree, folder);
        let internal: BTreeSet<&str> = used.iter().filter_map(|name| name.strip_prefix(PREFIX)).collect();
        let Some(allowed) = allowed else { continue };
        for extra in internal.iter().filter(|name| !allowed.contains(**name)) {
            let what = format!("`{name}` depends on `{extra}`, which {ARCHITECTURE} does not allow");
            found.push(Finding::new(&manifest, 0, what));
        }
        for unused in allowed.iter().filter(|name| !internal.contains(name.as_str())) {
            let what = format!("`{name}` is said to depend on `{unused}`, and does not");
            found.push(Finding::new(ARCHITECTURE, *line, what));
        }
    }
    for (name, (line, _)) in &rows {
        if !tree.has(&format!("crates/{name}")) {
            found.push(Finding::new(ARCHITECTURE, *line, format!("there is no crate `{name}`")));
        }
    }
    found
}

/// The rows of the table of crates: line and dependencies by name; `None`: everything.
fn table(page: &str) -> BTreeMap<String, (usize, Option<BTreeSet<String>>)> {
    let mut rows = BTreeMap::new();
    let mut inside = false;
    for (index, line) in page.lines().enumerate() {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        if !line.trim_start().starts_with('|') {
            inside = false;
        } else if cells.first() == Some(&"folder") && cells.last() == Some(&"depends on") {
            inside = true;
        } else if let (true, [name, .., last]) = (inside, cells.as_slice())
            && name.starts_with('`')
        {
            let names = last.split(',').map(|part| part.trim().trim_matches('`').to_owned());
            let names = names.filter(|part| !part.is_empty() && part != "-").collect();
            let allowed = if *last == "everything" { None } else { Some(names) };
            rows.insert(name.trim_matches('`').to_owned(), (index + 1, allowed));
        }
    }
    rows
}

/// The names of what a crate needs to be built; what only its tests need does not count.
fn dependencies(tree: &Tree, folder: &str) -> BTreeSet<String> {
    let manifest = tree.text(&format!("{folder}/Cargo.toml")).unwrap_or_default();
    let manifest: Table = manifest.parse().unwrap_or_default();
    let section = manifest.get("dependencies").and_then(toml::Value::as_table);
    section
        .map(|section| section.keys().cloned().collect())
        .unwrap_or_default()
}

/// A pure crate needs nothing that brings IO, a clock, threads or chance.
pub fn pure_dependencies(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for folder in PURE {
        for name in dependencies(tree, folder)
            .iter()
            .filter(|name| NOT_PURE.contains(&name.as_str()))
        {
            let what = format!("`{name}` has no place in a pure crate");
            found.push(Finding::new(&format!("{folder}/Cargo.toml"), 0, what));
        }
    }
    found
}

/// Every crate takes over the lints of the workspace.
pub fn lints(tree: &Tree) -> Vec<Finding> {
    let inherits = |folder: &str| {
        let manifest = tree.text(&format!("{folder}/Cargo.toml")).unwrap_or_default();
        let manifest: Table = manifest.parse().unwrap_or_default();
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        lints.and_then(toml::Value::as_bool) == Some(true)
    };
    tree.crates()
        .filter(|folder| !inherits(folder))
        .map(|folder| Finding::new(&format!("{folder}/Cargo.toml"), 0, "lacks `[lints] workspace = true`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "| folder | charter | depends on |\n|---|---|---|\n| `domain` | d | - |\n| `log` | l | domain |\n\n\
                        | `other` | not this table | x |\n";

    fn check(log_needs: &str, expected: &[&str]) {
        let manifest = format!("[dependencies]\n{log_needs}\n");
        let tree = Tree::of(&[
            (ARCHITECTURE, PAGE),
            ("crates/domain/Cargo.toml", ""),
            ("crates/log/Cargo.toml", &manifest),
        ]);
        let found: Vec<String> = direction(&tree).into_iter().map(|finding| finding.what).collect();
        assert_eq!(found, expected, "{log_needs}");
    }

    #[test]
    fn the_table_of_the_architecture_is_the_rule() {
        check("origem-domain.workspace = true\nserde.workspace = true", &[]);
        check("", &["`log` is said to depend on `domain`, and does not"]);
        check(
            "origem-domain.workspace = true\norigem-engine = { workspace = true }",
            &["`log` depends on `engine`, which docs/ARCHITECTURE.md does not allow"],
        );
    }

    #[test]
    fn every_crate_is_in_the_table_and_every_row_is_a_crate() {
        let tree = Tree::of(&[
            (ARCHITECTURE, PAGE),
            ("crates/log/Cargo.toml", ""),
            ("crates/new/Cargo.toml", ""),
        ]);
        let found: Vec<String> = direction(&tree).into_iter().map(|finding| finding.what).collect();
        assert!(
            found.contains(&"crate `new` is missing in the table of crates".to_owned()),
            "{found:?}"
        );
        assert!(found.contains(&"there is no crate `domain`".to_owned()), "{found:?}");
    }

    #[test]
    fn a_pure_crate_needs_no_clock_and_takes_over_the_lints() {
        let manifest = "[dependencies]\ntokio.workspace = true\n[lints]\nworkspace = true\n";
        let tree = Tree::of(&[("crates/domain/Cargo.toml", manifest), ("crates/log/Cargo.toml", "")]);
        assert_eq!(pure_dependencies(&tree).len(), 1);
        assert_eq!(lints(&tree).len(), 1);
    }
}
