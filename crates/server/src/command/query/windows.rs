//! Session windows for people: one row a window and one a kind of message, and the advice below.

use comfy_table::Table;
use serde_json::{Value, json};

use super::table;

const WINDOWS: [&str; 4] = ["customer_care", "free_entry_point", "human_agent", "private_reply"];

const COLUMNS: &[(&str, &[&str])] = &[
    ("what", &["/what"]),
    ("state", &["/state", "/charge"]),
    ("rate of", &["/rate"]),
    ("price", &["/price/amount", "/price_if_charged/amount", "/no_price"]),
    ("currency", &["/price/currency", "/price_if_charged/currency"]),
    ("until", &["/until", "/closes_at", "/reply_by"]),
    ("sure", &["/confidence", "/source"]),
    ("why", &["/explanation", "/reason"]),
];

/// What is told of a conversation's windows, in lines.
pub fn lines(answer: &Value) -> String {
    let part = |name: &str, mut value: Value| {
        let object = value.as_object_mut()?;
        object.insert("what".to_owned(), json!(name));
        if object.get("allowed") == Some(&json!(false)) {
            object.insert("state".to_owned(), json!("no"));
        }
        Some(value)
    };
    let windows = WINDOWS.iter().filter_map(|name| part(name, answer.get(name)?.clone()));
    let send = answer["send"].as_object().into_iter().flatten();
    let ways = send.filter_map(|(name, send)| part(name, send.clone()));
    let items: Vec<Value> = windows.chain(ways).collect();
    let table: Table = table(COLUMNS, &json!({ "items": items }));
    let word = |place: &str| answer.pointer(place).and_then(Value::as_str);
    let mut lines = vec![format!(
        "as of {} ({})",
        word("/as_of").unwrap_or_default(),
        word("/time_zone").unwrap_or_default()
    )];
    lines.extend(word("/tariff").map(|tariff| format!("tariff {tariff}")));
    lines.extend(word("/reason").map(|reason| format!("no windows: {reason}")));
    if let Some(service) = answer["service_messages"].as_object() {
        let delivered = service
            .get("delivered")
            .map_or("not counted".to_owned(), Value::to_string);
        let free = service.get("free_per_month").unwrap_or(&Value::Null);
        lines.push(format!("service messages of the month: {delivered} of {free} free"));
    }
    lines.push(table.to_string());
    lines.extend(
        ["/advice/en", "/advice/pt-BR"]
            .into_iter()
            .filter_map(word)
            .map(str::to_owned),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_told_in_lines() {
        let answer = json!({"as_of": "2026-10-20T11:00:00Z", "time_zone": "UTC", "tariff": "2026-10-01",
            "customer_care": {"state": "open", "closes_at": "2026-10-21T10:00:00Z", "source": "inferred"},
            "service_messages": {"free_per_month": 1000, "delivered": 7},
            "send": {"free_form": {"allowed": true, "charge": "free", "confidence": "medium", "explanation": "left"},
                "utility": {"allowed": false, "confidence": "high"}},
            "advice": {"en": "Write.", "pt-BR": "Escreva."}});
        let lines = lines(&answer);
        for told in [
            "as of 2026-10-20T11:00:00Z (UTC)\ntariff 2026-10-01\nservice messages of the month: 7 of 1000 free",
            "customer_care",
            "open",
            "medium",
            "Write.\nEscreva.",
        ] {
            assert!(lines.contains(told), "{told}: {lines}");
        }
    }
}
