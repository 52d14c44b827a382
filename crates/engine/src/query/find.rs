//! Finding a conversation by an alias, on any channel.

use std::str::FromStr as _;

use origem_domain::alias::{Alias, AliasKind, digits, is_bsuid};
use origem_domain::event::Channel;
use origem_domain::key::ConversationId;
use origem_views::layout::Scope;
use origem_views::{card, channels, identity};

use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// The conversation of whoever has that alias (phone in any form, BSUID, PSID, IGSID, visitor, ...), or of that id. On
    /// several channels: the one with the latest activity, or the one on `channel`.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub fn find(&self, alias: &str, channel: Option<&Channel>) -> Result<ConversationId, EngineError> {
        if let Ok(id) = ConversationId::from_str(alias) {
            return self.current(id);
        }
        let aliases = candidates(alias);
        let found = match self.latest(&aliases, channel)? {
            Some(id) => Some(id),
            None => self.latest(&other_forms(&aliases), channel)?,
        };
        found.ok_or_else(|| EngineError::NoConversation {
            what: format!("of contact {alias}"),
        })
    }

    /// Of the conversations of whoever has one of `aliases`, the one with the latest activity.
    fn latest(&self, aliases: &[Alias], channel: Option<&Channel>) -> Result<Option<ConversationId>, EngineError> {
        let rows = self.rows();
        let mut latest = None;
        for known in channels::all(rows)? {
            if channel.is_some_and(|channel| *channel != known.channel) {
                continue;
            }
            let scope = Scope::of(&known.account, &known.channel, None);
            for alias in aliases {
                if let Some(id) = identity::owner(rows, scope, self.secret().alias(alias))? {
                    let activity = card::load(rows, id)?.and_then(|card| card.state.last_activity_at);
                    latest = latest.max(Some((activity, id)));
                }
            }
        }
        Ok(latest.map(|(_, id)| id))
    }

    /// Where a conversation is now: itself, or what it was merged into.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub(super) fn current(&self, id: ConversationId) -> Result<ConversationId, EngineError> {
        Ok(identity::current(self.rows(), id)?)
    }
}

/// What `text` may be as an alias.
fn candidates(text: &str) -> Vec<Alias> {
    let looks_like_a_number =
        text.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c)) && !digits(text).is_empty();
    AliasKind::ALL
        .into_iter()
        .filter(|kind| match kind {
            AliasKind::Bsuid | AliasKind::ParentBsuid => is_bsuid(text),
            AliasKind::Phone => looks_like_a_number,
            AliasKind::Psid | AliasKind::Igsid | AliasKind::Lid | AliasKind::Visitor => true,
        })
        .map(|kind| Alias::new(kind, text))
        .collect()
}

/// Brazilian numbers with the ninth digit put in or left out. Most are one alias in both forms anyway; where the short form
/// may be somebody's landline, only who asks for it is given the benefit of the doubt.
fn other_forms(aliases: &[Alias]) -> Vec<Alias> {
    let phones = aliases.iter().filter(|alias| alias.kind == AliasKind::Phone);
    phones
        .filter_map(|alias| {
            let (area, number) = alias.value.split_at_checked("5511".len())?;
            let other = match (area.starts_with("55"), number.len(), number.strip_prefix('9')) {
                (true, 9, Some(short)) => format!("{area}{short}"),
                (true, 8, _) => format!("{area}9{number}"),
                _ => return None,
            };
            Some(Alias::new(AliasKind::Phone, &other))
        })
        .collect()
}
