//! What every client of this crate does in its callbacks: remember why things fail, pass log lines on, renew the token.
//! Callbacks run inside `poll`, so they are short.

use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::token;

/// A report is no reason for what fails long after it.
const MEMORY: Duration = Duration::from_secs(120);

/// What a client said by callback.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub code: RDKafkaErrorCode,
    pub reason: String,
    at: Instant,
}

impl Report {
    pub(crate) fn new(code: RDKafkaErrorCode, reason: &str) -> Self {
        Self {
            code,
            reason: tidied(reason).to_owned(),
            at: Instant::now(),
        }
    }

    /// That no broker is up, or a connection broke, says less than why.
    fn is_vague(&self) -> bool {
        matches!(
            self.code,
            RDKafkaErrorCode::AllBrokersDown | RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::Resolve
        )
    }
}

/// librdkafka's words without the name of its thread and the time it took.
fn tidied(reason: &str) -> &str {
    let reason = reason.rsplit_once("]: ").map_or(reason, |(_, rest)| rest);
    reason.split_once(" (after ").map_or(reason, |(words, _)| words).trim()
}

/// The context of a client; a producer's or a group's own context holds one and passes the callbacks on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    last: Arc<Mutex<Option<Report>>>,
    token_file: Option<PathBuf>,
}

impl Context {
    pub(crate) fn new(token_file: Option<PathBuf>) -> Self {
        Self {
            last: Arc::default(),
            token_file,
        }
    }

    /// What the client last reported, if that is not long ago.
    pub(crate) fn report(&self) -> Option<Report> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone().filter(|report| report.at.elapsed() < MEMORY)
    }

    /// A call has succeeded: what was reported before explains nothing any more.
    pub(crate) fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn remember(&self, report: Report) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let told_more = last
            .as_ref()
            .is_some_and(|before| !before.is_vague() && before.at.elapsed() < MEMORY);
        if !(report.is_vague() && told_more) {
            *last = Some(report);
        }
    }
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                tracing::warn!(facility, "kafka client: {message}");
            }
            RDKafkaLogLevel::Warning | RDKafkaLogLevel::Notice => tracing::info!(facility, "kafka client: {message}"),
            RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => tracing::debug!(facility, "kafka client: {message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else {
            return;
        };
        // Nothing is wrong at the end of a partition.
        if code != RDKafkaErrorCode::PartitionEOF {
            tracing::debug!(?code, "kafka client: {reason}");
            self.remember(Report::new(code, reason));
        }
    }

    fn generate_oauth_token(&self, _config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let read = token::read(self.token_file.as_deref());
        if let Err(error) = &read {
            self.remember(Report::new(RDKafkaErrorCode::Authentication, &error.to_string()));
        }
        Ok(read?)
    }
}

impl ConsumerContext for Context {}

#[cfg(test)]
mod tests {
    use rdkafka::client::ClientContext;
    use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

    use super::{Context, tidied};

    #[test]
    fn the_most_telling_report_is_kept() {
        let context = Context::default();
        let told = |code, reason| {
            context.error(KafkaError::Global(code), reason);
            context.report().map(|report| report.reason)
        };
        assert_eq!(told(Code::PartitionEOF, "end").as_deref(), None);
        assert_eq!(
            told(Code::BrokerTransportFailure, "refused").as_deref(),
            Some("refused")
        );
        assert_eq!(told(Code::Authentication, "wrong").as_deref(), Some("wrong"));
        assert_eq!(told(Code::AllBrokersDown, "down").as_deref(), Some("wrong"));
        assert_eq!(told(Code::SSL, "no trust").as_deref(), Some("no trust"));
        context.forget();
        assert!(context.report().is_none());
    }

    #[test]
    fn reasons_lose_what_only_librdkafka_needs() {
        let cases = [
            (
                "ssl://a:1/bootstrap: SSL handshake failed",
                "ssl://a:1/bootstrap: SSL handshake failed",
            ),
            (
                "[thrd:a:1/1]: a:1/1: Connect failed: refused (after 0ms in state CONNECT)",
                "a:1/1: Connect failed: refused",
            ),
            ("1/1 brokers are down", "1/1 brokers are down"),
        ];
        for (reason, expected) in cases {
            assert_eq!(tidied(reason), expected);
        }
    }
}
