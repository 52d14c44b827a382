//! What a store promises, at every place a crash can come.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use origem_views::rows::MapRows;

use super::*;

fn written(rows: &[(&str, &str)]) -> Changes {
    let mut changes = Changes::default();
    for (key, value) in rows {
        changes.put_bytes(key.as_bytes().to_vec(), value.as_bytes().to_vec());
    }
    changes
}

#[test]
fn rows_are_scanned_in_order_both_ways() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open(&dir.path().join("views"), &Options::default()).unwrap();
    store.commit(&written(&[("b", "2"), ("a", "1"), ("c", "3")])).unwrap();
    let keys = |scan: Scan<'_>| {
        scan.map(|row| String::from_utf8(row.unwrap().0).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(store.scan(b"a", b"c")), ["a", "b"]);
    assert_eq!(keys(store.scan_back(b"a", b"d")), ["c", "b", "a"]);
    assert_eq!(keys(store.scan(b"b", b"a")), Vec::<String>::new());
}

#[test]
fn a_second_process_is_told_that_the_store_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("views");
    let _first = SledStore::open(&path, &Options::default()).unwrap();
    assert!(matches!(
        SledStore::open(&path, &Options::default()),
        Err(OpenError::InUse { .. })
    ));
}

#[test]
fn a_store_that_will_not_open_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("views");
    let store = SledStore::open(&path, &Options::default()).unwrap();
    store.commit(&written(&[("a", "1")])).unwrap();
    store.flush().unwrap();
    drop(store);
    std::fs::write(path.join("conf"), b"not a configuration of sled").unwrap();
    let store = SledStore::open(&path, &Options::default()).unwrap();
    assert_eq!(store.get(b"a").unwrap(), None);
    assert!(dir.path().join("views.aside").exists());
}

#[test]
fn what_the_system_refuses_sets_nothing_aside() {
    for occupied in ["db", "journal"] {
        let dir = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (dir.path().join("views"), dir.path().join("elsewhere"));
        let store = SledStore::open(&path, &Options::default()).unwrap();
        store.commit(&written(&[("a", "1")])).unwrap();
        store.flush().unwrap();
        drop(store);
        // A directory in its place refuses to be opened, whoever asks.
        fs::rename(path.join(occupied), &elsewhere).unwrap();
        fs::create_dir(path.join(occupied)).unwrap();
        let refused = SledStore::open(&path, &Options::default());
        assert!(matches!(refused, Err(OpenError::Io { .. })), "{occupied}: {refused:?}");
        assert!(!dir.path().join("views.aside").exists(), "{occupied}");
        fs::remove_dir(path.join(occupied)).unwrap();
        fs::rename(&elsewhere, path.join(occupied)).unwrap();
        let mut again = SledStore::open(&path, &Options::default());
        for _ in 0..200 {
            // The threads of sled let go a little later.
            if matches!(again, Err(OpenError::InUse { .. })) {
                std::thread::sleep(std::time::Duration::from_millis(10));
                again = SledStore::open(&path, &Options::default());
            }
        }
        assert_eq!(again.unwrap().get(b"a").unwrap(), Some(b"1".to_vec()), "{occupied}");
    }
}

#[test]
fn only_bytes_that_are_wrong_are_damage() {
    use std::io::{Error, ErrorKind};
    // ENOENT, EIO, EACCES, EMFILE, ENOSPC as the system says them, and as sled copies them
    for code in [2, 5, 13, 24, 28] {
        let error = Error::from_raw_os_error(code);
        let copied = Error::new(error.kind(), format!("{error:?}"));
        assert!(!is_damage(&error) && !is_damage(&copied), "{error:?}, {copied:?}");
        let panic = format!("called `Result::unwrap()` on an `Err` value: Io({error:?})");
        assert!(matches!(of_panic(&panic), Failure::Io(_)), "{panic}");
    }
    for kind in [ErrorKind::Other, ErrorKind::InvalidData, ErrorKind::UnexpectedEof] {
        assert!(is_damage(&Error::new(kind, "encountered torn segment")), "{kind}");
    }
    assert!(matches!(of_panic(&"assertion failed"), Failure::Broken(_)));
}

