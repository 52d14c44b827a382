//! The domain of Origem: events, identity, origins, tickets and session windows.
//!
//! Pure: no IO, no clock, no randomness, ordered maps only. The same log gives the same state on any machine.
//!
//! ```text
//! Event --(intake)--> Recorded --(resolve)--> Fact in the ledger of one conversation --(fold)--> touches, tickets, state
//!                                                                              '----(why)--> what was considered and lost
//! ```

pub mod access;
pub mod alias;
pub mod amount;
pub mod credit;
pub mod day;
pub mod decide;
pub mod directory;
pub mod dispatch;
pub mod event;
pub mod facet;
pub mod fact;
pub mod fold;
pub mod key;
pub mod marks;
pub mod origin;
pub mod partition;
pub mod position;
pub mod price;
pub mod record;
pub mod rules;
pub mod state;
pub mod ticket;
pub mod time;
pub mod touch;
pub mod why;
pub mod windows;
pub mod zone;
