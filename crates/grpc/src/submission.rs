//! What producers submit, in the form in which intake reads it.

use origem_engine::Source;
use origem_wire::proto::Submission;
use origem_wire::proto::submission::Content;

use crate::refusal::Refusal;

/// A delivery as a reader takes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Readable {
    pub(crate) source: Source,
    pub(crate) body: Vec<u8>,
}

impl Readable {
    /// Refuses what cannot be kept. What can be kept is, understood or not.
    pub(crate) fn of(submission: Submission) -> Result<Self, Refusal> {
        match submission.content {
            None => Err(invalid("content: nothing is submitted")),
            // Its bytes would be lost: an unknown field of a message is not kept.
            Some(Content::Event(event)) if event.body.is_none() => Err(invalid(
                "event.body: missing, or of a kind that this server does not know",
            )),
            Some(Content::Event(event)) => Ok(Self {
                source: Source::Event,
                body: event.to_json().into_bytes(),
            }),
            // An array would be many events.
            Some(Content::EventJson(text)) if text.trim_start().starts_with('[') => {
                Err(invalid("event_json: an array; submit each event by itself"))
            }
            Some(Content::EventJson(text)) => Ok(Self {
                source: Source::Event,
                body: text.into_bytes(),
            }),
            Some(Content::Delivery(delivery)) => {
                let source = Source::named(&delivery.source).ok_or_else(|| {
                    let names = Source::ALL.map(Source::name).join(", ");
                    Refusal::Invalid(format!("delivery.source: `{}` is none of {names}", delivery.source))
                })?;
                Ok(Self {
                    source,
                    body: delivery.body,
                })
            }
        }
    }
}

fn invalid(what: &str) -> Refusal {
    Refusal::Invalid(what.to_owned())
}
