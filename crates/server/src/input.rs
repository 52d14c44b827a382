//! Files of deliveries: line by line if the first line is a whole JSON value, else the whole file is one delivery.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::Path;

use crate::failure::Failure;

/// What some editors begin a file with; not the provider's.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Calls `take` with each delivery of a file: the line it begins on, and its bytes. What came before an unreadable part has
/// been taken.
pub fn deliveries(path: &Path, mut take: impl FnMut(u64, Vec<u8>) -> Result<(), Failure>) -> Result<(), Failure> {
    let name = path.display();
    let mut reader = open(path).map_err(|error| Failure::from(error).context(format!("cannot read {name}")))?;
    let mut number = 0_u64;
    let mut line = Vec::new();
    let mut by_line = None;
    let mut whole = Vec::new();
    loop {
        line.clear();
        number += 1;
        let read = reader.read_until(b'\n', &mut line);
        let read = read.map_err(|error| Failure::from(error).context(format!("cannot read {name}, line {number}")))?;
        if read == 0 {
            break;
        }
        if number == 1 && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        if by_line != Some(false) && line.iter().all(u8::is_ascii_whitespace) {
            // Blank lines before or between deliveries are none.
            whole.extend_from_slice(&line);
            continue;
        }
        if *by_line.get_or_insert_with(|| is_json(&line)) {
            whole.clear();
            take(number, std::mem::take(&mut line).trim_ascii_end().to_vec())?;
        } else {
            whole.extend_from_slice(&line);
        }
    }
    if by_line == Some(false) {
        take(1, without_newline(whole))?;
    }
    Ok(())
}

fn is_json(line: &[u8]) -> bool {
    // Not IgnoredAny on bytes: it would accept invalid UTF-8 in strings, which no reader does.
    std::str::from_utf8(line)
        .is_ok_and(|text| serde_json::from_str::<&serde_json::value::RawValue>(text.trim()).is_ok())
}

/// The newline at the end of a file is the editor's, not the provider's.
fn without_newline(mut whole: Vec<u8>) -> Vec<u8> {
    if whole.ends_with(b"\n") {
        whole.pop();
        if whole.ends_with(b"\r") {
            whole.pop();
        }
    }
    whole
}

fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    const BUFFER_BYTES: usize = 1 << 20;
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, stdin())));
    }
    let file = File::open(path)?;
    let reader: Box<dyn Read> = match path.extension().and_then(OsStr::to_str) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some("zst") => Box::new(zstd::stream::read::Decoder::new(file)?),
        _ => Box::new(file),
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, reader)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, content: &[u8]) -> (Vec<String>, Option<Failure>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        let mut found = Vec::new();
        let failure = deliveries(&path, |_, delivery| {
            found.push(String::from_utf8_lossy(&delivery).into_owned());
            Ok(())
        });
        (found, failure.err())
    }

    #[test]
    fn a_file_is_read_by_line_if_its_first_line_is_a_whole_value() {
        for (content, found) in [
            ("{\"a\":1}\n{\"a\":2}\n", &["{\"a\":1}", "{\"a\":2}"][..]),
            ("\n\n{\"a\":1}\n\n{\"a\":2}", &["{\"a\":1}", "{\"a\":2}"]),
            ("{\"a\":1}\r\nnot json\r\n", &["{\"a\":1}", "not json"]),
            ("\u{feff}{\"a\":1}\n{\"a\":2}\n", &["{\"a\":1}", "{\"a\":2}"]),
            ("{\n \"a\": 1\n}\n", &["{\n \"a\": 1\n}"]),
            (
                "Body=oi&From=whatsapp%3A%2B5511\n",
                &["Body=oi&From=whatsapp%3A%2B5511"],
            ),
            ("hello\nworld", &["hello\nworld"]),
            ("", &[]),
            ("\n \n", &[]),
        ] {
            let (deliveries, failure) = read("file.json", content.as_bytes());
            assert_eq!(
                (deliveries.as_slice(), failure.is_none()),
                (
                    found.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>().as_slice(),
                    true
                ),
                "{content:?}"
            );
        }
    }

    #[test]
    fn broken_gzip_fails_after_what_came_before_it() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        for number in 0..50_000 {
            std::io::Write::write_all(&mut encoder, format!("{{\"a\":{number}}}\n").as_bytes()).unwrap();
        }
        let mut bytes = encoder.finish().unwrap();
        bytes.truncate(bytes.len() / 2);
        let (found, failure) = read("file.ndjson.gz", &bytes);
        assert!(found.len() > 1_000, "{}", found.len());
        assert!(failure.is_some());
    }
}
