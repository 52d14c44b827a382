//! The structure of a record, read by hand where it is as this build writes it; see [`texts`](crate::texts).

use prost::Message as _;

use crate::usual::next;
use crate::wire;
use crate::wire::structure::Body;

/// The structure in an encoded `Structure`.
///
/// # Errors
/// Those of the generated reader.
pub(crate) fn read(bytes: &[u8]) -> Result<wire::Structure, prost::DecodeError> {
    read_usual(bytes).map_or_else(|| wire::Structure::decode(bytes), Ok)
}

/// The same; `None` for whatever is not as it is usually written.
#[allow(clippy::cast_possible_wrap)] // as the format has it
fn read_usual(mut bytes: &[u8]) -> Option<wire::Structure> {
    let mut structure = wire::Structure::default();
    while !bytes.is_empty() {
        let (number, value) = next(&mut bytes)?;
        match number {
            1 => structure.account = Some(value.text()?),
            2 => structure.channel_kind = value.enumeration()?,
            3 => structure.channel_id = value.text()?,
            4 => structure.occurred_at = value.number()? as i64,
            5 => structure.received_at = value.number()? as i64,
            6 => structure.source = value.text()?,
            7 => structure.dedup = value.fixed64()?,
            8 => {
                if structure.aliases.is_empty() {
                    structure.aliases.reserve_exact(2);
                }
                structure.aliases.push(alias_key(value.bytes()?)?);
            }
            9 => structure.message = Some(value.fixed64()?),
            10 => structure.reply_to = Some(value.fixed64()?),
            11 => structure.hashtag = Some(value.text()?),
            12 => structure.click_code = Some(value.text()?),
            // Two of one message are put together by the generated reader.
            13..=15 if structure.body.is_none() => structure.body = Some(body(number, value.bytes()?)?),
            16 => structure.time_source = value.enumeration()?,
            17 => structure.provider = Some(value.text()?),
            18 => structure.oddities.push(value.text()?),
            20 => structure.group = Some(value.fixed64()?),
            21 if structure.code.is_none() => structure.code = Some(wire::JoinKey::decode(value.bytes()?).ok()?),
            22 if structure.ad_click.is_none() => {
                structure.ad_click = Some(wire::JoinKey::decode(value.bytes()?).ok()?);
            }
            23 => {
                let (words, []) = value.bytes()?.as_chunks() else {
                    return None;
                };
                structure
                    .wording
                    .extend(words.iter().map(|word| u32::from_le_bytes(*word)));
            }
            24 => structure.other_hashtags.push(value.text()?),
            _ => return None,
        }
    }
    Some(structure)
}

fn alias_key(mut bytes: &[u8]) -> Option<wire::AliasKey> {
    let mut key = wire::AliasKey::default();
    while !bytes.is_empty() {
        let (number, value) = next(&mut bytes)?;
        match number {
            1 => key.kind = value.enumeration()?,
            2 => key.high = value.fixed64()?,
            3 => key.low = value.fixed64()?,
            _ => return None,
        }
    }
    Some(key)
}

/// Of most events.
fn body(number: u64, bytes: &[u8]) -> Option<Body> {
    Some(match number {
        13 => Body::MessageReceived(wire::MessageReceived::decode(bytes).ok()?),
        14 => Body::MessageSent(wire::MessageSent::decode(bytes).ok()?),
        15 => Body::MessageStatus(wire::MessageStatus::decode(bytes).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use origem_domain::event::{Event, Kind};
    use origem_testkit::samples::{KINDS, sample};
    use origem_testkit::strategies::arb_event;
    use origem_testkit::{SECRET, build};
    use proptest::prelude::*;

    use super::*;
    use crate::record::{Frame, RawParts};

    fn encoded(event: &Event) -> Vec<u8> {
        let received_at = build::at("2026-09-26T10:01:01Z");
        let record = crate::encode(event, "meta", received_at, RawParts::default(), &SECRET);
        Frame::read(&record).unwrap().structure.to_vec()
    }

    fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
        let (read, generated) = (read(bytes), wire::Structure::decode(bytes));
        prop_assert_eq!(
            read.map_err(|error| error.to_string()),
            generated.map_err(|error| error.to_string())
        );
        Ok(())
    }

    proptest! {
        #[test]
        fn it_is_what_the_generated_reader_reads(
            event in arb_event(),
            other in arb_event(),
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            cut in any::<prop::sample::Index>(),
        ) {
            let [bytes, more] = [&event, &other].map(encoded);
            check(&bytes)?;
            // What comes twice.
            check(&[bytes.as_slice(), &more].concat())?;
            let mut damaged = bytes;
            for (index, byte) in flips {
                let index = index.index(damaged.len());
                damaged[index] ^= byte;
            }
            check(&damaged)?;
            damaged.truncate(cut.index(damaged.len() + 1));
            check(&damaged)?;
        }

        #[test]
        fn noise_is_what_the_generated_reader_says(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            check(&bytes)?;
        }
    }

    #[test]
    fn what_most_events_are_needs_no_other_reader() {
        let usual: Vec<Kind> = KINDS
            .into_iter()
            .filter(|kind| read_usual(&encoded(&sample(*kind))).is_some())
            .collect();
        for kind in [Kind::MessageReceived, Kind::MessageSent, Kind::MessageStatus] {
            assert!(usual.contains(&kind), "{}", kind.name());
        }
    }
}
