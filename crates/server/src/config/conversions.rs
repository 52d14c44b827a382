//! Settings of conversions: what is told, to whom.

use std::collections::BTreeMap;

use origem_conversions::{Dataset, Destination, MetaSettings, Rule, Settings, WebhookSettings};
use origem_domain::event::{Channel, ChannelKind};
use origem_domain::time::Timestamp;

use super::{ConfigError, LogKind, Resolved, duration};

/// What is told, to whom.
pub(super) fn settings(resolved: &Resolved, log: LogKind) -> Result<Settings, ConfigError> {
    let micros = |key| resolved.parse(key, "a length of time, such as 30s or 90d", duration::duration);
    let settings = Settings {
        rules: rules(resolved)?,
        since: resolved.parse(
            "conversions.since",
            "a time, such as 2026-10-01T00:00:00-03:00",
            |text| match text {
                "" => Some(None),
                text => Timestamp::parse(text).map(Some),
            },
        )?,
        dry_run: resolved.parse("conversions.dry_run", "`true` or `false`", |text| text.parse().ok())?,
        currency: resolved.parse("conversions.currency", "three capital letters, such as BRL", |text| {
            let is_currency = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
            (is_currency || text.is_empty()).then(|| Some(text.to_owned()).filter(|text| !text.is_empty()))
        })?,
        keep: micros("conversions.keep")?,
        meta: meta(resolved)?,
        webhook: webhook(resolved)?,
        timeout: resolved.parse("conversions.timeout", "a length of time over 0, such as 30s", |text| {
            let micros = u64::try_from(duration::duration(text)?)
                .ok()
                .filter(|micros| *micros > 0)?;
            Some(std::time::Duration::from_micros(micros))
        })?,
        ..Settings::default()
    };
    // Its owner would have to take the outbox over with a partition.
    if log == LogKind::Kafka && settings.destinations().next().is_some() {
        let key = match settings.has(Destination::Meta) {
            true => "conversions.meta_datasets",
            false => "conversions.webhook_url",
        };
        return invalid(
            resolved,
            key,
            "possible with log.kind = kafka: conversions are sent from the embedded log only",
        );
    }
    let events = settings.meta.as_ref().map(|meta| &meta.events);
    let names_none = |rule: &&Rule| match (rule.destination, events) {
        (Some(Destination::Webhook), _) | (_, None) => false,
        (_, Some(events)) => !events.contains(&rule.event),
    };
    if settings.rules.iter().any(|rule| names_none(&rule)) {
        let expected =
            "rules for names that Meta takes (conversions.meta_events); write `-> webhook:NAME` for your own server's";
        return invalid(resolved, "conversions.rules", expected);
    }
    Ok(settings)
}

fn rules(resolved: &Resolved) -> Result<Vec<Rule>, ConfigError> {
    let (value, origin) = resolved.get("conversions.rules");
    let rules = value.split(',').map(str::trim).filter(|rule| !rule.is_empty());
    let read = |rule: &str| {
        rule.parse::<Rule>().map_err(|source| ConfigError::Rule {
            origin: origin.clone(),
            source,
        })
    };
    rules.map(read).collect()
}

fn invalid<T>(resolved: &Resolved, key: &'static str, expected: &'static str) -> Result<T, ConfigError> {
    resolved.parse(key, expected, |_| None)
}

