//! A touch: one origin observed at one instant, with its proof.

use crate::json;
use crate::proto::{Ad, Campaign, Click, Entry, Evidence, Origin, Touch, timestamp};

impl From<json::Touch> for Touch {
    fn from(touch: json::Touch) -> Self {
        let origin = Origin::from(touch.origin);
        Self {
            id: touch.id.to_string(),
            at: Some(timestamp(touch.at)),
            evidence: Some(touch.evidence.into()),
            ticket_id: touch.ticket_id.map(|id| id.to_string()),
            also: touch.also.into_iter().map(Into::into).collect(),
            kind: origin.kind,
            platform: origin.platform,
            platform_confidence: origin.platform_confidence,
            via: origin.via,
            label: origin.label,
            entry: origin.entry,
            campaign: origin.campaign,
            ad: origin.ad,
            ctwa_clid: origin.ctwa_clid,
            click: origin.click,
            confidence: origin.confidence,
            rule: origin.rule,
            because: origin.because,
            recognised_by: origin.recognised_by,
        }
    }
}

impl From<json::Origin> for Origin {
    fn from(origin: json::Origin) -> Self {
        Self {
            kind: origin.kind.name().to_owned(),
            platform: origin.platform.map(|platform| platform.name().to_owned()),
            platform_confidence: origin.platform_confidence.map(|sure| sure.name().to_owned()),
            via: origin.via,
            label: origin.label.to_owned(),
            entry: origin.entry.map(Into::into),
            campaign: origin.campaign.map(|campaign| Campaign { id: campaign.id }),
            ad: origin.ad.map(Into::into),
            ctwa_clid: origin.ctwa_clid,
            click: origin.click.map(Into::into),
            confidence: origin.confidence.name().to_owned(),
            rule: origin.rule.to_owned(),
            because: origin.because.to_owned(),
            recognised_by: origin.recognised_by,
        }
    }
}

impl From<json::Entry> for Entry {
    fn from(entry: json::Entry) -> Self {
        Self {
            r#type: entry.kind.to_owned(),
            value: entry.value,
        }
    }
}

impl From<json::Ad> for Ad {
    fn from(ad: json::Ad) -> Self {
        Self {
            id: ad.id,
            headline: ad.headline,
            source_url: ad.source_url,
            image_url: ad.image_url,
        }
    }
}

impl From<json::Click> for Click {
    fn from(click: json::Click) -> Self {
        Self {
            at: Some(timestamp(click.at)),
            link: click.link,
            utm: click.utm,
            click_ids: click.click_ids,
        }
    }
}

impl From<json::Evidence> for Evidence {
    fn from(evidence: json::Evidence) -> Self {
        Self {
            position: evidence.position.to_string(),
            message_id: evidence.message_id,
        }
    }
}
