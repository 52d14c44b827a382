//! What happened to session windows, and what prices rest on, in sentences.

use crate::event::Kind;
use crate::time::Timestamp;
use crate::why::WindowStep;
use crate::why::text::Language;
use crate::windows::{Basis, Change, Window};
use crate::zone::Zone;

/// What a step did; instants are told in `zone`.
#[must_use]
pub fn change(step: &WindowStep, zone: Zone, language: Language) -> String {
    let until = step.change.until().map(|until| wall(until, zone, language));
    let until = until.unwrap_or_default();
    let (pt_br, en) = match (step.window, step.change) {
        (Window::PrivateReply, Change::Opened { .. }) => (
            format!("o cliente comentou: uma resposta privada é possível até {until}"),
            format!("the customer commented: one private reply is possible until {until}"),
        ),
        (Window::Conversation(category), Change::Opened { .. }) => {
            let name = category.name();
            (
                format!("o provedor contou uma conversa de {name}, até {until}"),
                format!("the provider counted a conversation of {name}, until {until}"),
            )
        }
        (_, Change::Opened { .. }) => {
            let (who_pt, who_en) = customer(step.proof.fact.kind);
            (
                format!("{who_pt}: a janela de 24 h abriu, até {until}"),
                format!("{who_en}: the 24 h window opened, until {until}"),
            )
        }
        (_, Change::Refreshed { .. }) => {
            let times = step.times;
            let (who_pt, who_en) = customer(step.proof.fact.kind);
            let (more_pt, more_en) = if times > 1 {
                (format!(" ({times} vezes)"), format!(" ({times} times)"))
            } else {
                Default::default()
            };
            (
                format!("{who_pt} de novo{more_pt}: a janela de 24 h vai até {until}"),
                format!("{who_en} again{more_en}: the 24 h window goes on until {until}"),
            )
        }
        (_, Change::Refused) => (
            "o provedor recusou uma mensagem: a janela de 24 h estava fechada".to_owned(),
            "the provider refused a message: the 24 h window was closed".to_owned(),
        ),
        (_, Change::Candidate { by_post: false, .. }) => (
            format!("a mensagem veio por um anúncio: uma resposta até {until} abre a janela gratuita"),
            format!("the message came through an ad: an answer until {until} opens the free entry point"),
        ),
        (_, Change::Candidate { by_post: true, .. }) => (
            format!(
                "a mensagem veio por uma publicação impulsionada: uma resposta até {until} talvez abra a janela gratuita"
            ),
            format!("the message came through a boosted post: an answer until {until} may open the free entry point"),
        ),
        (_, Change::Extended { .. }) => (
            format!("o cliente escreveu de novo: o clique no anúncio pode ser respondido até {until}"),
            format!("the customer wrote again: the ad click can be answered until {until}"),
        ),
        (_, Change::Estimated { .. }) => (
            format!("respondemos a tempo: a janela gratuita abriu, como estimativa, até {until}"),
            format!("we answered in time: the free entry point opened, as an estimate, until {until}"),
        ),
        (_, Change::Confirmed { end_is_told: true, .. }) => (
            format!("o provedor confirmou a janela gratuita e o fim dela: {until}"),
            format!("the provider confirmed the free entry point and its end: {until}"),
        ),
        (_, Change::Confirmed { .. }) => (
            format!("o provedor confirmou a janela gratuita; o fim é estimado: {until}"),
            format!("the provider confirmed the free entry point; its end is estimated: {until}"),
        ),
        (_, Change::Moved { .. }) => (format!("o fim mudou para {until}"), format!("the end moved to {until}")),
        (_, Change::Rejected) => (
            "o provedor tarifou a nossa resposta: não há janela gratuita".to_owned(),
            "the provider priced our answer: there is no free entry point".to_owned(),
        ),
        (_, Change::Withdrawn) => (
            "a mensagem tomada por resposta não é: digitada no celular, ou não entregue".to_owned(),
            "the message taken for our answer is none: typed in the phone app, or not delivered".to_owned(),
        ),
        (_, Change::Used) => (
            "a resposta privada foi dada".to_owned(),
            "the private reply was given".to_owned(),
        ),
        (_, Change::Stopped) => (
            "o cliente não quer mais marketing".to_owned(),
            "the customer wants no more marketing".to_owned(),
        ),
        (_, Change::Resumed) => (
            "o cliente quer marketing de novo".to_owned(),
            "the customer wants marketing again".to_owned(),
        ),
    };
    language.of_two(pt_br, en)
}

/// What the customer did.
const fn customer(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::CallReceived => ("houve uma ligação", "there was a call"),
        Kind::MessageReaction => ("o cliente reagiu", "the customer reacted"),
        Kind::ReferralOpened => ("o cliente abriu a conversa", "the customer opened the thread"),
        _ => ("o cliente escreveu", "the customer wrote"),
    }
}

/// An instant as people of the account write it.
fn wall(at: Timestamp, zone: Zone, language: Language) -> String {
    zone.wall(at, language.of_two("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M"))
}

/// Why something may be sent, or costs what it costs.
#[must_use]
pub const fn basis(basis: Basis, language: Language) -> &'static str {
    match language {
        Language::En => basis.explain(),
        Language::PtBr => in_portuguese(basis),
    }
}

const fn in_portuguese(basis: Basis) -> &'static str {
    match basis {
        Basis::CareClosed => "a última mensagem do cliente tem 24 horas ou mais: só modelos",
        Basis::CareRefused => "o provedor recusou uma mensagem porque a janela de atendimento está fechada",
        Basis::CareOpen => "texto livre dentro da janela de atendimento é grátis até 30/09/2026",
        Basis::UtilityInCare => "modelos de utilidade dentro da janela de atendimento são grátis até 30/09/2026",
        Basis::MarketingStopped => "o cliente parou as mensagens de marketing",
        Basis::EntryConfirmed => "o provedor informou uma janela gratuita aberta",
        Basis::EntryEstimated => "o clique no anúncio foi respondido a tempo; o provedor ainda não confirmou",
        Basis::EntryAnswer => "a resposta a um clique em anúncio é grátis se o clique foi feito no celular",
        Basis::Template => "modelos são cobrados pela tarifa da categoria",
        Basis::FreeTier => "o número ainda tem mensagens de serviço das mil do mês",
        Basis::FreeTierUsed => "o número já usou as mil mensagens de serviço do mês",
        Basis::FreeTierNotCounted => "não se sabe quanto resta das mil mensagens do mês",
        Basis::InConversation => "pertence a uma conversa que já está aberta",
        Basis::OpensConversation => "abre uma conversa da categoria, cobrada uma vez",
        Basis::ConversationsFreeTier => "abre uma conversa de serviço, grátis nas primeiras mil do mês",
        Basis::NoPrice => "a plataforma não cobra por mensagem",
        Basis::NoWindows => "o canal não tem janelas",
        Basis::HumanAgent => "uma pessoa pode responder com a etiqueta HUMAN_AGENT por sete dias",
        Basis::HumanAgentOver => "a última mensagem do cliente tem sete dias ou mais",
        Basis::PrivateReply => "o último comentário pode ter uma resposta privada, uma vez, por sete dias",
        Basis::PrivateReplyUsed => "o último comentário já teve a resposta privada",
        Basis::PrivateReplyOver => "não há comentário dos últimos sete dias",
    }
}
