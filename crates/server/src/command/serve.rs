//! `origem serve`: everything in one process.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use origem_engine::Engine;
use origem_http::State;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

use crate::args::Serve;
use crate::config::Config;
use crate::failure::Failure;
use crate::{data, telemetry};

/// Serves until it is told to stop.
pub fn run(args: &Serve) -> Result<(), Failure> {
    let settings = &args.settings;
    let config = Config::load(
        settings.config.as_deref(),
        settings.data.as_deref(),
        args.listen.as_deref(),
    )?;
    telemetry::start(&config)?;
    let engine = Arc::new(data::open(&config)?);
    warn_of_open_doors(&config.http);
    let runtime = tokio::runtime::Runtime::new()?;
    let served = runtime.block_on(serve(engine.clone(), &config, |_| {}));
    // Requests under way are done; now what they appended is projected and made durable.
    engine.stop()?;
    info!("stopped");
    served
}

/// Whatever has no secret is open to whoever reaches the server.
fn warn_of_open_doors(options: &origem_http::Options) {
    let doors = [
        (
            "meta.app_secrets",
            options.meta_app_secrets.is_empty(),
            "/webhooks/meta",
        ),
        (
            "producers.token",
            options.producer_token.is_none(),
            "/v1/events, /v1/deliveries and /webhooks/event",
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

/// Serves the engine; calls `ready` with the address once it is bound.
pub async fn serve(engine: Arc<Engine>, config: &Config, ready: impl FnOnce(SocketAddr)) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let listener = TcpListener::bind(&config.listen)
        .await
        .map_err(|error| Failure::from(error).context(format!("cannot listen on {}", config.listen)))?;
    let address = listener.local_addr()?;
    let state = State::new(engine, config.http.clone());
    let router = origem_http::router(state.clone()).merge(origem_console::router());
    writeln!(std::io::stdout(), "http://{address}")?;
    std::io::stdout().flush()?;
    info!(%address, "listening");
    ready(address);
    let ended = async move {
        stop.asked().await;
        state.close();
    };
    Ok(origem_http::serve(listener, router, ended).await?)
}

/// What asks the process to stop.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Listens from now on: whoever reads our address may ask us to stop at once.
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Done when the process is asked to stop.
    async fn asked(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        info!("stopping: requests under way are finished");
    }
}
