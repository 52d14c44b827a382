//! Traffic for comparing engines: conversations of ten events, all under way at once, some events twice and some late.
//!
//! ```text
//! stories (what happens in a conversation) --seed--> plans (which story, when, what comes late or again) --by arrival--> lines of a log
//! ```
//! Plain data, so that every engine can be given the same: benches/peers/README.md says what it means. The same seed gives the same lines.

mod line;
mod story;

pub use line::{HEADINGS, Line, Malformed};

use crate::chance::Chance;
use story::{EVENTS, Step, Story, What};

/// Microseconds.
const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;

/// When the first conversation begins: 2026-10-05T00:00:00Z.
const BEGINS: i64 = 1_791_158_400 * SECOND;
/// The time over which conversations begin.
const SPREAD: i64 = 20 * DAY;
/// One event in so many comes late, and one in so many comes again.
const ONE_LATE_IN: u64 = 30;
const ONE_AGAIN_IN: u64 = 50;

const TEXTS: [&str; 6] = [
    "Bom dia! Ainda tem?",
    "Quero saber mais",
    "Quanto fica o frete?",
    "Para qual CEP seria?",
    "Consigo por R$ 89 no Pix",
    "Perfeito obrigada!",
];

/// The traffic of a seed.
#[derive(Debug)]
pub struct Traffic {
    seed: u64,
    conversations: u32,
    stories: Vec<Story>,
}

/// What chance decided of one conversation.
struct Plan<'a> {
    number: u32,
    story: &'a Story,
    begins: i64,
    agent: u64,
    /// An ad and its campaigns are drawn from it.
    draw: u64,
    renamed: bool,
    /// By step: seconds after its minute, how long it is under way, and how long after that it comes again.
    seconds: [i64; EVENTS],
    delays: [i64; EVENTS],
    again: [Option<i64>; EVENTS],
}

impl Traffic {
    /// `events` different events, rounded up to whole conversations; what comes again is not counted.
    #[must_use]
    pub fn new(seed: u64, events: u32) -> Self {
        Self {
            seed,
            conversations: events.div_ceil(EVENTS as u32),
            stories: story::all(),
        }
    }

    /// How many conversations there are.
    #[must_use]
    pub const fn conversations(&self) -> u32 {
        self.conversations
    }

    /// The lines in the order in which they arrive.
    pub fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        let mut order: Vec<(i64, u32, u8)> = (0..self.conversations)
            .flat_map(|number| {
                let plan = self.plan(number);
                let arrivals: Vec<_> = (0..EVENTS).flat_map(|step| plan.arrivals(step)).collect();
                arrivals
            })
            .collect();
        order.sort_unstable();
        order
            .into_iter()
            .map(|(_, number, step)| self.plan(number).line(usize::from(step)))
    }

    fn plan(&self, number: u32) -> Plan<'_> {
        let mut chance = Chance::new(self.seed, u64::from(number));
        let share = i64::from(number) * (SPREAD / i64::from(self.conversations));
        let delay = |chance: &mut Chance| match chance.once_in(ONE_LATE_IN) {
            true => chance.between(60, 2 * 86_400),
            false => chance.below(4),
        };
        Plan {
            number,
            story: chance.pick(&self.stories),
            begins: BEGINS + share / SECOND * SECOND,
            agent: chance.below(200),
            draw: chance.below(1_000),
            renamed: chance.once_in(10),
            // Less than a minute, so that no two events of a conversation happen at one instant.
            seconds: std::array::from_fn(|_| chance.below(41) as i64),
            delays: std::array::from_fn(|_| delay(&mut chance) as i64),
            again: std::array::from_fn(|_| {
                let comes = chance.once_in(ONE_AGAIN_IN);
                comes.then(|| chance.between(5, 3 * 86_400) as i64)
            }),
        }
    }
}

