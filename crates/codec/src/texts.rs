//! The texts of a record, read by hand where they are as this build writes them: half of what decoding costs is the generated reader of
//! their strings. Whatever looks otherwise is left to that reader, which decides what is an error.

use prost::Message as _;

use crate::usual::next;
use crate::wire;
use crate::wire::texts::Dedup;

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
    while !bytes.is_empty() {
        let (number, value) = next(&mut bytes)?;
        match number {
            1 => {
                if texts.aliases.is_empty() {
                    texts.aliases.reserve_exact(2);
                }
                texts.aliases.push(value.text()?);
            }
            2 => texts.name = Some(value.text()?),
            3 => texts.username = Some(value.text()?),
            4 => texts.group_id = Some(value.text()?),
            5 => texts.dedup = Some(Dedup::DedupKey(value.text()?)),
            6 => texts.dedup = Some(Dedup::DedupAfterId(value.text()?)),
            7 => texts.id = Some(value.text()?),
            8 => texts.reply_to = Some(value.text()?),
            9 => texts.text = Some(value.text()?),
            10 => texts.payload = Some(value.text()?),
            // Two of one message are put together by the generated reader.
            11 if texts.media.is_none() => texts.media = Some(wire::Media::decode(value.bytes()?).ok()?),
            12 => texts.from.push(value.text()?),
            13 => texts.to.push(value.text()?),
            14 if texts.contact_edit.is_none() => {
                texts.contact_edit = Some(wire::ContactEdit::decode(value.bytes()?).ok()?)
            }
            15 => texts.photo_url = Some(value.text()?),
            _ => return None,
        }
    }
    Some(texts)
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
