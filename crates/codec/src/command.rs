//! The structure of commands: all kinds of commands share it.

use origem_domain::amount::Amount;
use origem_domain::event::{Command, ContactEdit, Offer, Outreach, Template, TicketFields};
use origem_domain::time::Timestamp;

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
        outreach,
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
        outreach: outreach.map(|outreach| outreach_to_wire(*outreach)),
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
        outreach,
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
        outreach: outreach.map(|outreach| Box::new(outreach_from_wire(outreach, texts))),
    }
}

/// What somebody wrote, and the values of variables, are personal: they stand in the texts.
fn outreach_to_wire(outreach: Outreach) -> wire::Outreach {
    let Outreach {
        template,
        variables: _,
        text: _,
        offer,
    } = outreach;
    wire::Outreach {
        template,
        offer: offer.map(
            |Offer {
                 way,
                 template,
                 charge,
                 price,
                 currency,
                 until,
             }| wire::Offer {
                way,
                template: template.map(
                    |Template {
                         name,
                         language,
                         category,
                     }| wire::Template {
                        name,
                        language,
                        category,
                    },
                ),
                charge,
                price: price.map(|price| price.0),
                currency,
                until: until.map(Timestamp::micros),
            },
        ),
    }
}

fn outreach_from_wire(outreach: wire::Outreach, texts: &mut wire::Texts) -> Outreach {
    let wire::Outreach { template, offer } = outreach;
    let wire::OutreachTexts { text, variables } = texts.outreach.take().unwrap_or_default();
    Outreach {
        template,
        variables,
        text,
        offer: offer.map(
            |wire::Offer {
                 way,
                 template,
                 charge,
                 price,
                 currency,
                 until,
             }| Offer {
                way,
                template: template.map(
                    |wire::Template {
                         name,
                         language,
                         category,
                     }| Template {
                        name,
                        language,
                        category,
                    },
                ),
                charge,
                price: price.map(Amount),
                currency,
                until: until.map(Timestamp::from_micros),
            },
        ),
    }
}
