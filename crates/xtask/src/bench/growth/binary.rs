//! Commands of the binary, run to their end, with how long that took and how much memory they had.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Failure, failed};
use crate::bench::machine::kibibytes;

use crate::step;

/// Between two looks at a process.
const LOOK: Duration = Duration::from_millis(20);

/// A command that ended well.
pub struct Ended {
    /// What it wrote on standard output; empty if that went to a file.
    pub output: String,
    /// From its start to its end.
    pub took: Duration,
    /// The most memory it had, in bytes.
    pub memory_bytes: u64,
}

/// Builds the binary as users get it.
pub fn build(root: &Path) -> Result<PathBuf, Failure> {
    const WITHIN: Duration = Duration::from_secs(30 * 60);
    let mut cargo = step::cargo(root);
    cargo.args(["build", "--release", "--package", "origem-server", "--bin", "origem"]);
    step::run_within(&mut cargo, WITHIN).map_err(|failure| failure.to_string())?;
    Ok(root.join("target/release/origem"))
}

/// Runs it with these arguments to its end, with its output into `file` if there is one.
pub fn run_to_end(origem: &Path, arguments: &[&str], file: Option<&Path>) -> Result<Ended, Failure> {
    let said = || format!("origem {}", arguments.join(" "));
    let output = match file {
        Some(path) => Stdio::from(File::create(path).map_err(failed(path.display()))?),
        None => Stdio::piped(),
    };
    let mut command = Command::new(origem);
    // Progress is for people; errors are theirs too.
    command.args(arguments).stdin(Stdio::null()).stdout(output);
    let began = Instant::now();
    let mut child = command.spawn().map_err(failed(said()))?;
    let reader = child.stdout.take().map(|mut out| {
        thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).map(|_| text)
        })
    });
    let mut memory_bytes = 0;
    let status = loop {
        memory_bytes = memory_bytes.max(memory(&child, "VmHWM"));
        match child.try_wait().map_err(failed(said()))? {
            Some(status) => break status,
            None => thread::sleep(LOOK),
        }
    };
    let took = began.elapsed();
    let output = match reader.map(thread::JoinHandle::join) {
        Some(Ok(read)) => read.map_err(failed(said()))?,
        Some(Err(_)) => return Err(format!("{}: its output could not be read", said())),
        None => String::new(),
    };
    if !status.success() {
        return Err(format!("{} ended with {status}", said()));
    }
    Ok(Ended {
        output,
        took,
        memory_bytes,
    })
}

/// Bytes of memory of a process: `VmRSS` now, `VmHWM` the most there was. 0 if it has ended.
pub fn memory(child: &Child, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    kibibytes(&status, field).unwrap_or_default()
}

/// Bytes that a folder takes on the disk.
pub fn disk_bytes(folder: &Path) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;

    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += match metadata.is_dir() {
            true => disk_bytes(&entry.path())?,
            // A file may be longer than what it takes: log segments are set aside whole.
            false => metadata.blocks() * 512,
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_run_to_its_end() {
        let sh = Path::new("/bin/sh");
        let ended = run_to_end(sh, &["-c", "echo done"], None).unwrap();
        assert_eq!(ended.output, "done\n");
        let failure = run_to_end(sh, &["-c", "exit 3"], None).err().unwrap();
        assert!(failure.contains("exit status: 3"), "{failure}");
        let missing = run_to_end(Path::new("/nowhere"), &["rebuild"], None).err().unwrap();
        assert!(missing.starts_with("origem rebuild: "), "{missing}");
    }

    #[test]
    fn folders_are_summed_up() {
        let folder = std::env::temp_dir().join(format!("origem-growth-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        let empty = disk_bytes(&folder).unwrap();
        fs::write(folder.join("inner/file"), vec![1; 100_000]).unwrap();
        let bytes = disk_bytes(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(empty, 0);
        assert!((100_000..300_000).contains(&bytes), "{bytes}");
    }
}
