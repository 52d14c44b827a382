//! Meta's Conversions API for Business Messaging: what is worth sending, the request, the answer.
//!
//! Source: reference/meta-platform.md 6.1. One event that is older than seven days makes Meta refuse the whole request, so age is
//! looked at right before sending; a request refused for what is in it is cut in halves until the one that is meant is found.

use origem_domain::alias::AliasKind;
use origem_domain::event::ChannelKind;
use origem_domain::time::{DAY, HOUR, Micros, Timestamp};
use serde_json::{Map, Value, json};

use crate::answer::{Response, Verdict, short};
use crate::conversion::{Conversion, Reason};
use crate::settings::{Dataset, MetaSettings};

/// How old an event may be: seven days, less what a request may take on its way.
const AGE_MAX: Micros = 7 * DAY - HOUR / 6;

/// Whether it is too late to tell Meta.
pub(crate) fn too_old(at: Timestamp, now: Timestamp) -> Option<Reason> {
    let is_late = now.since(at) > AGE_MAX;
    is_late.then(|| Reason::new("too_old", "Meta takes what happened within seven days"))
}

/// Why there is no use in sending a conversion; `None` if there is. `ad_at`: when the customer last came by an ad before it, and
/// `clicked_at`: by one whose click is known.
pub(crate) fn objection(
    conversion: &Conversion,
    settings: &MetaSettings,
    ad_at: Option<Timestamp>,
    clicked_at: Option<Timestamp>,
) -> Option<Reason> {
    let no = |code, message: &str| Some(Reason::new(code, message));
    if conversion.channel.kind == ChannelKind::Webchat {
        return no("channel", "Meta takes conversions of WhatsApp, Messenger and Instagram");
    }
    if settings.dataset(&conversion.channel).is_none() {
        return no(
            "no_dataset",
            "conversions.meta_datasets names no dataset for this channel",
        );
    }
    if !settings.events.contains(&conversion.event) {
        return no(
            "event_name",
            "Meta takes no event of this name; conversions.meta_events lists those it does",
        );
    }
    let is_recent = |at: Timestamp| conversion.at.since(at) <= settings.click_age_max;
    if conversion.channel.kind == ChannelKind::Whatsapp {
        match clicked_at {
            None => {
                return no(
                    "no_click",
                    "no click of an ad is known: Meta could credit it to nothing",
                );
            }
            Some(at) if !is_recent(at) => {
                return no(
                    "click_too_old",
                    "the click is longer ago than conversions.meta_click_age_max",
                );
            }
            Some(_) => {}
        }
    } else if !ad_at.is_some_and(is_recent) {
        return no(
            "no_ad",
            "the customer did not come by an ad within conversions.meta_click_age_max",
        );
    }
    let is_currency = |text: &String| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    match (conversion.value, &conversion.currency) {
        (None, _) if conversion.event == "Purchase" => no("no_value", "a purchase needs a value"),
        (None, _) => None,
        (Some(value), _) if value.0 < 0 => no("bad_value", "a value below zero is none"),
        (Some(_), None) => no(
            "no_currency",
            "a value needs a currency; conversions.currency is for those that name none",
        ),
        (Some(_), Some(currency)) if !is_currency(currency) => {
            no("bad_currency", "the currency is not three capital letters")
        }
        (Some(_), Some(_)) => None,
    }
}

/// By which of a person's aliases Meta knows them on a channel; `None`: by the click alone.
pub(crate) const fn known_by(kind: ChannelKind) -> Option<AliasKind> {
    match kind {
        ChannelKind::Messenger => Some(AliasKind::Psid),
        ChannelKind::Instagram => Some(AliasKind::Igsid),
        ChannelKind::Whatsapp | ChannelKind::Webchat => None,
    }
}

