//! Finding a conversation by an alias, on any channel.

use std::str::FromStr as _;

use origem_domain::access::Sight;
use origem_domain::alias::{Alias, AliasKind, digits, is_bsuid};
use origem_domain::event::Channel;
use origem_domain::key::ConversationId;
use origem_domain::time::Timestamp;
use origem_views::card::{self, Card};
use origem_views::layout::Scope;
use origem_views::{channels, identity};

use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

/// A question for the conversation of whoever has one of some aliases.
#[derive(Serialize, Deserialize)]
pub(super) struct Holder {
    aliases: Vec<Alias>,
    channel: Option<Channel>,
    account: Option<String>,
    /// Whoever asks, and may not see all of them.
    sight: Sight,
}

impl Question for Holder {
    const NAME: &'static str = "holder";
    /// The conversation, behind its last activity.
    type Answer = Option<(Option<Timestamp>, ConversationId)>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        view.latest(self)
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        Some(answers.into_iter().flatten().max())
    }
}

/// A question for where a conversation is now.
#[derive(Serialize, Deserialize)]
pub(super) struct Current(ConversationId);

impl Question for Current {
    const NAME: &'static str = "current";
    const SEEKS: bool = true;
    type Answer = ConversationId;

    fn answer(&self, view: View<'_>) -> Result<ConversationId, EngineError> {
        Ok(view.card(self.0)?.0)
    }
}

impl Engine {
    /// The conversation of whoever has that alias (phone in any form, BSUID, PSID, IGSID, visitor, ...), or of that id. On
    /// several channels: the one with the latest activity, or the one on `channel`. A number that nobody has as it stands may be a
    /// Brazilian one without its country code.
    ///
    /// # Errors
    /// `NoConversation`; as [`Engine::ask`].
    pub fn find(&self, alias: &str, channel: Option<&Channel>) -> Result<ConversationId, EngineError> {
        if let Ok(id) = ConversationId::from_str(alias) {
            return self.ask(&Current(id));
        }
        self.find_of(None, alias, channel, &Sight::Everything)
    }

    /// As [`Engine::find`], but among those only that somebody sees, and of one tenant if `account` is told. What is not seen is
    /// not there: nobody learns who writes to others.
    ///
    /// # Errors
    /// As [`Engine::find`].
    pub fn find_seen(
        &self,
        account: Option<&str>,
        alias: &str,
        channel: Option<&Channel>,
        sight: &Sight,
    ) -> Result<ConversationId, EngineError> {
        let Ok(id) = ConversationId::from_str(alias) else {
            return self.find_of(account, alias, channel, sight);
        };
        let found = self.conversation(id)?;
        let card = &found.card;
        let is_asked = account.is_none_or(|account| *account == *card.account);
        if is_asked && sight.sees(&card.account, &card.channel, card.state.ticket.as_ref()) {
            Ok(found.id)
        } else {
            Err(EngineError::NoConversation { what: id.to_string() })
        }
    }

    /// The same by aliases only.
    pub(crate) fn find_of(
        &self,
        account: Option<&str>,
        alias: &str,
        channel: Option<&Channel>,
        sight: &Sight,
    ) -> Result<ConversationId, EngineError> {
        let latest = |aliases| {
            self.ask(&Holder {
                aliases,
                channel: channel.cloned(),
                account: account.map(str::to_owned),
                sight: sight.clone(),
            })
        };
        let told = candidates(alias);
        let national = with_country(alias, &told);
        let (other_told, other_national) = (other_forms(&told), other_forms(&national));
        for aliases in [told, other_told, national, other_national] {
            if aliases.is_empty() {
                continue;
            }
            if let Some((_, id)) = latest(aliases)? {
                return Ok(id);
            }
        }
        Err(EngineError::NoConversation {
            what: format!("of contact {alias}"),
        })
    }
}

