//! Records to events, as they were recorded or as the readers of this build read them again.
//!
//! ```text
//! record --codec--> event as recorded --Recorded--------------------------------------------> one event
//!                   fragment ----------Again--> today's reader: no less than recorded? -----> none, one or several events
//! ```
//!
//! Events that a record holds several of stand at one position, in the order of the delivery, each with its own dedup key.

use origem_channels::{Delivery, Source, read_again};
use origem_codec::{self as codec, RawParts};
use origem_domain::event::Event;
use origem_domain::key::{Keys, Secret};
use origem_domain::marks::Marks;
use origem_domain::partition::{key_of, partition_of};
use origem_domain::position::Position;
use origem_domain::record::Recorded;
use tracing::warn;

use crate::fold::Decoded;

/// How records are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Reading {
    /// The event as it was recorded.
    #[default]
    Recorded,
    /// The raw bytes by the readers of this build, where that repairs something.
    Again {
        /// The secret of the installation, for the keys of what is repaired.
        secret: Secret,
        /// The partitions of the log: an event that would belong to another one stays as it was recorded.
        partitions: u32,
    },
}

/// Adds the events of the record `bytes` at `position`, in order, or that it cannot be decoded.
pub fn decode(position: Position, bytes: &[u8], reading: &Reading, decoded: &mut Vec<Decoded>) {
    match read(position, bytes, reading) {
        Read::Undecodable(undecodable) => decoded.push(undecodable),
        Read::Recorded(recorded) => decoded.push(Decoded::Event(recorded)),
        Read::Repaired(events, _) => decoded.extend(events.into_iter().map(|event| Decoded::Event(Box::new(event)))),
    }
}

/// An event with the bytes that it can be decoded from again, as recorded: a record of its own, without raw bytes. None if it cannot
/// be decoded.
pub(crate) struct Kept {
    pub(crate) decoded: Decoded,
    pub(crate) bytes: Vec<u8>,
}

/// As [`decode`], each event with its bytes.
pub(crate) fn decode_kept(position: Position, bytes: &[u8], reading: &Reading, kept: &mut Vec<Kept>) {
    match read(position, bytes, reading) {
        Read::Undecodable(decoded) => kept.push(Kept {
            decoded,
            bytes: Vec::new(),
        }),
        Read::Recorded(recorded) => kept.push(Kept {
            decoded: Decoded::Event(recorded),
            // What was decoded has a frame.
            bytes: codec::without_raw(bytes).unwrap_or_default(),
        }),
        Read::Repaired(events, secret) => kept.extend(events.into_iter().map(|recorded| {
            let Recorded {
                event,
                source,
                received_at,
                ..
            } = &recorded;
            Kept {
                bytes: codec::encode(event, source, *received_at, RawParts::default(), secret),
                decoded: Decoded::Event(Box::new(recorded)),
            }
        })),
    }
}

/// What a record is.
enum Read<'a> {
    /// The event as it was recorded.
    Recorded(Box<Recorded>),
    /// The events that readers of this build make of it, and the secret that their keys were made with.
    Repaired(Vec<Recorded>, &'a Secret),
    /// It cannot be decoded.
    Undecodable(Decoded),
}

fn read<'a>(position: Position, bytes: &[u8], reading: &'a Reading) -> Read<'a> {
    let recorded = match codec::decode(position, bytes) {
        Ok(recorded) => recorded,
        Err(error) => {
            warn!(%position, %error, "record cannot be decoded");
            let detail = error.to_string();
            return Read::Undecodable(Decoded::Undecodable { position, detail });
        }
    };
    match again(&recorded, bytes, reading) {
        None => Read::Recorded(Box::new(recorded)),
        Some((repaired, secret)) => Read::Repaired(repaired, secret),
    }
}

/// What the record is by the readers of this build; `None` if it stands as it was recorded.
fn again<'a>(recorded: &Recorded, bytes: &[u8], reading: &'a Reading) -> Option<(Vec<Recorded>, &'a Secret)> {
    let Reading::Again { secret, partitions } = reading else {
        return None;
    };
    let source = Source::named(&recorded.source)?;
    // Without its bytes, or where they are damaged, a record is what the rest of it says.
    let body = codec::raw(bytes).ok().flatten()?.delivery();
    let delivery = Delivery {
        source,
        body: &body,
        received_at: recorded.received_at,
        account: &recorded.event.account,
    };
    let events = read_again(&recorded.event, &delivery)?;
    let is_here = |event: &Event| {
        let partition = || partition_of(&key_of(&event.account, &event.channel), *partitions);
        *partitions == 1 || partition() == recorded.position.partition
    };
    if !events.iter().all(is_here) {
        return None;
    }
    let repaired = events.into_iter().map(|event| {
        let marks = Marks::of(&event);
        Recorded {
            position: recorded.position,
            received_at: recorded.received_at,
            source: recorded.source.clone(),
            keys: Keys::of(&event, marks.code.as_deref(), secret),
            marks,
            event,
        }
    });
    Some((repaired.collect(), secret))
}
