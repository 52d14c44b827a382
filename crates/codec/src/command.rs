//! The structure of commands: ten kinds of events share it.

use origem_domain::amount::Amount;
use origem_domain::event::{Command, ContactEdit, TicketFields};

use crate::numbers::{via_known, via_number};
use crate::wire;

pub(crate) fn to_wire(command: &Command) -> wire::Command {
    let Command {
        ticket,
        agent,
        by,
        revision,
        via,
        contact_edit: _,
    } = command.clone();
    let TicketFields {
        id,
        assignee,
        team,
        classification,
        value,
        currency,
        stage,
        lead,
        note: _,
    } = ticket;
    let (via, crm) = via.as_ref().map(via_number).unwrap_or_default();
    wire::Command {
        ticket_id: id,
        assignee,
        team,
        classification,
        value: value.map(|amount| amount.0),
        currency,
        stage,
        lead,
        agent,
        revision,
        via,
        crm,
        by,
    }
}

pub(crate) fn from_wire(command: wire::Command, texts: &mut wire::Texts) -> Command {
    let wire::Command {
        ticket_id: id,
        assignee,
        team,
        classification,
        value,
        currency,
        stage,
        lead,
        agent,
        revision,
        via,
        crm,
        by,
    } = command;
    let note = texts.text.take();
    Command {
        ticket: TicketFields {
            id,
            assignee,
            team,
            classification,
            value: value.map(Amount),
            currency,
            stage,
            lead,
            note,
        },
        agent,
        by,
        revision,
        via: via_known(via, crm),
        contact_edit: texts
            .contact_edit
            .take()
            .map(|wire::ContactEdit { name, phone, email }| ContactEdit { name, phone, email }),
    }
}
