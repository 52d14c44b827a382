//! The table of a report on origins: only columns that say something, for there may be dozens.

use serde_json::{Value, json};

use super::amounts;
use crate::command::query::table;

/// What lines may be told apart by: a heading and where the value is.
const GROUP: &[(&str, &[&str])] = &[
    ("day", &["/day"]),
    ("channel", &["/channel/id"]),
    ("team", &["/team/name", "/team/id"]),
    ("agent", &["/agent/name", "/agent/id"]),
    ("kind", &["/kind"]),
    ("platform", &["/platform"]),
    ("campaign", &["/campaign/name", "/campaign/id"]),
    ("ad", &["/ad/name", "/ad/id"]),
    ("link", &["/link/name", "/link/id"]),
    ("hashtag", &["/hashtag"]),
];

/// What is counted.
const COUNTS: &[(&str, &[&str])] = &[
    ("opened", &["/opened"]),
    ("answered", &["/answered"]),
    ("response median", &["/first_response"]),
    ("finished", &["/finished"]),
    ("classified", &["/classified"]),
    ("won", &["/won"]),
    ("revenue", &["/revenue_told"]),
    ("rate", &["/conversion_rate"]),
    ("time to win", &["/time_to_win"]),
    ("cost", &["/cost_told"]),
];

/// A heading, and where the value is.
type Column<'a> = (&'a str, &'a [&'a str]);

/// A report as a table, the totals as its last line.
pub fn table_of(answer: &Value) -> String {
    let items = answer["items"].as_array().into_iter().flatten();
    let mut lines: Vec<Value> = items.map(line).collect();
    let mut columns: Vec<Column<'_>> = GROUP.iter().copied().filter(|column| says(&lines, column)).collect();
    let mut totals = line(&answer["totals"]);
    if let Some((heading, _)) = columns.first() {
        // Whatever the first column is, it shows this.
        totals[*heading] = json!({ "id": "total", "name": "total" });
        if ["day", "kind", "platform", "hashtag"].contains(heading) {
            totals[*heading] = json!("total");
        }
    }
    let models = totals["models"].as_object().into_iter().flatten();
    let credit: Vec<(String, String)> = models
        .flat_map(|(model, _)| {
            [("won", "won"), ("revenue", "revenue_told"), ("return", "return_told")]
                .map(|(what, place)| (format!("{model} {what}"), format!("/models/{model}/{place}")))
        })
        .collect();
    let places: Vec<[&str; 1]> = credit.iter().map(|(_, place)| [place.as_str()]).collect();
    lines.push(totals);
    let credit = credit
        .iter()
        .zip(&places)
        .map(|((heading, _), place)| (heading.as_str(), place.as_slice()));
    let counted = COUNTS.iter().copied().chain(credit);
    columns.extend(counted.filter(|column| says(&lines, column)));
    table(&columns, &json!({ "items": lines })).to_string()
}

/// Whether a column says something in any line.
fn says(lines: &[Value], (_, places): &Column<'_>) -> bool {
    let values = lines
        .iter()
        .flat_map(|line| places.iter().filter_map(|place| line.pointer(place)));
    values.into_iter().any(|value| !value.is_null() && value != "")
}

/// A line with what a cell shows of its maps.
fn line(line: &Value) -> Value {
    let mut line = line.clone();
    if line["unattributed"] == json!(true) {
        line["kind"] = json!("(unattributed)");
    }
    let classified = line["classifications"].as_object().into_iter().flatten();
    let classified: Vec<String> = classified.map(|(code, number)| format!("{code} {number}")).collect();
    line["classified"] = json!(classified.join(", "));
    line["revenue_told"] = json!(amounts(&line["revenue"]));
    line["cost_told"] = json!(amounts(&line["cost"]));
    line["first_response"] = length(&line["first_response_s"]["median"]);
    line["time_to_win"] = length(&line["time_to_win_s"]["median"]);
    for credit in line["models"]
        .as_object_mut()
        .into_iter()
        .flatten()
        .map(|(_, credit)| credit)
    {
        credit["revenue_told"] = json!(amounts(&credit["revenue"]));
        credit["return_told"] = json!(amounts(&credit["return_on_spend"]));
    }
    line
}

/// Seconds in the two units that say most of them: `2h 5m`.
fn length(seconds: &Value) -> Value {
    let Some(seconds) = seconds.as_u64() else {
        return Value::Null;
    };
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let told = units.iter().skip_while(|(number, _)| *number == 0).take(2);
    let told: Vec<String> = told
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    json!(if told.is_empty() {
        "0s".to_owned()
    } else {
        told.join(" ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_two_units() {
        for (seconds, told) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_725, "1h 2m"),
            (86_400, "1d"),
            (90_061, "1d 1h"),
        ] {
            assert_eq!(length(&json!(seconds)), json!(told));
        }
        assert_eq!(length(&Value::Null), Value::Null);
    }

    #[test]
    fn a_table_has_the_columns_that_say_something() {
        let counts = |won: u64| {
            json!({
                "opened": 3, "answered": 2, "finished": 1, "classifications": {"sold": 1}, "won": won, "revenue": {"BRL": 10.5},
                "models": {"last": {"won": won, "revenue": {"BRL": 10.5}}}
            })
        };
        let mut ad = counts(1);
        ad["campaign"] = json!({"id": "c1", "name": "Spring"});
        let mut none = counts(0);
        none["unattributed"] = json!(true);
        let told = table_of(&json!({ "items": [ad, none], "totals": counts(1) }));
        for word in [
            "campaign",
            "Spring",
            "(unattributed)",
            "total",
            "sold 1",
            "BRL 10.5",
            "last revenue",
        ] {
            assert!(told.contains(word), "{word} is not in {told}");
        }
        for word in ["hashtag", "cost", "return", "response"] {
            assert!(!told.contains(word), "{word} is in {told}");
        }
    }
}