fn meta(resolved: &Resolved) -> Result<Option<MetaSettings>, ConfigError> {
    let token = resolved.optional("conversions.meta_token");
    let expected =
        "channels with their datasets: KIND:ID=DATASET, with /BUSINESS_ACCOUNT for whatsapp, and `*` for any of a kind";
    let datasets = resolved.parse("conversions.meta_datasets", expected, datasets)?;
    let token = match (token, datasets.is_empty()) {
        (None, true) => return Ok(None),
        (Some(token), false) => token,
        (None, false) => {
            return invalid(
                resolved,
                "conversions.meta_token",
                "set, and conversions.meta_datasets is: Meta asks for both",
            );
        }
        (Some(_), true) => {
            return invalid(
                resolved,
                "conversions.meta_datasets",
                "set, and conversions.meta_token is: Meta asks for both",
            );
        }
    };
    Ok(Some(MetaSettings {
        url: address(resolved, "conversions.meta_url")?.unwrap_or_default(),
        token: token.into(),
        datasets,
        events: list(resolved.get("conversions.meta_events").0),
        partner_agent: resolved.get("conversions.meta_partner_agent").0.to_owned(),
        test_event_code: resolved.optional("conversions.meta_test_event_code"),
        click_age_max: resolved.parse(
            "conversions.meta_click_age_max",
            "a length of time, such as 28d",
            duration::duration,
        )?,
        batch_max: resolved.parse("conversions.meta_batch_max", "a number from 1 to 1000", |text| {
            text.parse().ok().filter(|batch| (1..=1000).contains(batch))
        })?,
    }))
}

fn webhook(resolved: &Resolved) -> Result<Option<WebhookSettings>, ConfigError> {
    let url = address(resolved, "conversions.webhook_url")?;
    let secret = resolved.optional("conversions.webhook_secret");
    match (url, secret) {
        (None, None) => Ok(None),
        (Some(url), Some(secret)) => Ok(Some(WebhookSettings {
            url,
            secret: secret.into(),
        })),
        (Some(_), None) => invalid(
            resolved,
            "conversions.webhook_secret",
            "set, and conversions.webhook_url is: requests are signed with it",
        ),
        (None, Some(_)) => invalid(
            resolved,
            "conversions.webhook_url",
            "set, and conversions.webhook_secret is",
        ),
    }
}

fn address(resolved: &Resolved, key: &'static str) -> Result<Option<String>, ConfigError> {
    resolved.parse(
        key,
        "an address that begins with https:// or http://",
        |text| match text {
            "" => Some(None),
            text => {
                let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
                rest.filter(|rest| !rest.is_empty()).map(|_| Some(text.to_owned()))
            }
        },
    )
}

