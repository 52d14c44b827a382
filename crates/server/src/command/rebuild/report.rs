//! A rebuild for a person: how far it is, what differs by view, and conversations that show it.

use comfy_table::{ContentArrangement, Table, TableComponent, presets};
use serde_json::Value;

/// How far it is: of how many, and in words.
pub fn progress(status: &Value) -> (u64, u64, String) {
    let number = |name: &str| status[name].as_u64().unwrap_or_default();
    let phase = status["phase"].as_str().unwrap_or_default();
    let left = status["eta_s"]
        .as_f64()
        .map(|seconds| format!(", {} left", time(seconds)))
        .unwrap_or_default();
    if phase == "comparing" {
        let told = format!("conversations compared{left}");
        return (number("compared"), number("to_compare"), told);
    }
    let mut told = format!("events, {phase}");
    if status["finished"] != true {
        let rate = status["rate_per_s"].as_f64().unwrap_or_default();
        told += &format!(", {rate:.0}/s");
    }
    told += &left;
    (number("events_done"), number("events_total"), told)
}

/// A length of time, such as `1h02m`, `3m20s` or `8s`.
fn time(seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // whole seconds are meant, and it saturates
    let seconds = seconds.max(0.0).ceil() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

/// All rebuilds, one a row.
pub fn list(answer: &Value) -> Table {
    let mut table = table(&[
        "rebuild", "phase", "cause", "started", "finished", "events", "differ", "error",
    ]);
    for rebuild in answer["items"].as_array().into_iter().flatten() {
        let differing = rebuild["diff"]["conversations"].as_object().map(|counts| {
            let count = |name: &str| counts.get(name).and_then(Value::as_u64).unwrap_or_default();
            count("changed") + count("only_old") + count("only_new")
        });
        table.add_row([
            text(&rebuild["id"]),
            text(&rebuild["phase"]),
            text(&rebuild["cause"]),
            text(&rebuild["started_at"]),
            text(&rebuild["finished_at"]),
            format!("{}/{}", rebuild["events_done"], rebuild["events_total"]),
            differing.map(|count| count.to_string()).unwrap_or_default(),
            text(&rebuild["error"]),
        ]);
    }
    table
}

/// A rebuild with all that it found.
pub fn whole(rebuild: &Value) -> String {
    let mut out = format!("rebuild {}: {}\n", rebuild["id"], outcome(rebuild));
    let diff = &rebuild["diff"];
    if diff.is_null() {
        return out;
    }
    for rule in items(&diff["rules"]) {
        let from = rule["from"]
            .as_str()
            .map(|from| format!(" from {from}"))
            .unwrap_or_default();
        out += &format!(
            "rule {}: {} -> {}{from}\n",
            text(&rule["name"]),
            text(&rule["old"]),
            text(&rule["new"])
        );
    }
    out += &format!("{}\n", counts(diff));
    let contents = &diff["contents"];
    out += &format!(
        "fingerprint {} -> {}\n",
        text(&contents["old"]["fingerprint"]),
        text(&contents["new"]["fingerprint"])
    );
    if items(&diff["examples"]).next().is_some() {
        out += &format!("{}\n", examples(diff));
    }
    out
}

/// How it ended, or how far it is.
fn outcome(rebuild: &Value) -> String {
    let equal = rebuild["diff"]["equal"] == true;
    let found = if equal {
        "both say the same"
    } else {
        "what differs is below"
    };
    match text(&rebuild["phase"]).as_str() {
        "compared" => format!("compared; {found}; nothing was switched"),
        "switched" => format!("switched; {found}; `origem rebuild rollback` goes back, until `origem rebuild prune`"),
        "cancelled" => "cancelled; what served goes on serving".to_owned(),
        "failed" => format!("failed; what served goes on serving: {}", text(&rebuild["error"])),
        _ => {
            let (done, total, told) = progress(rebuild);
            format!("{done}/{total} {told}")
        }
    }
}

const COUNTS: [&str; 5] = ["compared", "equal", "changed", "only_old", "only_new"];

/// Conversations by view, and anomalies by reason.
fn counts(diff: &Value) -> Table {
    let mut table = table(&["view", "compared", "equal", "changed", "only old", "only new"]);
    let mut row = |name: String, counts: &Value| {
        table.add_row(std::iter::once(name).chain(COUNTS.iter().map(|count| text(&counts[*count]))));
    };
    row("all".to_owned(), &diff["conversations"]);
    // In the order of what is asked for first.
    for view in [
        "origin",
        "status",
        "windows",
        "timeline",
        "tickets",
        "conversation",
        "thread",
        "contacts",
        "state",
    ] {
        row(view.to_owned(), &diff["views"][view]);
    }
    for (reason, counts) in diff["anomalies"].as_object().into_iter().flatten() {
        row(format!("anomalies: {reason}"), counts);
    }
    table
}

/// Conversations that differ: what, from what to what, by which rule, proved by which event.
fn examples(diff: &Value) -> Table {
    let mut table = table(&["conversation", "view", "old", "new", "rule", "evidence"]);
    for example in items(&diff["examples"]) {
        let mut conversation = text(&example["conversation"]);
        if let Some(only) = example["only"].as_str() {
            table.add_row([&conversation, "", &format!("only in the {only} views"), "", "", ""]);
            continue;
        }
        for difference in items(&example["differences"]) {
            let of = |name: &str| both(&difference["old"][name], &difference["new"][name]);
            table.add_row([
                std::mem::take(&mut conversation),
                text(&difference["view"]),
                side(&difference["old"]),
                side(&difference["new"]),
                of("rule"),
                of("position"),
            ]);
        }
        if let Some(more) = example["more"].as_u64() {
            table.add_row(["", "", &format!("and {more} more"), "", "", ""]);
        }
    }
    table
}

fn side(told: &Value) -> String {
    match (text(&told["text"]), told["at"].as_str()) {
        (text, _) if text.is_empty() => "-".to_owned(),
        (text, Some(at)) => format!("{text}\n{at}"),
        (text, None) => text,
    }
}

/// One value where both are the same or one is missing, else both.
fn both(old: &Value, new: &Value) -> String {
    match (text(old), text(new)) {
        (old, new) if old == new || new.is_empty() => old,
        (old, new) if old.is_empty() => new,
        (old, new) => format!("{old} -> {new}"),
    }
}

/// Which generation of each partition serves, and which is kept.
pub fn generations(answer: &Value) -> Table {
    let mut table = table(&["partition", "serves", "to go back to"]);
    for partition in items(&answer["partitions"]) {
        table.add_row(["partition", "serving", "previous"].map(|name| text(&partition[name])));
    }
    table
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_HORIZONTAL_ONLY)
        // A difference has several lines; the conversation it belongs to is told once.
        .remove_style(TableComponent::HorizontalLines)
        .remove_style(TableComponent::MiddleIntersections)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.iter().copied());
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_short() {
        for (seconds, expected) in [
            (0.0, "0s"),
            (7.2, "8s"),
            (200.0, "3m20s"),
            (3720.0, "1h02m"),
            (-1.0, "0s"),
        ] {
            assert_eq!(time(seconds), expected);
        }
    }

    #[test]
    fn a_difference_names_the_conversation_the_rule_and_the_event() {
        let rebuild = json!({"id": 3, "phase": "compared", "diff": {
            "equal": false, "rules": [{"name": "interaction_gap", "old": "24h", "new": "12h"}],
            "contents": {"old": {"fingerprint": "aa"}, "new": {"fingerprint": "bb"}},
            "conversations": {"compared": 2, "equal": 1, "changed": 1, "only_old": 0, "only_new": 0},
            "views": {}, "anomalies": {},
            "examples": [{"conversation": "cv_1", "differences": [{"view": "origin",
                "old": {"text": "ad/instagram 1202", "rule": "ad.referral@1", "position": "0:1"},
                "new": {"text": "organic/whatsapp", "rule": "organic@1", "position": "0:7"}}]}],
        }});
        let told = whole(&rebuild);
        for part in [
            "rebuild 3: compared; what differs is below; nothing was switched",
            "rule interaction_gap: 24h -> 12h",
            "fingerprint aa -> bb",
            "cv_1",
            "ad/instagram 1202",
            "ad.referral@1 -> organic@1",
            "0:1 -> 0:7",
        ] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }
}
