//! What a person is told below a table that leaves a question open: what to do next.

use serde_json::Value;

use crate::args::View;

/// A hint to an answer, where there is one. `within`: how far ahead was looked for what closes.
pub fn hint(view: View, within: Option<&str>, answer: &Value) -> Option<String> {
    let items = answer["items"].as_array();
    match view {
        View::Expiring if items.is_some_and(Vec::is_empty) => {
            let within = within.unwrap_or(super::WITHIN);
            Some(format!(
                "no window closes within {within}; --within looks further ahead"
            ))
        }
        View::Windows | View::SendOptions => {
            let ways = items.into_iter().flatten();
            let mut ways = ways.chain(answer["send"].as_object().into_iter().flat_map(|send| send.values()));
            let has_no_card = ways.any(|way| way["no_price"] == "no_rate_card");
            has_no_card.then(|| "no rate card tells these prices: take one in with `origem rates load`".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hints_are_given_where_an_answer_leaves_a_question() {
        // (view, --within, answer, a part of the hint)
        let cases = [
            (View::Expiring, None, json!({"items": []}), Some("within 1h")),
            (View::Expiring, Some("2d"), json!({"items": []}), Some("within 2d")),
            (View::Expiring, None, json!({"items": [{}]}), None),
            (View::Conversations, None, json!({"items": []}), None),
            (
                View::Windows,
                None,
                json!({"send": {"utility": {"no_price": "no_rate_card"}}}),
                Some("rates load"),
            ),
            (
                View::Windows,
                None,
                json!({"send": {"utility": {"no_price": "market_unknown"}}}),
                None,
            ),
            (
                View::SendOptions,
                None,
                json!({"items": [{"no_price": "no_rate_card"}]}),
                Some("rates load"),
            ),
            (
                View::SendOptions,
                None,
                json!({"items": [{"price": {"amount": 1}}]}),
                None,
            ),
        ];
        for (view, within, answer, expected) in cases {
            let told = hint(view, within, &answer);
            assert!(
                match (&told, expected) {
                    (Some(told), Some(part)) => told.contains(part),
                    (told, expected) => told.is_none() && expected.is_none(),
                },
                "{answer}: {told:?}"
            );
        }
    }
}