fn list(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

type Datasets = BTreeMap<(ChannelKind, Option<String>), Dataset>;

/// `KIND:ID=DATASET[/BUSINESS]`, comma-separated; `*` as the id is any channel of the kind.
fn datasets(text: &str) -> Option<Datasets> {
    let mut datasets = Datasets::new();
    for part in list(text) {
        let (channel, target) = part.split_once('=')?;
        let channel: Channel = channel.trim().parse().ok()?;
        let (id, business) = match target.trim().split_once('/') {
            Some((id, business)) => (id, Some(business.to_owned())),
            None => (target.trim(), None),
        };
        let is_plain =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let has_business = business
            .as_deref()
            .map_or(channel.kind != ChannelKind::Whatsapp, is_plain);
        if !is_plain(id) || !has_business || channel.kind == ChannelKind::Webchat {
            return None;
        }
        let of = Some(channel.id).filter(|id| id != "*");
        let dataset = Dataset {
            id: id.to_owned(),
            business,
        };
        if datasets.insert((channel.kind, of), dataset).is_some() {
            return None;
        }
    }
    Some(datasets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Origin};

    fn resolved(settings: &[(&'static str, &str)]) -> Resolved {
        let flags = settings.iter().map(|(key, value)| (*key, (*value).to_owned()));
        Resolved::new(None, Vec::new(), flags).unwrap()
    }

    #[test]
    fn settings_that_make_no_sense_say_which() {
        const META: [(&str, &str); 2] = [
            ("conversions.meta_token", "t"),
            ("conversions.meta_datasets", "whatsapp:*=1/2, messenger:7=3"),
        ];
        const HOOK: [(&str, &str); 2] = [
            ("conversions.webhook_url", "https://shop.example/hook"),
            ("conversions.webhook_secret", "s"),
        ];
        let both: Vec<_> = META.into_iter().chain(HOOK).collect();
        let with = |more: &[(&'static str, &'static str)]| [&both[..], more].concat();
        for (settings, expected) in [
            (Vec::new(), None),
            (both.clone(), None),
            (META.to_vec(), None),
            (HOOK.to_vec(), None),
            (META[..1].to_vec(), Some("conversions.meta_datasets")),
            (META[1..].to_vec(), Some("conversions.meta_token")),
            (HOOK[..1].to_vec(), Some("conversions.webhook_secret")),
            (HOOK[1..].to_vec(), Some("conversions.webhook_url")),
            (
                with(&[("conversions.webhook_url", "shop.example")]),
                Some("conversions.webhook_url"),
            ),
            (
                with(&[("conversions.meta_datasets", "whatsapp:*=1")]),
                Some("conversions.meta_datasets"),
            ),
            (
                with(&[("conversions.meta_datasets", "webchat:*=1")]),
                Some("conversions.meta_datasets"),
            ),
            (
                with(&[("conversions.meta_datasets", "messenger:1=1/../2")]),
                Some("conversions.meta_datasets"),
            ),
            (
                with(&[("conversions.meta_datasets", "messenger:1=1, messenger:1=2")]),
                Some("conversions.meta_datasets"),
            ),
            (
                with(&[("conversions.rules", "finished -> Sale")]),
                Some("conversions.rules"),
            ),
            (with(&[("conversions.rules", "finished -> webhook:Sale")]), None),
            (
                with(&[("conversions.rules", "finished Purchase")]),
                Some("conversions.rules"),
            ),
            (with(&[("conversions.currency", "real")]), Some("conversions.currency")),
            (with(&[("conversions.since", "yesterday")]), Some("conversions.since")),
            (with(&[("conversions.since", "2026-10-01T00:00:00-03:00")]), None),
            (with(&[("conversions.timeout", "0s")]), Some("conversions.timeout")),
            (
                with(&[("conversions.meta_batch_max", "0")]),
                Some("conversions.meta_batch_max"),
            ),
        ] {
            let found = match super::settings(&resolved(&settings), LogKind::Segments) {
                Ok(_) => None,
                Err(ConfigError::Value { key, .. }) => Some(key),
                Err(ConfigError::Rule { origin, .. }) => {
                    assert_eq!(origin, Origin::Flag);
                    Some("conversions.rules")
                }
                Err(error) => panic!("{error}"),
            };
            assert_eq!(found, expected, "{settings:?}");
        }
        let on_kafka = super::settings(&resolved(&HOOK), LogKind::Kafka);
        assert!(on_kafka.unwrap_err().to_string().contains("embedded log only"));
        assert!(super::settings(&resolved(&[]), LogKind::Kafka).is_ok());
    }

    #[test]
    fn rules_and_datasets_are_read() {
        let settings = resolved(&[
            ("conversions.meta_token", "t"),
            (
                "conversions.meta_datasets",
                "whatsapp:*=1/2, whatsapp:20=3/4, instagram:7=5",
            ),
            (
                "conversions.rules",
                "finished value>10 -> Purchase, stage is=hot|warm -> QualifiedLead",
            ),
        ]);
        let settings = Config::new(&settings).unwrap().conversions;
        assert_eq!(settings.rules.len(), 2);
        let meta = settings.meta.unwrap();
        let dataset = |kind, id: &str| {
            let channel = Channel {
                kind,
                id: id.to_owned(),
            };
            meta.dataset(&channel).map(|dataset| dataset.id.as_str())
        };
        assert_eq!(dataset(ChannelKind::Whatsapp, "20"), Some("3"));
        assert_eq!(dataset(ChannelKind::Whatsapp, "21"), Some("1"));
        assert_eq!(dataset(ChannelKind::Instagram, "7"), Some("5"));
        assert_eq!(dataset(ChannelKind::Instagram, "8"), None);
    }
}