impl View<'_> {
    /// Of the conversations of whoever has one of the aliases, and that are seen, the one with the latest activity.
    fn latest(&self, asked: &Holder) -> Result<Option<(Option<Timestamp>, ConversationId)>, EngineError> {
        let Holder {
            aliases,
            channel,
            account,
            sight,
        } = asked;
        let mut latest = None;
        if aliases.is_empty() {
            return Ok(latest);
        }
        for known in channels::all(self.rows)? {
            if channel.as_ref().is_some_and(|channel| *channel != known.channel)
                || account.as_ref().is_some_and(|account| *account != *known.account)
                || sight.account().is_some_and(|account| *account != *known.account)
            {
                continue;
            }
            let scope = Scope::of(&known.account, &known.channel, None);
            for alias in aliases {
                if let Some(id) = identity::owner(self.rows, scope, self.secret.alias(alias))? {
                    let card = card::load(self.rows, id)?;
                    let ticket = card.as_ref().and_then(|card| card.state.ticket.as_ref());
                    if sight.sees(&known.account, &known.channel, ticket) {
                        let activity = card.as_ref().and_then(|card| card.state.last_activity_at);
                        latest = latest.max(Some((activity, id)));
                    }
                }
            }
        }
        Ok(latest)
    }

    /// Where a conversation is now: itself, or what it was merged into; and its card.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub(super) fn card(&self, id: ConversationId) -> Result<(ConversationId, Card), EngineError> {
        let id = identity::current(self.rows, id)?;
        let missing = || EngineError::NoConversation { what: id.to_string() };
        Ok((id, card::load(self.rows, id)?.ok_or_else(missing)?))
    }
}

/// What `text` may be as an alias.
pub(super) fn candidates(text: &str) -> Vec<Alias> {
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

/// Whether a number begins with its country code: a `+` says so, and so does a length that none has without.
pub(super) fn tells_country(text: &str, number: &str) -> bool {
    let lengths = if text.trim_start().starts_with('+') {
        8..=15
    } else {
        12..=15
    };
    lengths.contains(&number.len()) && !number.starts_with('0')
}

/// What may be a Brazilian number without its country code, with it.
fn with_country(text: &str, aliases: &[Alias]) -> Vec<Alias> {
    let phones = aliases.iter().filter(|alias| alias.kind == AliasKind::Phone);
    phones
        .filter(|alias| (10..=11).contains(&alias.value.len()) && !tells_country(text, &alias.value))
        .map(|alias| Alias::new(AliasKind::Phone, &format!("55{}", alias.value)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::QUESTIONS_VERSION;

    #[test]
    fn a_number_without_its_country_code_may_be_brazilian() {
        // What is typed, whether it tells its country, and what else it may be.
        for (text, tells, other) in [
            ("5511955550101", true, ""),
            ("+55 (11) 95555-0101", true, ""),
            ("254712345678", true, ""),
            ("+1 555 000-1111", true, ""),
            ("+45 12 34 56 78", true, ""),
            ("11 95555-0101", false, "5511955550101"),
            ("(11) 5555-0101", false, "551155550101"),
            ("15550001111", false, "5515550001111"),
            ("011 95555-0101", false, ""),
            ("95555-0101", false, ""),
            ("+55 11", false, ""),
            ("+0 11 95555-0101", false, ""),
            ("1234567890123456", false, ""),
            ("5511955550101/", false, ""),
            ("rita", false, ""),
        ] {
            let aliases = candidates(text);
            let phone = aliases.iter().find(|alias| alias.kind == AliasKind::Phone);
            let told = phone.is_some_and(|phone| tells_country(text, &phone.value));
            let others = with_country(text, &aliases);
            let others: Vec<&str> = others.iter().map(|alias| &*alias.value).collect();
            assert_eq!((told, &*others.join(" ")), (tells, other), "{text}");
        }
    }
    #[test]
    fn what_instances_ask_keeps_its_shape_within_a_version_of_questions() {
        let holder = Holder {
            aliases: vec![Alias::new(AliasKind::Phone, "55")],
            channel: None,
            account: Some("a".to_owned()),
            sight: Sight::Account("b".to_owned()),
        };
        let mut expected = postcard::to_stdvec(&(1_u8, AliasKind::Phone, "55")).unwrap();
        // No channel, an account, the second kind of sight.
        expected.extend([0, 1, 1, b'a', 1, 1, b'b']);
        assert_eq!(
            (postcard::to_stdvec(&holder).unwrap(), QUESTIONS_VERSION),
            (expected, 2),
            "another shape is another version"
        );
    }
}
