//! Runs a router on a listener: bounded patience with slow callers, and an orderly end.

use std::io;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tracing::{debug, warn};

/// How long a caller may take for the head of a request, and how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long requests at hand may take once the server ends.
const GRACE: Duration = Duration::from_secs(10);
/// After a failed accept (too many open files), so that it is not tried in a tight loop.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` until `ended`, then takes no more connections and lets the requests at hand finish.
/// `ended` should also call [`crate::State::close`], for streams of changes end no other way.
///
/// # Errors
/// None today; failures to accept a connection are logged and tried again.
pub async fn serve(listener: TcpListener, router: Router, ended: impl Future<Output = ()>) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let mut ended = std::pin::pin!(ended);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
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
        let service = TowerToHyperService::new(router.clone());
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
