//! Deciding: which conversions a deed makes, and which of them there is no use in sending. Pure.

use origem_domain::directory::Outcome;
use origem_domain::event::Kind;
use origem_domain::ticket::Ticket;
use origem_domain::time::Timestamp;
use origem_domain::touch::{OriginKind, Touch};
use origem_engine::query::Deed;

use crate::conversion::{Conversion, Destination, Origin, Reason, Trigger, key};
use crate::meta;
use crate::rule::Facts;
use crate::settings::Settings;

/// A conversion, and why it is not to be sent, if so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What would be told.
    pub conversion: Conversion,
    /// Why there is no use in it.
    pub objection: Option<Reason>,
}

/// What a deed may make.
pub(crate) const fn trigger(kind: Kind) -> Option<Trigger> {
    match kind {
        Kind::TicketFinished => Some(Trigger::Finished),
        Kind::StageSet => Some(Trigger::Stage),
        Kind::LeadLinked => Some(Trigger::Lead),
        _ => None,
    }
}

/// The conversions of a deed, for each destination that is configured: of the rules that hold, the first of each name.
/// `outcome`: what the ticket's classification means for the business.
pub(crate) fn judge(settings: &Settings, deed: &Deed, outcome: Outcome) -> Vec<Judged> {
    let Some(trigger) = trigger(deed.kind) else {
        return Vec::new();
    };
    // Closed once more, or opened again, since: what counts now is told by a later deed.
    if trigger == Trigger::Finished && deed.ticket.as_ref().and_then(|ticket| ticket.closed_at) != Some(deed.at) {
        return Vec::new();
    }
    let ticket = deed.ticket.as_ref();
    let origin = origin(deed);
    let facts = Facts {
        classification: ticket.and_then(|ticket| ticket.classification.as_deref()),
        outcome,
        value: ticket.and_then(|ticket| ticket.value),
        team: ticket.and_then(|ticket| ticket.team.as_deref()),
        agent: ticket.and_then(|ticket| ticket.assignee.as_deref()),
        channel: deed.channel.kind.name(),
        account: &deed.account,
        origin: origin.map(|touch| touch.origin.kind.name()),
        stage: deed.stage.as_deref(),
    };
    let mut judged: Vec<Judged> = Vec::new();
    for destination in settings.destinations() {
        for rule in &settings.rules {
            if rule.trigger != trigger || !rule.tells(destination) || !rule.holds(&facts) {
                continue;
            }
            let is_same =
                |known: &Judged| known.conversion.destination == destination && known.conversion.event == rule.event;
            if judged.iter().any(is_same) {
                continue;
            }
            let mut conversion = Conversion {
                key: key(destination, &subject(deed), &rule.event),
                destination,
                event: rule.event.clone(),
                rule: rule.to_string(),
                trigger,
                at: deed.at,
                position: deed.position,
                account: deed.account.clone(),
                channel: deed.channel.clone(),
                conversation: deed.conversation,
                ticket: ticket.map(|ticket| ticket.id),
                classification: None,
                value: None,
                currency: None,
                stage: deed.stage.clone(),
                lead: deed.lead.clone(),
                team: ticket.and_then(|ticket| ticket.team.clone()),
                agent: ticket.and_then(|ticket| ticket.assignee.clone()),
                origin: origin.map(Origin::of),
                ctwa_clid: None,
            };
            if let Some(ticket) = ticket.filter(|_| trigger == Trigger::Finished) {
                sold(&mut conversion, ticket, settings);
            }
            judged.push(weigh(settings, deed, conversion));
        }
    }
    judged
}

/// What was sold, as far as a ticket says.
fn sold(conversion: &mut Conversion, ticket: &Ticket, settings: &Settings) {
    conversion.classification.clone_from(&ticket.classification);
    conversion.value = ticket.value;
    if ticket.value.is_some() {
        conversion.currency = ticket.currency.clone().or_else(|| settings.currency.clone());
    }
}

/// Gives a conversion the click it is credited to, and looks whether there is any use in it.
fn weigh(settings: &Settings, deed: &Deed, mut conversion: Conversion) -> Judged {
    let click = ads(deed).find_map(|(at, touch)| Some((at, touch.origin.ad.as_ref()?.ctwa_clid.clone()?)));
    let clicked_at = click.as_ref().map(|(at, _)| *at);
    let ad_at = ads(deed).next().map(|(at, _)| at);
    conversion.ctwa_clid = click.map(|(_, clid)| clid).filter(|clid| !clid.is_empty());
    let objection = match (conversion.destination, &settings.meta) {
        (Destination::Meta, Some(settings)) => meta::objection(&conversion, settings, ad_at, clicked_at),
        (Destination::Meta, None) | (Destination::Webhook, _) => None,
    };
    Judged { conversion, objection }
}

/// The ads by which the customer had come by then, the latest first.
fn ads(deed: &Deed) -> impl Iterator<Item = (Timestamp, &Touch)> {
    let before = deed.touches.iter().rev().filter(|touch| touch.at <= deed.at);
    before
        .filter(|touch| touch.origin.kind == OriginKind::Ad)
        .map(|touch| (touch.at, touch))
}

/// The latest origin of the ticket by then, else of the conversation.
fn origin(deed: &Deed) -> Option<&Touch> {
    let before = || deed.touches.iter().rev().filter(|touch| touch.at <= deed.at);
    let of_ticket = |touch: &&Touch| {
        let ticket = deed.ticket.as_ref();
        ticket.is_some_and(|ticket| touch.ticket == Some(ticket.id) || ticket.adopts.contains(&touch.id))
    };
    before().find(of_ticket).or_else(|| before().next())
}

/// What a conversion is of: the ticket, else the conversation.
fn subject(deed: &Deed) -> String {
    let of = match &deed.ticket {
        Some(ticket) => ticket.id.to_string(),
        None => deed.conversation.to_string(),
    };
    format!("{} {} {of}", deed.account, deed.channel)
}

#[cfg(test)]
mod tests;
