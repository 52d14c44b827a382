//! Whether a peer has the rows it should have, and shows those that its pages should show.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The views, by the names of their files.
const VIEWS: [&str; 4] = ["conversations", "timeline", "windows", "queue"];

/// Where a line is missing.
const NOTHING: &str = "(no line)";

/// Rows that are not equal, or not there.
#[derive(Debug, thiserror::Error)]
pub enum Difference {
    /// A line differs.
    #[error("line {line} of {path} is\n  {found}\nand should be\n  {expected}")]
    Line {
        /// The file of the peer.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What it says.
        found: String,
        /// What Origem says.
        expected: String,
    },
    /// A file cannot be read.
    #[error("{path} cannot be read; the peer should have written it")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The peer left no rows.
    #[error("there are no rows in {0}; the peer should have written them")]
    NoRows(PathBuf),
}

/// Compares all rows that a peer left in `out`, or in a folder there for each of its ways, with the expected ones, line by line; gives the ways.
pub fn check(expected: &Path, out: &Path) -> Result<String, Difference> {
    let ways = ways(out)?;
    for way in &ways {
        for view in VIEWS {
            let file = format!("{view}.csv");
            same(&read(&expected.join(&file))?, &way.join(&file))?;
        }
    }
    let names = ways
        .iter()
        .map(|way| way.strip_prefix(out).unwrap_or(way).display().to_string());
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    Ok(match names.is_empty() {
        true => "all four views".to_owned(),
        false => names.join(", "),
    })
}

/// Compares the rows of pages that a peer left in a file, one page after the other and from the top again, with the lists they are of:
/// row by row, but for the order of what was listed at the same instant.
///
/// A line of `lists`: filter, instant, row. Of the file: `filter NAME`, then the rows of its pages.
pub fn pages(lists: &Path, path: &Path) -> Result<(), Difference> {
    let (text, found) = (read(lists)?, read(path)?);
    let mut lists: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    let mut filters = Vec::new();
    for line in text.lines() {
        let mut fields = line.splitn(3, ',');
        let mut field = || fields.next().unwrap_or_default();
        let filter = field();
        if !lists.contains_key(filter) {
            filters.push(filter);
        }
        lists.entry(filter).or_default().push((field(), field()));
    }
    let differs = |line: usize, found: &str, expected: String| Difference::Line {
        path: path.to_owned(),
        line,
        found: found.to_owned(),
        expected,
    };
    let mut lines = found.lines().enumerate().map(|(at, line)| (at + 1, line)).peekable();
    for filter in filters {
        let list = &lists[filter];
        let heading = format!("filter {filter}");
        match lines.next() {
            Some((_, line)) if line == heading => {}
            other => {
                let (line, found) = other.unwrap_or((found.lines().count() + 1, NOTHING));
                return Err(differs(line, found, heading));
            }
        }
        let known: BTreeSet<(&str, &str)> = list.iter().copied().collect();
        let (mut left, mut is_empty) = (BTreeSet::new(), true);
        for (instant, expected) in list.iter().cycle() {
            let Some((line, row)) = lines.next_if(|(_, line)| !line.starts_with("filter ")) else {
                break;
            };
            is_empty = false;
            if left.is_empty() {
                left.clone_from(&known);
            }
            // Once through the list, each of its rows is there once.
            if !left.remove(&(*instant, row)) {
                return Err(differs(
                    line,
                    row,
                    format!("{expected}, or another row listed at {instant}"),
                ));
            }
        }
        if is_empty {
            let line = lines.peek().map_or(found.lines().count() + 1, |(line, _)| *line);
            return Err(differs(line, NOTHING, format!("a page of {filter}")));
        }
    }
    match lines.next() {
        Some((line, row)) => Err(differs(line, row, NOTHING.to_owned())),
        None => Ok(()),
    }
}

/// The folders with rows: `out` itself and those in it.
fn ways(out: &Path) -> Result<Vec<PathBuf>, Difference> {
    let unreadable = |source| Difference::Unreadable {
        path: out.to_owned(),
        source,
    };
    let entries = fs::read_dir(out).map_err(unreadable)?;
    let mut ways: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    ways.push(out.to_owned());
    ways.retain(|way| VIEWS.iter().any(|view| way.join(format!("{view}.csv")).exists()));
    ways.sort();
    match ways.is_empty() {
        true => Err(Difference::NoRows(out.to_owned())),
        false => Ok(ways),
    }
}

