//! A touch: one origin observed at one instant, with its proof.

use std::collections::BTreeMap;

use origem_domain::event::Channel;
use origem_domain::fact::ClickFact;
use origem_domain::key::{TicketId, TouchId};
use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use origem_domain::touch::{self as domain, AdReference};
use origem_engine::query::TouchView;
use serde::Serialize;
use utoipa::ToSchema;

/// One origin of a conversation, observed at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Touch {
    /// Made from the evidence: the same in whatever order events came.
    #[schema(value_type = String, example = "to_00000000000000ab")]
    pub id: TouchId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub origin: Origin,
    /// What proves it.
    pub evidence: Evidence,
    /// The ticket it belongs to; absent where none was ever opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ticket_id: Option<TicketId>,
    /// What else the same message gives evidence of; precedence picked the touch itself.
    pub also: Vec<Origin>,
    /// What it was made from, for [`Join`](crate::json::Join).
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) made_from: Box<MadeFrom>,
}

/// What a touch was made from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MadeFrom {
    pub(super) touch: domain::Touch,
    /// Tenant and business address, where the touch tells them itself.
    pub(super) place: Option<(String, Channel)>,
}

/// An origin apart from when and where it was observed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Origin {
    /// `ad`, `whatsapp_campaign`, `new_message`, `bulk_message`, `crm`, `link`, `hashtag`, `comment`, `takeover`, `organic`,
    /// `unknown`.
    #[schema(value_type = String)]
    pub kind: domain::OriginKind,
    /// `facebook`, `instagram`, `whatsapp`, `webchat`, `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub platform: Option<domain::Platform>,
    /// How sure the platform is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub platform_confidence: Option<domain::Confidence>,
    /// By what way: `web`, `app`, `post`, `salesforce`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// What people call it, in Brazilian Portuguese.
    pub label: &'static str,
    /// The identifier the customer entered by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<Entry>,
    /// The link, as the directory calls it: the one followed, or that a text or hashtag stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// The campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign>,
    /// The ad as the evidence tells of it, and as the directory calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ad: Option<Ad>,
    /// The ad's click id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctwa_clid: Option<String>,
    /// The click of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click: Option<Click>,
    /// How sure the kind is: `certain`, `likely`, `guess`.
    #[schema(value_type = String)]
    pub confidence: domain::Confidence,
    /// Name and version of the rule that says so.
    pub rule: &'static str,
    /// What the rule says, for a person.
    pub because: &'static str,
    /// The rule of the settings `rules.dispatches` that recognised the dispatch this answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recognised_by: Option<String>,
}

/// The identifier a customer entered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Entry {
    /// `ad`, `post`, `link`, `hashtag`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Id or address of an ad, code of a link, hashtag without `#`.
    pub value: String,
}

/// A link, as the directory calls it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Link {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

/// A campaign; all but its id is what the directory says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Campaign {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is, in the business's own word.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// When it was sent, or began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub dispatched_at: Option<Timestamp>,
    /// A picture of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Where its system shows it; told to managers and above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dashboard_url: Option<String>,
}

/// An ad as the evidence tells of it, and as the directory calls it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Ad {
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its headline as shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Its link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// Its image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Its name in the directory, as it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of its ad set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ad_set: Option<String>,
    /// Where on the platform it is placed, in the ads manager's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<String>,
    /// Where it can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A click of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Click {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The link followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// `source`, `medium`, ...: the `utm_` parameters without the prefix.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub utm: BTreeMap<String, String>,
    /// `gclid`, `fbclid` and their kin, verbatim.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub click_ids: BTreeMap<String, String>,
}

/// What proves a touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Evidence {
    /// Where the event stands in the log.
    #[schema(value_type = String, example = "0:41")]
    pub position: Position,
    /// The provider's id of the message, where it is one; lists do not tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
}

impl Touch {
    /// A touch with what other rows know of it.
    #[must_use]
    pub fn of(view: &TouchView) -> Self {
        let mut told = Self::bare(&view.touch);
        told.ticket_id = view.ticket;
        told.evidence.message_id.clone_from(&view.message_id);
        told.made_from.place = Some((view.account.clone(), view.channel.clone()));
        told
    }

    /// A touch as the card of a conversation holds it.
    #[must_use]
    pub fn bare(touch: &domain::Touch) -> Self {
        Self {
            id: touch.id,
            at: touch.at,
            origin: Origin::of(&touch.origin),
            evidence: Evidence {
                position: touch.position,
                message_id: None,
            },
            ticket_id: touch.ticket,
            also: touch.also.iter().map(Origin::of).collect(),
            made_from: Box::new(MadeFrom {
                touch: touch.clone(),
                place: None,
            }),
        }
    }
}

impl Origin {
    /// An origin.
    #[must_use]
    pub fn of(origin: &domain::Origin) -> Self {
        Self {
            kind: origin.kind,
            platform: origin.platform,
            platform_confidence: origin.platform_confidence,
            via: origin.via.clone(),
            label: origin.label(),
            entry: origin.entry.as_ref().map(Entry::of),
            link: None,
            campaign: origin.campaign_id.clone().map(Campaign::bare),
            ad: origin.ad.as_deref().and_then(Ad::of),
            ctwa_clid: origin.ad.as_deref().and_then(|ad| ad.ctwa_clid.clone()),
            click: origin.click.as_deref().map(Click::of),
            confidence: origin.confidence,
            rule: origin.rule.name(),
            because: origin.rule.explain(),
            recognised_by: origin.recognised_by.clone(),
        }
    }
}

impl Campaign {
    /// A campaign of which only the id is known.
    #[must_use]
    pub fn bare(id: String) -> Self {
        Self { id, ..Self::default() }
    }
}

impl Entry {
    fn of(entry: &domain::Entry) -> Self {
        let (kind, value) = match entry {
            domain::Entry::Ad(value) => ("ad", value),
            domain::Entry::Post(value) => ("post", value),
            domain::Entry::Link(value) => ("link", value),
            domain::Entry::Hashtag(value) => ("hashtag", value),
        };
        Self {
            kind,
            value: value.clone(),
        }
    }
}

impl Ad {
    /// `None` if the evidence tells nothing but the click id, which stands beside it.
    fn of(ad: &AdReference) -> Option<Self> {
        let known = Self {
            id: ad.id.clone(),
            headline: ad.headline.clone(),
            source_url: ad.source_url.clone(),
            image_url: ad.image_url.clone(),
            ..Self::default()
        };
        let nothing =
            known.id.is_none() && known.headline.is_none() && known.source_url.is_none() && known.image_url.is_none();
        (!nothing).then_some(known)
    }
}

impl Click {
    fn of(click: &ClickFact) -> Self {
        Self {
            at: click.at,
            link: click.link.clone(),
            utm: click.utm.clone(),
            click_ids: click.click_ids.clone(),
        }
    }
}
