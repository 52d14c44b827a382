//! The moment of a read: now, an instant of the past, or a position of the log.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use origem_domain::position::Positions;
use origem_domain::time::Timestamp;
use origem_engine::query::Moment;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::Refusal;
use crate::state::State;

/// Of which moment; of now if nothing is told. One of the two.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsOf {
    /// As it was at this instant: what had happened up to then, as it is known today, also where it came in later.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// As it was known once the event at this position was taken in, that event included: what a write answered as
    /// `Origem-Position`. Waits, for a bounded time, until the views hold it.
    #[param(example = "0:41")]
    position: Option<String>,
}

impl AsOf {
    /// The moment; `None`: now.
    ///
    /// # Errors
    /// `Invalid` for both at once and for what is no position; `NotThereYet` for one that the views do not reach in time.
    pub(crate) async fn moment(self, state: &State) -> Result<Option<Moment>, Refusal> {
        let positions = match (self.at, self.position) {
            (None, None) => return Ok(None),
            (Some(at), None) => return Ok(Some(Moment::At(at))),
            (None, Some(text)) => text
                .parse::<Positions>()
                .map_err(|_| Refusal::Invalid(format!("position: `{text}` is not a position such as 0:41")))?,
            (Some(_), Some(_)) => {
                return Err(Refusal::Invalid(
                    "at: it does not go with position; give one of them".to_owned(),
                ));
            }
        };
        state.engine().wait(&positions, state.options().wait_timeout).await?;
        Ok(Some(Moment::Position(positions)))
    }
}

/// Refuses to read the past where it cannot be read: the present instead would be a wrong answer that looks right.
pub(crate) async fn present(request: Request, next: Next) -> Result<Response, Refusal> {
    let mut parameters = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    match parameters.find(|(name, _)| name == "at" || name == "position") {
        Some((name, _)) => Err(Refusal::Invalid(format!(
            "{name}: this tells of now only; of the past there are single conversations and /v1/queue"
        ))),
        None => Ok(next.run(request).await),
    }
}
