//! A story as a page for a person: what is said first, what proves it below, wrapped and indented.

use std::fmt::Write as _;

use origem_domain::why::text::{Language, span};
use serde_json::Value;
use textwrap::{Options, WordSplitter, fill};

use crate::command::printable::printable;

/// Columns of a page.
const WIDTH: usize = 100;

/// The page.
pub fn of(why: &Value, language: Language) -> String {
    let mut page = Page {
        language,
        text: String::new(),
    };
    page.line(
        0,
        &format!(
            "{} {}",
            page.word("conversa", "conversation"),
            text(why, "/conversation")
        ),
    );
    page.rules(&why["rules"]);
    page.title("Origens", "Origins");
    for touch in items(&why["touches"]) {
        page.touch(touch);
    }
    let others = items(&why["without_touch"]);
    if !others.is_empty() {
        page.title(
            "Sem origem própria, e por quê",
            "Without an origin of their own, and why",
        );
    }
    for weighed in others {
        page.weighed(weighed);
    }
    let quiet = ["/quiet/received", "/quiet/sent"].map(|count| why.pointer(count).and_then(Value::as_u64));
    if quiet.into_iter().flatten().any(|count| count > 0) {
        page.line(1, text(why, "/quiet/text"));
    }
    page.title("Atendimento", "Ticket");
    for step in items(&why["status"]) {
        page.status(step);
    }
    page.windows(&why["windows"]);
    if let Some(left_out) = why["left_out"].as_object() {
        let lists = ["weighed", "status", "windows"];
        let count: u64 = lists.iter().filter_map(|list| left_out.get(*list)?.as_u64()).sum();
        let told = page.word(
            "mais antigos não mostrados: --limit",
            "older ones are left out: --limit",
        );
        page.line(0, &format!("\n{count} {told}"));
    }
    printable(&page.text)
}

struct Page {
    language: Language,
    text: String,
}

