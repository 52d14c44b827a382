//! What the producer of an outlet says by callback: which record failed first, and why things fail.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;

use crate::cluster::{Context, Report};

/// The delivery reports of one transaction at a time; a record is known by its index.
pub(super) struct Reports {
    context: Context,
    failed: Mutex<Option<(usize, RDKafkaErrorCode)>>,
}

impl Reports {
    pub(super) fn new(context: Context) -> Self {
        Self {
            context,
            failed: Mutex::default(),
        }
    }

    /// Another transaction begins.
    pub(super) fn begin(&self) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The first record that failed, and why.
    pub(super) fn failed(&self) -> Option<(usize, RDKafkaErrorCode)> {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn report(&self) -> Option<Report> {
        self.context.report()
    }

    pub(super) fn forget(&self) {
        self.context.forget();
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, index: usize) {
        if let Err((error, _)) = result {
            let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.get_or_insert((index, code));
        }
    }
}

impl ClientContext for Reports {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = Context::ENABLE_REFRESH_OAUTH_TOKEN;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.context.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.error(error, reason);
    }

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.context.generate_oauth_token(config)
    }
}
