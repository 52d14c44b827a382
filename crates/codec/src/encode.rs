//! Events to records.

use origem_domain::event::{DEFAULT_ACCOUNT, Event, TimeSource};
use origem_domain::key::{Keys, Secret};
use origem_domain::marks::Marks;
use origem_domain::time::Timestamp;

use crate::numbers::Numbered as _;
use crate::record::{self, RawParts};
use crate::{body, keys, personal, wire};

/// The record of `event`: the bytes that are appended to the log. Marks and keys are computed here, with `secret`, and
/// stored: a replay never computes them again. `source` is the reader that made the event, `raw` what it was read from.
/// The same arguments give the same bytes on any machine. Source: docs/formats/record.md.
#[must_use]
pub fn encode(event: &Event, source: &str, received_at: Timestamp, raw: RawParts<'_>, secret: &Secret) -> Vec<u8> {
    let marks = Marks::of(event);
    let event_keys = Keys::of(event, marks.code.as_deref(), secret);
    let body = body::to_wire(&event.body, &event_keys);
    let Keys {
        dedup,
        aliases,
        from: _,
        to: _,
        group,
        message,
        reply_to,
        code,
        ad_click,
        wording,
    } = event_keys;
    let Marks {
        hashtag,
        code: click_code,
        others,
    } = marks;
    let structure = wire::Structure {
        account: (event.account != DEFAULT_ACCOUNT).then(|| event.account.clone()),
        channel_kind: event.channel.kind.number(),
        channel_id: event.channel.id.clone(),
        occurred_at: event.occurred_at.micros(),
        received_at: received_at.micros(),
        source: source.to_owned(),
        dedup: dedup.0,
        aliases: keys::alias_keys_to_wire(&aliases),
        message: message.map(|key| key.0),
        reply_to: reply_to.map(|key| key.0),
        hashtag,
        click_code,
        time_source: match event.time_source {
            TimeSource::Payload => wire::TimeSource::Unspecified,
            TimeSource::Received => wire::TimeSource::Received,
        } as i32,
        provider: event.provider.clone(),
        oddities: event.oddities.clone(),
        contact_without_alias: event.contact.as_ref().is_some_and(|contact| contact.aliases.is_empty()),
        group: group.map(|key| key.0),
        code: code.map(keys::join_key_to_wire),
        ad_click: ad_click.map(keys::join_key_to_wire),
        wording,
        other_hashtags: others,
        body: Some(body),
    };
    record::write(&structure, &personal::texts(event), raw)
}