impl Page {
    fn word(&self, pt_br: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::PtBr => pt_br,
            Language::En => en,
        }
    }

    fn title(&mut self, pt_br: &'static str, en: &'static str) {
        let title = self.word(pt_br, en);
        self.text += "\n";
        self.line(0, title);
    }

    /// A paragraph, so many steps in; what does not fit stands two columns further in.
    fn line(&mut self, indent: usize, text: &str) {
        let first = "  ".repeat(indent);
        let rest = "  ".repeat(indent + 1);
        let options = Options::new(WIDTH).initial_indent(&first).subsequent_indent(&rest);
        // Dates and ids stay whole.
        let options = options.word_splitter(WordSplitter::NoHyphenation);
        self.text += &fill(text, options);
        self.text += "\n";
    }

    fn rules(&mut self, rules: &Value) {
        let version = self.word("regras, versão", "rules, version");
        self.line(0, &format!("{version} {}", rules["version"]));
        for regime in items(&rules["regimes"]) {
            let since = match regime["from"].as_str() {
                Some(from) => format!("{} {from}", self.word("a partir de", "from")),
                None => self.word("desde o início", "from the beginning").to_owned(),
            };
            let lengths = [
                (self.word("intervalo", "gap"), "interaction_gap_s"),
                (
                    self.word("resposta a disparo", "answer to a dispatch"),
                    "campaign_reply_window_s",
                ),
                (
                    self.word("retenção de orgânico", "organic withheld"),
                    "organic_withheld_s",
                ),
                (self.word("resposta privada", "private reply"), "private_reply_window_s"),
                (self.word("código de clique", "click code"), "click_valid_s"),
            ];
            let lengths = lengths.map(|(name, member)| {
                let seconds = regime[member].as_i64().unwrap_or_default();
                format!("{name} {}", span(seconds.saturating_mul(1_000_000)))
            });
            self.line(1, &format!("{since}: {}", lengths.join(", ")));
        }
        for rule in items(&rules["dispatches"]) {
            let name = self.word("disparos", "dispatches");
            self.line(1, &format!("{name}: {}", rule.as_str().unwrap_or_default()));
        }
        if let Some(from) = rules["dispatches_strict_from"].as_str() {
            let only = self.word(
                "só essas regras dizem o que é disparo, desde",
                "these rules alone say what a dispatch is, from",
            );
            self.line(1, &format!("{only} {from}"));
        }
    }

    fn touch(&mut self, told: &Value) {
        let touch = &told["touch"];
        let entry = [text(touch, "/entry/value"), text(touch, "/campaign/id")];
        let entry = entry.into_iter().find(|entry| !entry.is_empty()).unwrap_or_default();
        let label = format!("{} {entry}", text(touch, "/label"));
        self.line(
            1,
            &format!("{}  {}  {}", text(touch, "/at"), label.trim_end(), text(touch, "/id")),
        );
        self.line(2, &format!("{} ({})", text(told, "/because"), text(told, "/rule")));
        self.evidence(2, &told["evidence"]);
        self.considered(told);
    }

    fn weighed(&mut self, told: &Value) {
        self.line(1, text(told, "/evidence/occurred_at"));
        self.evidence(2, &told["evidence"]);
        self.considered(told);
    }

    fn considered(&mut self, told: &Value) {
        for one in items(&told["considered"]) {
            let verdict = self.verdict(text(one, "/verdict"));
            let place = place(&one["evidence"]);
            self.line(
                2,
                &format!("- {verdict}: {}: {}{place}", text(one, "/label"), text(one, "/text")),
            );
            self.raw(3, &one["evidence"]);
        }
        if told["replaced"].is_object() {
            let place = place(&told["replaced"]["evidence"]);
            self.line(2, &format!("! {}{place}", text(told, "/replaced/text")));
        }
    }

    fn verdict<'a>(&self, verdict: &'a str) -> &'a str {
        match verdict {
            "won" => self.word("venceu", "won"),
            "kept" => self.word("mantida ao lado", "kept beside it"),
            "seen_before" => self.word("já vista", "seen before"),
            "lost" => self.word("perdeu", "lost"),
            "not_applicable" => self.word("não se aplica", "does not apply"),
            other => other,
        }
    }

    /// What people call a status, a window, a kind of message; the name of the API where they call it the same.
    fn name<'a>(&self, name: &'a str) -> &'a str {
        match name {
            "new" => self.word("novo", "new"),
            "unanswered" => self.word("não respondido", "unanswered"),
            "awaiting_customer" => self.word("aguardando cliente", "awaiting the customer"),
            "finished" => self.word("finalizado", "finished"),
            "customer_care" => self.word("janela de atendimento", "service window"),
            "free_entry_point" => self.word("janela gratuita", "free entry point"),
            "private_reply" => self.word("resposta privada", "private reply"),
            "conversation" => self.word("conversa tarifada", "priced conversation"),
            "free_form" => self.word("texto livre", "free text"),
            "utility" => self.word("modelo de utilidade", "utility template"),
            "marketing" => "marketing",
            "authentication" => self.word("modelo de autenticação", "authentication template"),
            "human_agent" => "HUMAN_AGENT",
            other => other,
        }
    }

    fn status(&mut self, step: &Value) {
        let change = match (text(step, "/from"), text(step, "/to")) {
            (from, to) if from.is_empty() || from == to => self.name(to).to_owned(),
            (from, to) => format!("{} > {}", self.name(from), self.name(to)),
        };
        let place = place(&step["evidence"]);
        self.line(
            1,
            &format!("{}  {change}: {}{place}", text(step, "/at"), text(step, "/text")),
        );
        self.raw(2, &step["evidence"]);
    }

    fn windows(&mut self, windows: &Value) {
        self.title("Janelas", "Windows");
        for step in items(&windows["steps"]) {
            let place = place(&step["evidence"]);
            let (at, window) = (text(step, "/at"), self.name(text(step, "/window")));
            self.line(1, &format!("{at}  {window}: {}{place}", text(step, "/text")));
            self.raw(2, &step["evidence"]);
        }
        self.title("O que se pode enviar agora", "What may be sent now");
        let tariff = windows["tariff"]
            .as_str()
            .map(|tariff| format!(", {} {tariff}", self.word("tarifa", "tariff")));
        self.line(1, &format!("{}{}", text(windows, "/as_of"), tariff.unwrap_or_default()));
        for (way, send) in windows["send"].as_object().into_iter().flatten() {
            let charge = match send["charge"].as_str() {
                Some("free") => self.word("grátis", "free"),
                Some("rate") => self.word("tarifado", "charged"),
                Some(_) => self.word("depende", "depends"),
                None => self.word("não permitido", "not allowed"),
            };
            let place = place(&send["evidence"]);
            self.line(
                1,
                &format!("{}: {charge}: {}{place}", self.name(way), text(send, "/text")),
            );
        }
    }

    /// The event behind something, in a line of its own.
    fn evidence(&mut self, indent: usize, evidence: &Value) {
        let parts = ["/position", "/kind", "/message_id"].map(|part| text(evidence, part));
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let mut line = format!("{} {}", self.word("evento", "event"), parts.join(" "));
        if let Some(received) = evidence["received_at"].as_str() {
            let word = self.word("recebido", "received");
            // Writing to a text cannot fail.
            let _ = write!(line, ", {word} {received}");
        }
        self.line(indent, &line);
        self.raw(indent + 1, evidence);
    }

    /// The bytes of an event as they are, in one line.
    fn raw(&mut self, indent: usize, evidence: &Value) {
        let raw = ["/raw", "/raw_base64"].map(|part| text(evidence, part));
        if let Some(raw) = raw.into_iter().find(|raw| !raw.is_empty()) {
            self.text += &"  ".repeat(indent);
            self.text += raw.trim_end();
            self.text += "\n";
        }
        if evidence["record_gone"] == true {
            let said = self.word(
                "o log não guarda mais este evento",
                "the log does not hold this event any more",
            );
            self.line(indent, said);
        }
    }
}

/// Where the event behind something stands, at the end of a line.
fn place(evidence: &Value) -> String {
    evidence["position"]
        .as_str()
        .map(|position| format!(" [{position}]"))
        .unwrap_or_default()
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, place: &str) -> &'a str {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_sender_wrote_does_not_steer_the_terminal() {
        const CLEAR: &str = "\u{1b}[2J\u{9b}H";
        for evidence in [
            json!({ "raw": CLEAR }),
            json!({ "message_id": CLEAR }),
            json!({ "kind": CLEAR }),
        ] {
            let page = of(&json!({ "touches": [{ "evidence": evidence }] }), Language::En);
            let steers = page.chars().any(|char| char.is_control() && char != '\n');
            assert!(!steers && page.contains("[2J"), "{page:?}");
        }
    }
}
