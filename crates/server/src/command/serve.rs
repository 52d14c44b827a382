//! `origem serve`: everything in one process.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use origem_engine::Engine;
use origem_grpc::Unready;
use origem_http::State;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::args::Serve;
use crate::config::{Config, LogKind};
use crate::failure::Failure;
use crate::kafka::Beside;
use crate::{data, kafka, telemetry};

/// Serves until it is told to stop.
pub fn run(args: &Serve) -> Result<(), Failure> {
    let flags = [
        ("listen", args.listen.as_deref()),
        ("grpc.listen", args.grpc.as_deref()),
    ];
    let config = Config::load(&args.settings, &flags)?;
    telemetry::start(&config)?;
    let engine = data::open(&config)?;
    warn_of_open_doors(&config.http);
    let runtime = tokio::runtime::Runtime::new()?;
    let (beside, settings) = (engine.clone(), config.clone());
    let served = runtime.block_on(serve(engine.clone(), &config, move |address, state| {
        Beside::start(&settings, &beside, address, state)
    }));
    // Requests under way are done; now what they appended is projected and made durable.
    let stopped = served.map(|beside| beside.into_iter().for_each(Beside::stop));
    engine.stop()?;
    info!("stopped");
    stopped
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

/// Serves the engine until it is told to stop. Once the address is bound, `start` is called on a thread of its own; what it
/// gives is given back at the end, and if it fails the server ends.
pub async fn serve<T: Send + 'static>(
    engine: Arc<Engine>,
    config: &Config,
    start: impl FnOnce(SocketAddr, &State) -> Result<T, Failure> + Send + 'static,
) -> Result<Option<T>, Failure> {
    let stop = Stop::listen()?;
    let listener = TcpListener::bind(&config.listen)
        .await
        .map_err(|error| Failure::from(error).context(format!("cannot listen on {}", config.listen)))?;
    let address = listener.local_addr()?;
    let options = origem_http::Options {
        peer_token: kafka::peer_token(config, &engine),
        waits_for_beside: config.log_kind == LogKind::Kafka,
        ..config.http.clone()
    };
    let state = State::new(engine.clone(), options);
    let router = origem_http::router(state.clone()).merge(origem_console::router());
    writeln!(std::io::stdout(), "http://{address}")?;
    std::io::stdout().flush()?;
    info!(%address, "listening");
    let ending = watch::Sender::new(false);
    let grpc = tokio::spawn(grpc(engine, config.clone(), state.clone(), ending.subscribe()));
    let (failed, failing) = tokio::sync::oneshot::channel();
    let starting = state.clone();
    let started = tokio::task::spawn_blocking(move || {
        let started = start(address, &starting);
        if started.is_err() && failed.send(()).is_err() {
            info!("the server has ended already");
        }
        started
    });
    let ended = async move {
        tokio::select! {
            () = stop.asked() => {}
            // Dropped without a word: it started well.
            Ok(()) = failing => {}
        }
        state.close();
        ending.send_replace(true);
    };
    let served = origem_http::serve(listener, router, ended).await;
    let started = started.await??;
    grpc.await??;
    served?;
    Ok(Some(started))
}

/// Serves the gRPC API, if it has an address. If that cannot be bound, the server goes on without and says so at its end.
async fn grpc(
    engine: Arc<Engine>,
    config: Config,
    state: State,
    mut ending: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let Some(address) = config.grpc_listen else {
        return Ok(());
    };
    let listener = TcpListener::bind(&address).await.map_err(|error| {
        error!(address, %error, "gRPC is not served");
        Failure::from(error).context(format!("cannot listen on {address}"))
    })?;
    info!(address = %listener.local_addr()?, "listening for gRPC");
    let ended = async move {
        drop(ending.wait_for(|ending| *ending).await);
    };
    let options = origem_grpc::Options {
        unready: Unready::new(move || state.unready()),
        ..config.grpc
    };
    Ok(origem_grpc::serve(listener, engine, options, ended).await?)
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
