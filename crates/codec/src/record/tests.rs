//! What a frame accepts and refuses.

use prost::Message as _;

use super::*;
use crate::wire;

const FRAGMENT: RawParts<'_> = RawParts {
    before: b"{",
    raw: b"\"a\":1",
    after: b"}",
};

fn texts() -> wire::Texts {
    wire::Texts {
        name: Some("Rita".to_owned()),
        ..Default::default()
    }
}

fn structure() -> wire::Structure {
    wire::Structure {
        channel_id: "1".repeat(300),
        ..Default::default()
    }
}

#[test]
fn a_frame_is_the_protobuf_the_schema_tells() {
    for fragment in [
        FRAGMENT,
        RawParts::default(),
        RawParts {
            raw: &[7; 200],
            ..Default::default()
        },
    ] {
        let bytes = write(&structure(), &texts(), fragment);
        assert_eq!(bytes.len(), bytes.capacity(), "the size is computed exactly");
        let record = wire::Record::decode(bytes.as_slice()).unwrap();
        assert_eq!((record.version, record.sealing), (VERSION, 0));
        assert_eq!(
            wire::Structure::decode(record.structure.as_slice()).unwrap(),
            structure()
        );
        let personal = wire::Personal::decode(record.personal.as_slice()).unwrap();
        assert_eq!(personal.texts, Some(texts()));
        let read = personal.fragment.unwrap();
        assert_eq!(
            (&*read.before, &*read.raw, &*read.after),
            (fragment.before, fragment.raw, fragment.after)
        );
    }
}

#[test]
fn the_parts_are_slices_of_the_record() {
    let bytes = write(&structure(), &texts(), FRAGMENT);
    let frame = Frame::read(&bytes).unwrap();
    assert_eq!(wire::Structure::decode(frame.structure).unwrap(), structure());
    let personal = PersonalFrame::read(frame.personal.unwrap()).unwrap();
    assert_eq!(wire::Texts::decode(personal.texts).unwrap(), texts());
    assert_eq!(personal.fragment, Some(FRAGMENT));
    assert_eq!(*FRAGMENT.delivery(), *b"{\"a\":1}");
    let whole = RawParts {
        raw: b"{}",
        ..RawParts::default()
    };
    assert!(
        matches!(whole.delivery(), Cow::Borrowed(b"{}")),
        "what is whole is not copied"
    );
}

#[test]
fn what_is_newer_is_told_from_what_is_broken() {
    let record = |version, sealing| {
        wire::Record {
            version,
            sealing,
            structure: vec![],
            personal: vec![1, 2, 3],
        }
        .encode_to_vec()
    };
    let structured = |version, sealing| {
        wire::Record {
            version,
            sealing,
            structure: structure().encode_to_vec(),
            personal: vec![1, 2, 3],
        }
        .encode_to_vec()
    };
    for (bytes, answer) in [
        (vec![], "not a record: it has no version"),
        (vec![0xff; 3], "not a record: a number does not end"),
        (vec![0xff; 11], "not a record: a number does not end"),
        (vec![0x0c], "not a record: a field is of no known type"),
        (vec![0x08, 0x01, 0x1a, 0x05, 0x00], "not a record: it is cut short"),
        (vec![0x08, 0x01], "not a record: it has no structure"),
        (record(0, 0), "not a record: it has no version"),
        (record(2, 0), "record has format version 2, this build reads up to 1"),
        (
            vec![0x08, 0x02, 0xff],
            "record has format version 2, this build reads up to 1",
        ),
    ] {
        assert_eq!(Frame::read(&bytes).unwrap_err().to_string(), answer, "{bytes:?}");
    }
    assert!(Frame::read(&structured(1, 0)).unwrap().personal.is_some());
    assert!(
        Frame::read(&structured(1, 9)).unwrap().personal.is_none(),
        "sealed in a way nobody here can open"
    );
}

#[test]
fn unknown_fields_are_skipped() {
    let mut bytes = write(&structure(), &texts(), FRAGMENT);
    bytes.extend([0x7d, 1, 2, 3, 4]); // field 15, 32 bits
    bytes.extend([0x79, 1, 2, 3, 4, 5, 6, 7, 8]); // field 15, 64 bits
    bytes.extend([0x78, 5]); // field 15, a number
    assert!(Frame::read(&bytes).unwrap().personal.is_some());
}

#[test]
fn erasure_leaves_the_structure() {
    let bytes = write(&structure(), &texts(), FRAGMENT);
    let erased = without_personal(&bytes).unwrap();
    let frame = Frame::read(&erased).unwrap();
    assert_eq!(frame.structure, Frame::read(&bytes).unwrap().structure);
    assert!(frame.personal.is_none());
}
