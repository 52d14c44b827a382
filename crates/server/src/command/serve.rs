//! `origem serve`: everything in one process.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use origem_conversions::Service;
use origem_engine::Engine;
use origem_grpc::Unready;
use origem_http::State;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tracing::info;

use crate::args::Serve;
use crate::command::doors;
use crate::command::now;
use crate::config::{Config, LogKind};
use crate::failure::Failure;
use crate::kafka::Beside;
use crate::retention::Keeper;
use crate::{data, kafka, outbox, seed, telemetry};

/// Serves until it is told to stop.
pub fn run(args: &Serve) -> Result<(), Failure> {
    let flags = [
        ("listen", args.listen.as_deref()),
        ("grpc.listen", args.grpc.as_deref()),
    ];
    let mut config = Config::load(&args.settings, &flags)?;
    config.engine.rebuild.automatic = true;
    let _traces = telemetry::start_with_traces(&config)?;
    let engine = data::open(&config)?;
    seed::sow(&engine, &config.directory_entries, &config.http.account, now())?;
    doors::warn_of_webhooks(&config.http);
    let keeper = match config.log_kind {
        LogKind::Segments => Keeper::start(&engine, config.retention)?,
        LogKind::Kafka => None,
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let (beside, settings) = (engine.clone(), config.clone());
    let start = move |address, state: &State, troubles| {
        let conversions = outbox::start(&settings, &beside, state)?;
        Ok((
            Beside::start(&settings, &beside, address, state, troubles)?,
            conversions,
        ))
    };
    let stop = |(beside, conversions): (Beside, Option<Service>)| {
        beside.stop();
        if let Some(conversions) = conversions {
            conversions.stop();
        }
    };
    let served = runtime.block_on(serve(engine.clone(), &config, start, stop));
    if let Some(keeper) = keeper {
        keeper.stop();
    }
    // Requests under way are done; now what they appended is projected and made durable.
    engine.stop()?;
    info!("stopped");
    served
}

/// Ends the server, from wherever it is seen that it must not go on. The first trouble counts.
#[derive(Clone)]
pub struct Troubles(mpsc::UnboundedSender<Failure>);

impl Troubles {
    /// Ends the server, with this as the reason.
    pub fn end(&self, failure: Failure) {
        // One that is ending already takes no reasons any more.
        drop(self.0.send(failure));
    }
}

/// Serves the engine until it is told to stop. Once the addresses are bound, `start` is called on a thread of its own; if it
/// fails the server ends. What it gives is stopped before requests end: others learn that nobody is here while there still is.
pub async fn serve<T: Send + 'static>(
    engine: Arc<Engine>,
    config: &Config,
    start: impl FnOnce(SocketAddr, &State, Troubles) -> Result<T, Failure> + Send + 'static,
    stop: impl FnOnce(T) + Send + 'static,
) -> Result<(), Failure> {
    let asked = Stop::listen()?;
    let listener = bind(&config.listen).await?;
    let grpc_listener = match &config.grpc_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let address = listener.local_addr()?;
    let options = origem_http::Options {
        peer_token: kafka::peer_token(config, &engine),
        join_trace: Some(telemetry::join),
        waits_for_beside: config.log_kind == LogKind::Kafka,
        ..config.http.clone()
    };
    let state = State::new(engine.clone(), options);
    let mut addresses = vec![address];
    if let Some(listener) = &grpc_listener {
        addresses.push(listener.local_addr()?);
    }
    doors::check(config, &state, &addresses)?;
    let router = origem_http::router(state.clone()).merge(origem_console::router());
    writeln!(std::io::stdout(), "http://{address}")?;
    std::io::stdout().flush()?;
    info!(%address, "listening");
    let ending = watch::Sender::new(false);
    let (grpc_ended, http_ended) = (ended(&ending), ended(&ending));
    let grpc = grpc_listener.map(|listener| tokio::spawn(grpc(listener, engine, config, state.clone(), grpc_ended)));
    let http = tokio::spawn(origem_http::serve(listener, router, http_ended));
    let (troubles, mut trouble) = mpsc::unbounded_channel();
    let troubles = Troubles(troubles);
    let starting = state.clone();
    let started = tokio::task::spawn_blocking(move || {
        let started = start(address, &starting, troubles.clone());
        started.map_err(|failure| troubles.end(failure)).ok()
    });
    let failed = tokio::select! {
        () = asked.asked() => None,
        // Nobody is left to tell: then only being asked counts.
        Some(failure) = trouble.recv() => Some(failure),
        // Here, so that it cannot end while the server goes on.
        never = state.watch() => match never {},
    };
    info!("stopping: requests under way are finished");
    state.close();
    let stopped = match started.await {
        Ok(Some(started)) => tokio::task::spawn_blocking(move || stop(started)).await,
        Ok(None) => Ok(()),
        Err(panicked) => Err(panicked),
    };
    ending.send_replace(true);
    let served = http.await;
    state.end_clicks().await;
    if let Some(grpc) = grpc {
        grpc.await??;
    }
    served??;
    stopped?;
    // It may have failed to start while it was asked to stop.
    failed.or_else(|| trouble.try_recv().ok()).map_or(Ok(()), Err)
}

/// Takes an address, or says which cannot be had.
async fn bind(address: &str) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| Failure::from(error).context(format!("cannot listen on {address}")))
}

/// Done once requests are to end.
fn ended(ending: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut ending = ending.subscribe();
    async move { drop(ending.wait_for(|ending| *ending).await) }
}

/// Serves the gRPC API.
fn grpc(
    listener: TcpListener,
    engine: Arc<Engine>,
    config: &Config,
    state: State,
    ended: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = Result<(), Failure>> + Send + 'static {
    let options = origem_grpc::Options {
        unready: Unready::new(move || state.unready()),
        ..config.grpc.clone()
    };
    async move {
        info!(address = %listener.local_addr()?, "listening for gRPC");
        Ok(origem_grpc::serve(listener, engine, options, ended).await?)
    }
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
    }
}
