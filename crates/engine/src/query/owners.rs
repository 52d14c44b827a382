//! Whose a channel is: by the directory, and by the conversations that were seen on it.

use std::collections::BTreeSet;

use origem_domain::event::Channel;
use origem_views::channels;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

/// A question for the accounts that have conversations on a channel.
#[derive(Serialize, Deserialize)]
pub(super) struct Owners {
    channel: Channel,
}

impl Question for Owners {
    const NAME: &'static str = "owners";
    type Answer = BTreeSet<String>;

    fn answer(&self, view: View<'_>) -> Result<BTreeSet<String>, EngineError> {
        let known = channels::all(view.rows)?.into_iter();
        let here = known.filter(|known| known.channel == self.channel);
        Ok(here.map(|known| known.account).collect())
    }

    fn combine(&self, answers: Vec<BTreeSet<String>>) -> Option<BTreeSet<String>> {
        Some(answers.into_iter().flatten().collect())
    }
}

impl Engine {
    /// That a channel is an account's, and no other's.
    ///
    /// # Errors
    /// `Invalid` if it is not; as [`Engine::ask`].
    pub(crate) fn owns(&self, account: &str, channel: &Channel) -> Result<(), EngineError> {
        let directory = self.directory().snapshot();
        let mut owners = self.ask(&Owners {
            channel: channel.clone(),
        })?;
        let told = directory.channels_of_all();
        let told = told.filter(|(_, id)| id.parse().as_ref() == Ok(channel));
        owners.extend(told.map(|(account, _)| account.to_owned()));
        if owners.len() == 1 && owners.contains(account) {
            return Ok(());
        }
        Err(EngineError::Invalid {
            what: "channel",
            // Of another account's channel no more is told than of one that nobody has.
            reason: format!(
                "{channel} is not a channel of account `{account}`, or not of it alone: write it into its directory (`PUT \
                 /v1/channels/{channel}`), and out of that of another account; without an entry a customer has to write first"
            ),
        })
    }
}