impl Plan<'_> {
    fn happens(&self, step: usize) -> i64 {
        self.begins + self.story.steps[step].minute * MINUTE + self.seconds[step] * SECOND
    }

    /// When a step arrives, once or twice, with what is needed to make its line.
    fn arrivals(&self, step: usize) -> impl Iterator<Item = (i64, u32, u8)> {
        let first = self.happens(step) + self.delays[step] * SECOND;
        let again = self.again[step].map(|later| first + later * SECOND);
        let number = self.number;
        [Some(first), again]
            .into_iter()
            .flatten()
            .map(move |at| (at, number, step as u8))
    }

    fn line(&self, step: usize) -> Line {
        let line = Line {
            conversation: format!("5511{:09}", 900_000_000 + self.number),
            channel: format!("20000000000000{}", self.number % 4),
            occurred_at: self.happens(step),
            ..Line::default()
        };
        match &self.story.steps[step].what {
            What::Received { ad, hashtag, quotes } => {
                let hashtag = hashtag.then(|| format!("promo{}", self.draw % 50));
                Line {
                    name: Some(self.name(step)),
                    reply_to: quotes.then(|| self.message_before(step, |what| *what == What::Dispatched)),
                    ad_id: ad.map(|ad| format!("1202{:012}", self.draw % 500 + ad)),
                    ctwa_clid: ad.map(|ad| format!("ARAk{}x{ad}", self.number)),
                    text: Some(match &hashtag {
                        Some(hashtag) => format!("#{hashtag} quero saber mais"),
                        None => self.text(step),
                    }),
                    hashtag,
                    ..self.message(line, "message_received", step)
                }
            }
            What::Answered => Line {
                via: Some("web".to_owned()),
                agent: Some(self.agent()),
                ..self.message(line, "message_sent", step)
            },
            What::Dispatched => Line {
                via: Some("campaign".to_owned()),
                campaign_id: Some(format!("c{}", (self.draw + step as u64) % 40)),
                ..self.message(line, "message_sent", step)
            },
            What::Delivered => {
                let of = self.message_before(step, |what| matches!(what, What::Answered | What::Dispatched));
                Line {
                    kind: "message_status".to_owned(),
                    dedup_key: format!("{of}:delivered"),
                    message_id: Some(of),
                    state: Some("delivered".to_owned()),
                    ..line
                }
            }
            What::Claimed => self.command(line, "ticket_claimed", step),
            What::Finished => self.command(line, "ticket_finished", step),
        }
    }

    fn message(&self, line: Line, kind: &str, step: usize) -> Line {
        Line {
            kind: kind.to_owned(),
            dedup_key: self.id(step),
            message_id: Some(self.id(step)),
            text: Some(self.text(step)),
            ..line
        }
    }

    fn command(&self, line: Line, kind: &str, step: usize) -> Line {
        Line {
            kind: kind.to_owned(),
            dedup_key: format!("{kind}:{}:{step}", self.number),
            agent: Some(self.agent()),
            ..line
        }
    }

    fn id(&self, step: usize) -> String {
        format!("wamid.{:08}{step:02}", self.number)
    }

    /// The id of the last message before `step` that is of a sort.
    fn message_before(&self, step: usize, sort: impl Fn(&What) -> bool) -> String {
        let is_sort = |step: &Step| sort(&step.what);
        let before = self.story.steps[..step].iter().rposition(is_sort);
        self.id(before.expect("stories report on and quote what was sent before"))
    }

    fn text(&self, step: usize) -> String {
        let text = TEXTS[(self.number as usize + step) % TEXTS.len()];
        format!("{text} ({step})")
    }

    fn name(&self, step: usize) -> String {
        let names = ["Ana", "Bia", "Caio", "Davi", "Eva", "Rita", "Zuleika"];
        let name = names[self.draw as usize % names.len()];
        let changed = self.renamed && step >= EVENTS / 2;
        format!(
            "{name} {} {}",
            if changed { "Lima" } else { "Souza" },
            self.number % 10_000
        )
    }

    fn agent(&self) -> String {
        format!("agent{}", self.agent)
    }
}

#[cfg(test)]
mod tests;