/// An event as Meta takes it. `person`: the alias of [`known_by`].
pub(crate) fn event(conversion: &Conversion, dataset: &Dataset, person: Option<&str>) -> Value {
    let business = dataset.business.as_deref().unwrap_or(&conversion.channel.id);
    let mut user = Map::new();
    let mut tell = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            user.insert(name.to_owned(), value.into());
        }
    };
    match conversion.channel.kind {
        ChannelKind::Whatsapp | ChannelKind::Webchat => {
            tell("whatsapp_business_account_id", Some(business));
        }
        ChannelKind::Messenger => {
            tell("page_id", Some(business));
            tell("page_scoped_user_id", person);
        }
        ChannelKind::Instagram => {
            tell("instagram_business_account_id", Some(business));
            tell("ig_sid", person);
        }
    }
    tell("ctwa_clid", conversion.ctwa_clid.as_deref());
    let mut event = json!({
        "event_name": conversion.event,
        "event_time": conversion.at.micros().div_euclid(1_000_000),
        "event_id": conversion.key,
        "action_source": "business_messaging",
        "messaging_channel": conversion.channel.kind.name(),
        "user_data": user,
    });
    if let (Some(value), Some(currency)) = (conversion.value, &conversion.currency) {
        event["custom_data"] = json!({"value": value, "currency": currency});
        if let Some(ticket) = conversion.ticket {
            event["custom_data"]["order_id"] = json!(ticket);
        }
    }
    event
}

/// Where the events of a dataset are posted.
pub(crate) fn address(settings: &MetaSettings, dataset: &Dataset) -> String {
    format!("{}/{}/events", settings.url.trim_end_matches('/'), dataset.id)
}

/// A request of several events.
pub(crate) fn body(events: &[Value], settings: &MetaSettings) -> Value {
    let mut body = json!({"data": events, "partner_agent": settings.partner_agent});
    if let Some(code) = &settings.test_event_code {
        body["test_event_code"] = json!(code);
    }
    body
}

/// What Meta's answer means. Codes: developers.facebook.com/docs/graph-api/guides/error-handling.
pub(crate) fn read(response: &Response) -> Verdict {
    let answer = response.json().unwrap_or_default();
    let text = |value: &Value| value.as_str().map(short);
    if response.is_success() {
        return match answer["events_received"].as_u64() {
            Some(_) => Verdict::Taken {
                trace: text(&answer["fbtrace_id"]),
            },
            None => response.later(
                "answer",
                "what answered is not Meta; check conversions.meta_url and proxies on the way",
            ),
        };
    }
    let error = &answer["error"];
    let Some(code) = error["code"].as_i64() else {
        let code = if response.status == 429 {
            "rate_limited"
        } else {
            "unavailable"
        };
        return response.later(code, response.told());
    };
    let subcode = error["error_subcode"].as_i64();
    let said = [&error["error_user_msg"], &error["message"]].into_iter().find_map(text);
    let said = said.unwrap_or_else(|| "it does not say why".to_owned());
    let number = subcode.map_or_else(|| code.to_string(), |subcode| format!("{code}/{subcode}"));
    let message = format!("Meta's error {number}: {said}");
    match (code, subcode) {
        // Calls to the application, the user, the page, the business account.
        (4 | 17 | 32 | 613 | 80_000..=80_014, _) => response.later("rate_limited", message),
        _ if response.status == 429 => response.later("rate_limited", message),
        (102 | 190, _) => response.later("token", format!("{message}; give conversions.meta_token another")),
        (3 | 10 | 200..=299, _) => response.later(
            "permission",
            format!("{message}; the token may not write events of this dataset"),
        ),
        // The object does not exist, or the token may not see it.
        (100, Some(33)) | (803, _) => response.later(
            "dataset",
            format!("{message}; check conversions.meta_datasets and what the token may do"),
        ),
        (1 | 2 | 341, _) => response.later("unavailable", message),
        _ if error["is_transient"] == true || response.status >= 500 => response.later("unavailable", message),
        _ if response.status == 401 || response.status == 403 => response.later("permission", message),
        _ => Verdict::Faulty {
            reason: Reason::new("refused", message),
            trace: text(&error["fbtrace_id"]),
        },
    }
}

#[cfg(test)]
mod tests;
