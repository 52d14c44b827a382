//! One sentence for whoever is about to write: the cheapest permitted way now, and what changes next. In two languages.

use std::collections::BTreeMap;

use crate::price::Price;
use crate::time::Timestamp;
use crate::windows::{Basis, Certainty, Charge, EntryState, NoWindows, Send, Way, Windows};

/// The sentence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advice {
    /// In Portuguese.
    pub pt_br: String,
    /// In English.
    pub en: String,
}

/// The templates, in the order they are told in where they cost the same.
const TEMPLATES: [Way; 3] = [Way::Utility, Way::Marketing, Way::Authentication];

/// A text in both languages.
type Both = (String, String);

fn both(pt_br: &str, en: &str) -> Both {
    (pt_br.to_owned(), en.to_owned())
}

impl Advice {
    /// The sentence for what holds now and what may be sent after the next change.
    pub(super) fn of(windows: &Windows) -> Self {
        let (mut pt_br, mut en) = now(windows);
        let clauses = [candidate(windows), next(windows)];
        for (more_pt, more_en) in clauses.into_iter().flatten() {
            pt_br = format!("{pt_br}; {more_pt}");
            en = format!("{en}; {more_en}");
        }
        Self {
            pt_br: pt_br + ".",
            en: en + ".",
        }
    }
}

/// The cheapest permitted way to write now.
fn now(windows: &Windows) -> Both {
    match windows.reason {
        Some(NoWindows::NotCloudApi) => {
            return both(
                "Este canal não usa a API oficial do WhatsApp: escreva quando quiser, sem janelas nem tarifa da Meta",
                "This channel is not on the official WhatsApp API: write at any time, there are no windows and no fee of Meta",
            );
        }
        Some(NoWindows::Webchat) => {
            return both(
                "O WebChat não tem janelas nem tarifas: escreva quando quiser",
                "WebChat has no windows and no fees: write at any time",
            );
        }
        Some(NoWindows::Group) => {
            return both(
                "As janelas de um grupo são do grupo, não de cada participante",
                "The windows of a group are the group's, not those of one member",
            );
        }
        None => {}
    }
    let may = |way: Way| windows.send.get(&way).filter(|send| send.allowed);
    if let Some(send) = may(Way::FreeForm) {
        return free_form(windows, send);
    }
    if may(Way::HumanAgent).is_some() {
        return both(
            "A janela de 24 h fechou: só uma pessoa pode responder, com a etiqueta HUMAN_AGENT",
            "The 24 h window is closed: only a person may answer, with the tag HUMAN_AGENT",
        );
    }
    if may(Way::PrivateReply).is_some() {
        return both(
            "Só é possível enviar uma resposta privada ao comentário, uma única vez",
            "Only a private reply to the comment can be sent, once",
        );
    }
    let mut allowed = TEMPLATES.iter().filter_map(|way| Some((*way, may(*way)?)));
    let free = allowed.clone().find(|(_, send)| send.charge == Some(Charge::Free));
    match (free, allowed.next()) {
        (Some((way, send)), _) => free_template(way, send),
        (None, Some(_)) => cheapest(windows).unwrap_or_else(|| both(
            "Só é possível enviar um modelo aprovado; o de utilidade costuma ser o mais barato, pela tarifa da categoria",
            "Only an approved template can be sent; utility is usually the cheapest, at the rate of its category",
        )),
        (None, None) => both(
            "Nada pode ser enviado até que o cliente escreva",
            "Nothing can be sent until the customer writes",
        ),
    }
}

/// The template that costs least, where prices are known.
fn cheapest(windows: &Windows) -> Option<Both> {
    let priced = TEMPLATES
        .iter()
        .filter_map(|way| Some((*way, windows.price_now(windows.send.get(way)?)?)));
    let (way, price) = priced.min_by_key(|(_, price)| price.amount)?;
    let ((name_pt, name_en), (price_pt, price_en)) = (named(way), money(price));
    Some((
        format!("Só é possível enviar um modelo aprovado; o mais barato é o de {name_pt}, por {price_pt}"),
        format!("Only an approved template can be sent; the cheapest is {name_en}, at {price_en}"),
    ))
}

