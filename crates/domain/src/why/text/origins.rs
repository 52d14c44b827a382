//! What was considered as an origin, in sentences.

use crate::origin::{Fate, Obstacle};
use crate::time::Timestamp;
use crate::touch::{Origin, OriginKind};
use crate::why::text::{Language, rule, span};
use crate::why::{Considered, Quiet};

/// What became of an origin that was considered for the fact at `at`.
#[must_use]
pub fn considered(considered: &Considered, at: Timestamp, language: Language) -> String {
    let evidence = considered.origin.as_ref().map(|origin| evidence(origin, language));
    let evidence = evidence.unwrap_or_default();
    match considered.fate {
        Fate::Won | Fate::Kept => evidence,
        Fate::SeenBefore { at: before } => {
            let since = span(at.since(before));
            language.of_two(
                format!("{evidence}, mas esta interação já tem essa origem desde {since} antes"),
                format!("{evidence}, but this interaction has that origin already, since {since} before"),
            )
        }
        Fate::Missed(obstacle) => {
            let by = considered.by.map(|by| kind(by, language));
            missed(obstacle, by, at, language)
        }
    }
}

/// What says that an origin is one: what its rule means, and the operator's rule that a dispatch was recognised by.
fn evidence(origin: &Origin, language: Language) -> String {
    let meaning = rule(origin.rule, language);
    match &origin.recognised_by {
        None => meaning.to_owned(),
        Some(name) => language.of_two(
            format!("{meaning}; a regra `{name}` reconhece a campanha"),
            format!("{meaning}; the rule `{name}` recognises the campaign"),
        ),
    }
}

/// Why a rule that nearly held for the fact at `at` did not. `by`: what explains a message that is withheld.
fn missed(obstacle: Obstacle, by: Option<&str>, at: Timestamp, language: Language) -> String {
    let since = obstacle
        .instant()
        .map(|instant| span(at.since(instant)))
        .unwrap_or_default();
    let limit = obstacle.limit().map(span).unwrap_or_default();
    let (pt_br, en) = match obstacle {
        Obstacle::InInteraction { .. } => (
            format!("não abre interação: a última mensagem foi {since} antes, o intervalo é de {limit}"),
            format!("no new interaction: the last message was {since} before, the gap is {limit}"),
        ),
        Obstacle::Withheld { .. } => {
            let pt_br = by.unwrap_or("conversa aberta por uma referência, ou comentário");
            let en = by.unwrap_or("a thread opened by a referral, or a comment,");
            (
                format!("retido: {pt_br}, {since} antes, explica a mensagem por {limit}"),
                format!("withheld: {en} {since} before explains the message, for {limit}"),
            )
        }
        Obstacle::Explained => (
            "algo mais forte explica a mensagem".to_owned(),
            "something stronger explains the message".to_owned(),
        ),
        Obstacle::DispatchTooOld { .. } => (
            format!("o disparo foi {since} antes, a janela de resposta é de {limit}"),
            format!("dispatched {since} before, the reply window is {limit}"),
        ),
        Obstacle::ReportTooOld { .. } => (
            format!("a mensagem da empresa foi enviada {since} antes, vale por menos de {limit}"),
            format!("the message of the business was sent {since} before, it counts for less than {limit}"),
        ),
        Obstacle::Answered { .. } => (
            format!("a mensagem enviada {since} antes já tinha sido respondida"),
            format!("the message sent {since} before had been answered already"),
        ),
        Obstacle::LaterDispatch { .. } => (
            format!("o disparo de {since} antes perdeu para um disparo mais recente"),
            format!("the dispatch of {since} before lost to a later one"),
        ),
        Obstacle::QuotesAnother { .. } => (
            format!("a mensagem cita outra, não o disparo de {since} antes"),
            format!("the message quotes another one, not the dispatch of {since} before"),
        ),
        Obstacle::NotRecognised => (
            "tarifada como marketing, mas nenhuma regra diz que é o disparo de uma campanha".to_owned(),
            "priced as marketing, but no rule says that it is a campaign's dispatch".to_owned(),
        ),
        Obstacle::WaitsForAnswer => (
            "um disparo só é origem quando o cliente responde".to_owned(),
            "a dispatch is an origin only when the customer answers it".to_owned(),
        ),
        Obstacle::RepliesToComment { .. } => (
            format!("é a resposta privada ao comentário de {since} antes"),
            format!("it is the private reply to the comment of {since} before"),
        ),
        Obstacle::NotReplied { .. } => (
            format!("o comentário de {since} antes não teve resposta privada"),
            format!("the comment of {since} before had no private reply"),
        ),
        Obstacle::CommentTooOld { .. } => (
            format!("o comentário foi {since} antes, comentário e conversa valem juntos por {limit}"),
            format!("the comment was {since} before, comment and thread belong together for {limit}"),
        ),
        Obstacle::FollowedTooLongAgo { .. } => (
            format!("o link foi seguido {since} antes, explica uma mensagem por {limit}"),
            format!("the link was followed {since} before, that explains a message for {limit}"),
        ),
        Obstacle::ClickNotRecorded => (
            "o clique do código não foi registrado".to_owned(),
            "the click of the code was not recorded".to_owned(),
        ),
        Obstacle::ClickOfAnother => (
            "o código é do clique de outra pessoa".to_owned(),
            "the code is of somebody else's click".to_owned(),
        ),
        Obstacle::ClickTooOld { .. } => (
            format!("o clique foi {since} antes, o código vale pelo clique por {limit}"),
            format!("the click was {since} before, a code stands for its click for {limit}"),
        ),
        Obstacle::NothingReferred => (
            "o provedor não diz por onde a conversa foi aberta".to_owned(),
            "the provider does not say through what the thread was opened".to_owned(),
        ),
        Obstacle::NotFirst => (
            "a primeira mensagem do histórico responde por todas".to_owned(),
            "the first message of the history stands for all of it".to_owned(),
        ),
        Obstacle::WasWaiting => (
            "o atendimento esperava na fila: foi pego, não assumido".to_owned(),
            "the ticket waited in the queue: it was claimed, not taken over".to_owned(),
        ),
    };
    language.of_two(pt_br, en)
}

