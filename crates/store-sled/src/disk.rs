//! How much room the disk of a store has, and whether that is enough for a layer.

use std::io;
use std::path::Path;

/// What sled makes of rows on disk, pages and segments included, at most; beside that in the journal.
const TIMES: u64 = 4;
/// What its files grow by at once.
const AT_ONCE: u64 = 8 << 20;

/// How many bytes of the disk of a path are free; `None` where the system does not tell.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(path).ok()?;
    Some(told.f_bavail.saturating_mul(told.f_frsize))
}

/// Whether a layer of so many bytes can be written with so much free. sled does not write again once the disk refused it, so it is not
/// given what has no room.
///
/// # Errors
/// Of kind `StorageFull`.
pub(crate) fn check_room(free: Option<u64>, bytes: u64) -> io::Result<()> {
    let needed = bytes.saturating_mul(TIMES).saturating_add(AT_ONCE);
    match free {
        Some(free) if free < needed => {
            let text = format!("{free} bytes are free on the disk of the views, and writing them takes up to {needed}");
            Err(io::Error::new(io::ErrorKind::StorageFull, text))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_written_where_it_has_room_with_what_sled_makes_of_it() {
        for (free, bytes, has_room) in [
            (Some(AT_ONCE), 0, true),
            (Some(AT_ONCE - 1), 0, false),
            (Some(AT_ONCE + 400), 100, true),
            (Some(AT_ONCE + 399), 100, false),
            (Some(0), u64::MAX, false),
            (None, u64::MAX, true),
        ] {
            let checked = check_room(free, bytes);
            assert_eq!(checked.is_ok(), has_room, "{bytes} with {free:?} free");
            let kind = checked.map_err(|error| error.kind());
            assert!(kind.is_ok() || kind == Err(io::ErrorKind::StorageFull));
        }
        assert!(free_bytes(Path::new("/")).is_some_and(|free| free > 0));
        assert_eq!(free_bytes(Path::new("/there/is/none")), None);
    }
}
