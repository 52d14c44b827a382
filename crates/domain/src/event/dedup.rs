//! One dedup key per kind of event, whatever provider it came from.

use crate::event::{Body, Command, Event};

impl Event {
    /// Gives the event the dedup key of its kind, unless it has one. Source: reference/meta-platform.md 3.4, "Dedup keys".
    /// Channel and conversation are not part of it: facts are compared within a conversation and kind.
    #[must_use]
    pub fn with_dedup_key(mut self) -> Self {
        if self.dedup_key.is_empty() {
            self.dedup_key = dedup_key(&self);
        }
        self
    }
}

fn dedup_key(event: &Event) -> String {
    let at = event.occurred_at.micros();
    let who = || {
        event
            .contact
            .as_ref()
            .and_then(|c| c.aliases.first())
            .map_or("", |alias| alias.value.as_str())
    };
    match &event.body {
        Body::MessageReceived { message, .. }
        | Body::MessageSent { message, .. }
        | Body::HistoryImported { message, .. } => match message.id.as_deref() {
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => {
                let text = message
                    .payload
                    .as_deref()
                    .or(message.text.as_deref())
                    .unwrap_or_default();
                format!("{at}:{}:{}:{text}", who(), message.kind)
            }
        },
        Body::MessageStatus { status } => match &status.message_id {
            Some(id) => format!("{id}:{}:{}", status.state.name(), participant(event)),
            None => format!("{}:{at}", status.state.name()),
        },
        Body::MessageEdited { edit } => {
            format!("{}:{at}:{}", edit.message_id, edit.text.as_deref().unwrap_or_default())
        }
        Body::MessageRevoked { revoke } => revoke.message_id.clone(),
        Body::MessageReaction { reaction } => {
            format!(
                "{}:{at}:{}",
                reaction.message_id,
                reaction.emoji.as_deref().unwrap_or_default()
            )
        }
        Body::ReferralOpened { referral } => {
            let mark = referral
                .as_ref()
                .and_then(|r| r.ad_id.as_deref().or(r.reference.as_deref()).or(r.source_id.as_deref()));
            format!("{at}:{}", mark.unwrap_or_default())
        }
        Body::CommentReceived { comment } => comment.id.clone(),
        Body::CallReceived { call } => format!("{}:{:?}", call.id, call.event).to_lowercase(),
        Body::IdentityChanged { from, to } => {
            let values = |list: &[crate::alias::Alias]| {
                list.iter()
                    .map(|alias| alias.value.as_str())
                    .collect::<Vec<_>>()
                    .join(",")
            };
            format!("{}>{}:{at}", values(from), values(to))
        }
        Body::PreferenceChanged { preference } => {
            format!("{}:{:?}:{at}", preference.category, preference.value).to_lowercase()
        }
        Body::ConversionReported { conversion } => {
            let mark = conversion
                .message_id
                .as_deref()
                .or(conversion.ctwa_clid.as_deref())
                .unwrap_or_default();
            format!("{mark}:{}:{at}", conversion.name)
        }
        Body::LinkClicked { click } => match click.id.as_deref().or(click.code.as_deref()) {
            Some(id) => id.to_owned(),
            None => format!("{}:{at}", click.link.as_deref().unwrap_or_default()),
        },
        Body::AccountUpdated { account_update } => {
            let values: Vec<String> = account_update.values.iter().map(|(k, v)| format!("{k}={v}")).collect();
            format!("{}:{}:{at}", account_update.field, values.join(","))
        }
        // The reader gives these the hash of their bytes; an event without one is told apart by its time alone.
        Body::Unrecognised { reason } => format!("{reason}:{at}"),
        Body::TicketClaimed(command)
        | Body::TicketAssigned(command)
        | Body::TicketTransferred(command)
        | Body::TicketFinished(command)
        | Body::TicketReopened(command)
        | Body::TicketTakenOver(command)
        | Body::NoteAdded(command)
        | Body::ContactEdited(command)
        | Body::StageSet(command)
        | Body::LeadLinked(command)
        | Body::OutreachRequested(command) => command_key(at, command),
    }
}

/// Everything a command says: an agent may well give two in one second.
fn command_key(at: i64, command: &Command) -> String {
    let Command {
        ticket,
        agent,
        // Whoever gives it again in the name of the same agent means the same.
        by: _,
        revision,
        via,
        contact_edit,
        outreach,
    } = command;
    let outreach = outreach.as_deref().cloned().unwrap_or_default();
    let edit = contact_edit.clone().unwrap_or_default();
    let numbers = [
        revision.map(|revision| revision.to_string()),
        ticket.value.map(|value| value.0.to_string()),
        via.as_ref().map(|via| via.name().to_owned()),
    ];
    let texts = [
        agent,
        &ticket.id,
        &ticket.assignee,
        &ticket.team,
        &ticket.classification,
        &ticket.currency,
        &ticket.stage,
        &ticket.lead,
        &ticket.note,
        &edit.name,
        &edit.phone,
        &edit.email,
    ];
    let variables = outreach.variables.iter().flat_map(|(name, value)| [name, value]);
    let said = texts
        .into_iter()
        .chain(&numbers)
        .map(|text| text.as_deref().unwrap_or_default())
        // Last, and only where there are some: keys of what has none are what they were.
        .chain(outreach.template.as_deref())
        .chain(outreach.text.as_deref())
        .chain(variables.map(String::as_str));
    format!("{at}:{}", said.collect::<Vec<_>>().join("\u{1f}"))
}

/// Statuses of one group message come once per participant; elsewhere the recipient is the conversation itself.
fn participant(event: &Event) -> &str {
    match (&event.group, &event.contact) {
        (Some(_), Some(contact)) => contact.aliases.first().map_or("", |alias| alias.value.as_str()),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(json: &str) -> String {
        let head = r#""channel":{"kind":"whatsapp","id":"1"},"occurred_at":"2026-09-26T10:00:00Z""#;
        serde_json::from_str::<Event>(&format!("{{{head},{json}}}"))
            .unwrap()
            .with_dedup_key()
            .dedup_key
    }

    #[test]
    fn facts_of_one_instant_are_told_apart_by_what_they_say() {
        for (one, other) in [
            (
                r#""kind":"stage_set","ticket":{"stage":"s1"}"#,
                r#""kind":"stage_set","ticket":{"stage":"s2"}"#,
            ),
            (
                r#""kind":"ticket_transferred","ticket":{"team":"t1"}"#,
                r#""kind":"ticket_transferred","ticket":{"team":"t2"}"#,
            ),
            (
                r#""kind":"contact_edited","contact_edit":{"name":"a"}"#,
                r#""kind":"contact_edited","contact_edit":{"phone":"a"}"#,
            ),
            (
                r#""kind":"ticket_claimed","revision":1"#,
                r#""kind":"ticket_claimed","revision":2"#,
            ),
            (
                r#""kind":"message_received","message":{"id":"","text":"a"}"#,
                r#""kind":"message_received","message":{"id":"","text":"b"}"#,
            ),
            (
                r#""kind":"message_received","message":{"type":"image"}"#,
                r#""kind":"message_received","message":{"type":"audio"}"#,
            ),
        ] {
            assert_ne!(key(one), key(other), "{one} {other}");
            assert_eq!(key(one), key(one));
        }
    }
}
