//! Queries: views joined into what callers ask for. Each is a [`Question`], so that it is answered
//! the same wherever the views are.

mod changes;
mod conversations;
mod find;
mod send_options;
mod templates;
mod thread;
mod timeline;
mod totals;
mod windows;

pub use changes::Change;
pub use conversations::{Conversation, Expiring, Filter, Order, Page};
pub use send_options::{Recipient, SendOptions};
pub use thread::{ThreadPage, ThreadQuery, ThreadRow};
pub use timeline::{TicketView, TouchView};
pub use totals::{Fingerprint, Heads};
pub use windows::{Clock, Terms};

pub use origem_views::anomalies::Anomaly;

use crate::engine::Engine;
use crate::question::{Asked, Question};

/// Answers a question of another instance; `None` if there is none of that name.
pub(crate) fn dispatch(engine: &Engine, asked: &Asked) -> Option<Vec<u8>> {
    let answer = match asked.name.as_str() {
        changes::After::NAME => engine.answer_asked::<changes::After>(asked),
        conversations::List::NAME => engine.answer_asked::<conversations::List>(asked),
        conversations::One::NAME => engine.answer_asked::<conversations::One>(asked),
        find::Current::NAME => engine.answer_asked::<find::Current>(asked),
        find::Holder::NAME => engine.answer_asked::<find::Holder>(asked),
        templates::Templates::NAME => engine.answer_asked::<templates::Templates>(asked),
        thread::Part::NAME => engine.answer_asked::<thread::Part>(asked),
        timeline::Tickets::NAME => engine.answer_asked::<timeline::Tickets>(asked),
        timeline::Timeline::NAME => engine.answer_asked::<timeline::Timeline>(asked),
        totals::Anomalies::NAME => engine.answer_asked::<totals::Anomalies>(asked),
        totals::Counts::NAME => engine.answer_asked::<totals::Counts>(asked),
        totals::Fingerprint::NAME => engine.answer_asked::<totals::Fingerprint>(asked),
        totals::Heads::NAME => engine.answer_asked::<totals::Heads>(asked),
        windows::Counts::NAME => engine.answer_asked::<windows::Counts>(asked),
        windows::Of::NAME => engine.answer_asked::<windows::Of>(asked),
        _ => return None,
    };
    Some(answer)
}
