//! What pages of lists are to show, from the rows of the views: README.md, "Pages".

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::exchange::{Rows, VIEWS, first_of};

/// The filters that pages are asked by.
pub const FILTERS: [&str; 5] = ["all", "new", "ad", "hashtag", "agent"];

/// A row of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What it is listed by: `last_message_at`, or `since` of the queue.
    pub at: i64,
    /// All that a list shows of a conversation, as a line.
    pub line: String,
}

/// What the filters that need one ask for.
pub struct Asked {
    pub ad: String,
    pub hashtag: String,
    pub agent: String,
}

fn field(line: Option<&String>, index: usize) -> &str {
    let field = line.and_then(|line| line.split(',').nth(index));
    field.unwrap_or_default()
}

/// How a list shows a conversation; `None` if the list of a filter does not have it.
pub fn shown(filter: &str, asked: &Asked, rows: &Rows) -> Option<Shown> {
    let [conversation, timeline, windows, queue] = rows.each_ref().map(Option::as_ref);
    let of_card = |index| field(conversation, index);
    let (kind, entry) = (field(timeline, 2), field(timeline, 5));
    let (status, assignee, since) = (field(queue, 1), field(queue, 2), field(queue, 4));
    let (fits, at) = match filter {
        "all" => (true, of_card(3)),
        "new" => (status == "new", since),
        "ad" => (kind == "ad" && entry == asked.ad, of_card(3)),
        "hashtag" => (kind == "hashtag" && entry == asked.hashtag, of_card(3)),
        _ => (assignee == asked.agent, since),
    };
    let line = [
        of_card(0),
        of_card(1),
        of_card(7),
        of_card(3),
        of_card(6),
        kind,
        entry,
        status,
        assignee,
        field(windows, 1),
        field(windows, 4),
    ];
    let at = at.parse().ok().filter(|_| fits)?;
    Some(Shown {
        at,
        line: line.join(","),
    })
}

/// Whether a list begins with the latest; else with whoever has waited longest.
fn is_latest_first(filter: &str) -> bool {
    !matches!(filter, "new" | "agent")
}

/// The list of a filter, by the expected rows of the views.
pub fn list(data: &Path, filter: &str, asked: &Asked) -> Vec<Shown> {
    let mut all: BTreeMap<String, Rows> = BTreeMap::new();
    for (index, view) in VIEWS.iter().enumerate() {
        let text = fs::read_to_string(data.join(format!("expected/{view}.csv"))).unwrap();
        for line in text.lines().skip(1) {
            let (conversation, _) = line.split_once(',').unwrap();
            all.entry(conversation.to_owned()).or_default()[index] = Some(line.to_owned());
        }
    }
    let mut list: Vec<Shown> = all.values().filter_map(|rows| shown(filter, asked, rows)).collect();
    match is_latest_first(filter) {
        true => list.sort_by_key(|shown| Reverse(shown.at)),
        false => list.sort_by_key(|shown| shown.at),
    }
    list
}

/// Writes the lists of all filters, in the order of these: filter, what a row is listed by, row.
pub fn write(data: &Path) {
    let asked = asked(data);
    let lists = FILTERS.map(|filter| (filter, list(data, filter, &asked)));
    let lines = lists.iter().flat_map(|(filter, list)| {
        list.iter()
            .map(move |Shown { at, line }| format!("{filter},{at},{line}\n"))
    });
    fs::write(data.join("expected/pages.csv"), lines.collect::<String>()).unwrap();
}

/// What pages are asked for: the first ad, hashtag and agent of the expected rows.
pub fn asked(data: &Path) -> Asked {
    Asked {
        ad: first_of(data, "timeline", (2, "ad"), 5),
        hashtag: first_of(data, "timeline", (2, "hashtag"), 5),
        agent: first_of(data, "queue", (1, "unanswered"), 2),
    }
}

/// Whether pages, one after the other and from the top again, are those of a list: row by row, but for the order of what was listed at
/// the same instant.
///
/// # Panics
/// Where they are not.
pub fn check(name: &str, pages: &[Vec<Shown>], list: &[Shown], rows: usize) {
    assert!(!list.is_empty(), "nothing fits {name}");
    let known: BTreeSet<(i64, &str)> = list.iter().map(|shown| (shown.at, &*shown.line)).collect();
    let mut at = 0;
    for (number, page) in pages.iter().enumerate() {
        if at == list.len() {
            at = 0;
            // That a full page was the last may be told by an empty one.
            if page.is_empty() {
                continue;
            }
        }
        let expected = &list[at..list.len().min(at + rows)];
        let times = |rows: &[Shown]| rows.iter().map(|shown| shown.at).collect::<Vec<_>>();
        assert_eq!(times(page), times(expected), "page {number} of {name}");
        for shown in page {
            let is_known = known.contains(&(shown.at, &*shown.line));
            assert!(is_known, "page {number} of {name}: {}", shown.line);
        }
        at += expected.len();
    }
    // Once through: each once, whoever shares an instant with whom.
    let mut once: Vec<&str> = pages
        .iter()
        .flatten()
        .take(list.len())
        .map(|shown| &*shown.line)
        .collect();
    once.sort_unstable();
    let count = once.len();
    once.dedup();
    assert_eq!(once.len(), count, "{name} shows a row twice");
}
