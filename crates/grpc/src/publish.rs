//! A stream of submissions and the stream of their acknowledgements, both in the same order.
//!
//! ```text
//! submissions --> read --> under way (bounded, one after the other into intake) --> acknowledgements
//! ```
//! Driven by the caller who reads the acknowledgements: one who does not read is not read either, once what is under way is
//! enough.

use std::sync::Arc;

use futures_util::future::{BoxFuture, ready};
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use origem_access::Caller;
use origem_engine::EngineError;
use origem_wire::proto::{PublishRequest, PublishResponse};
use tokio::sync::watch;
use tonic::{Status, Streaming};

use crate::access::{Access, DECODED_INLINE_BYTES_MAX, ended, position};
use crate::refusal::Refusal;
use crate::submission::Readable;

/// The acknowledgements of what the caller submits. Ends when it has nothing more to submit; with a refusal when its stream
/// is broken or the server ends, after all that is under way is told.
pub(crate) fn publish(
    access: Access,
    caller: Caller,
    submissions: Streaming<PublishRequest>,
) -> impl Stream<Item = Result<PublishResponse, Status>> {
    let publisher = Publisher {
        closing: access.closing(),
        access,
        caller: Arc::new(caller),
        submissions,
        under_way: FuturesOrdered::new(),
        large: None,
        end: None,
    };
    stream::unfold(Some(publisher), |publisher| async {
        let mut publisher = publisher?;
        match publisher.next().await {
            Ok(answer) => Some((Ok(answer), Some(publisher))),
            Err(End::Whole) => None,
            Err(End::Broken(status)) => Some((Err(status), None)),
        }
    })
}

/// How a stream ends.
enum End {
    /// All is told.
    Whole,
    /// The caller's stream broke, or the server ends.
    Broken(Status),
}

struct Publisher {
    access: Access,
    caller: Arc<Caller>,
    closing: watch::Receiver<bool>,
    submissions: Streaming<PublishRequest>,
    under_way: FuturesOrdered<BoxFuture<'static, PublishResponse>>,
    /// Is read on a thread of its own, which nothing may overtake: it waits until nothing else is under way.
    large: Option<(String, Readable)>,
    /// Nothing more is read.
    end: Option<End>,
}

impl Publisher {
    /// The next acknowledgement; reads on meanwhile.
    async fn next(&mut self) -> Result<PublishResponse, End> {
        loop {
            if self.under_way.is_empty() {
                if let Some((id, delivery)) = self.large.take() {
                    return Ok(acknowledge(&self.access, &self.caller, id, delivery).await);
                }
                if let Some(end) = self.end.take() {
                    return Err(end);
                }
            }
            let room = self.under_way.len() < self.access.options().under_way_max.max(1);
            let reads = room && self.large.is_none() && self.end.is_none();
            tokio::select! {
                biased; // what is done is told first
                Some(answer) = self.under_way.next() => return Ok(answer),
                () = ended(&mut self.closing), if reads => {
                    self.end = Some(End::Broken(Refusal::from(EngineError::Closed).into()));
                }
                submission = self.submissions.next(), if reads => match submission {
                    Some(Ok(submission)) => self.submit(submission),
                    Some(Err(status)) => self.end = Some(End::Broken(status)),
                    None => self.end = Some(End::Whole),
                },
            }
        }
    }

    /// Puts a submission under way.
    fn submit(&mut self, request: PublishRequest) {
        let PublishRequest { id, submission } = request;
        let answer = match Readable::of(submission.unwrap_or_default()) {
            Ok(delivery) if delivery.body.len() > DECODED_INLINE_BYTES_MAX => {
                self.large = Some((id, delivery));
                return;
            }
            Ok(delivery) => {
                let (access, caller) = (self.access.clone(), Arc::clone(&self.caller));
                let mut answer = async move { acknowledge(&access, &caller, id, delivery).await }.boxed();
                // Begun here, one after the other: that is what makes the order of the log that of the stream.
                match (&mut answer).now_or_never() {
                    Some(answered) => ready(answered).boxed(),
                    None => answer,
                }
            }
            Err(refusal) => ready(refuse(id, &refusal)).boxed(),
        };
        self.under_way.push_back(answer);
    }
}

async fn acknowledge(access: &Access, caller: &Caller, id: String, delivery: Readable) -> PublishResponse {
    match access.accept(caller, vec![delivery]).await {
        Ok(accepted) => PublishResponse {
            id,
            accepted: accepted.events,
            unrecognised: accepted.unrecognised,
            position: position(&accepted),
            problem: None,
        },
        Err(refusal) => refuse(id, &refusal),
    }
}

fn refuse(id: String, refusal: &Refusal) -> PublishResponse {
    PublishResponse {
        id,
        problem: Some(refusal.problem()),
        ..PublishResponse::default()
    }
}
