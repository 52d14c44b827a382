//! What tests share: a conversion, settings, a destination that behaves like the real one.

mod destination;
mod sending;
mod whole;

use std::collections::BTreeMap;
use std::time::Duration;

use origem_domain::amount::Amount;
use origem_domain::event::{Channel, ChannelKind, Kind};
use origem_domain::key::{ConversationId, TicketId};
use origem_domain::position::Position;
use origem_domain::ticket::Ticket;
use origem_domain::time::{DAY, Timestamp};
use origem_engine::query::Deed;

use crate::conversion::{Conversion, Destination, Trigger};
use crate::pace::Pace;
use crate::rule::Rule;
use crate::settings::{Dataset, MetaSettings, Settings, WebhookSettings};

/// When everything of tests happens.
pub(crate) fn noon() -> Timestamp {
    Timestamp::from_seconds(1_790_417_000)
}

pub(crate) fn channel(kind: ChannelKind) -> Channel {
    Channel {
        kind,
        id: "2".to_owned(),
    }
}

/// A purchase for Meta.
pub(crate) fn conversion(key: &str, kind: ChannelKind) -> Conversion {
    Conversion {
        key: key.to_owned(),
        destination: Destination::Meta,
        event: "Purchase".to_owned(),
        rule: "finished -> Purchase".to_owned(),
        trigger: Trigger::Finished,
        at: noon(),
        position: Position::new(0, 1),
        account: "default".to_owned(),
        channel: channel(kind),
        conversation: ConversationId(1),
        ticket: Some(TicketId(1)),
        classification: Some("sale".to_owned()),
        value: Some(Amount(199_900_000)),
        currency: Some("BRL".to_owned()),
        stage: None,
        lead: None,
        team: None,
        agent: None,
        origin: None,
        ctwa_clid: Some("Afe_1".to_owned()),
    }
}

/// Something that was done to a ticket that sold for 199.90.
pub(crate) fn deed(kind: Kind) -> Deed {
    let mut ticket = Ticket::open(TicketId(1), noon().plus(-DAY), Kind::MessageReceived);
    ticket.closed_at = Some(noon());
    ticket.classification = Some("sale".to_owned());
    ticket.value = Some(Amount(199_900_000));
    ticket.currency = Some("BRL".to_owned());
    Deed {
        position: Position::new(0, 7),
        kind,
        at: noon(),
        account: "default".to_owned(),
        channel: channel(ChannelKind::Whatsapp),
        conversation: ConversationId(1),
        ticket: Some(ticket),
        stage: None,
        lead: None,
        touches: Vec::new(),
    }
}

/// Settings with rules that stand behind each other with `;`.
pub(crate) fn settings(rules: &str, meta: Option<MetaSettings>, webhook: bool) -> Settings {
    Settings {
        rules: rules.split(';').map(|rule| rule.parse::<Rule>().unwrap()).collect(),
        meta,
        webhook: webhook.then(|| WebhookSettings {
            url: "http://127.0.0.1:1/hook".to_owned(),
            secret: "secret".to_owned().into(),
        }),
        timeout: Duration::from_secs(20),
        pace: Pace {
            rest: Duration::from_secs(1),
            rest_max: Duration::from_secs(8),
            wait: Duration::from_secs(10),
            wait_max: Duration::from_secs(80),
        },
        ..Settings::default()
    }
}

pub(crate) fn meta_settings(url: &str) -> MetaSettings {
    let dataset = |id: &str, business: Option<&str>| Dataset {
        id: id.to_owned(),
        business: business.map(str::to_owned),
    };
    MetaSettings {
        url: url.to_owned(),
        token: "good-token".to_owned().into(),
        datasets: BTreeMap::from([
            ((ChannelKind::Whatsapp, None), dataset("ds-w", Some("waba"))),
            ((ChannelKind::Messenger, None), dataset("ds-m", None)),
            ((ChannelKind::Instagram, None), dataset("ds-i", None)),
        ]),
        events: MetaSettings::EVENTS.map(str::to_owned).to_vec(),
        partner_agent: "origem".to_owned(),
        test_event_code: None,
        click_age_max: 28 * DAY,
        batch_max: 100,
    }
}
