//! What the rules mean, in two languages.

use crate::rules::Rule;
use crate::why::text::Language;

/// What a rule means.
#[must_use]
pub const fn rule(rule: Rule, language: Language) -> &'static str {
    match language {
        Language::En => rule.explain(),
        Language::PtBr => in_portuguese(rule),
    }
}

const fn in_portuguese(rule: Rule) -> &'static str {
    match rule {
        Rule::AdReferral => "a mensagem traz a referência de um anúncio",
        Rule::PostReferral => "a mensagem traz a referência de uma publicação impulsionada",
        Rule::WeakAdCard => "a mensagem traz um cartão de link que parece o de um anúncio, sem nenhum identificador",
        Rule::ClickCode => "o texto traz o código de um clique em um link",
        Rule::ForwardedCode => {
            "o texto traz o código do clique de outra pessoa, ou de um clique antigo demais: vale o link"
        }
        Rule::UnknownCode => "o texto traz um código de clique válido cujo clique não foi registrado",
        Rule::LinkReferral => "a conversa foi aberta por um link com ref",
        Rule::LinkClicked => "o cliente seguiu um link no dia anterior",
        Rule::ShopReferral => "a mensagem é sobre um produto da loja",
        Rule::FixedText => "o texto começa com o texto do link",
        Rule::KnownHashtag => "o texto traz uma hashtag do catálogo",
        Rule::Hashtag => "o texto começa com a hashtag",
        Rule::CampaignQuote => "a mensagem cita uma mensagem da campanha, ou aperta um botão dela",
        Rule::CampaignButton => "um botão de modelo foi apertado sem dizer de qual mensagem",
        Rule::CampaignWindow => "primeira mensagem dentro da janela de resposta do disparo",
        Rule::CampaignStatus => "resposta a uma mensagem tarifada como marketing",
        Rule::MessageSent => "uma mensagem da empresa abriu a interação",
        Rule::MessageQuote => "a mensagem cita uma mensagem da empresa",
        Rule::MessageStatus => "resposta a uma mensagem da empresa conhecida só pelo relatório de entrega",
        Rule::Comment => "o cliente comentou",
        Rule::CommentReply => "a conversa segue a nossa resposta privada ao comentário",
        Rule::Takeover => "um atendente assumiu a conversa",
        Rule::Organic => "a mensagem abre uma interação e nada mais a explica",
        Rule::History => "o histórico importado não traz evidência",
        Rule::Unsupported => "o provedor retém a mensagem e, com ela, a evidência",
    }
}
