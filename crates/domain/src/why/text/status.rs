//! What happened to a ticket, in sentences.

use crate::event::Kind;
use crate::ticket::NoEffect;
use crate::why::text::Language;
use crate::why::{Cause, Ignored, StatusStep};

/// What a step did, by whom and why.
#[must_use]
pub fn status(step: &StatusStep, language: Language) -> String {
    let who = step.agent.as_deref();
    let somebody = who.unwrap_or(language.of_two("alguém", "somebody"));
    let business = who.unwrap_or(language.of_two("a empresa", "the business"));
    let to = [step.assignee.as_deref(), step.team.as_deref()];
    let to: Vec<&str> = to.into_iter().flatten().collect();
    let to = to.join(", ");
    let (pt_br, en) = match step.cause {
        Cause::Opened => opened(step, business),
        Cause::CustomerSpoke => (
            "o cliente escreveu: espera por nós".to_owned(),
            "the customer wrote: it waits for us".to_owned(),
        ),
        Cause::BusinessSpoke => (
            format!("{business} respondeu: a última palavra é nossa"),
            format!("{business} answered: the last word is ours"),
        ),
        Cause::Claimed => (format!("{somebody} pegou da fila"), format!("{somebody} claimed it")),
        Cause::Assigned => (
            format!("{somebody} atribuiu a {to}"),
            format!("{somebody} assigned it to {to}"),
        ),
        Cause::Transferred => (
            format!("{somebody} transferiu para {to}"),
            format!("{somebody} transferred it to {to}"),
        ),
        Cause::TakenOver => (format!("{somebody} assumiu"), format!("{somebody} took it over")),
        Cause::Finished => {
            let code = step.classification.as_deref().map(|code| format!(" ({code})"));
            let code = code.unwrap_or_default();
            (
                format!("{somebody} finalizou{code}"),
                format!("{somebody} finished it{code}"),
            )
        }
        Cause::Reopened => (format!("{somebody} reabriu"), format!("{somebody} reopened it")),
        Cause::Ignored(ignored) => {
            let (pt_br, en) = why_ignored(ignored, step);
            let (what_pt, what_en) = command(step.proof.fact.kind);
            (
                format!("{somebody} quis {what_pt}, sem efeito: {pt_br}"),
                format!("{somebody} wanted to {what_en}, in vain: {en}"),
            )
        }
    };
    language.of_two(pt_br, en)
}

fn opened(step: &StatusStep, business: &str) -> (String, String) {
    let (pt_br, en) = match step.proof.fact.kind {
        Kind::CommentReceived => ("o cliente comentou".to_owned(), "the customer commented".to_owned()),
        Kind::CallReceived => ("o cliente ligou".to_owned(), "the customer called".to_owned()),
        Kind::MessageSent | Kind::MessageStatus => (format!("{business} escreveu"), format!("{business} wrote")),
        Kind::TicketTakenOver => (format!("{business} assumiu"), format!("{business} took over")),
        _ => ("o cliente escreveu".to_owned(), "the customer wrote".to_owned()),
    };
    (
        format!("{pt_br}: o atendimento abriu"),
        format!("{en}: the ticket opened"),
    )
}

const fn command(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::TicketClaimed => ("pegar da fila", "claim it"),
        Kind::TicketAssigned => ("atribuir", "assign it"),
        Kind::TicketTransferred => ("transferir", "transfer it"),
        Kind::TicketTakenOver => ("assumir", "take it over"),
        Kind::TicketFinished => ("finalizar", "finish it"),
        Kind::TicketReopened => ("reabrir", "reopen it"),
        Kind::StageSet => ("mudar a etapa", "set the stage"),
        Kind::LeadLinked => ("vincular o lead", "link the lead"),
        Kind::OutreachRequested => ("pedir o envio", "ask for a message to be sent"),
        _ => ("mudar algo", "change it"),
    }
}

fn why_ignored(ignored: Ignored, step: &StatusStep) -> (String, String) {
    let holder = step.assignee.as_deref().unwrap_or("?");
    match ignored {
        Ignored::Stale { decided_on, was } if decided_on == was => (
            format!("decidido na revisão {decided_on}, mas outro comando chegou antes"),
            format!("decided on revision {decided_on}, but another command came in first"),
        ),
        Ignored::Stale { decided_on, was } => (
            format!("decidido na revisão {decided_on}, o atendimento já estava na {was}"),
            format!("decided on revision {decided_on}, the ticket was at {was}"),
        ),
        Ignored::OtherTicket => (
            "era para outro atendimento".to_owned(),
            "it was meant for another ticket".to_owned(),
        ),
        Ignored::NoEffect(NoEffect::NoTicket) => ("não havia atendimento".to_owned(), "there was no ticket".to_owned()),
        Ignored::NoEffect(NoEffect::Taken) => (format!("já era de {holder}"), format!("it was {holder}'s already")),
        Ignored::NoEffect(NoEffect::Finished) => {
            ("já estava finalizado".to_owned(), "it was finished already".to_owned())
        }
        Ignored::NoEffect(NoEffect::StillOpen) => ("ainda estava aberto".to_owned(), "it was still open".to_owned()),
        Ignored::NoEffect(NoEffect::NamesNobody) => (
            "não diz nem atendente nem equipe".to_owned(),
            "it names neither an agent nor a team".to_owned(),
        ),
    }
}
