//! The jars of Apache Kafka: from Maven Central once, then from `target/kafka`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::{home, tool};

/// The version of Apache Kafka, as `pom.xml` pins it.
pub const KAFKA_VERSION: &str = "4.1.1";

/// The class path of Apache Kafka, with its client library; gets the jars if they are not there yet. Java expands the `*`.
/// Safe to call from several processes at once: one downloads, the others wait.
/// # Errors
/// `NoTool` without Maven, `Download` if Maven fails; neither if the jars are there already.
pub fn class_path() -> Result<String, Error> {
    let folder = jars_in(&home::home())?;
    Ok(format!("{}/*", folder.display()))
}

fn jars_in(home: &Path) -> Result<PathBuf, Error> {
    let folder = home.join(format!("libs-{KAFKA_VERSION}"));
    home::make_once(&folder, |partial| {
        let mut maven = Command::new("mvn");
        maven
            .args(["--batch-mode", "--quiet", "--file"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("pom.xml"))
            .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
            .arg(format!("-DoutputDirectory={}", partial.display()));
        let output = tool::output(&mut maven, "maven")?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::Download {
            version: KAFKA_VERSION,
            output: tool::printed(&output),
        })
    })?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pom_pins_the_version_that_names_the_folder() {
        let pom = include_str!("../pom.xml");
        let kafka = pom.split("<artifactId>kafka_2.13</artifactId>").nth(1).unwrap();
        let version = kafka.split("<version>").nth(1).unwrap().split('<').next().unwrap();
        assert_eq!(version, KAFKA_VERSION);
    }
}
