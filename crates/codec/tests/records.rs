//! Events come back from their records; what is erased is missing, what is broken is an error and never a panic.

use origem_codec::{DecodeError, RawParts, decode, decode_structure, encode, raw, without_personal};
use origem_domain::event::{Body, Event};
use origem_domain::fact::Fact;
use origem_domain::key::Keys;
use origem_domain::marks::Marks;
use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use origem_testkit::samples::{KINDS, sample};
use origem_testkit::strategies::{arb_event, arb_time};
use origem_testkit::{SECRET, build};
use proptest::prelude::*;

const AT: Position = Position::new(3, 42);
const RECEIVED: Timestamp = Timestamp::from_seconds(1_790_000_000);
const RAW: RawParts<'_> = RawParts {
    before: b"{\"entry\":[",
    raw: b"{\"id\":\"1\"}",
    after: b"]}",
};

fn record(event: &Event) -> Vec<u8> {
    encode(event, "meta", RECEIVED, RAW, &SECRET)
}

proptest! {
    #[test]
    fn decode_after_encode_is_identity(
        event in arb_event(),
        received_at in arb_time(),
        before in proptest::collection::vec(any::<u8>(), 0..20),
        body in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let parts = RawParts { before: &before, raw: &body, after: b"}" };
        let bytes = encode(&event, "meta", received_at, parts, &SECRET);
        let recorded = decode(AT, &bytes).unwrap();
        let marks = Marks::of(&event);
        prop_assert_eq!(recorded.position, AT);
        prop_assert_eq!(recorded.received_at, received_at);
        prop_assert_eq!(&recorded.source, "meta");
        prop_assert_eq!(&recorded.keys, &Keys::of(&event, marks.code.as_deref(), &SECRET));
        prop_assert_eq!(&recorded.marks, &marks);
        prop_assert_eq!(serde_json::to_string(&recorded.event).unwrap(), serde_json::to_string(&event).unwrap());
        prop_assert_eq!(&recorded.event, &event);
        prop_assert_eq!(raw(&bytes).unwrap(), Some(parts));
    }

    #[test]
    fn the_structure_is_what_is_left_of_an_erased_record(event in arb_event()) {
        let bytes = record(&event);
        let erased = without_personal(&bytes).unwrap();
        let structure = decode_structure(AT, &bytes).unwrap();
        prop_assert_eq!(&decode(AT, &erased).unwrap(), &structure);
        prop_assert_eq!(&decode_structure(AT, &erased).unwrap(), &structure);
        prop_assert_eq!(raw(&erased).unwrap(), None);
        let whole = decode(AT, &bytes).unwrap();
        prop_assert_eq!(&structure.keys, &whole.keys);
        prop_assert_eq!(&structure.marks, &whole.marks);
        prop_assert_eq!(Fact::of(&structure), Fact::of(&whole), "the fold must not depend on texts");
        prop_assert_eq!(structure.event.contact.is_some(), whole.event.contact.is_some());
    }

    #[test]
    fn damage_is_an_error_or_another_event_but_never_a_panic(
        event in arb_event(),
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut bytes = record(&event);
        for (index, byte) in flips {
            let index = index.index(bytes.len());
            bytes[index] ^= byte;
        }
        let _ = (decode(AT, &bytes), decode_structure(AT, &bytes), raw(&bytes));
        bytes.truncate(cut.index(bytes.len()));
        let _ = (decode(AT, &bytes), decode_structure(AT, &bytes), raw(&bytes));
    }

    #[test]
    fn noise_is_no_record(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (decode(AT, &bytes), decode_structure(AT, &bytes), raw(&bytes));
    }
}

#[test]
fn a_cut_record_is_an_error_or_reads_as_erased() {
    for kind in KINDS {
        let bytes = record(&sample(kind));
        let erased = without_personal(&bytes).unwrap();
        for end in 0..bytes.len() {
            // Cut exactly between the parts it is a whole record again; only the log's checksum can tell.
            let whole = bytes[..end] == erased;
            assert_eq!(decode(AT, &bytes[..end]).is_ok(), whole, "{} cut at {end}", kind.name());
            assert_eq!(
                decode_structure(AT, &bytes[..end]).is_ok(),
                whole,
                "{} cut at {end}",
                kind.name()
            );
        }
    }
}

#[test]
fn the_structure_names_nobody() {
    // Everything in the samples that would tell a person or what was said, as it would stand in the bytes.
    let personal = [
        "BR.1000000000000001",
        "BR.1000000000000002",
        "BR.ENT.77aB",
        "5511955550101",
        "5511955550102",
        "Rita",
        "rita",
        "joana",
        "9000000000000001",
        "8000000000000001",
        "v-4711",
        "100000000000009",
        "wamid",
        "wacid",
        "3EB0C7",
        "17900000000000001",
        "17900000000000000",
        "quero",
        "preço",
        "catálogo",
        "foto.jpg",
        "media.example",
        "botao-ligar",
        "24 hours",
        "👍",
        "G-1",
        "pagou",
        "tarde",
        "unknown change",
    ];
    for kind in KINDS {
        let bytes = record(&sample(kind));
        let structure = without_personal(&bytes).unwrap();
        for text in personal {
            let found = structure.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "`{text}` in the structure of {}", kind.name());
        }
        assert!(structure.len() < bytes.len());
    }
}

#[test]
fn a_newer_record_is_told_from_a_broken_one() {
    let mut bytes = record(&sample(KINDS[0]));
    bytes[1] = 2; // the version: tag, then number
    assert!(matches!(decode(AT, &bytes), Err(DecodeError::Newer { version: 2 })));
    assert!(matches!(
        decode_structure(AT, &bytes),
        Err(DecodeError::Newer { version: 2 })
    ));
    assert!(matches!(raw(&bytes), Err(DecodeError::Newer { version: 2 })));
    assert!(matches!(
        decode(AT, b"{\"kind\":\"x\"}"),
        Err(DecodeError::Frame { .. })
    ));
}

#[test]
fn an_event_fits_in_350_bytes_without_its_raw_bytes() {
    let wamid = "wamid.HBgNNTUxMTk1NTU1MDEwMRUCABIYIDNBQTRGMkI3RjJDNEI1RDZFNzg5AA==";
    let mut event = build::received(
        "5511955550101",
        "2026-09-26T10:01:00Z",
        wamid,
        "Oi! Quero saber mais sobre o plano anual",
    );
    if let (Some(contact), Body::MessageReceived { .. }) = (&mut event.contact, &event.body) {
        contact.aliases.insert(
            0,
            origem_domain::alias::Alias::new(origem_domain::alias::AliasKind::Bsuid, "BR.1000000000000001"),
        );
        contact.name = Some("Rita Teste".to_owned());
    }
    let len = encode(&event, "meta", RECEIVED, RawParts::default(), &SECRET).len();
    assert!(len < 310, "{len} bytes");
}
