//! Running the tools of others: Java, keytool, Maven.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::error::{Error, end_of};

/// The oldest Java that runs this Kafka.
const JAVA_MIN: u32 = 17;

/// A program of the JDK: of `JAVA_HOME` if that is set, else of the PATH.
pub(crate) fn of_java(name: &str) -> OsString {
    let in_home = |home: OsString| PathBuf::from(home).join("bin").join(name);
    std::env::var_os("JAVA_HOME")
        .map(in_home)
        .filter(|path| path.is_file())
        .map_or_else(|| name.into(), Into::into)
}

/// Checks that there is a Java that is new enough.
pub(crate) fn check_java() -> Result<(), Error> {
    let output = output(Command::new(of_java("java")).arg("-version"), "default-jre-headless")?;
    // It prints its version where errors go.
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match major(&said) {
        Some(found) if found >= JAVA_MIN => Ok(()),
        _ => Err(Error::OldJava {
            found: said.lines().next().unwrap_or("of unknown version").to_owned(),
            needed: JAVA_MIN,
        }),
    }
}

/// The major version in what `java -version` says: 8 for `"1.8.0_392"`, 17 for `"17.0.15"`.
fn major(said: &str) -> Option<u32> {
    let version = said.split('"').nth(1)?;
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    match numbers.next()?.ok()? {
        1 => numbers.next()?.ok(),
        major => Some(major),
    }
}

/// Runs a program to its end with nothing to read; gives what it printed.
pub(crate) fn output(command: &mut Command, package: &'static str) -> Result<Output, Error> {
    command.stdin(Stdio::null()).output().map_err(|source| Error::NoTool {
        tool: command.get_program().to_string_lossy().into_owned(),
        package,
        source,
    })
}

/// Runs a tool of the JDK that has to end well; `what` names it in the error.
pub(crate) fn run_java(what: &'static str, command: &mut Command) -> Result<(), Error> {
    let output = output(command, "default-jre-headless")?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Tool {
        tool: what,
        status: output.status,
        output: printed(&output),
    })
}

/// The end of what a program printed, both streams.
pub(crate) fn printed(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    end_of(&String::from_utf8_lossy(&both))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_java() {
        let cases = [
            (r#"openjdk version "17.0.15" 2025-04-15"#, Some(17)),
            (r#"java version "1.8.0_392""#, Some(8)),
            (r#"openjdk version "21" 2023-09-19"#, Some(21)),
            (r#"openjdk version "25-ea" 2025-09-16"#, Some(25)),
            (
                "Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version \"17.0.1\"",
                Some(17),
            ),
            ("no such thing", None),
            (r#"version "x""#, None),
        ];
        for (said, expected) in cases {
            assert_eq!(major(said), expected, "{said}");
        }
    }
}
