//! The channels that have conversations, so that a contact can be found without naming one.

use serde::{Deserialize, Serialize};

use origem_domain::event::Channel;

use crate::layout::{self, Scope};
use crate::rows::{self, Overlay, Rows, RowsError, prefix_end};

/// A channel that has conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The tenant.
    pub account: String,
    /// The channel.
    pub channel: Channel,
}

pub(crate) fn note(rows: &mut Overlay<'_>, scope: Scope, account: &str, channel: &Channel) -> Result<(), RowsError> {
    let key = layout::channel(scope);
    if rows.get(&key)?.is_none() {
        rows.changes.put(
            key,
            &Known {
                account: account.to_owned(),
                channel: channel.clone(),
            },
        );
    }
    Ok(())
}

/// All of them.
///
/// # Errors
/// As reading rows does.
pub fn all(rows: &dyn Rows) -> Result<Vec<Known>, RowsError> {
    let prefix = layout::channels();
    rows.scan(&prefix, &prefix_end(&prefix))
        .map(|row| rows::decode("channel", &row?.1))
        .collect()
}
