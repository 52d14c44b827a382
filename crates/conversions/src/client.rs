//! Requests to destinations: one POST after the other, bounded in time and in what is read of the answer.

use std::io::Read as _;
use std::time::Duration;

use crate::answer::Response;
use crate::conversion::Reason;

/// What is read of an answer.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// However long a destination wants to be left alone, it is asked again after this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// Who sends requests. Keeps connections open; follows no redirects: what is told goes to the configured address only.
pub(crate) struct Client(ureq::Agent);

impl Client {
    /// One whose requests take up to `timeout` each, answer included.
    pub(crate) fn new(timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("origem/", env!("CARGO_PKG_VERSION")));
        Self(config.build().into())
    }

    /// Posts JSON; gives the answer, whatever its status.
    ///
    /// # Errors
    /// Why there is none. The request may have been taken all the same.
    pub(crate) fn post(&self, url: &str, headers: &[(&str, String)], body: &str) -> Result<Response, Reason> {
        let mut request = self.0.post(url).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request.send(body).map_err(|error| unanswered(&error))?;
        let status = response.status().as_u16();
        let header = response.headers().get("retry-after");
        let seconds = header.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut body = Vec::new();
        let reader = response.into_body().into_reader();
        // Where the answer breaks off, its status still counts.
        drop(reader.take(ANSWER_BYTES_MAX).read_to_end(&mut body));
        Ok(Response {
            status,
            retry_after: seconds.map(Duration::from_secs).map(|wait| wait.min(RETRY_AFTER_MAX)),
            body,
        })
    }
}

/// What the matter is, without the address: it may hold what is not for everybody.
fn unanswered(error: &ureq::Error) -> Reason {
    match error {
        ureq::Error::Timeout(_) => Reason::new("timeout", "it did not answer in time"),
        ureq::Error::HostNotFound => Reason::new("no_host", "its name is not known; check the address in the settings"),
        ureq::Error::BadUri(_) => Reason::new("address", "its address is none; check the settings"),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            Reason::new("tls", format!("no secure connection came about: {error}"))
        }
        error => Reason::new("unreachable", format!("it cannot be reached: {error}")),
    }
}
