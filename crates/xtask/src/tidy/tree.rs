//! The files of the project, as the rules see them: paths from the root with `/`, and texts.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Endings of files whose text the rules want.
const TEXTS: &[&str] = &[".rs", ".md", ".toml", ".proto"];

/// All files of the project that are not ignored.
#[derive(Debug, Default)]
pub struct Tree {
    files: BTreeMap<String, Option<String>>,
}

impl Tree {
    /// Reads everything below `root`, except `.git` and what `.gitignore` names.
    pub fn read(root: &Path) -> io::Result<Self> {
        // Only plain names at the root are understood, which is all that our .gitignore has.
        let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
        let mut skip: Vec<&str> = ignored.lines().map(|line| line.trim().trim_matches('/')).collect();
        skip.push(".git");
        let mut tree = Self::default();
        tree.add(root, "", &skip)?;
        Ok(tree)
    }

    fn add(&mut self, folder: &Path, prefix: &str, skip: &[&str]) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if skip.contains(&path.as_str()) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                self.add(&entry.path(), &format!("{path}/"), skip)?;
            } else {
                let wanted = TEXTS.iter().any(|ending| path.ends_with(ending));
                let text = if wanted {
                    fs::read_to_string(entry.path()).ok()
                } else {
                    None
                };
                self.files.insert(path, text);
            }
        }
        Ok(())
    }

    /// A tree of the given files, for tests.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned())));
        Self { files: files.collect() }
    }

    /// Every file with its text, in order of paths. The text is there for those kinds of files that rules look into.
    pub fn files(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_deref()))
    }

    /// Files below `folder` whose name ends so, with their texts.
    pub fn texts<'a>(&'a self, folder: &'a str, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files()
            .filter(move |(path, _)| path.starts_with(folder) && path.ends_with(ending))
            .filter_map(|(path, text)| Some((path, text?)))
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Whether a file or folder of that path exists.
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        path.is_empty() || self.files.contains_key(path) || self.files.keys().any(|file| file.starts_with(&folder))
    }

    /// The folders of all crates: `crates/domain`, ...
    pub fn crates(&self) -> impl Iterator<Item = &str> {
        self.files.keys().filter_map(|path| {
            let folder = path.strip_suffix("/Cargo.toml")?;
            (folder.starts_with("crates/") && folder.matches('/').count() == 1).then_some(folder)
        })
    }
}
