//! Where things lie: `target/kafka` of this workspace, and the locks that say what is in use.
//!
//! ```text
//! libs-<version>/     the jars, shared by all
//! tls-<version>/      certificates, shared by all
//! clusters/<id>/      one cluster: lock, log4j2.properties, <node>/{server.properties,data,log}
//! state.json          the cluster of `cargo xtask kafka start`
//! ```
//! The lock of a cluster is held by its owner and by what supervises its processes, so it is free only when none of them is left. Nobody
//! has to trust a process id in a file.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The folder of everything here. The same for all that run in this checkout, wherever cargo builds to.
#[must_use]
pub fn home() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).join("target").join("kafka")
}

/// Opens a lock file, and makes it and its folders where needed. It is not locked yet.
pub(crate) fn lock_file(path: &Path) -> Result<File, Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    }
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(Error::io("open the lock", path))
}

/// Makes `folder` once for all processes: whoever comes first fills a folder beside it with `fill` and renames it; the others wait and find
/// it there. A half-filled folder is never seen under the final name.
pub(crate) fn make_once(folder: &Path, fill: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let lock = folder.with_added_extension("lock");
    let locked = lock_file(&lock)?;
    locked.lock().map_err(Error::io("take the lock", &lock))?;
    if folder.is_dir() {
        return Ok(());
    }
    let partial = folder.with_added_extension("partial");
    remove(&partial)?;
    fs::create_dir_all(&partial).map_err(Error::io("make the folder", &partial))?;
    fill(&partial)?;
    fs::rename(&partial, folder).map_err(Error::io("rename into place", folder))
}

/// A fresh folder for a cluster and its lock, taken. Folders of clusters that have ended are removed on the way.
pub(crate) fn new_cluster(home: &Path) -> Result<(PathBuf, File), Error> {
    let clusters = home.join("clusters");
    fs::create_dir_all(&clusters).map_err(Error::io("make the folder", &clusters))?;
    // Those who begin and those who sweep take turns, or a folder could be swept before its lock is taken.
    let turn_path = home.join("clusters.lock");
    let turn = lock_file(&turn_path)?;
    turn.lock().map_err(Error::io("take the lock", &turn_path))?;
    for entry in fs::read_dir(&clusters).map_err(Error::io("list", &clusters))? {
        let path = entry.map_err(Error::io("list", &clusters))?.path();
        if !is_held(&path) {
            // What cannot be removed now is tried again by the next.
            drop(remove(&path));
        }
    }
    let folder = clusters.join(format!("{:016x}", random()));
    let path = folder.join("lock");
    let lock = lock_file(&path)?;
    lock.lock().map_err(Error::io("take the lock", &path))?;
    Ok((folder, lock))
}

/// Whether anything of the cluster in `folder` still runs. Tried with a shared lock, so that two who look do not take each other for it.
pub(crate) fn is_held(folder: &Path) -> bool {
    File::open(folder.join("lock")).is_ok_and(|lock| lock.try_lock_shared().is_err())
}

/// Removes a folder and what is in it, if it is there.
pub(crate) fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", folder)(error)),
        _ => Ok(()),
    }
}

/// A number that differs from call to call and from process to process.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn fresh() -> PathBuf {
        home().join("clusters-of-tests").join(format!("{:016x}", random()))
    }

    #[test]
    fn many_at_once_make_a_folder_once() {
        let base = fresh();
        let folder = base.join("made");
        let made = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let fill = |partial: &Path| {
                        made.fetch_add(1, Ordering::SeqCst);
                        fs::write(partial.join("file"), "whole").map_err(Error::io("write", partial))
                    };
                    make_once(&folder, fill).unwrap();
                    assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), "whole");
                });
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 1);
        remove(&base).unwrap();
    }

    #[test]
    fn a_folder_that_could_not_be_filled_is_tried_again_from_nothing() {
        let base = fresh();
        let folder = base.join("made");
        let failed = make_once(&folder, |partial| {
            fs::write(partial.join("half"), "").unwrap();
            Err(Error::Brokers { brokers: 0 })
        });
        assert!(failed.is_err() && !folder.exists());
        make_once(&folder, |partial| {
            assert_eq!(fs::read_dir(partial).unwrap().count(), 0);
            Ok(())
        })
        .unwrap();
        assert!(folder.is_dir());
        remove(&base).unwrap();
    }

    #[test]
    fn clusters_that_have_ended_are_swept_and_others_stay() {
        let base = fresh();
        let (ended, lock) = new_cluster(&base).unwrap();
        drop(lock);
        let (held, held_lock) = new_cluster(&base).unwrap();
        let (last, last_lock) = new_cluster(&base).unwrap();
        assert!(!ended.exists());
        assert!(held.exists() && is_held(&held) && is_held(&last) && !is_held(&ended));
        // A second handle on the lock is as good as the first: this is what supervised processes keep.
        let shared = held_lock.try_clone().unwrap();
        drop(held_lock);
        assert!(is_held(&held));
        drop((shared, last_lock));
        assert!(!is_held(&held));
        remove(&base).unwrap();
    }
}
