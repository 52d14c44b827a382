//! The API as commands ask it: of a running server, or of this process on a data directory. The routes are the same.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use futures_util::StreamExt as _;
use origem_engine::Engine;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::args::Settings;
use crate::client::{self, IDEMPOTENCY_KEY, understood};
use crate::config::{Config, LogKind};
use crate::failure::Failure;
use crate::{data, outbox, telemetry};

/// Whom to ask.
pub enum Api {
    /// This process, on a data directory.
    Local {
        engine: Arc<Engine>,
        runtime: tokio::runtime::Runtime,
        router: axum::Router,
    },
    /// A running server.
    Remote { url: String, token: Option<String> },
}

impl Api {
    /// A running server; `token`: of operators.
    pub fn remote(url: &str, token: Option<String>) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        Self::Remote { url, token }
    }

    /// A running server if an address is told, else the data directory of the settings.
    pub fn at(url: Option<&str>, settings: &Settings) -> Result<Self, Failure> {
        match url {
            Some(url) => Ok(Self::remote(url, None)),
            None => Self::open(settings),
        }
    }

    /// Opens the data directory and brings its views up to date.
    pub fn open(settings: &Settings) -> Result<Self, Failure> {
        let api = Self::on(&Config::load(settings, &[])?)?;
        api.catch_up()?;
        Ok(api)
    }

    /// As `open`, and where there is no data yet it begins some: for what is told before the first event.
    pub fn open_or_begin(settings: &Settings) -> Result<Self, Failure> {
        let config = Config::load(settings, &[])?;
        // Where views lie without their log, the log was lost or moved away, and is not begun anew in silence.
        let begins = !has_log(&config) && !config.data.join("views").exists();
        let api = match begins {
            true => Self::start(&config)?,
            false => Self::on(&config)?,
        };
        if begins {
            writeln!(std::io::stderr(), "began a data directory in {}", config.data.display())?;
        }
        api.catch_up()?;
        Ok(api)
    }

    /// Opens the data directory of settings that are understood already.
    pub fn on(config: &Config) -> Result<Self, Failure> {
        if !has_log(config) {
            let advice = "name the directory with --data, or begin one with `origem ingest` or `origem serve`";
            return Err(format!("there is no data in {}; {advice}", config.data.display()).into());
        }
        Self::start(config)
    }

    fn start(config: &Config) -> Result<Self, Failure> {
        // What the command prints is its result; the log speaks up only when something is wrong.
        telemetry::start(&Config {
            telemetry_level: "warn".to_owned(),
            ..config.clone()
        })?;
        let engine = data::open_beside_servers(config)?;
        // Whoever can open the data needs no key.
        let state = origem_http::State::unguarded(engine.clone(), config.http.clone());
        outbox::show(config, &engine, &state)?;
        let router = origem_http::router(state);
        Ok(Self::Local {
            engine,
            runtime: tokio::runtime::Runtime::new()?,
            router,
        })
    }

    /// Waits until the views of a data directory hold everything that is in its log; a server sees to its own.
    pub fn catch_up(&self) -> Result<(), Failure> {
        const PATIENCE: Duration = Duration::from_secs(24 * 3600);
        let Self::Local { engine, runtime, .. } = self else {
            return Ok(());
        };
        // Nobody else reads these views: what takes less time may be done to them.
        if engine.is_far_behind()? {
            engine.fold_anew()?;
        }
        let there = runtime.block_on(engine.wait(&engine.status()?.last(), PATIENCE));
        if engine.status()?.failed() {
            return Err("the views cannot be brought up to date; see the log above".into());
        }
        Ok(there?)
    }

    /// What a route answers.
    pub fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(&Method::GET, path, None)
    }

    /// What a route answers to a request with a body of JSON, or with none.
    pub fn send(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        self.send_with(method, path, None, body)
    }

    /// The same of something that is done once, however often it is sent with that key.
    pub fn send_once(&self, path: &str, key: &str, body: &Value) -> Result<Value, Failure> {
        self.send_with(&Method::POST, path, Some(key), Some(body))
    }

    fn send_with(
        &self,
        method: &Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        match self {
            Self::Local { runtime, router, .. } => {
                let body = body.map(Value::to_string).unwrap_or_default();
                let mut request = Request::builder().method(method).uri(path);
                if let Some(key) = key {
                    request = request.header(IDEMPOTENCY_KEY, key);
                }
                let request = request.body(Body::from(body))?;
                let (success, bytes) = runtime.block_on(async {
                    let Ok(response) = router.clone().oneshot(request).await;
                    let success = response.status().is_success();
                    Ok::<_, axum::Error>((success, to_bytes(response.into_body(), usize::MAX).await?))
                })?;
                understood(success, &bytes)
            }
            Self::Remote { url, token } => client::send(method, &format!("{url}{path}"), token.as_deref(), key, body),
        }
    }

    /// Writes what a route answers to `out` as it comes: of answers too long for memory.
    pub fn copy(&self, path: &str, out: &mut dyn Write) -> Result<(), Failure> {
        let (runtime, router) = match self {
            Self::Local { runtime, router, .. } => (runtime, router),
            Self::Remote { url, token } => return client::copy(&format!("{url}{path}"), token.as_deref(), out),
        };
        let request = Request::get(path).body(Body::empty())?;
        runtime.block_on(async {
            let Ok(response) = router.clone().oneshot(request).await;
            if !response.status().is_success() {
                let told = to_bytes(response.into_body(), usize::MAX).await?;
                return understood(false, &told).map(drop);
            }
            let mut parts = response.into_body().into_data_stream();
            while let Some(part) = parts.next().await {
                out.write_all(&part?)?;
            }
            Ok(())
        })
    }

    /// Gives a data directory back; of a server, nothing. What the views were told meanwhile is durable then.
    pub fn close(self) -> Result<(), Failure> {
        match self {
            Self::Local { engine, .. } => Ok(engine.stop()?),
            Self::Remote { .. } => Ok(()),
        }
    }
}

/// Whether there is a log to open: in the data directory, or on Kafka.
fn has_log(config: &Config) -> bool {
    config.log_kind == LogKind::Kafka || config.data.join("log").is_dir()
}
