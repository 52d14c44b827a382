//! Records to events.

use origem_domain::event::{Body, Channel, ChannelKind, Contact, DEFAULT_ACCOUNT, Event, Group, TimeSource};
use origem_domain::key::{Key, Keys};
use origem_domain::marks::Marks;
use origem_domain::position::Position;
use origem_domain::record::Recorded;
use origem_domain::time::Timestamp;
use prost::Message as _;

use crate::error::DecodeError;
use crate::numbers::Numbered as _;
use crate::record::{Frame, PersonalFrame, RawParts};
use crate::{body, keys, personal, texts, wire};

/// The reason of an event whose kind, or a number in it, is one of a newer writer. It becomes an anomaly, and what it is
/// when a newer build folds the log again.
const NEWER_KIND: &str = "of a kind this build does not know";

/// The event of a record, with names and texts. If the personal part was erased, or is sealed, it is what
/// [`decode_structure`] gives.
///
/// # Errors
/// `Newer` and `ChannelKind` for records of a newer build, `Frame` and `Part` for bytes that are no record or damaged.
pub fn decode(position: Position, bytes: &[u8]) -> Result<Recorded, DecodeError> {
    let frame = Frame::read(bytes)?;
    let texts = match frame.personal {
        Some(personal) => texts::read(PersonalFrame::read(personal)?.texts).map_err(|source| DecodeError::Part {
            part: "personal",
            source,
        })?,
        None => wire::Texts::default(),
    };
    recorded(position, frame.structure, texts)
}

/// The event of a record without names and texts: all that the fold needs, at a fraction of the cost of [`decode`].
/// Aliases, message ids and the dedup key are missing from the event and present in [`Recorded::keys`]; ids that an event
/// cannot be without are empty.
///
/// # Errors
/// As [`decode`], but damage in the personal part is not noticed.
pub fn decode_structure(position: Position, bytes: &[u8]) -> Result<Recorded, DecodeError> {
    recorded(position, Frame::read(bytes)?.structure, wire::Texts::default())
}

/// The exact bytes the event was read from, and their envelope. `None` if they were erased, or are sealed.
///
/// # Errors
/// `Newer` for records of a newer build, `Frame` for bytes that are no record or damaged.
pub fn raw(bytes: &[u8]) -> Result<Option<RawParts<'_>>, DecodeError> {
    match Frame::read(bytes)?.personal {
        Some(personal) => Ok(PersonalFrame::read(personal)?.fragment),
        None => Ok(None),
    }
}

fn recorded(position: Position, structure: &[u8], mut texts: wire::Texts) -> Result<Recorded, DecodeError> {
    let mut structure = wire::Structure::decode(structure).map_err(|source| DecodeError::Part {
        part: "structure",
        source,
    })?;
    let number = structure.channel_kind;
    let channel_kind = ChannelKind::known(number).ok_or(DecodeError::ChannelKind { number })?;
    let keys = event_keys(&mut structure);
    let dedup_key = personal::dedup_key(&mut texts);
    let contact = contact(&structure, &mut texts);
    let body = structure.body.take().and_then(|body| body::from_wire(body, &mut texts));
    let event = Event {
        account: structure.account.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
        channel: Channel {
            kind: channel_kind,
            id: structure.channel_id,
        },
        contact,
        group: structure.group.map(|_| Group {
            id: texts.group_id.unwrap_or_default(),
        }),
        occurred_at: Timestamp::from_micros(structure.occurred_at),
        time_source: if structure.time_source == wire::TimeSource::Received as i32 {
            TimeSource::Received
        } else {
            TimeSource::Payload
        },
        dedup_key,
        provider: structure.provider,
        oddities: structure.oddities,
        body: body.unwrap_or_else(|| Body::Unrecognised {
            reason: NEWER_KIND.to_owned(),
        }),
    };
    Ok(Recorded {
        position,
        received_at: Timestamp::from_micros(structure.received_at),
        source: structure.source,
        event,
        keys,
        marks: Marks {
            hashtag: structure.hashtag,
            code: structure.click_code,
            others: structure.other_hashtags,
        },
    })
}

fn event_keys(structure: &mut wire::Structure) -> Keys {
    let (from, to) = match &structure.body {
        Some(wire::structure::Body::IdentityChanged(change)) => {
            (keys::alias_keys(&change.from), keys::alias_keys(&change.to))
        }
        _ => Default::default(),
    };
    Keys {
        dedup: Key(structure.dedup),
        aliases: keys::alias_keys(&structure.aliases),
        from,
        to,
        group: structure.group.map(Key),
        message: structure.message.map(Key),
        reply_to: structure.reply_to.map(Key),
        code: structure.code.map(keys::join_key),
        ad_click: structure.ad_click.map(keys::join_key),
        wording: std::mem::take(&mut structure.wording),
    }
}

fn contact(structure: &wire::Structure, texts: &mut wire::Texts) -> Option<Contact> {
    (structure.contact_without_alias || !structure.aliases.is_empty()).then(|| Contact {
        aliases: keys::aliases(&structure.aliases, std::mem::take(&mut texts.aliases)),
        name: texts.name.take(),
        username: texts.username.take(),
        photo_url: texts.photo_url.take(),
    })
}

#[cfg(test)]
mod tests;