/// What people call a kind of origin.
#[must_use]
pub const fn kind(kind: OriginKind, language: Language) -> &'static str {
    match (language, kind) {
        (Language::En, OriginKind::Ad) => "an ad",
        (Language::En, OriginKind::WhatsappCampaign) => "a WhatsApp campaign",
        (Language::En, OriginKind::NewMessage) => "a message of ours",
        (Language::En, OriginKind::BulkMessage) => "a message to several recipients",
        (Language::En, OriginKind::Crm) => "a message of the CRM",
        (Language::En, OriginKind::Link) => "a link",
        (Language::En, OriginKind::Hashtag) => "a hashtag",
        (Language::En, OriginKind::Comment) => "a comment",
        (Language::En, OriginKind::Takeover) => "a takeover",
        (Language::En, OriginKind::Organic) => "organic",
        (Language::En, OriginKind::Unknown) => "unknown",
        (Language::PtBr, OriginKind::Ad) => "um anúncio",
        (Language::PtBr, OriginKind::WhatsappCampaign) => "uma campanha de WhatsApp",
        (Language::PtBr, OriginKind::NewMessage) => "uma mensagem nossa",
        (Language::PtBr, OriginKind::BulkMessage) => "uma mensagem a múltiplos destinatários",
        (Language::PtBr, OriginKind::Crm) => "uma mensagem do CRM",
        (Language::PtBr, OriginKind::Link) => "um link",
        (Language::PtBr, OriginKind::Hashtag) => "uma hashtag",
        (Language::PtBr, OriginKind::Comment) => "um comentário",
        (Language::PtBr, OriginKind::Takeover) => "um assumir atendimento",
        (Language::PtBr, OriginKind::Organic) => "orgânico",
        (Language::PtBr, OriginKind::Unknown) => "desconhecido",
    }
}

/// What a fact was told as before an earlier one came in late.
#[must_use]
pub fn replaced(origin: &Origin, language: Language) -> String {
    let label = origin.label();
    language.of_two(
        format!("foi mostrado como {label} até chegar, com atraso, um evento anterior"),
        format!("it was told as {label} until an earlier event came in late"),
    )
}

/// How much is not told one by one.
#[must_use]
pub fn quiet(quiet: Quiet, language: Language) -> String {
    let Quiet { received, sent } = quiet;
    language.of_two(
        format!("{received} do cliente e {sent} da empresa deram continuidade a uma interação, sem origem própria"),
        format!("{received} of the customer and {sent} of the business went on with an interaction, without an origin of their own"),
    )
}
