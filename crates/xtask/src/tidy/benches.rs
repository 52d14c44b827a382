//! The rule on benches: `autobenches` is off, so a file that is not registered would silently not run.

use toml::Table;

use super::Finding;
use super::tree::Tree;

/// Every file in `benches/` is a `[[bench]]` of the root package, without the default harness, and the other way round.
pub fn registered(tree: &Tree) -> Vec<Finding> {
    let manifest: Table = tree.text("Cargo.toml").unwrap_or_default().parse().unwrap_or_default();
    let benches = manifest
        .get("bench")
        .and_then(toml::Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut found = Vec::new();
    let mut names = Vec::new();
    for bench in &benches {
        let name = bench.get("name").and_then(toml::Value::as_str).unwrap_or_default();
        if bench.get("harness").and_then(toml::Value::as_bool) != Some(false) {
            found.push(Finding::new(
                "Cargo.toml",
                0,
                format!("bench `{name}` lacks `harness = false`"),
            ));
        }
        if !tree.has(&format!("benches/{name}.rs")) && !tree.has(&format!("benches/{name}/main.rs")) {
            found.push(Finding::new("Cargo.toml", 0, format!("bench `{name}` has no file")));
        }
        names.push(name);
    }
    for (path, _) in tree.texts("benches/", ".rs") {
        let name = path.trim_start_matches("benches/").trim_end_matches(".rs");
        if !name.contains('/') && !names.contains(&name) {
            found.push(Finding::new(
                path,
                0,
                "is not a [[bench]] in Cargo.toml, so it never runs",
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bench_is_registered() {
        let registered_one = "[[bench]]\nname = \"a\"\nharness = false\n";
        for (manifest, file, findings) in [
            (registered_one, "benches/a.rs", 0),
            ("", "benches/a.rs", 1),
            (registered_one, "benches/b.rs", 2),
            ("[[bench]]\nname = \"a\"\n", "benches/a.rs", 1),
            (registered_one, "benches/a/main.rs", 0),
        ] {
            let tree = Tree::of(&[("Cargo.toml", manifest), (file, "")]);
            assert_eq!(registered(&tree).len(), findings, "{manifest} {file}");
        }
    }
}
