//! Free ports on loopback.
//!
//! They are taken below the range from which systems give ports to outgoing connections. Else, while a broker is down, a client that
//! keeps knocking could be given that very port, connect to itself, and keep the broker from coming back.

use std::net::{Ipv4Addr, TcpListener};

use crate::error::Error;
use crate::home;

const FIRST: u16 = 20_000;
const LAST: u16 = 32_000;

/// The ports of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    pub(crate) plaintext: u16,
    pub(crate) ssl: u16,
    pub(crate) sasl_plaintext: u16,
    pub(crate) sasl_ssl: u16,
    pub(crate) controller: u16,
}

/// Ports that are ours as long as this lives; dropped just before the broker binds them.
pub(crate) struct Reserved(Vec<TcpListener>);

/// Reserves the ports of `nodes` nodes, all different.
pub(crate) fn reserve(nodes: usize) -> Result<(Vec<Ports>, Reserved), Error> {
    let mut listeners = Vec::new();
    let mut ports = Vec::with_capacity(nodes);
    for _ in 0..nodes {
        ports.push(Ports {
            plaintext: next(&mut listeners)?,
            ssl: next(&mut listeners)?,
            sasl_plaintext: next(&mut listeners)?,
            sasl_ssl: next(&mut listeners)?,
            controller: next(&mut listeners)?,
        });
    }
    Ok((ports, Reserved(listeners)))
}

impl Reserved {
    /// Lets the ports go.
    pub(crate) fn release(self) {
        drop(self.0);
    }
}

fn next(listeners: &mut Vec<TcpListener>) -> Result<u16, Error> {
    let span = u64::from(LAST - FIRST);
    for _ in 0..500 {
        let port = FIRST + u16::try_from(home::random() % span).unwrap_or(0);
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            listeners.push(listener);
            return Ok(port);
        }
    }
    Err(Error::NoPort {
        first: FIRST,
        last: LAST,
    })
}
