//! The simulation itself: takes what is to happen next until the promised number of events is delivered.

use origem_domain::event::ChannelKind;
use origem_domain::time::{DAY, HOUR, Timestamp};

use crate::business::Business;
use crate::business::people::Shows;
use crate::delivery::{Piece, Slot, account, assemble};
use crate::noise;
use crate::rhythm::{Pace, Rhythm};
use crate::story;
use crate::world::{Item, World};

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Decides everything: the business, its customers, the noise.
    pub seed: u64,
    /// How many events the deliveries hold in all, exactly, counted as Origem's readers count them: one per message, status,
    /// echo, comment, reaction, referral, call step, template update and so on, one per message of a history, one per
    /// part that is not understood. Events of repeated deliveries count again, as `ingest` counts all it reads.
    pub events: u64,
    /// When the first customer arrives.
    pub start: Timestamp,
    /// How fast events come.
    pub pace: Pace,
}

impl Default for Options {
    /// Two weeks from 2026-09-24T11:00:00Z. They hold both dates on which WhatsApp's windows and prices change (2026-09-28 and
    /// 2026-10-01), and lie in the past, so that no reader takes their times for wrong ones.
    fn default() -> Self {
        Self {
            seed: 1,
            events: 1_000,
            start: Timestamp::from_seconds(1_790_247_600),
            pace: Pace::Over(14 * DAY),
        }
    }
}

/// A webhook delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// When it arrives; never before the events in it, never before an earlier delivery.
    pub at: Timestamp,
    /// The exact body: JSON on one line.
    pub body: Vec<u8>,
    /// How many events are in it.
    pub events: u32,
    /// How many of them no reader can understand, on purpose.
    pub unrecognised: u32,
    /// Whether the same bytes were delivered before.
    pub repeated: bool,
}

/// The deliveries of a business, in the order of delivery. Keeps only what is under way: memory does not grow with
/// [`Options::events`] but with the number of conversations going on at one time.
pub struct Simulation {
    world: World,
    left: u64,
    /// The batch being collected: all of one kind of channel.
    batch: Vec<Piece>,
    /// Whether a batch is being collected.
    collecting: bool,
}

impl Simulation {
    /// The simulation of `options`, before its first delivery.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let mut world = World::new(options.seed, Rhythm::new(options.pace, options.events));
        world.plan(options.start, Item::Arrival);
        world.plan(options.start.plus(2 * HOUR), Item::Review);
        history(&mut world, options.start.plus(HOUR));
        Self {
            world,
            left: options.events,
            batch: Vec::new(),
            collecting: false,
        }
    }

    /// The business that is simulated; the same as [`Business::of`] its seed.
    #[must_use]
    pub fn business(&self) -> &Business {
        &self.world.business
    }

    /// A piece reached the provider's outbox. It is posted at once, joins the batch, or begins one.
    fn deliver(&mut self, at: Timestamp, piece: Piece) -> Option<Delivery> {
        if u64::from(piece.events) > self.left {
            return None; // a history too long for what is left
        }
        let kind = |world: &World, piece: &Piece| world.business.channels[piece.channel].kind;
        if self.collecting {
            let joins = self
                .batch
                .first()
                .is_none_or(|first| kind(&self.world, first) == kind(&self.world, &piece));
            if joins && piece.events == 1 {
                self.batch.push(piece);
                let full = self.batch.len() >= noise::BATCH_PIECES_MAX || self.batch.len() as u64 >= self.left;
                return if full { self.flush(at) } else { None };
            }
        } else if piece.events == 1
            && self.left > 1
            && let Some(wait) = noise::collecting(&mut self.world.rng)
        {
            self.collecting = true;
            self.batch.push(piece);
            self.world.plan(at.plus(wait), Item::Batch);
            return None;
        }
        // While a batch is being collected less may be left than it needs: the batch is cut then, see `flush`.
        Some(self.emit(at, &[piece]))
    }

    /// Posts the batch, as much of it as is left to deliver.
    fn flush(&mut self, at: Timestamp) -> Option<Delivery> {
        self.collecting = false;
        let mut pieces = std::mem::take(&mut self.batch);
        pieces.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        (!pieces.is_empty()).then(|| self.emit(at, &pieces))
    }

    fn emit(&mut self, at: Timestamp, pieces: &[Piece]) -> Delivery {
        let delivery = Delivery {
            at,
            body: assemble(&self.world.business, pieces),
            events: pieces.iter().map(|piece| piece.events).sum(),
            unrecognised: pieces.iter().filter(|piece| piece.slot.is_unknown()).count() as u32,
            repeated: false,
        };
        if let Some(wait) = noise::repetition(&mut self.world.rng) {
            self.world.plan(
                at.plus(wait),
                Item::Again(Delivery {
                    repeated: true,
                    ..delivery.clone()
                }),
            );
        }
        self.left -= u64::from(delivery.events);
        delivery
    }

    /// A delivery comes once more, if it still fits.
    fn repeat(&mut self, at: Timestamp, delivery: Delivery) -> Option<Delivery> {
        self.left = self.left.checked_sub(u64::from(delivery.events))?;
        Some(Delivery { at, ..delivery })
    }
}

impl Iterator for Simulation {
    type Item = Delivery;

    fn next(&mut self) -> Option<Delivery> {
        while self.left > 0 {
            let (at, item) = self.world.next()?;
            let delivery = match item {
                Item::Arrival => {
                    story::arrive(&mut self.world, at);
                    let next = self.world.rhythm.next_arrival(&mut self.world.rng, at);
                    self.world.plan(next, Item::Arrival);
                    None
                }
                Item::Talk(talk) => {
                    story::go_on(&mut self.world, talk, at);
                    None
                }
                Item::Review => {
                    review(&mut self.world, at);
                    None
                }
                Item::Piece(piece) => self.deliver(at, piece),
                // The end of a batch that was posted early because it was full may find the next one: no harm.
                Item::Batch => self.flush(at),
                Item::Again(delivery) => self.repeat(at, delivery),
            };
            if delivery.is_some() {
                return delivery;
            }
        }
        None
    }
}

/// The number shared with the phone app hands over its history, in a few chunks.
fn history(world: &mut World, at: Timestamp) {
    let channel = world.business.shared_number();
    for chunk in 1..=4 {
        let mut person = world.somebody();
        person.shows = Shows::Both; // people from before usernames
        let count = 6 + world.rng.below(12) as u32;
        let number = &world.business.channels[channel];
        let body = account::history(&mut world.rng, number, &person, at, chunk, count);
        let piece = Piece {
            events: count,
            ..Piece::new(channel, Slot::History, at, body)
        };
        world.post_late(piece, chunk * 60_000_000);
    }
}

/// The provider looks at a template about once a day.
fn review(world: &mut World, at: Timestamp) {
    let campaign = &world.business.campaigns[world.rng.index(world.business.campaigns.len())];
    let event = world
        .rng
        .pick(&["APPROVED", "APPROVED", "PAUSED", "REINSTATED", "REJECTED"]);
    let channel = world.business.first(ChannelKind::Whatsapp);
    let piece = Piece::new(channel, Slot::Template, at, account::template(campaign, event));
    world.post(piece);
    let next = at.plus(world.rng.between(16 * HOUR, 30 * HOUR));
    world.plan(next, Item::Review);
}