/// An amount as people of the language write it.
fn money(price: &Price) -> Both {
    let (currency, amount) = (&price.currency, price.amount.decimal());
    (
        format!("{currency} {}", amount.replace('.', ",")),
        format!("{currency} {amount}"),
    )
}

/// How templates that may be sent compare with free text at its rate; nothing where a missing price leaves that open.
fn compared(windows: &Windows, send: &Send) -> Both {
    let none = (String::new(), String::new());
    let Some(own) = windows.price_now(send) else {
        return none;
    };
    let allowed = TEMPLATES
        .iter()
        .filter_map(|way| Some((*way, windows.send.get(way).filter(|send| send.allowed)?)));
    let priced = allowed
        .clone()
        .filter_map(|(way, send)| Some((way, windows.price_now(send)?)));
    match priced.clone().min_by_key(|(_, price)| price.amount) {
        Some((way, price)) if price.amount < own.amount => {
            let ((name_pt, name_en), (price_pt, price_en)) = (named(way), money(price));
            (
                format!(", mas o modelo de {name_pt} custa menos ({price_pt})"),
                format!(", but {name_en} templates cost less ({price_en})"),
            )
        }
        _ if priced.count() == allowed.count() => both(" e nenhum modelo custa menos", ", and no template costs less"),
        _ => none,
    }
}

fn free_form(windows: &Windows, send: &Send) -> Both {
    let (price_pt, price_en) = match windows.price_now(send).map(money) {
        Some((pt_br, en)) => (format!(" ({pt_br})"), format!(" ({en})")),
        None => (String::new(), String::new()),
    };
    match (send.charge, send.confidence) {
        (Some(Charge::Free), Certainty::High) => {
            both("Escreva livremente agora: é grátis", "Write freely now: it is free")
        }
        (Some(Charge::Free), Certainty::Medium | Certainty::Low) => both(
            "Escreva livremente agora: pelo que se sabe, é grátis",
            "Write freely now: as far as is known it is free",
        ),
        (Some(Charge::Rate), _) => {
            let (compared_pt, compared_en) = compared(windows, send);
            (
                format!(
                    "Escreva livremente agora, pela tarifa de serviço{price_pt}: as mil mensagens grátis do mês \
                     acabaram{compared_pt}"
                ),
                format!(
                    "Write freely now, at the service rate{price_en}: the month's thousand free messages are \
                     used{compared_en}"
                ),
            )
        }
        (Some(Charge::Unknown) | None, _) => both(
            "Escreva livremente agora: grátis se ainda houver cota gratuita no mês, senão pela tarifa de serviço",
            "Write freely now: free if some of the month's free quota is left, else at the service rate",
        ),
    }
}

fn free_template(way: Way, send: &Send) -> Both {
    match send.basis {
        Basis::EntryConfirmed => both(
            "Só é possível enviar um modelo aprovado, e qualquer um é grátis na janela do anúncio",
            "Only an approved template can be sent, and any is free in the ad's free entry point window",
        ),
        Basis::EntryEstimated | Basis::EntryAnswer => both(
            "Só é possível enviar um modelo aprovado; pela estimativa, qualquer um é grátis na janela do anúncio",
            "Only an approved template can be sent; by estimate any is free in the ad's free entry point window",
        ),
        _ => {
            let (pt_br, en) = named(way);
            (
                format!("Só é possível enviar um modelo aprovado; o de {pt_br} é grátis agora"),
                format!("Only an approved template can be sent; {en} is free now"),
            )
        }
    }
}

fn named(way: Way) -> (&'static str, &'static str) {
    match way {
        Way::FreeForm => ("texto livre", "free text"),
        Way::Utility => ("utilidade", "utility"),
        Way::Authentication => ("autenticação", "authentication"),
        Way::Marketing => ("marketing", "marketing"),
        Way::HumanAgent => ("atendente humano", "human agent"),
        Way::PrivateReply => ("resposta privada", "private reply"),
    }
}

