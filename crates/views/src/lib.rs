//! The read models of Origem. Pure: no IO, no clock; everything goes through the small port [`rows::Rows`].
//!
//! ```text
//! Recorded --resolve::route--> steps by conversation --work::Work--> rows            serial | in lanes
//!                 |                                      |
//!      identity, join, once, service             card, ledger, thread, queue, names, counts
//! ```
//! Keys are in [`layout`], one module per view beside it. A view is the fold of an exact prefix of its partition, the same
//! however the stream was batched or how many lanes ran.

pub mod amended;
pub mod anomalies;
pub mod calendar;
pub mod card;
pub mod channels;
pub mod chunks;
pub mod clicks;
pub mod contacts;
pub mod counts;
mod encoding;
pub mod generations;
pub mod identity;
pub mod journeys;
pub mod layout;
pub mod leads;
pub mod ledger;
pub mod meta;
pub mod positions;
pub mod preview;
pub mod profile;
pub mod queue;
pub mod resolve;
pub mod rows;
pub mod service;
pub mod templates;
pub mod thread;
pub mod work;
