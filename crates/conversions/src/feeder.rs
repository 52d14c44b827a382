//! Reads what agents did, decides what that makes, and gives it to the outbox. No thread and no clock of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use origem_domain::directory::{Item as Entity, Kind as EntityKind, Outcome};
use origem_domain::event::Kind;
use origem_domain::position::Positions;
use origem_domain::time::{Micros, Timestamp};
use origem_domain::zone::Zone;
use origem_engine::query::{Clock, Deed};
use origem_engine::{Engine, EngineError, ErrorCode};
use tracing::{info, warn};

use crate::conversion::{Destination, Reason};
use crate::decide::{Judged, judge};
use crate::outbox::{Entry, Intake, Outbox, OutboxError, Place, Reopened};
use crate::settings::Settings;

/// Records that are looked through at once.
const RECORDS: usize = 2_000;
/// How often the place is noted while nothing else is: what is after it is looked through again on the next start.
const PLACE_EVERY: Micros = 30_000_000;

/// Why a step was not done. It stays to be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FeedError {
    #[error("what agents did cannot be read")]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

/// What fills the outbox.
pub(crate) struct Feeder {
    engine: Arc<Engine>,
    outbox: Outbox,
    settings: Arc<Settings>,
    placed_at: Timestamp,
}

impl Feeder {
    pub(crate) fn new(engine: Arc<Engine>, outbox: Outbox, settings: Arc<Settings>) -> Self {
        Self {
            engine,
            outbox,
            settings,
            placed_at: Timestamp::default(),
        }
    }

    /// Has destinations that are new begin, and ends those that are not configured any more.
    pub(crate) fn begin(&mut self, now: Timestamp) -> Result<(), FeedError> {
        let places = self.outbox.places();
        for destination in Destination::ALL {
            match (self.settings.has(destination), places.get(&destination)) {
                (true, Some(place)) if self.is_of_this_log(place)? => {}
                (true, known) => {
                    if known.is_some() {
                        warn!(%destination, "the log is not the one that conversions were made of: beginning anew");
                    }
                    self.begin_one(destination, now)?;
                }
                (false, Some(_)) => {
                    info!(%destination, "no longer configured: conversions end, and will begin anew");
                    self.outbox.end(destination)?;
                }
                (false, None) => {}
            }
        }
        Ok(())
    }

    fn begin_one(&self, destination: Destination, now: Timestamp) -> Result<(), FeedError> {
        let since = self.settings.since.filter(|since| *since < now);
        let seen = match since {
            Some(_) => Positions::default(),
            None => self.engine.last_seen()?,
        };
        let began_at = since.unwrap_or(now);
        info!(%destination, since = %began_at, "conversions begin");
        self.outbox.begin(&Place {
            destination,
            began_at,
            seen,
        })?;
        Ok(())
    }

    /// A place that the log does not have is none of this log.
    fn is_of_this_log(&self, place: &Place) -> Result<bool, FeedError> {
        for position in place.seen.iter() {
            let tail = self.engine.log().tail(position.partition).map_err(EngineError::Log)?;
            if position.offset >= tail {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks through the next records; whether there were any.
    pub(crate) fn step(&mut self, now: Timestamp) -> Result<bool, FeedError> {
        let places = self.outbox.places();
        // There is one partition: the place that is furthest back is before all others.
        let Some(first) = places
            .values()
            .map(|place| &place.seen)
            .min_by_key(|seen| seen.iter().next())
        else {
            return Ok(false);
        };
        let deeds = self.engine.deeds(first, RECORDS)?;
        if deeds.seen == *first {
            return Ok(false);
        }
        let mut intake = Intake {
            keeps_place: now.since(self.placed_at) > PLACE_EVERY,
            ..Intake::default()
        };
        for deed in &deeds.items {
            self.add(deed, &places, &mut intake, now)?;
        }
        intake.seen = places
            .keys()
            .map(|destination| (*destination, deeds.seen.clone()))
            .collect();
        let keeps_place = intake.keeps_place;
        self.outbox.take_in(intake, self.settings.dry_run, now)?;
        if keeps_place {
            self.placed_at = now;
        }
        Ok(true)
    }

    /// Forgets what is long settled.
    pub(crate) fn tidy(&self, now: Timestamp) {
        if let Err(failure) = self.outbox.tidy(now) {
            warn!(
                error = &failure as &dyn std::error::Error,
                "the outbox of conversions could not be tidied"
            );
        }
    }

    /// Notes how far it is, so that nothing is looked through again.
    pub(crate) fn close(&self) {
        for place in self.outbox.places().values() {
            if let Err(failure) = self.outbox.begin(place) {
                warn!(
                    error = &failure as &dyn std::error::Error,
                    "how far conversions are could not be noted"
                );
            }
        }
    }

    fn add(
        &self,
        deed: &Deed,
        places: &BTreeMap<Destination, Place>,
        intake: &mut Intake,
        now: Timestamp,
    ) -> Result<(), FeedError> {
        if deed.kind == Kind::TicketReopened {
            intake.entries.extend(deed.ticket.as_ref().map(|ticket| {
                Entry::Reopened(Reopened {
                    account: deed.account.clone(),
                    ticket: ticket.id,
                    position: deed.position,
                })
            }));
            return Ok(());
        }
        let is_served = |destination| {
            places.get(&destination).is_some_and(|place: &Place| {
                let seen = place.seen.get(deed.position.partition);
                deed.at >= place.began_at && seen.is_none_or(|seen| seen < deed.position.offset)
            })
        };
        for judged in decide(&self.engine, &self.settings, deed, now)? {
            if is_served(judged.conversion.destination) {
                intake.entries.push(Entry::Decided(Box::new(judged)));
            }
        }
        Ok(())
    }
}

/// The conversions of a deed, with all that the views and the directory say at `now`.
pub(crate) fn decide(
    engine: &Engine,
    settings: &Settings,
    deed: &Deed,
    now: Timestamp,
) -> Result<Vec<Judged>, EngineError> {
    let mut judged = judge(settings, deed, outcome(engine, deed));
    let is_for_meta =
        |judged: &&mut Judged| judged.conversion.destination == Destination::Meta && judged.objection.is_none();
    if judged.iter_mut().any(|judged| is_for_meta(&judged)) && wants_no_marketing(engine, deed, now)? {
        for judged in judged.iter_mut().filter(is_for_meta) {
            let message = "the customer wants no marketing: nothing of them is told to Meta";
            judged.objection = Some(Reason::new("opted_out", message));
        }
    }
    Ok(judged)
}

fn wants_no_marketing(engine: &Engine, deed: &Deed, now: Timestamp) -> Result<bool, EngineError> {
    let clock = Clock {
        at: now,
        zone: Zone::UTC,
    };
    match engine.windows(deed.conversation, clock) {
        Ok(windows) => Ok(windows.marketing_stopped_at.is_some()),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What the classification of a deed's ticket means for the business.
fn outcome(engine: &Engine, deed: &Deed) -> Outcome {
    let id = deed.ticket.as_ref().and_then(|ticket| ticket.classification.as_deref());
    let snapshot = engine.directory().snapshot();
    let entry = id.and_then(|id| snapshot.entry(&deed.account, EntityKind::Classification, id).ok());
    match entry.map(|entry| &entry.item) {
        Some(Entity::Classification(classification)) => classification.outcome,
        _ => Outcome::None,
    }
}
