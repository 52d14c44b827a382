//! Helpers: an engine in memory that is told a story, and its timelines as lines of text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use origem_domain::key::ConversationId;
use origem_domain::time::Timestamp;
use origem_domain::touch::{Entry, Origin};
use origem_engine::query::{AnomalyFilter, Filter, TouchView};
use origem_engine::{Delivery, Engine, Options, Source};
use origem_log::MemoryLog;
use origem_testkit::SECRET;
use origem_views::rows::MemoryStore;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// When everything is received: long after it happened, as in an import. Rules must not look at it.
const RECEIVED: &str = "2026-11-22T12:00:00Z";

/// A delivery of a story.
#[derive(Clone)]
pub struct Told {
    pub source: Source,
    pub body: String,
}

/// An engine that was told a story.
pub struct World {
    engine: Arc<Engine>,
}

impl World {
    /// Takes the deliveries in, one after the other, and waits until the views hold them.
    #[track_caller]
    pub fn told<'a>(story: impl IntoIterator<Item = &'a Told>) -> Self {
        let (world, unrecognised) = Self::heard(story);
        assert_eq!(unrecognised, 0, "a story is understood");
        world
    }

    /// The same for what need not be understood; tells how many events were not.
    #[track_caller]
    pub fn heard<'a>(story: impl IntoIterator<Item = &'a Told>) -> (Self, u64) {
        let log = Arc::new(MemoryLog::default());
        let engine = Engine::start(log, Arc::new(MemoryStore::default()), SECRET, Options::default()).unwrap();
        let engine = Arc::new(engine);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let unrecognised = runtime.block_on(async {
            let mut unrecognised = 0;
            for Told { source, body } in story {
                let accepted = engine.accept(Delivery {
                    source: *source,
                    body: body.as_bytes(),
                    received_at: Timestamp::parse(RECEIVED).unwrap(),
                    account: "default",
                });
                let accepted = accepted.await.unwrap();
                unrecognised += accepted.unrecognised;
            }
            engine.wait(&engine.status().unwrap().last(), PATIENCE).await.unwrap();
            unrecognised
        });
        (Self { engine }, unrecognised)
    }

    /// Everybody's timeline and tickets, by their aliases.
    pub fn everybody(&self) -> BTreeMap<Vec<String>, Vec<String>> {
        let (mut everybody, mut cursor) = (BTreeMap::new(), None);
        let filter = Filter {
            account: "default".to_owned(),
            ..Filter::default()
        };
        loop {
            let page = self.engine.conversations(&filter, cursor.as_deref(), 500).unwrap();
            for conversation in page.items {
                let state = &conversation.card.state;
                assert!(
                    state.last_activity_at >= state.last_message_at,
                    "lists are ordered by the latest thing"
                );
                let known = conversation.identity.aliases.iter();
                let mut aliases: Vec<String> = known.map(|known| known.value.clone()).collect();
                aliases.push(conversation.card.channel.id);
                aliases.sort();
                let id = conversation.id.to_string();
                let told = [self.timeline(&id), self.tickets(&id)].concat();
                assert!(
                    everybody.insert(aliases, told).is_none(),
                    "two conversations of one person"
                );
            }
            cursor = page.next;
            if cursor.is_none() {
                return everybody;
            }
        }
    }

    #[track_caller]
    pub fn conversation(&self, contact: &str) -> ConversationId {
        self.engine
            .find(contact, None)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The timeline of a contact: a touch a line.
    #[track_caller]
    pub fn timeline(&self, contact: &str) -> Vec<String> {
        let id = self.conversation(contact);
        let tickets: Vec<_> = self
            .engine
            .tickets(id)
            .unwrap()
            .into_iter()
            .map(|view| view.ticket.id)
            .collect();
        let touches = self.engine.timeline(id).unwrap();
        let line = |view: &TouchView| {
            let ticket = view
                .ticket
                .and_then(|ticket| tickets.iter().position(|known| *known == ticket));
            let also: String = view
                .touch
                .also
                .iter()
                .map(|origin| format!(" + {}", told(origin)))
                .collect();
            format!(
                "{} {} {}{also}",
                short(view.touch.at),
                ticket.map_or("-".to_owned(), |ticket| format!("#{}", ticket + 1)),
                told(&view.touch.origin),
            )
        };
        touches.iter().map(line).collect()
    }

    /// The tickets of a contact, one a line.
    #[track_caller]
    pub fn tickets(&self, contact: &str) -> Vec<String> {
        let tickets = self.engine.tickets(self.conversation(contact)).unwrap();
        let line = |(index, ticket): (usize, &origem_domain::ticket::Ticket)| {
            let assignee = ticket.assignee.as_deref().unwrap_or("nobody");
            format!(
                "#{} {} {} {assignee}",
                index + 1,
                short(ticket.opened_at),
                ticket.status().name()
            )
        };
        tickets.iter().map(|view| &view.ticket).enumerate().map(line).collect()
    }

    /// How many conversations there are.
    pub fn conversations(&self) -> u64 {
        self.engine
            .status()
            .unwrap()
            .sum(|progress| progress.checkpoint.conversations)
    }

    /// Why events could not be applied.
    pub fn anomalies(&self) -> BTreeSet<&'static str> {
        let page = self.engine.anomalies(&AnomalyFilter::default(), None, 100).unwrap();
        page.items.iter().map(|anomaly| anomaly.reason.name()).collect()
    }
}

