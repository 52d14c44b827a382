//! What stories act upon: the business, chance, the agenda of everything that is still to happen.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use origem_domain::time::{Micros, Timestamp};

use crate::business::Business;
use crate::business::people::Person;
use crate::delivery::{Piece, Slot, account, page, whatsapp};
use crate::noise;
use crate::pricing::Tier;
use crate::rhythm::Rhythm;
use crate::rng::Rng;
use crate::simulation::Delivery;
use crate::story::Talk;

/// The business at work.
pub(crate) struct World {
    pub seed: u64,
    pub business: Business,
    pub rng: Rng,
    pub rhythm: Rhythm,
    pub tier: Tier,
    agenda: BinaryHeap<Reverse<Entry>>,
    entries: u64,
    people: u64,
}

/// Something that is to happen.
pub(crate) enum Item {
    /// The next customer arrives.
    Arrival,
    /// The next beat of a conversation is due.
    Talk(Box<Talk>),
    /// The provider reviews a template.
    Review,
    /// A piece is delivered, or joins the batch being collected.
    Piece(Piece),
    /// The batch being collected is delivered.
    Batch,
    /// A delivery comes once more.
    Again(Delivery),
}

/// Entries of one instant happen in the order they were made.
struct Entry {
    key: (Timestamp, u64),
    item: Item,
}

impl World {
    pub fn new(seed: u64, rhythm: Rhythm) -> Self {
        Self {
            seed,
            business: Business::of(seed),
            rng: Rng::seeded(seed, 2),
            rhythm,
            tier: Tier::default(),
            agenda: BinaryHeap::new(),
            entries: 0,
            people: 0,
        }
    }

    /// Puts `item` on the agenda.
    pub fn plan(&mut self, at: Timestamp, item: Item) {
        self.entries += 1;
        self.agenda.push(Reverse(Entry {
            key: (at, self.entries),
            item,
        }));
    }

    /// Takes what is to happen next.
    pub fn next(&mut self) -> Option<(Timestamp, Item)> {
        self.agenda.pop().map(|Reverse(entry)| (entry.key.0, entry.item))
    }

    /// Somebody nobody has met.
    pub fn somebody(&mut self) -> Person {
        self.people += 1;
        Person::new(&mut self.rng, self.seed, self.people)
    }

    /// Moves `person` to a new phone and with it to a new user id.
    pub fn move_house(&mut self, person: &mut Person) {
        self.people += 1;
        person.move_to(self.seed, self.people);
    }

    /// Hands a piece to the provider, which delivers it sooner or later.
    pub fn post(&mut self, piece: Piece) {
        self.post_late(piece, 0);
    }

    /// Like [`World::post`], at least `by` later than usual.
    pub fn post_late(&mut self, piece: Piece, by: Micros) {
        if noise::invention(&mut self.rng) {
            let news = self.invented(piece.channel, piece.at);
            let latency = noise::latency(&mut self.rng, news.slot);
            self.plan(news.at.plus(latency), Item::Piece(news));
        }
        let latency = noise::latency(&mut self.rng, piece.slot);
        self.plan(piece.at.plus(latency + by), Item::Piece(piece));
    }

    /// Something the provider has invented and no reader knows.
    fn invented(&mut self, channel: usize, at: Timestamp) -> Piece {
        if channel < self.business.numbers() {
            if self.rng.chance(500) {
                let body = account::unknown(&mut self.rng, &self.business.channels[channel], at);
                return Piece::new(channel, Slot::UnknownField, at, body);
            }
            let who = self.somebody();
            let id = whatsapp::message_id(&mut self.rng, &who, true);
            let piece = Piece::new(channel, Slot::UnknownMessage, at, whatsapp::unknown(&who, &id, at));
            return piece.with_contact(whatsapp::contact(&who, true));
        }
        let who = self.somebody();
        let address = &self.business.channels[channel];
        let body = page::messaging(
            &mut self.rng,
            &self.business,
            address,
            &who,
            "",
            at,
            &page::Happening::Unknown,
        );
        Piece::new(channel, Slot::UnknownMessaging, at, body)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}
