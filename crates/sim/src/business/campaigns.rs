//! WhatsApp campaigns: templates sent to many.

use super::trades::Trade;

/// A campaign. Its id is the `biz_opaque_callback_data` of every dispatch.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Id.
    pub id: String,
    /// What the business calls it.
    pub name: String,
    /// Template name.
    pub template: String,
    /// Template id, a number in Meta's payloads.
    pub template_id: i64,
    /// `pt_BR`, ...
    pub language: &'static str,
    /// What it is charged as.
    pub category: Category,
    /// The text.
    pub text: String,
    /// Its quick-reply buttons; the payload of the first one starts with the campaign's id.
    pub buttons: Vec<String>,
}

/// The category of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Promotion.
    Marketing,
    /// About something the customer did.
    Utility,
}

impl Category {
    /// The name in Meta's payloads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Utility => "utility",
        }
    }
}

type Row = (
    &'static str,
    &'static str,
    &'static str,
    Category,
    &'static str,
    &'static [&'static str],
);

const ROWS: [Row; 5] = [
    (
        "Semana do Cliente",
        "semana_do_cliente_v2",
        "pt_BR",
        Category::Marketing,
        "Olá {{1}}! Na Semana do Cliente, {} está com condição especial. Quer saber mais?",
        &["Quero saber mais", "Parar promoções"],
    ),
    (
        "Retorno de orçamento",
        "retorno_orcamento",
        "pt_BR",
        Category::Marketing,
        "Oi {{1}}, seu orçamento para {} ainda vale. Posso ajudar a fechar?",
        &["Sim, por favor", "Agora não"],
    ),
    (
        "Pré-venda de fim de ano",
        "pre_venda_fim_de_ano",
        "pt_BR",
        Category::Marketing,
        "{{1}}, você tem acesso antecipado: {} com entrega garantida até o Natal 🎁",
        &["Garantir o meu"],
    ),
    (
        "Confirmação de visita",
        "confirmacao_visita",
        "pt_BR",
        Category::Utility,
        "Olá {{1}}, confirmando sua visita amanhã às {{2}}. Está tudo certo?",
        &["Confirmar", "Remarcar"],
    ),
    (
        "Clientes hispanohablantes",
        "novedades_es",
        "es",
        Category::Marketing,
        "¡Hola {{1}}! Tenemos novedades para ti. ¿Te cuento?",
        &["¡Cuéntame!"],
    ),
];

/// The campaigns of a business.
pub(super) fn of(trade: &Trade) -> Vec<Campaign> {
    ROWS.iter()
        .enumerate()
        .map(|(nth, (name, template, language, category, text, buttons))| Campaign {
            id: format!("camp-{}", nth + 1),
            name: (*name).to_owned(),
            template: (*template).to_owned(),
            template_id: 1_689_556_908_129_800 + nth as i64,
            language,
            category: *category,
            text: text.replace("{}", trade.products[nth]),
            buttons: buttons.iter().map(|button| (*button).to_owned()).collect(),
        })
        .collect()
}