impl Drop for World {
    /// Stopping waits for threads that wait for events; the next story need not.
    fn drop(&mut self) {
        let engine = self.engine.clone();
        std::thread::spawn(move || drop(engine.stop()));
    }
}

/// `26 10:01`: the day of September 2026 and the time.
fn short(at: Timestamp) -> String {
    let text = at.to_string();
    text.strip_prefix("2026-09-")
        .map_or(text.clone(), |day| format!("{} {}", &day[..2], &day[3..8]))
}

/// Label, then what is known: platform with its confidence, way, entry, campaign, link of the click; confidence and rule.
fn told(origin: &Origin) -> String {
    let platform = origin.platform.map(|platform| {
        let confidence = origin
            .platform_confidence
            .map_or(String::new(), |confidence| format!("({})", confidence.name()));
        format!(" {}{confidence}", platform.name())
    });
    let entry = origin.entry.as_ref().map(|entry| match entry {
        Entry::Ad(value) => format!(" ad:{value}"),
        Entry::Post(value) => format!(" post:{value}"),
        Entry::Link(value) => format!(" link:{value}"),
        Entry::Hashtag(value) => format!(" #{value}"),
    });
    let via = origin.via.as_ref().map(|via| format!(" via {via}"));
    let campaign = origin
        .campaign_id
        .as_ref()
        .map(|campaign| format!(" campaign:{campaign}"));
    let click = origin.click.as_ref().map(|click| {
        let utm: Vec<String> = click
            .utm
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!(" click({})", utm.join(","))
    });
    format!(
        "{}{}{}{}{}{}, {} {}",
        origin.label(),
        platform.unwrap_or_default(),
        via.unwrap_or_default(),
        entry.unwrap_or_default(),
        campaign.unwrap_or_default(),
        click.unwrap_or_default(),
        origin.confidence.name(),
        origin.rule.name(),
    )
}

/// The timeline of `contact` is `expected`, in whatever order and however often the deliveries come.
#[track_caller]
pub fn check(story: &[Told], contact: &str, expected: &[&str]) {
    for (how, story) in [
        ("as it happened", story.to_vec()),
        ("backwards", story.iter().rev().cloned().collect()),
        ("twice", story.iter().chain(story).cloned().collect()),
    ] {
        assert_eq!(World::told(&story).timeline(contact), expected, "{how}");
    }
}
