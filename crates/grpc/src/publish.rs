//! A stream of submissions and the stream of their acknowledgements, both in the same order.
//!
//! ```text
//! submissions --> read --> under way (bounded, one after the other into intake) --> acknowledgements
//! ```

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use origem_engine::EngineError;
use origem_wire::proto::{PublishRequest, PublishResponse};
use tokio::sync::{mpsc, watch};
use tonic::{Status, Streaming};

use crate::access::{Access, DECODED_INLINE_BYTES_MAX, position};
use crate::refusal::Refusal;
use crate::submission::Readable;

/// Acknowledgements that may wait for a caller that is slow to read them.
const WAITING_MAX: usize = 64;

/// The acknowledgements of what the caller submits.
pub(crate) fn publish(
    access: Access,
    submissions: Streaming<PublishRequest>,
) -> impl Stream<Item = Result<PublishResponse, Status>> {
    let (answers, mut answered) = mpsc::channel(WAITING_MAX);
    let publisher = Publisher {
        closing: access.closing(),
        access,
        under_way: FuturesOrdered::new(),
        answers,
    };
    // A task of its own, so that what is under way goes on while the caller does not read.
    tokio::spawn(publisher.run(submissions));
    stream::poll_fn(move |context| answered.poll_recv(context))
}

/// The caller does not listen any more.
struct Gone;

struct Publisher {
    access: Access,
    closing: watch::Receiver<bool>,
    under_way: FuturesOrdered<BoxFuture<'static, PublishResponse>>,
    answers: mpsc::Sender<Result<PublishResponse, Status>>,
}

impl Publisher {
    /// Until the caller has nothing more to submit, is gone or broken, or the server ends.
    async fn run(mut self, mut submissions: Streaming<PublishRequest>) {
        let end = loop {
            let is_full = self.under_way.len() >= self.access.options().under_way_max;
            tokio::select! {
                // What is done is told first, so that it does not pile up behind a busy caller.
                biased;
                Some(answer) = self.under_way.next() => if self.answers.send(Ok(answer)).await.is_err() {
                    return;
                },
                () = closed(&mut self.closing) => break Some(Refusal::from(EngineError::Closed).into()),
                submission = submissions.next(), if !is_full => match submission {
                    Some(Ok(submission)) => if self.submit(submission).await.is_err() {
                        return;
                    },
                    Some(Err(status)) => break Some(status),
                    None => break None,
                },
            }
        };
        if self.settle().await.is_ok()
            && let Some(status) = end
        {
            drop(self.answers.send(Err(status)).await);
        }
    }

    /// Puts a submission under way.
    async fn submit(&mut self, request: PublishRequest) -> Result<(), Gone> {
        let PublishRequest { id, submission } = request;
        let read = Readable::of(submission.unwrap_or_default());
        let is_large = read
            .as_ref()
            .is_ok_and(|read| read.body.len() > DECODED_INLINE_BYTES_MAX);
        if is_large {
            // It is read on a thread of its own, which nothing may overtake.
            self.settle().await?;
        }
        let access = self.access.clone();
        let mut answer = async move {
            match read {
                Ok(delivery) => acknowledge(&access, id, delivery).await,
                Err(refusal) => refuse(id, &refusal),
            }
        }
        .boxed();
        // Begun here, one after the other: that is what makes the order of the log that of the stream.
        let begun = (&mut answer).now_or_never();
        self.under_way.push_back(match begun {
            Some(answered) => std::future::ready(answered).boxed(),
            None => answer,
        });
        if is_large { self.settle().await } else { Ok(()) }
    }

    /// Tells all that is under way, waiting for it.
    async fn settle(&mut self) -> Result<(), Gone> {
        while let Some(answer) = self.under_way.next().await {
            self.answers.send(Ok(answer)).await.map_err(|_| Gone)?;
        }
        Ok(())
    }
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error is the end of the server as well.
    drop(closing.wait_for(|closing| *closing).await);
}

async fn acknowledge(access: &Access, id: String, delivery: Readable) -> PublishResponse {
    match access.accept(vec![delivery]).await {
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
