//! Sends what is due to one destination, and notes what became of it. No thread and no clock of its own, so that tests stop it
//! anywhere.
//!
//! Between the answer and its note the process may die: then the same is sent again, under the same key. So the note comes right
//! after the answer, and nothing more is sent while it cannot be made.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use origem_domain::alias::AliasKind;
use origem_domain::time::{DAY, Micros, Timestamp};
use serde_json::Value;
use tracing::{info, warn};

use crate::answer::Verdict;
use crate::client::Client;
use crate::conversion::{Conversion, Destination, Item, Reason};
use crate::meta;
use crate::outbox::{Attempt, Outbox, OutboxError, Outcome};
use crate::settings::{Dataset, MetaSettings, Settings, WebhookSettings};
use crate::webhook;

/// How long a webhook is tried.
const WORTH_SENDING: Micros = 7 * DAY;
/// Conversions looked at in one round of a webhook, each in a request of its own.
const ROUND: usize = 50;

/// Finds the alias of a conversation's person; `Ok(None)` where there is none any more, `Err` where that cannot be told now.
pub(crate) type Find = dyn Fn(&Conversion, AliasKind) -> Result<Option<String>, Reason> + Send + Sync;

/// How a destination is, as far as sending goes; since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Requests that failed since one did not.
    pub failures: u32,
    /// Nothing is sent before.
    pub rests_until: Option<Timestamp>,
    /// Why the last request failed, unless one has not since.
    pub trouble: Option<Reason>,
    /// When a request was last taken.
    pub taken_at: Option<Timestamp>,
    /// Requests, by what became of them.
    pub requests: BTreeMap<&'static str, u64>,
    /// Conversions, by what became of them.
    pub settled: BTreeMap<&'static str, u64>,
}

/// Shared with whoever asks how it is.
pub(crate) type Shared = Arc<Mutex<Condition>>;

/// What sends to one destination.
pub(crate) struct Sender {
    destination: Destination,
    outbox: Outbox,
    settings: Arc<Settings>,
    client: Client,
    find: Arc<Find>,
    condition: Shared,
    /// What could not be noted yet.
    unnoted: Vec<Attempt>,
}

impl Sender {
    pub(crate) fn new(
        destination: Destination,
        outbox: Outbox,
        settings: Arc<Settings>,
        find: Arc<Find>,
        condition: Shared,
    ) -> Self {
        Self {
            destination,
            outbox,
            client: Client::new(settings.timeout),
            settings,
            find,
            condition,
            unnoted: Vec::new(),
        }
    }