/// A click that waits: answering it makes everything free for a while.
fn candidate(windows: &Windows) -> Option<Both> {
    let entry = windows
        .free_entry_point
        .filter(|entry| entry.state == EntryState::Candidate)?;
    let (pt_br, en) = at(windows, entry.reply_by?);
    Some((
        format!("responder até {pt_br} pela API deve abrir a janela grátis do anúncio"),
        format!("an answer through the API until {en} should open the ad's free entry point window"),
    ))
}

/// What changes next.
fn next(windows: &Windows) -> Option<Both> {
    let (when, then) = (windows.next_change?, windows.send_then.as_ref()?);
    let (pt_br, en) = at(windows, when);
    let (what_pt, what_en) = changed(&windows.send, then)?;
    Some((
        format!("a partir de {pt_br}, {what_pt}"),
        format!("from {en} on, {what_en}"),
    ))
}

/// The change that matters most to whoever writes.
fn changed(is: &BTreeMap<Way, Send>, then: &BTreeMap<Way, Send>) -> Option<(&'static str, &'static str)> {
    let of = |way: Way| Some((is.get(&way)?, then.get(&way)?));
    let allows = |way: Way| then.get(&way).is_some_and(|send| send.allowed);
    let charges = |way: Way| {
        of(way).is_some_and(|(is, then)| then.allowed && is.charge == Some(Charge::Free) && then.charge != is.charge)
    };
    let (free_is, free_then) = of(Way::FreeForm)?;
    Some(if free_is.allowed && !free_then.allowed {
        if allows(Way::HumanAgent) {
            (
                "só uma pessoa pode responder, com a etiqueta HUMAN_AGENT",
                "only a person may answer, with the tag HUMAN_AGENT",
            )
        } else if allows(Way::Utility) {
            ("só modelos aprovados", "only approved templates")
        } else {
            ("nada mais pode ser enviado", "nothing more can be sent")
        }
    } else if free_then.allowed && free_is.charge != free_then.charge {
        match free_then.charge {
            Some(Charge::Free) => ("o texto livre volta a ser grátis", "free text is free again"),
            Some(Charge::Rate) => ("o texto livre é cobrado", "free text is charged"),
            _ => (
                "o texto livre só é grátis dentro da cota do mês",
                "free text is free only within the month's quota",
            ),
        }
    } else if TEMPLATES.iter().filter(|way| charges(**way)).count() > 1 {
        ("os modelos são cobrados", "templates are charged")
    } else if charges(Way::Utility) {
        ("o modelo de utilidade é cobrado", "utility templates are charged")
    } else if charges(Way::Marketing) {
        ("o modelo de marketing é cobrado", "marketing templates are charged")
    } else if charges(Way::Authentication) {
        (
            "o modelo de autenticação é cobrado",
            "authentication templates are charged",
        )
    } else if then
        .get(&Way::Utility)
        .is_some_and(|send| send.charge == Some(Charge::Free))
    {
        ("o modelo de utilidade é grátis", "utility templates are free")
    } else if is.get(&Way::HumanAgent).is_some_and(|send| send.allowed) && !allows(Way::HumanAgent) {
        (
            "nem com HUMAN_AGENT se pode responder",
            "not even HUMAN_AGENT may answer",
        )
    } else if is.get(&Way::PrivateReply).is_some_and(|send| send.allowed) && !allows(Way::PrivateReply) {
        (
            "o comentário não pode mais ser respondido em privado",
            "the comment can no longer be answered in private",
        )
    } else {
        ("a tarifa muda", "the tariff changes")
    })
}

/// An instant as people of the account write it.
fn at(windows: &Windows, at: Timestamp) -> Both {
    let zone = windows.zone;
    (
        format!("{} ({zone})", zone.wall(at, "%d/%m/%Y %H:%M")),
        format!("{} ({zone})", zone.wall(at, "%Y-%m-%d %H:%M")),
    )
}
