//! What facts of one conversation know of each other: a message what it quotes, and a message of ours what its reports tell back.
//!
//! Both are worked out from the whole ledger whenever one of the facts comes in, so they do not depend on which came first.

use origem_domain::dispatch::{account, told_back};
use origem_domain::event::DeliveryState;
use origem_domain::fact::{Fact, Sent, SortKey, What};
use origem_domain::key::Key;
use origem_domain::rules::Rulebook;

use super::Ledger;
use crate::chunks::Start;
use crate::rows::{Rows, RowsError};

/// Whether rules may take the message that a fact reports on for another one than without the report. Where there are no rules nothing
/// is looked for: that reads all of a ledger.
pub(super) fn tells_back(rulebook: &Rulebook, fact: &Fact) -> bool {
    let says = match &fact.what {
        What::Status {
            state,
            category,
            callback_data,
            ..
        } => *state != DeliveryState::Failed && (category.is_some() || callback_data.is_some()),
        _ => false,
    };
    says && has_rules(rulebook)
}

fn has_rules(rulebook: &Rulebook) -> bool {
    !rulebook.dispatches().rules().is_empty()
}

impl Ledger {
    fn all(&self) -> impl Iterator<Item = &Fact> {
        let chunks = self.chunks.iter_from([0; 17]);
        chunks.flat_map(|(_, chunk)| &chunk.items)
    }

    /// Tells a fact that is to be inserted what the others know of it.
    pub(super) fn complete(&mut self, rows: &dyn Rows, fact: &mut Fact) -> Result<(), RowsError> {
        let key = fact.key;
        match &mut fact.what {
            What::Inbound(inbound) => {
                if let Some(reply_to) = inbound.reply_to {
                    self.chunks.load_all(rows)?;
                    inbound.quoted = self.account_of(&key, reply_to).map(Box::new);
                }
            }
            What::Sent(sent) => {
                if let Some(message) = sent.message.filter(|_| has_rules(&self.rulebook)) {
                    self.chunks.load_all(rows)?;
                    sent.told_back = told_back(message, self.all());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A report came in: tells the message what its reports tell back now. Gives the first chunk that this changed.
    pub(super) fn tell_back(&mut self, rows: &dyn Rows, message: Key) -> Result<Option<Start>, RowsError> {
        self.chunks.load_all(rows)?;
        let told_back = told_back(message, self.all());
        let is_stale = |fact: &Fact| match &fact.what {
            What::Sent(sent) => sent.message == Some(message) && sent.told_back != told_back,
            _ => false,
        };
        let chunks = self.chunks.iter_from([0; 17]);
        let stale = chunks.filter(|(_, chunk)| chunk.items.iter().any(is_stale));
        let starts: Vec<Start> = stale.map(|(start, _)| *start).collect();
        for start in &starts {
            let Some(chunk) = self.chunks.get_mut(start) else {
                continue;
            };
            for fact in &mut chunk.items {
                if let What::Sent(sent) = &mut fact.what
                    && sent.message == Some(message)
                {
                    sent.told_back.clone_from(&told_back);
                }
            }
        }
        Ok(starts.first().copied())
    }

    /// What is known before `before` of the business message with that id.
    fn account_of(&self, before: &SortKey, message: Key) -> Option<Sent> {
        let facts = self.all().take_while(|fact| fact.key < *before);
        account(&self.rulebook, message, facts)
    }

    /// More is known of a business message: messages that quote it may learn what they quote.
    pub(super) fn requote(&mut self, rows: &dyn Rows, from: &Start, message: Key) -> Result<(), RowsError> {
        self.chunks.load_all(rows)?;
        let quotes = |fact: &&Fact| matches!(&fact.what, What::Inbound(inbound) if inbound.reply_to == Some(message));
        let later = self.chunks.iter_from(*from).flat_map(|(start, chunk)| {
            chunk
                .items
                .iter()
                .filter(quotes)
                .map(|fact| (*start, fact.key))
                .collect::<Vec<_>>()
        });
        for (start, key) in later.collect::<Vec<_>>() {
            let quoted = self.account_of(&key, message).map(Box::new);
            let Some(chunk) = self.chunks.get_mut(&start) else {
                continue;
            };
            for fact in chunk.items.iter_mut().filter(|fact| fact.key == key) {
                if let What::Inbound(inbound) = &mut fact.what {
                    inbound.quoted.clone_from(&quoted);
                }
            }
        }
        Ok(())
    }
}