    /// Sends what is due; whether anything was.
    ///
    /// # Errors
    /// What became of it cannot be noted; nothing more is sent until it can.
    pub(crate) fn step(&mut self, now: Timestamp) -> Result<bool, OutboxError> {
        self.note(Vec::new(), now)?;
        let rests = self.with(|condition| condition.rests_until.is_some_and(|until| now < until));
        if rests || self.settings.dry_run {
            return Ok(false);
        }
        let settings = Arc::clone(&self.settings);
        match (self.destination, &settings.meta, &settings.webhook) {
            (Destination::Meta, Some(meta), _) => {
                let due = self.outbox.due(self.destination, now, meta.batch_max);
                let is_any = !due.is_empty();
                self.tell_meta(meta, due, now)?;
                Ok(is_any)
            }
            (Destination::Webhook, _, Some(webhook)) => {
                let due = self.outbox.due(self.destination, now, ROUND);
                let is_any = !due.is_empty();
                self.tell_webhook(webhook, due, now)?;
                Ok(is_any)
            }
            (Destination::Meta, None, _) | (Destination::Webhook, _, None) => Ok(false),
        }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Condition) -> T) -> T {
        look(&mut self.condition.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes what became of conversions, and of those before that could not be noted.
    fn note(&mut self, attempts: Vec<Attempt>, now: Timestamp) -> Result<(), OutboxError> {
        self.with(|condition| {
            for attempt in &attempts {
                *condition.settled.entry(attempt.outcome.name()).or_default() += 1;
            }
        });
        self.unnoted.extend(attempts);
        if !self.unnoted.is_empty() {
            self.outbox.settle(self.unnoted.clone(), now)?;
            self.unnoted.clear();
        }
        Ok(())
    }

    fn tell_webhook(&mut self, webhook: &WebhookSettings, due: Vec<Item>, now: Timestamp) -> Result<(), OutboxError> {
        for item in due {
            if now.since(item.queued_at) > WORTH_SENDING {
                let reason = Reason::new("too_long", "it was tried for seven days");
                self.note(vec![item.became(Outcome::GaveUp { reason })], now)?;
                continue;
            }
            let body = webhook::body(&item.conversion).to_string();
            let headers = webhook::headers(&item.conversion.key, &webhook.secret, &body, now);
            let verdict = match self.client.post(&webhook.url, &headers, &body) {
                Ok(response) => webhook::read(&response),
                Err(reason) => Verdict::Later { reason, after: None },
            };
            let (outcome, flow) = self.judged(verdict, &item, now);
            self.note(vec![item.became(outcome)], now)?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn tell_meta(&mut self, meta: &MetaSettings, due: Vec<Item>, now: Timestamp) -> Result<(), OutboxError> {
        let mut batches: BTreeMap<String, (Dataset, Vec<(Item, Value)>)> = BTreeMap::new();
        let mut attempts = Vec::new();
        for item in due {
            match self.event(meta, &item, now) {
                Ok((dataset, event)) => {
                    let batch = batches.entry(dataset.id.clone());
                    batch.or_insert_with(|| (dataset, Vec::new())).1.push((item, event));
                }
                Err(outcome) => attempts.push(item.became(outcome)),
            }
        }
        self.note(attempts, now)?;
        for (dataset, events) in batches.into_values() {
            if self.send(meta, &dataset, &events, now)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// An event ready to be sent, or why it is not.
    fn event(&self, meta: &MetaSettings, item: &Item, now: Timestamp) -> Result<(Dataset, Value), Outcome> {
        let conversion = &item.conversion;
        if let Some(reason) = meta::too_old(conversion.at, now) {
            return Err(Outcome::GaveUp { reason });
        }
        let Some(dataset) = meta.dataset(&conversion.channel) else {
            let reason = Reason::new(
                "no_dataset",
                "conversions.meta_datasets names no dataset for this channel any more",
            );
            return Err(Outcome::GaveUp { reason });
        };
        let person = match meta::known_by(conversion.channel.kind) {
            None => None,
            Some(kind) => match (self.find)(conversion, kind) {
                Ok(Some(person)) => Some(person),
                Ok(None) => {
                    let reason = Reason::new("no_person", "Meta's id of the customer is not known any more");
                    return Err(Outcome::GaveUp { reason });
                }
                Err(reason) => {
                    let at = self.again_at(item, now);
                    return Err(Outcome::Later { reason, at });
                }
            },
        };
        let event = meta::event(conversion, dataset, person.as_deref());
        Ok((dataset.clone(), event))
    }

    /// Sends events of one dataset; a request refused for what is in it is cut in halves.
    fn send(
        &mut self,
        meta: &MetaSettings,
        dataset: &Dataset,
        events: &[(Item, Value)],
        now: Timestamp,
    ) -> Result<ControlFlow<()>, OutboxError> {
        let data: Vec<Value> = events.iter().map(|(_, event)| event.clone()).collect();
        let body = meta::body(&data, meta).to_string();
        let headers = [("authorization", format!("Bearer {}", meta.token.text()))];
        let verdict = match self.client.post(&meta::address(meta, dataset), &headers, &body) {
            Ok(response) => meta::read(&response),
            Err(reason) => Verdict::Later { reason, after: None },
        };
        if let (Verdict::Faulty { .. }, 2..) = (&verdict, events.len()) {
            self.with(|condition| *condition.requests.entry("split").or_default() += 1);
            let (left, right) = events.split_at(events.len() / 2);
            return match self.send(meta, dataset, left, now)? {
                ControlFlow::Continue(()) => self.send(meta, dataset, right, now),
                flow @ ControlFlow::Break(()) => Ok(flow),
            };
        }
        let mut flow = ControlFlow::Continue(());
        let mut attempts = Vec::with_capacity(events.len());
        for (index, (item, _)) in events.iter().enumerate() {
            // A request counts once, however many it tells of.
            let outcome = match index {
                0 => {
                    let (outcome, after) = self.judged(verdict.clone(), item, now);
                    flow = after;
                    outcome
                }
                _ => self.outcome(verdict.clone(), item, now),
            };
            attempts.push(item.became(outcome));
        }
        self.note(attempts, now)?;
        Ok(flow)
    }

    /// What an answer makes of a conversion, and of the destination: whether to go on.
    fn judged(&self, verdict: Verdict, item: &Item, now: Timestamp) -> (Outcome, ControlFlow<()>) {
        let destination = self.destination;
        let pace = self.settings.pace;
        let flow = self.with(|condition| match &verdict {
            Verdict::Taken { .. } => {
                if condition.trouble.is_some() {
                    info!(%destination, "conversions are taken again");
                }
                condition.failures = 0;
                condition.trouble = None;
                condition.rests_until = None;
                condition.taken_at = Some(now);
                *condition.requests.entry("taken").or_default() += 1;
                ControlFlow::Continue(())
            }
            Verdict::Faulty { reason, .. } => {
                warn!(%destination, code = reason.code, key = item.conversion.key, "a conversion was refused");
                // Who refuses is there.
                condition.failures = 0;
                condition.trouble = None;
                *condition.requests.entry("refused").or_default() += 1;
                ControlFlow::Continue(())
            }
            Verdict::Later { reason, after } => {
                condition.failures = condition.failures.saturating_add(1);
                let rest = pace.rest_after(condition.failures, destination.name());
                let rest = after.unwrap_or_default().max(rest);
                warn!(%destination, code = reason.code, failures = condition.failures, ?rest, "conversions cannot be sent now");
                condition.rests_until = Some(now.plus(micros(rest)));
                condition.trouble = Some(reason.clone());
                *condition.requests.entry("failed").or_default() += 1;
                ControlFlow::Break(())
            }
        });
        (self.outcome(verdict, item, now), flow)
    }

    fn outcome(&self, verdict: Verdict, item: &Item, now: Timestamp) -> Outcome {
        match verdict {
            Verdict::Taken { trace } => Outcome::Sent { trace },
            Verdict::Faulty { reason, trace } => Outcome::Refused { reason, trace },
            Verdict::Later { reason, after } => Outcome::Later {
                reason,
                at: self
                    .again_at(item, now)
                    .max(now.plus(micros(after.unwrap_or_default()))),
            },
        }
    }

    fn again_at(&self, item: &Item, now: Timestamp) -> Timestamp {
        let wait = self.settings.pace.wait_after(item.attempts + 1, &item.conversion.key);
        now.plus(micros(wait))
    }
}

impl Item {
    /// What became of it as it was sent: it may have been decided anew meanwhile.
    pub(crate) fn became(&self, outcome: Outcome) -> Attempt {
        Attempt {
            conversion: self.conversion.clone(),
            outcome,
        }
    }
}

impl Outcome {
    /// The name in metrics.
    const fn name(&self) -> &'static str {
        match self {
            Self::Sent { .. } => "sent",
            Self::Refused { .. } => "refused",
            Self::Later { .. } => "failed",
            Self::GaveUp { .. } => "gave_up",
        }
    }
}

fn micros(duration: Duration) -> Micros {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