fn same(expected: &str, path: &Path) -> Result<(), Difference> {
    let found = read(path)?;
    let (mut ours, mut theirs) = (expected.lines(), found.lines());
    for line in 1.. {
        let (expected, found) = (ours.next(), theirs.next());
        if expected != found {
            return Err(Difference::Line {
                path: path.to_owned(),
                line,
                found: found.unwrap_or(NOTHING).to_owned(),
                expected: expected.unwrap_or(NOTHING).to_owned(),
            });
        }
        if expected.is_none() {
            break;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, Difference> {
    fs::read_to_string(path).map_err(|source| Difference::Unreadable {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, text: &str) {
        fs::create_dir_all(folder).unwrap();
        for view in VIEWS {
            fs::write(folder.join(format!("{view}.csv")), text).unwrap();
        }
    }

    #[test]
    fn rows_are_compared_line_by_line_in_every_way() {
        for (found, line) in [
            ("a\nb\n", None),
            ("a\nb", None),
            ("a\nc\n", Some(2)),
            ("a\n", Some(2)),
            ("a\nb\nc\n", Some(3)),
            ("", Some(1)),
        ] {
            for way in ["", "one"] {
                let folder = tempfile::tempdir().unwrap();
                let (expected, out) = (folder.path().join("expected"), folder.path().join("out"));
                written(&expected, "a\nb\n");
                written(&out.join("other"), "a\nb\n");
                written(&out.join(way), found);
                let differs = match check(&expected, &out) {
                    Ok(_) => None,
                    Err(Difference::Line { line, .. }) => Some(line),
                    Err(other) => panic!("{other}"),
                };
                assert_eq!(differs, line, "{found:?} {way}");
            }
        }
    }

    #[test]
    fn pages_are_compared_row_by_row_from_the_top_again() {
        const LISTS: &str = "ad,9,a,x\nad,8,b,y\nad,8,c,\nnew,1,b,y\n";
        for (found, line) in [
            ("filter ad\na,x\nb,y\nc,\na,x\nfilter new\nb,y\nb,y\n", None),
            ("filter ad\na,x\nc,\nb,y\na,x\nc,\nfilter new\nb,y\n", None),
            ("filter ad\na,x\nfilter new\nb,y\n", None),
            ("filter ad\nb,y\na,x\nfilter new\nb,y\n", Some(2)),
            ("filter ad\na,x\nb,y\nb,y\nfilter new\nb,y\n", Some(4)),
            ("filter ad\na,x\nb,z\nfilter new\nb,y\n", Some(3)),
            ("filter ad\na,x\nb,y\na,x\nfilter new\nb,y\n", Some(4)),
            ("filter ad\nfilter new\nb,y\n", Some(2)),
            ("filter ad\na,x\nfilter new\n", Some(4)),
            ("filter ad\na,x\n", Some(3)),
            ("filter new\nb,y\n", Some(1)),
            ("filter ad\na,x\nfilter new\nb,y\nfilter all\n", Some(5)),
            ("", Some(1)),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let (lists, path) = (folder.path().join("lists.csv"), folder.path().join("pages.csv"));
            fs::write(&lists, LISTS).unwrap();
            fs::write(&path, found).unwrap();
            let differs = match pages(&lists, &path) {
                Ok(()) => None,
                Err(Difference::Line { line, .. }) => Some(line),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(differs, line, "{found:?}");
        }
    }

    #[test]
    fn no_rows_and_missing_rows_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let (expected, out) = (folder.path().join("expected"), folder.path().join("out"));
        written(&expected, "a\n");
        fs::create_dir_all(&out).unwrap();
        assert!(matches!(check(&expected, &out), Err(Difference::NoRows(_))));
        written(&out, "a\n");
        assert!(check(&expected, &out).is_ok());
        fs::remove_file(out.join("queue.csv")).unwrap();
        assert!(matches!(check(&expected, &out), Err(Difference::Unreadable { .. })));
    }
}
