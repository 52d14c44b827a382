//! The group that shares the partitions of a topic among instances: who owns what, without a membership system of our own.
//!
//! The group's consumer reads nothing. It holds the assignment, tells the [`Listener`] what comes and goes, and commits for each
//! partition of ours how far we are, with our card as the commit's metadata. A commit is accepted from the owner only (the
//! coordinator compares generations), so the committed offsets of the group are at the same time a table of owners that
//! anybody can read:
//!
//! ```text
//!   partition   offset   metadata
//!       0        1042    {"url":"http://10.0.0.5:8080"}      owned, at 1042
//!       1         980    {"url":"http://10.0.0.6:8080"}
//!       2         311    (empty)                             handed over, nobody has it yet
//! ```
//!
//! The committed offset is a hint for those who watch lag, never the place where projecting goes on. An owner that died
//! keeps its row until its session has expired and another took over.

mod context;
mod error;
mod member;
mod options;
mod owners;
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread::JoinHandle;

use origem_domain::position::{Offset, Partition};

use crate::Cluster;
use member::Member;
use shared::Shared;

pub use error::GroupError;
pub use options::{GroupOptions, Protocol};
pub use owners::{Owner, Owners};

pub(crate) use options::{AfterFatal, GroupClient, after_fatal, millis};

/// The bytes a card may have: what a broker keeps beside a committed offset unless told otherwise.
pub const CARD_BYTES_MAX: usize = 4096;

/// Is told what this instance owns. Called on the thread of the membership, one call at a time.
pub trait Listener: Send + Sync {
    /// These partitions are ours from now on, beside those that already were. Must return soon.
    fn assigned(&self, partitions: &[Partition]);

    /// These partitions stop being ours. Another instance begins only after this returns, so it waits until the work on them
    /// has stopped, for [`GroupOptions::handover_max`] at most. `lost`: they were taken away (this instance was away for too
    /// long) and another may already be at work; what is not durable is to be dropped.
    fn revoked(&self, partitions: &[Partition], lost: bool);
}

/// What a membership is at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipStatus {
    /// The protocol in use; never [`Protocol::Auto`].
    pub protocol: Protocol,
    /// The partitions that are ours.
    pub assigned: BTreeSet<Partition>,
    /// Commits that were refused or failed since the start; each is tried again while the partitions are ours.
    pub refused: u64,
    /// The last thing that went wrong, for people.
    pub last_error: Option<String>,
    /// Why this membership ended although nobody left: it will not come back.
    pub ended: Option<String>,
}

/// A place in the group. Dropping it leaves.
pub struct Membership {
    shared: Arc<Shared>,
    owners: Arc<Owners>,
    thread: Option<JoinHandle<()>>,
}

impl Membership {
    /// Joins the group of `topic`. `card` is what others read about the owner of a partition: JSON text of the caller, at most
    /// [`CARD_BYTES_MAX`] bytes, not empty. Returns when the group can be reached, before partitions are assigned.
    ///
    /// # Errors
    /// `Card`, `Cluster`, `Thread`.
    pub fn join(
        cluster: &Cluster,
        topic: &str,
        options: GroupOptions,
        card: String,
        listener: Arc<dyn Listener>,
    ) -> Result<Self, GroupError> {
        check_card(&card)?;
        let owners = Arc::new(Owners::watch(cluster, topic, &options.group, options.refresh_interval)?);
        let shared = Arc::new(Shared::new(
            topic,
            owners.partitions(),
            card,
            options.protocol.first(),
            listener,
        ));
        let member = Member::new(cluster.clone(), options, Arc::clone(&shared), Arc::clone(&owners))?;
        let thread = std::thread::Builder::new()
            .name("group".to_owned())
            .spawn(move || member.run())
            .map_err(|source| GroupError::Thread { source })?;
        Ok(Self {
            shared,
            owners,
            thread: Some(thread),
        })
    }

    /// How far `partition` is: the next offset to be projected. Committed within about a second; ignored unless it is ours.
    pub fn progress(&self, partition: Partition, checkpoint: Offset) {
        self.shared.progress(partition, checkpoint);
    }

    /// Another card, committed at once for each partition of ours.
    ///
    /// # Errors
    /// `Card`.
    pub fn set_card(&self, card: String) -> Result<(), GroupError> {
        check_card(&card)?;
        self.shared.set_card(card);
        Ok(())
    }

    /// The owners as last read; see [`Owners`].
    #[must_use]
    pub fn owners(&self) -> BTreeMap<Partition, Owner> {
        self.owners.owners()
    }

    /// The table of owners, to wait for a change or read it anew.
    #[must_use]
    pub fn table(&self) -> &Owners {
        &self.owners
    }

    /// What this membership is at the moment.
    #[must_use]
    pub fn status(&self) -> MembershipStatus {
        self.shared.status()
    }

    /// Hands over: the listener is told, the group reads that nobody owns our partitions, and the place is given up (with an
    /// instance id it stays reserved until the session expires). Returns when that is done.
    pub fn leave(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.shared.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the group panicked");
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.end();
    }
}

fn check_card(card: &str) -> Result<(), GroupError> {
    if card.is_empty() || card.len() > CARD_BYTES_MAX {
        return Err(GroupError::Card {
            bytes: card.len(),
            limit: CARD_BYTES_MAX,
        });
    }
    Ok(())
}
