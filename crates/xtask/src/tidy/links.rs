//! Rules on references: links between pages, and pages that code names, must exist.

use super::Finding;
use super::tree::Tree;

/// Relative links of pages resolve, headings included; so does every `docs/...md` that code, schema or a page names.
pub fn resolve(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.texts("", ".md") {
        for (line, target) in links(text) {
            if let Some(what) = broken(tree, path, &target) {
                found.push(Finding::new(path, line, what));
            }
        }
    }
    for ending in [".rs", ".proto", ".md", ".toml"] {
        for (path, text) in tree.texts("", ending) {
            // Tests of rules name pages that do not exist.
            if path.starts_with("crates/xtask/") {
                continue;
            }
            for (index, line) in text.lines().enumerate() {
                for page in pages(line).filter(|page| !tree.has(page)) {
                    found.push(Finding::new(path, index + 1, format!("there is no page {page}")));
                }
            }
        }
    }
    found
}

/// Targets of links `[text](target)` outside of code, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced || line.starts_with("    ") {
            continue;
        }
        // Every second part of a line split at backticks is code.
        let prose: String = line.split('`').step_by(2).collect();
        for part in prose.split("](").skip(1) {
            if let Some(target) = part.split(')').next() {
                found.push((index + 1, target.trim().to_owned()));
            }
        }
    }
    found
}

fn broken(tree: &Tree, from: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        from.to_owned()
    } else {
        join(from, file)
    };
    if !tree.has(&path) {
        return Some(format!("the link to {target} leads nowhere"));
    }
    let page = tree.text(&path).unwrap_or_default();
    let headings = || page.lines().filter(|line| line.starts_with('#')).map(anchor);
    let known = heading.is_empty() || !path.ends_with(".md") || headings().any(|known| known == heading);
    (!known).then(|| format!("{path} has no heading #{heading}"))
}

/// `target` as seen from the page `from`.
fn join(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Pages under `docs/` that a line names.
fn pages(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("docs/").filter_map(|(start, _)| {
        let before = line[..start].chars().next_back();
        let inside_a_path = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-'));
        let rest = &line[start..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let path = rest[..end].trim_end_matches('.');
        (!inside_a_path && path.ends_with(".md")).then_some(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_somewhere() {
        for (text, findings) in [
            ("[a](b.md)", 0),
            ("[a](../docs/b.md#two-words)", 0),
            ("[a](b.md#three)", 1),
            ("[a](c.md)", 1),
            ("[a](https://example.org/x)", 0),
            ("`[a](c.md)`", 0),
            ("```\n[a](c.md)\n```", 0),
            ("see docs/b.md.", 0),
            ("see docs/c.md, please", 1),
        ] {
            let tree = Tree::of(&[("docs/a.md", text), ("docs/b.md", "# B\n## Two words\n")]);
            let found = resolve(&tree);
            assert_eq!(found.len(), findings, "{text}: {found:?}");
        }
    }

    #[test]
    fn code_names_pages_that_exist() {
        for (line, findings) in [
            ("//! Source: docs/b.md, \"Two\"", 0),
            ("//! Source: docs/c.md.", 1),
            ("// other/docs/c.md", 0),
        ] {
            let tree = Tree::of(&[("crates/x/src/lib.rs", line), ("docs/b.md", "")]);
            assert_eq!(resolve(&tree).len(), findings, "{line}");
        }
    }
}
