//! Queries: views joined into what callers ask for. Each is a [`Question`], so that it is answered
//! the same wherever the views are.

mod anomalies;
mod changes;
mod contents;
mod conversations;
mod deeds;
mod find;
mod history;
mod link_numbers;
mod list;
mod owners;
mod past;
mod queue;
pub mod report;
mod send_options;
mod spend;
mod templates;
mod thread;
mod timeline;
mod totals;
mod usage;
mod why;
mod windows;

pub use anomalies::{AnomalyCursor, AnomalyPage, Case, Kept};
pub use changes::Change;
pub(crate) use contents::Whole;
pub use contents::{Contents, Fingerprint};
pub use conversations::Conversation;
pub use deeds::{Deed, Deeds};
pub use history::{Field, HistoryPage, HistoryQuery, HistoryRow, Lost, Told as ChangeTold};
pub use list::{Assignee, Counted, Expiring, Filter, Neighbours, Order, Origins, Page};
pub use past::{Moment, Portrait};
pub(crate) use send_options::address;
pub use send_options::{Recipient, SendOptions};
pub use spend::{Group, GroupBy, Spend, SpendQuery, Totals};
pub use thread::{ThreadPage, ThreadPlace, ThreadQuery, ThreadRow};
pub use timeline::{TicketView, TouchView};
pub use totals::Heads;
pub use why::{EventView, LeftOut, Why, WhyQuery};
pub use windows::{Clock, Terms};

pub use origem_views::preview::Preview;
pub use origem_views::profile::{Photo, Place as Location};
pub use origem_views::thread::Attachment;

pub use origem_views::anomalies::{Anomaly, Filter as AnomalyFilter, Reason, Tally};

use crate::command;
use crate::engine::Engine;
use crate::question::{Asked, Question};

/// Answers a question of another instance; `None` if there is none of that name.
pub(crate) fn dispatch(engine: &Engine, asked: &Asked) -> Option<Vec<u8>> {
    let answer = match asked.name.as_str() {
        anomalies::Counts::NAME => engine.answer_asked::<anomalies::Counts>(asked),
        anomalies::List::NAME => engine.answer_asked::<anomalies::List>(asked),
        anomalies::Of::NAME => engine.answer_asked::<anomalies::Of>(asked),
        changes::After::NAME => engine.answer_asked::<changes::After>(asked),
        contents::Fingerprint::NAME => engine.answer_asked::<contents::Fingerprint>(asked),
        command::Leads::NAME => engine.answer_asked::<command::Leads>(asked),
        command::Look::NAME => engine.answer_asked::<command::Look>(asked),
        conversations::One::NAME => engine.answer_asked::<conversations::One>(asked),
        deeds::After::NAME => engine.answer_asked::<deeds::After>(asked),
        find::Current::NAME => engine.answer_asked::<find::Current>(asked),
        find::Holder::NAME => engine.answer_asked::<find::Holder>(asked),
        history::History::NAME => engine.answer_asked::<history::History>(asked),
        list::Count::NAME => engine.answer_asked::<list::Count>(asked),
        list::List::NAME => engine.answer_asked::<list::List>(asked),
        owners::Owners::NAME => engine.answer_asked::<owners::Owners>(asked),
        templates::Templates::NAME => engine.answer_asked::<templates::Templates>(asked),
        <past::Past<past::History>>::NAME => engine.answer_asked::<past::Past<past::History>>(asked),
        <past::Past<past::Sessions>>::NAME => engine.answer_asked::<past::Past<past::Sessions>>(asked),
        <past::Past<past::Thread>>::NAME => engine.answer_asked::<past::Past<past::Thread>>(asked),
        <past::Past<past::Tickets>>::NAME => engine.answer_asked::<past::Past<past::Tickets>>(asked),
        <past::Past<past::Timeline>>::NAME => engine.answer_asked::<past::Past<past::Timeline>>(asked),
        <past::Past<past::Whole>>::NAME => engine.answer_asked::<past::Past<past::Whole>>(asked),
        <past::Past<past::Why>>::NAME => engine.answer_asked::<past::Past<past::Why>>(asked),
        queue::CountsThen::NAME => engine.answer_asked::<queue::CountsThen>(asked),
        report::Clicks::NAME => engine.answer_asked::<report::Clicks>(asked),
        link_numbers::LinkDays::NAME => engine.answer_asked::<link_numbers::LinkDays>(asked),
        report::Pages::NAME => engine.answer_asked::<report::Pages>(asked),
        report::Places::NAME => engine.answer_asked::<report::Places>(asked),
        report::Tally::NAME => engine.answer_asked::<report::Tally>(asked),
        report::Walk::NAME => engine.answer_asked::<report::Walk>(asked),
        spend::Counts::NAME => engine.answer_asked::<spend::Counts>(asked),
        thread::Part::NAME => engine.answer_asked::<thread::Part>(asked),
        timeline::Tickets::NAME => engine.answer_asked::<timeline::Tickets>(asked),
        timeline::Timeline::NAME => engine.answer_asked::<timeline::Timeline>(asked),
        totals::Counts::NAME => engine.answer_asked::<totals::Counts>(asked),
        totals::Heads::NAME => engine.answer_asked::<totals::Heads>(asked),
        usage::Active::NAME => engine.answer_asked::<usage::Active>(asked),
        why::Of::NAME => engine.answer_asked::<why::Of>(asked),
        windows::Counts::NAME => engine.answer_asked::<windows::Counts>(asked),
        windows::Of::NAME => engine.answer_asked::<windows::Of>(asked),
        _ => return None,
    };
    Some(answer)
}
