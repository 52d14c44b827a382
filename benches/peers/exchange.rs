//! The files that engines exchange: README.md.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use origem_testkit::traffic::{HEADINGS, Line};

/// The views, by the names of their files.
pub const VIEWS: [&str; 4] = ["conversations", "timeline", "windows", "queue"];

const VIEW_HEADINGS: [&str; 4] = [
    "conversation,name,first_message_at,last_message_at,last_inbound_at,last_outbound_at,unread,last_text",
    "conversation,touches,kind,at,rule,entry",
    "conversation,care_until,reply_by,entry_opened_at,entry_until",
    "conversation,status,assignee,opened_at,since",
];

/// The rows of a conversation in the views, as lines; `None` where it has none.
pub type Rows = [Option<String>; 4];

/// Writes `events.csv`; gives how many lines it has.
pub fn write_events(directory: &Path, lines: impl Iterator<Item = Line>) -> u64 {
    fs::create_dir_all(directory).unwrap();
    let mut file = BufWriter::new(File::create(directory.join("events.csv")).unwrap());
    writeln!(file, "{HEADINGS}").unwrap();
    let mut written = 0;
    for line in lines {
        writeln!(file, "{}", line.csv(written)).unwrap();
        written += 1;
    }
    file.flush().unwrap();
    written
}

/// Reads `events.csv`.
pub fn read_events(directory: &Path) -> Vec<Line> {
    let file = BufReader::new(File::open(directory.join("events.csv")).unwrap());
    let lines = file.lines().skip(1);
    lines.map(|line| Line::read(&line.unwrap()).unwrap()).collect()
}

/// How many different events there are.
pub fn count(lines: &[Line]) -> u64 {
    let keys: BTreeSet<_> = lines
        .iter()
        .map(|line| (&line.conversation, &line.kind, &line.dedup_key))
        .collect();
    keys.len() as u64
}

/// The conversations, in order.
pub fn conversations_of(lines: &[Line]) -> BTreeSet<&str> {
    lines.iter().map(|line| line.conversation.as_str()).collect()
}

/// Writes the views; the rows come in order of conversations.
pub fn write_views(directory: &Path, rows: &[Rows]) {
    fs::create_dir_all(directory).unwrap();
    for (index, (view, headings)) in VIEWS.iter().zip(VIEW_HEADINGS).enumerate() {
        let mut file = BufWriter::new(File::create(directory.join(format!("{view}.csv"))).unwrap());
        writeln!(file, "{headings}").unwrap();
        for line in rows.iter().filter_map(|rows| rows[index].as_ref()) {
            writeln!(file, "{line}").unwrap();
        }
        file.flush().unwrap();
    }
}

/// The first row of a view in which a column has a value; that of another column.
pub fn first_of(directory: &Path, view: &str, column: (usize, &str), wanted: usize) -> String {
    let text = fs::read_to_string(directory.join(format!("expected/{view}.csv"))).unwrap();
    let field = |line: &str, index: usize| line.split(',').nth(index).unwrap_or_default().to_owned();
    let line = text.lines().find(|line| field(line, column.0) == column.1);
    field(line.unwrap(), wanted)
}

/// An optional value as a field.
pub fn told<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