/// All rows of a store.
fn all(store: &dyn Rows) -> BTreeMap<Vec<u8>, Vec<u8>> {
    store.scan(&[], &[u8::MAX]).map(Result::unwrap).collect()
}

/// A copy of a directory as it is now, as a crash would leave it.
fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copied(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// One thing done to a store.
#[derive(Debug, Clone)]
enum Step {
    Load(Vec<(u8, Option<u8>)>),
    Commit(Vec<(u8, Option<u8>)>),
    Clear,
    Replace(Vec<(u8, Option<u8>)>),
    Drain,
    Flush,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rows = || prop::collection::vec((0..6_u8, prop::option::of(any::<u8>())), 1..6);
    let step = prop_oneof![
        6 => rows().prop_map(Step::Load),
        3 => rows().prop_map(Step::Commit),
        1 => Just(Step::Drain),
        1 => Just(Step::Clear),
        1 => rows().prop_map(Step::Replace),
        1 => Just(Step::Flush),
    ];
    prop::collection::vec(step, 1..8)
}

fn changes(rows: &[(u8, Option<u8>)]) -> Changes {
    let mut changes = Changes::default();
    for (key, value) in rows {
        match value {
            Some(value) => changes.put_bytes(vec![*key], vec![*value; 30]),
            None => changes.remove(vec![*key]),
        }
    }
    changes
}

/// sled writes to disk when it is told to only, so that copies hold as little as a crash can leave.
const LAZY: Options = Options {
    cache_bytes: 16 << 20,
    flush_every_ms: 3_600_000,
    reserve_bytes: 0,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever was loaded is there after a crash at any step, and nothing of what had not begun; a load that goes on from there
    /// ends as one that was never interrupted. All of it over rows that were packed before, or over none.
    #[test]
    fn a_load_survives_a_crash_at_every_step(steps in steps(), packed in prop::collection::btree_map(0..6_u8, any::<u8>(), 0..6)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("1");
        let mut store = SledStore::open(&path, &LAZY).unwrap();
        let mut expected = MapRows::default();
        let packed: Vec<_> = packed.into_iter().map(|(key, value)| (key, Some(value))).collect();
        let rows = changes(&packed).into_rows();
        store.pack(&mut rows.into_iter().map(|(key, value)| Ok((key, value.unwrap_or_default())))).unwrap();
        store.flush().unwrap();
        expected.commit(&changes(&packed));
        let mut durable = expected.clone();
        for (number, step) in steps.iter().enumerate() {
            match step {
                Step::Load(rows) => {
                    store.load(&changes(rows)).unwrap();
                    expected.commit(&changes(rows));
                }
                Step::Commit(rows) => {
                    store.commit(&changes(rows)).unwrap();
                    expected.commit(&changes(rows));
                }
                Step::Clear => {
                    store.clear().unwrap();
                    expected = MapRows::default();
                }
                Step::Replace(rows) => {
                    store.replace(changes(rows)).unwrap();
                    expected = MapRows::default();
                    expected.commit(&changes(rows));
                }
                Step::Drain => store.core.drain(&mut store.core.journal()).unwrap(),
                Step::Flush => store.flush().unwrap(),
            }
            // What is committed stands in memory only; everything else writes it to disk, and is there on return.
            if !matches!(step, Step::Commit(_)) {
                durable.clone_from(&expected);
            }
            let copy = directory.path().join(format!("copy-{number}"));
            copied(&path, &copy);
            let crashed = SledStore::open(&copy, &LAZY).unwrap();
            prop_assert_eq!(all(&crashed), all(&durable), "after step {}", number);
            let rows = all(&expected);
            prop_assert_eq!(all(&store), rows.clone());
            for from in 0..7_u8 {
                prop_assert_eq!(store.get(&[from]).unwrap(), rows.get(&vec![from]).cloned());
                for to in from..7 {
                    let mut found: Vec<_> = store.scan_back(&[from], &[to]).map(Result::unwrap).collect();
                    found.reverse();
                    prop_assert_eq!(&found, &store.scan(&[from], &[to]).map(Result::unwrap).collect::<Vec<_>>());
                    let within = rows.range(vec![from]..vec![to]).map(|(key, value)| (key.clone(), value.clone()));
                    prop_assert_eq!(found, within.collect::<Vec<_>>());
                }
            }
            if number % 2 == 1 {
                // The rest is done by what was left.
                expected.clone_from(&durable);
                drop(store);
                store = crashed;
                drop(fs::remove_dir_all(&path));
                drop(store);
                fs::rename(&copy, &path).unwrap();
                store = SledStore::open(&path, &LAZY).unwrap();
            }
        }
    }
}

#[test]
fn a_torn_end_of_the_journal_is_a_load_that_never_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("1");
    let store = SledStore::open(&path, &LAZY).unwrap();
    store.load(&written(&[("a", "1"), ("checkpoint", "1")])).unwrap();
    // Nothing of a load is in sled before all of it is in the journal.
    let before = directory.path().join("before");
    copied(&path, &before);
    let journal = || fs::read(path.join("journal")).unwrap();
    let first = journal().len();
    store
        .load(&written(&[("a", "2"), ("b", "2"), ("checkpoint", "2")]))
        .unwrap();
    let journal = journal();
    let second = journal.len();
    for cut in [first, first + 1, first + 8, second - 1, second] {
        let copy = directory.path().join(format!("cut-{cut}"));
        copied(&before, &copy);
        fs::write(copy.join("journal"), &journal[..cut]).unwrap();
        let crashed = SledStore::open(&copy, &LAZY).unwrap();
        let rows = all(&crashed);
        let is_second = rows.get(&b"checkpoint"[..]) == Some(&b"2".to_vec());
        assert_eq!(is_second, cut == second, "cut at {cut}");
        assert_eq!(rows.contains_key(&b"b"[..]), is_second, "cut at {cut}");
        assert_eq!(fs::metadata(copy.join("journal")).unwrap().len(), 0);
    }
}

