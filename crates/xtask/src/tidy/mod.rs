//! `cargo xtask tidy`: the house rules that no compiler knows, as a program.
//!
//! A rule is a function from the [`Tree`] to what it finds; it lives with its table of cases in the file of its subject.
//! Adding one: the function, its cases, one line in [`RULES`].

mod benches;
mod corpus;
mod crates;
mod layout;
mod links;
mod proto;
mod rust;
mod tree;

use std::path::Path;

use tree::Tree;

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, from the root.
    path: String,
    /// The line, from 1; 0 for the file as a whole.
    line: usize,
    /// What is wrong and what to do.
    what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }
}

type Rule = fn(&Tree) -> Vec<Finding>;

/// Every rule, by name.
const RULES: &[(&str, Rule)] = &[
    ("module docs", rust::module_docs),
    ("file length", rust::length),
    ("unfinished code", rust::unfinished),
    ("purity", rust::purity),
    ("dependency direction", crates::direction),
    ("pure dependencies", crates::pure_dependencies),
    ("workspace lints", crates::lints),
    ("proto comments", proto::comments),
    ("codec corpus", corpus::complete),
    ("links", links::resolve),
    ("benches", benches::registered),
    ("top level", layout::top_level),
];

/// Applies every rule to the tree at `root`; prints what it finds; `false` if there is anything.
pub fn run(root: &Path) -> bool {
    let tree = match Tree::read(root) {
        Ok(tree) => tree,
        Err(error) => {
            eprintln!("tidy: cannot read the tree at {}: {error}", root.display());
            return false;
        }
    };
    let mut total = 0;
    for (name, rule) in RULES {
        for Finding { path, line, what } in rule(&tree) {
            total += 1;
            let place = if line == 0 { path } else { format!("{path}:{line}") };
            println!("{place}: {what} [{name}]");
        }
    }
    let (rules, files) = (RULES.len(), tree.files().count());
    println!("tidy: {rules} rules, {files} files, {total} findings");
    total == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_tree_is_tidy_enough_to_be_read() {
        let tree = Tree::read(&crate::root()).expect("a tree");
        assert!(tree.text("crates/xtask/src/tidy/mod.rs").is_some());
        assert!(tree.files().all(|(path, _)| !path.starts_with("target/")));
    }
}
