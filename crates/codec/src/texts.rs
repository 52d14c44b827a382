//! The texts of a record, read by hand where they are as this build writes them, which takes a third less than the generated reader of
//! their strings does. Whatever looks otherwise is left to that reader, which decides what is an error.

use prost::Message as _;

use crate::wire;
use crate::wire::texts::Dedup;

/// Wire type of strings and messages.
const BYTES: u8 = 2;
/// The last bit of a byte of a number: another follows.
const MORE: u8 = 0x80;

/// The texts in an encoded `Texts`.
///
/// # Errors
/// Those of the generated reader.
pub(crate) fn read(bytes: &[u8]) -> Result<wire::Texts, prost::DecodeError> {
    read_usual(bytes).map_or_else(|| wire::Texts::decode(bytes), Ok)
}

/// The same; `None` for whatever is not as it is usually written.
fn read_usual(mut bytes: &[u8]) -> Option<wire::Texts> {
    let mut texts = wire::Texts::default();
    while let Some((tag, rest)) = bytes.split_first() {
        let (length, rest) = length(rest)?;
        let (part, rest) = rest.split_at_checked(length)?;
        bytes = rest;
        // Tags of two bytes and other types are not usual.
        if tag & 7 != BYTES || tag & MORE != 0 {
            return None;
        }
        let number = tag >> 3;
        let text = || Some(std::str::from_utf8(part).ok()?.to_owned());
        match number {
            1 => {
                if texts.aliases.is_empty() {
                    texts.aliases.reserve_exact(2);
                }
                texts.aliases.push(text()?);
            }
            2 => texts.name = Some(text()?),
            3 => texts.username = Some(text()?),
            4 => texts.group_id = Some(text()?),
            5 => texts.dedup = Some(Dedup::DedupKey(text()?)),
            6 => texts.dedup = Some(Dedup::DedupAfterId(text()?)),
            7 => texts.id = Some(text()?),
            8 => texts.reply_to = Some(text()?),
            9 => texts.text = Some(text()?),
            10 => texts.payload = Some(text()?),
            // Two of one message are put together by the generated reader.
            11 if texts.media.is_none() => texts.media = Some(wire::Media::decode(part).ok()?),
            12 => texts.from.push(text()?),
            13 => texts.to.push(text()?),
            14 if texts.contact_edit.is_none() => texts.contact_edit = Some(wire::ContactEdit::decode(part).ok()?),
            15 => texts.photo_url = Some(text()?),
            _ => return None,
        }
    }
    Some(texts)
}

/// A length of up to three bytes, and what follows it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0;
    for (index, byte) in bytes.iter().enumerate().take(3) {
        length |= usize::from(byte & !MORE) << (7 * index);
        if byte & MORE == 0 {
            return Some((length, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use origem_testkit::samples::{KINDS, sample};
    use origem_testkit::strategies::arb_event;
    use proptest::prelude::*;

    use super::*;
    use crate::personal;

    fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
        let (read, generated) = (read(bytes), wire::Texts::decode(bytes));
        prop_assert_eq!(
            read.map_err(|error| error.to_string()),
            generated.map_err(|error| error.to_string())
        );
        Ok(())
    }

    proptest! {
        #[test]
        fn they_are_what_the_generated_reader_reads(
            event in arb_event(),
            other in arb_event(),
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            cut in any::<prop::sample::Index>(),
        ) {
            let [bytes, more] = [&event, &other].map(|event| personal::texts(event).encode_to_vec());
            check(&bytes)?;
            // What comes twice.
            check(&[bytes.as_slice(), &more].concat())?;
            let mut damaged = bytes;
            for (index, byte) in flips {
                if !damaged.is_empty() {
                    let index = index.index(damaged.len());
                    damaged[index] ^= byte;
                }
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
    fn usual_texts_need_no_other_reader() {
        let unusual: Vec<&str> = KINDS
            .into_iter()
            .filter(|kind| read_usual(&personal::texts(&sample(*kind)).encode_to_vec()).is_none())
            .map(|kind| kind.name())
            .collect();
        assert_eq!(unusual, ["outreach_requested"]);
    }
}
