//! Which doors of a server stand open: said when it starts, and refused where strangers could come in.

use std::net::SocketAddr;

use origem_http::{Options, State};
use tracing::warn;

use crate::config::Config;
use crate::failure::Failure;

/// That only this machine reaches a server where nobody has to prove who they are.
pub fn check(config: &Config, state: &State, addresses: &[SocketAddr]) -> Result<(), Failure> {
    if !state.is_open() {
        return Ok(());
    }
    let public = addresses.iter().find(|address| !address.ip().is_loopback());
    match public {
        None => {
            warn!("no key is configured: whoever is on this machine may ask and change everything, and nobody else");
            Ok(())
        }
        Some(address) if config.is_open => {
            warn!(%address, "no key is configured and access.open is set: whoever reaches the server may ask and change everything");
            Ok(())
        }
        Some(address) => Err(format!(
            "no key is configured, so whoever reaches {address} could read and change everything; make one with `origem keys create \
             --role operator --data {}`, or set operators.token, access.jwt_secret or access.jwks_file; or listen on 127.0.0.1; or \
             insist with access.open = true (ORIGEM_ACCESS_OPEN=true)",
            config.data.display()
        )
        .into()),
    }
}

/// Webhooks prove themselves by secrets of their own: whichever has none is open to whoever reaches the server.
pub fn warn_of_webhooks(options: &Options) {
    let doors = [
        (
            "meta.app_secrets",
            options.meta_app_secrets.is_empty(),
            "/webhooks/meta",
        ),
        (
            "twilio.auth_token",
            options.twilio_auth_token.is_none(),
            "/webhooks/twilio",
        ),
        (
            "whatsapp_web.token",
            options.whatsapp_web_token.is_none(),
            "/webhooks/whatsapp_web",
        ),
    ];
    for (setting, _, routes) in doors.into_iter().filter(|(_, open, _)| *open) {
        warn!(
            setting,
            routes, "not set: anybody who reaches the server can append there"
        );
    }
}
