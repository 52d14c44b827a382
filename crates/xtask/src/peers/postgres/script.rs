//! The scripts that psql runs, put together from benches/peers/postgres and the queries of benches/peers/sql; and what it says.

use std::path::{Path, PathBuf};

use super::super::command::{Failure, read};

/// The queries, by their names in braces.
const QUERIES: [&str; 4] = ["conversations", "timeline", "windows", "queue"];

/// What the scripts are made of.
pub struct Scripts {
    folder: PathBuf,
    schema: String,
    log_indexes: String,
    projector: String,
    project: String,
    set_based: String,
}

impl Scripts {
    /// Reads them from benches/peers.
    pub fn read(peers: &Path) -> Result<Self, Failure> {
        let folder = peers.join("postgres");
        let mut queries = Vec::new();
        for query in QUERIES {
            queries.push((query, read(&peers.join(format!("sql/{query}.sql")))?));
        }
        let queries: Vec<(&str, &str)> = queries.iter().map(|(name, query)| (*name, query.trim_end())).collect();
        let script = |name: &str| read(&folder.join(name)).map(|script| filled(&script, &queries));
        Ok(Self {
            schema: script("schema.sql")?,
            log_indexes: script("log_indexes.sql")?,
            projector: script("projector.sql")?,
            project: script("project.sql")?,
            set_based: script("set_based.sql")?,
            folder,
        })
    }

    /// Tables, and the events in the log.
    pub fn load(&self, events: &Path) -> String {
        let copy = format!("\\copy log FROM '{}' WITH (FORMAT csv, HEADER)\n", events.display());
        [self.schema.as_str(), &copy, &self.log_indexes].concat()
    }

    /// Tables, and nothing in them.
    pub fn empty(&self) -> String {
        [self.schema.as_str(), &self.log_indexes].concat()
    }

    /// All records of the log, batch by batch.
    pub fn rebuild(&self, records: u64, batch: u64) -> String {
        let mut script = self.projector.clone();
        let mut from = 0;
        while from < records {
            let to = records.min(from + batch);
            script += "BEGIN;\n";
            script += &self.batch(from, to);
            script += "COMMIT;\n";
            from = to;
        }
        script
    }

    /// All records into the log and the views, batch by batch.
    pub fn ingest(&self, log: &Log, batch: u64) -> String {
        let mut script = self.projector.clone();
        let mut from = 0;
        for lines in log.lines.chunks(batch as usize) {
            let to = from + lines.len() as u64;
            script += "BEGIN;\nCOPY log FROM STDIN WITH (FORMAT csv);\n";
            for line in lines {
                script += line;
                script.push('\n');
            }
            script += "\\.\n";
            script += &self.batch(from, to);
            script += "COMMIT;\n";
            from = to;
        }
        script
    }

    /// All views at once.
    pub fn set_based(&self) -> String {
        self.set_based.clone()
    }

    /// The file that writes the rows.
    pub fn rows(&self) -> PathBuf {
        self.folder.join("rows.sql")
    }

    /// The file that asks for pages.
    pub fn pages(&self) -> PathBuf {
        self.folder.join("pages.sql")
    }

    fn batch(&self, from: u64, to: u64) -> String {
        filled(&self.project, &[("from", &from.to_string()), ("to", &to.to_string())])
    }
}

fn filled(script: &str, values: &[(&str, &str)]) -> String {
    let fill = |script: String, (name, value): &(&str, &str)| script.replace(&format!("{{{name}}}"), value);
    values.iter().fold(script.to_owned(), fill)
}

/// The lines of `events.csv`.
pub struct Log {
    lines: Vec<String>,
    events: u64,
}

impl Log {
    /// Reads them.
    pub fn read(data: &Path) -> Result<Self, Failure> {
        let text = read(&data.join("events.csv"))?;
        Ok(Self::of(&text))
    }

    fn of(text: &str) -> Self {
        let lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
        // Conversation, kind and dedup key tell events apart.
        let key = |line: &String| {
            let fields: Vec<&str> = line.split(',').collect();
            [1, 3, 5].map(|index| fields.get(index).copied().unwrap_or_default().to_owned())
        };
        let keys: std::collections::BTreeSet<_> = lines.iter().map(key).collect();
        Self {
            events: keys.len() as u64,
            lines,
        }
    }

