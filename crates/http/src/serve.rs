//! Runs a router on a listener: bounded patience with slow callers, and an orderly end.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tracing::{debug, warn};

/// How long a caller may take for the head of a request, and how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// What is read ahead of a connection at most, which stands in nobody's room; also the longest head of a request.
const READ_AHEAD_BYTES_MAX: usize = 64 << 10;
/// How long requests at hand may take once the server ends.
const GRACE: Duration = Duration::from_secs(10);
/// After a failed accept (too many open files), so that it is not tried in a tight loop.
const PAUSE: Duration = Duration::from_millis(100);

/// The address that a request comes from: of the connection, so of a proxy where there is one. What headers say of it anybody may
/// write. Requests that came over no connection have none.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Serves `router` until `ended`, then takes no more connections and lets the requests at hand finish.
/// `ended` should also call [`crate::State::close`], for streams of changes end no other way.
///
/// # Errors
/// None today; failures to accept a connection are logged and tried again.
pub async fn serve(listener: TcpListener, router: Router, ended: impl Future<Output = ()>) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(READ_AHEAD_BYTES_MAX);
    let mut ended = std::pin::pin!(ended);
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
            () = &mut ended => break,
        };
        // Answers are small and wanted at once.
        drop(stream.set_nodelay(true));
        let routes = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(address.ip()));
            routes.call(request)
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "connection ended");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        warn!("some requests did not finish in time");
    }
    Ok(())
}