#[test]
fn the_journal_begins_anew_once_sled_has_it_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("1");
    let store = SledStore::open(&path, &LAZY).unwrap();
    let large = "x".repeat(usize::try_from(JOURNAL_BYTES_MAX).unwrap());
    store.load(&written(&[("a", &large)])).unwrap();
    assert_eq!(fs::metadata(path.join("journal")).unwrap().len(), 0);
    let copy = directory.path().join("copy");
    copied(&path, &copy);
    assert_eq!(all(&SledStore::open(&copy, &LAZY).unwrap()).len(), 1);
}

#[test]
fn what_takes_the_place_of_everything_is_there_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("1");
    let store = SledStore::open(&path, &LAZY).unwrap();
    store.commit(&written(&[("a", "1"), ("note", "kept")])).unwrap();
    store.flush().unwrap();
    let before = directory.path().join("before");
    copied(&path, &before);
    // The batch as it stands in the journal while sled is being written to.
    let mut journal = Journal::recover(
        &directory.path().join("journal"),
        |_| Ok::<_, std::io::Error>(()),
        || Ok(()),
    )
    .unwrap();
    journal.append_replacing(written(&[("note", "kept")]).rows()).unwrap();
    let batch = fs::read(directory.path().join("journal")).unwrap();
    for cut in 0..=batch.len() {
        let copy = directory.path().join(format!("cut-{cut}"));
        copied(&before, &copy);
        fs::write(copy.join("journal"), &batch[..cut]).unwrap();
        let rows = all(&SledStore::open(&copy, &LAZY).unwrap());
        assert_eq!(rows.len(), if cut == batch.len() { 1 } else { 2 }, "cut at {cut}");
        assert_eq!(rows.get(&b"note"[..]), Some(&b"kept".to_vec()), "cut at {cut}");
    }
}