    /// How many lines there are.
    pub fn records(&self) -> u64 {
        self.lines.len() as u64
    }

    /// How many different events.
    pub fn events(&self) -> u64 {
        self.events
    }
}

/// The value of column `wanted` in the first line that has the value in the other.
pub fn first_of(text: &str, (column, value): (usize, &str), wanted: usize) -> Option<String> {
    let field = |line: &str, index: usize| line.split(',').nth(index).map(str::to_owned);
    let mut lines = text.lines();
    let line = lines.find(|line| field(line, column).as_deref() == Some(value))?;
    field(line, wanted)
}

/// How long pages took.
#[derive(Debug, PartialEq)]
pub struct Pages {
    pub filter: String,
    pub quantile: &'static str,
    pub milliseconds: f64,
}

/// Reads what psql said of pages: `filter NAME`, then a line of time for the list of pages and one for each page.
pub fn pages(said: &str) -> Vec<Pages> {
    let mut pages = Vec::new();
    for part in said.split("filter ").skip(1) {
        let filter = part.lines().next().unwrap_or_default().trim().to_owned();
        let time = |line: &str| line.strip_prefix("Time: ")?.split(' ').next()?.parse::<f64>().ok();
        let mut times: Vec<f64> = part.lines().filter_map(time).skip(1).collect();
        times.sort_by(f64::total_cmp);
        for (quantile, percent) in [("p50", 50), ("p99", 99)] {
            pages.extend(times.get(times.len() * percent / 100).map(|milliseconds| Pages {
                filter: filter.clone(),
                quantile,
                milliseconds: *milliseconds,
            }));
        }
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts() -> Scripts {
        Scripts::read(&crate::root().join("benches/peers")).unwrap()
    }

    #[test]
    fn nothing_is_left_in_braces() {
        let scripts = scripts();
        let log = Log::of("headings\n0,c,n,k,1,d\n1,c,n,k,1,d\n2,c,n,k,1,e\n");
        assert_eq!((log.records(), log.events()), (3, 2));
        for script in [
            scripts.empty(),
            scripts.rebuild(3, 2),
            scripts.ingest(&log, 2),
            scripts.set_based(),
            scripts.load(Path::new("events.csv")),
        ] {
            assert!(!script.contains('{'), "{script}");
        }
    }

    #[test]
    fn batches_follow_each_other_to_the_end() {
        let scripts = scripts();
        let executed = |script: &str| -> Vec<String> {
            let facts = script.lines().filter(|line| line.starts_with("EXECUTE facts"));
            facts.map(str::to_owned).collect()
        };
        let expected = ["EXECUTE facts(0, 2);", "EXECUTE facts(2, 4);", "EXECUTE facts(4, 5);"];
        assert_eq!(executed(&scripts.rebuild(5, 2)), expected);
        let log = Log::of("headings\na\nb\nc\nd\ne\n");
        let script = scripts.ingest(&log, 2);
        assert_eq!(executed(&script), expected);
        assert!(script.contains("COPY log FROM STDIN WITH (FORMAT csv);\na\nb\n\\.\n"));
        assert_eq!(executed(&scripts.rebuild(0, 2)), [""; 0]);
    }

    #[test]
    fn what_psql_says_of_pages_is_read() {
        let said = "filter all\nTime: 50.000 ms\nTime: 2.5 ms\nTime: 0.5 ms (00:00.000)\nfilter ad\nTime: 9 ms\nTime: 1 ms\nfilter none\n";
        let page = |filter: &str, quantile, milliseconds| Pages {
            filter: filter.to_owned(),
            quantile,
            milliseconds,
        };
        let expected = [
            page("all", "p50", 2.5),
            page("all", "p99", 2.5),
            page("ad", "p50", 1.0),
            page("ad", "p99", 1.0),
        ];
        assert_eq!(pages(said), expected);
    }

    #[test]
    fn the_first_line_with_a_value_is_found() {
        let text = "c,kind,entry\n1,organic,\n2,ad,A\n3,ad,B\n";
        assert_eq!(first_of(text, (1, "ad"), 2).as_deref(), Some("A"));
        assert_eq!(first_of(text, (1, "link"), 2), None);
    }
}
