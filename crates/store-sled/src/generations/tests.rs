//! Which generation serves, whatever happened before.

use origem_views::rows::Changes;

use super::*;

fn written(key: &str) -> Changes {
    let mut changes = Changes::default();
    changes.put_bytes(key.as_bytes().to_vec(), vec![1]);
    changes
}

fn opened(directory: &Path) -> SledGenerations {
    SledGenerations::open(directory, &Options::default()).unwrap()
}

fn has(generations: &SledGenerations, generation: u64, key: &str) -> bool {
    let store = generations.open(generation).unwrap();
    store.get(key.as_bytes()).unwrap().is_some()
}

#[test]
fn a_switch_is_kept_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("views");
    let generations = opened(&path);
    generations.open(1).unwrap().commit(&written("one")).unwrap();
    assert_eq!(generations.create().unwrap(), 2);
    generations.open(2).unwrap().commit(&written("two")).unwrap();
    drop(generations);

    let generations = opened(&path);
    let standing = generations.standing().unwrap();
    assert_eq!(
        (standing.serving, standing.previous, &standing.others[..]),
        (1, None, &[2][..])
    );
    assert!(has(&generations, 1, "one") && has(&generations, 2, "two"));
    generations.serve(2).unwrap();
    drop(generations);

    let generations = opened(&path);
    let standing = generations.standing().unwrap();
    assert_eq!(
        (standing.serving, standing.previous, &standing.others[..]),
        (2, Some(1), &[][..])
    );
    let old = generations.open(1).unwrap();
    assert!(
        generations.remove(2).is_err() && generations.remove(1).is_err(),
        "it is open"
    );
    drop(old);
    generations.remove(1).unwrap();
    assert_eq!(generations.standing().unwrap().previous, None);
    assert!(!path.join("1").exists());
    assert_eq!(generations.create().unwrap(), 3);
    generations.remove(3).unwrap();
    drop(generations);
    let generations = opened(&path);
    assert_eq!(generations.create().unwrap(), 4, "no number is given twice");
    assert!(generations.open(9).is_err() && generations.serve(9).is_err());
}

#[test]
fn a_name_that_is_none_leaves_the_first_serving() {
    for name in [&b""[..], b"nonsense", b"7\n", &[0xff]] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("views");
        let generations = opened(&path);
        generations.open(1).unwrap().commit(&written("one")).unwrap();
        generations.create().unwrap();
        drop(generations);
        fs::write(path.join("serving"), name).unwrap();
        fs::write(path.join("serving.new"), b"2").unwrap();
        let generations = opened(&path);
        assert_eq!(generations.standing().unwrap().serving, 1, "{name:?}");
        assert!(has(&generations, 1, "one"));
    }
}

#[test]
fn what_is_no_directory_of_generations_is_set_aside() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("views");
    // As an earlier version kept them.
    drop(SledStore::open(&path, &Options::default()).unwrap());
    let generations = opened(&path);
    assert_eq!(generations.standing().unwrap().serving, 1);
    assert!(directory.path().join("views.aside").join("conf").exists());
    drop(generations);
    fs::remove_dir_all(&path).unwrap();
    fs::write(&path, "nothing").unwrap();
    drop(opened(&path));
    assert!(path.join("1").is_dir());
}

#[test]
fn a_second_process_is_told_that_they_are_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let _first = opened(directory.path());
    let second = SledGenerations::open(directory.path(), &Options::default());
    assert!(matches!(second, Err(OpenError::InUse { .. })));
}
