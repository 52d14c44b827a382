//! Whether a peer has the rows it should have.

use std::fs;
use std::path::{Path, PathBuf};

/// The views, by the names of their files.
const VIEWS: [&str; 4] = ["conversations", "timeline", "windows", "queue"];

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
    const NOTHING: &str = "(no line)";
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
