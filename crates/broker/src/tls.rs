//! Certificates for the TLS listeners: an authority and a server certificate for `localhost` and 127.0.0.1, made by the JDK's `keytool`.
//!
//! They are made once and shared by all clusters of this checkout. Their keys protect nothing: everything listens on loopback only.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::{home, tool};

/// The password of the key store. Java wants one.
pub(crate) const STORE_PASSWORD: &str = "changeit";

/// The files of the certificates.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    /// The certificate of the authority, PEM: what a client trusts.
    pub(crate) authority_pem: PathBuf,
    /// The server's key and certificate, PKCS#12: what a broker shows.
    pub(crate) server_store: PathBuf,
}

/// Makes the certificates in `home`, or finds them there.
pub(crate) fn certificates_in(home: &Path) -> Result<Certificates, Error> {
    // The number changes when what is made changes.
    let folder = home.join("tls-1");
    home::make_once(&folder, fill)?;
    Ok(Certificates {
        authority_pem: folder.join("ca.pem"),
        server_store: folder.join("server.p12"),
    })
}

fn fill(folder: &Path) -> Result<(), Error> {
    const KEY: [&str; 6] = ["-keyalg", "EC", "-groupname", "secp256r1", "-validity", "3650"];
    let pem = folder.join("ca.pem");
    keytool(
        folder,
        &["-genkeypair", "-alias", "ca", "-dname", "CN=Origem test authority"],
        |command| {
            command
                .args(KEY)
                .args(["-ext", "bc:c", "-ext", "ku=keyCertSign,cRLSign"]);
        },
    )?;
    keytool(folder, &["-exportcert", "-rfc", "-alias", "ca", "-file"], |command| {
        command.arg(&pem);
    })?;
    keytool(
        folder,
        &[
            "-genkeypair",
            "-alias",
            "server",
            "-dname",
            "CN=localhost",
            "-signer",
            "ca",
        ],
        |command| {
            command
                .args(KEY)
                .args(["-ext", "san=dns:localhost,ip:127.0.0.1", "-ext", "eku=serverAuth"]);
        },
    )?;
    // With both keys in one store a broker could show the wrong one.
    keytool(folder, &["-delete", "-alias", "ca"], |_| {})
}

fn keytool(folder: &Path, arguments: &[&str], more: impl FnOnce(&mut Command)) -> Result<(), Error> {
    let mut command = Command::new(tool::of_java("keytool"));
    command.args(arguments);
    more(&mut command);
    command
        .args(["-storetype", "PKCS12", "-storepass", STORE_PASSWORD, "-keystore"])
        .arg(folder.join("server.p12"));
    tool::run_java("keytool", &mut command)
}