#[test]
fn a_full_disk_is_told_before_it_is_full() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        reserve_bytes: u64::MAX,
        ..LAZY
    };
    let store = SledStore::open(&directory.path().join("1"), &options).unwrap();
    let error = store.has_room(0).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("disk.reserve"), "{cause}");
    let store = SledStore::open(&directory.path().join("2"), &LAZY).unwrap();
    store.has_room(0).unwrap();
}

#[test]
fn rows_that_are_replaced_hide_nothing_that_is_packed_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let store = SledStore::open(&directory.path().join("1"), &LAZY).unwrap();
    let rows = || {
        [(b"a".to_vec(), b"1".to_vec()), (b"b".to_vec(), b"2".to_vec())]
            .into_iter()
            .map(Ok)
    };
    store.pack(&mut rows()).unwrap();
    store.replace(written(&[("m", "kept")])).unwrap();
    assert_eq!(all(&store).len(), 1);
    store.pack(&mut rows()).unwrap();
    assert_eq!(all(&store).len(), 3);
    assert_eq!(store.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
}

#[test]
fn readers_see_whole_commits_and_miss_no_row_while_all_of_it_is_drained() {
    const ROWS: u8 = 40;
    const COMMITS: u32 = 400;
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        flush_every_ms: 1,
        ..LAZY
    };
    let store = SledStore::open(&directory.path().join("1"), &options).unwrap();
    let commit = |number: u32| {
        let mut changes = Changes::default();
        (0..ROWS).for_each(|row| changes.put_bytes(vec![row], number.to_le_bytes().to_vec()));
        store.commit(&changes).unwrap();
    };
    commit(0);
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (1..=COMMITS).for_each(commit);
            is_done.store(true, Ordering::Release);
        });
        for back in [false, true] {
            let (store, is_done) = (&store, &is_done);
            scope.spawn(move || {
                let scan = |rows: &dyn Rows| -> Vec<Vec<u8>> {
                    let rows = if back {
                        rows.scan_back(&[], &[u8::MAX])
                    } else {
                        rows.scan(&[], &[u8::MAX])
                    };
                    rows.map(|row| row.unwrap().1).collect()
                };
                while !is_done.load(Ordering::Acquire) {
                    assert_eq!(scan(store).len(), usize::from(ROWS), "nothing is missing, back {back}");
                    let one_commit = store.snapshot().unwrap();
                    let values = scan(&*one_commit);
                    let one = one_commit.get(&[ROWS / 2]).unwrap().unwrap();
                    assert!(values.iter().all(|value| *value == one), "one commit, back {back}");
                }
            });
        }
    });
    assert_eq!(store.get(&[0]).unwrap().unwrap(), COMMITS.to_le_bytes());
}

#[test]
fn what_is_committed_comes_to_disk_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("1");
    let options = Options {
        flush_every_ms: 5,
        ..LAZY
    };
    let store = SledStore::open(&path, &options).unwrap();
    store.commit(&written(&[("a", "1")])).unwrap();
    let is_on_disk = |number: u32| {
        let copy = directory.path().join(format!("copy-{number}"));
        copied(&path, &copy);
        SledStore::open(&copy, &LAZY).unwrap().get(b"a").unwrap().is_some()
    };
    let found = (0..2_000).any(|number| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        is_on_disk(number)
    });
    assert!(found, "nobody told it to");
    drop(store);
    assert_eq!(
        SledStore::open(&path, &LAZY).unwrap().get(b"a").unwrap(),
        Some(b"1".to_vec())
    );
}
