//! Resolve: one event to the conversations it touches. The serial step between decoding and folding in lanes.
//!
//! Here, and only here, is what conversations of a channel have in common: aliases, click codes, ad clicks, the count of its
//! service messages, and the dedup of events that belong to no conversation.

mod join;

use serde::{Deserialize, Serialize};

use origem_domain::event::{BAD_TIME, Body};
use origem_domain::fact::{ClickFact, Fact, SortKey, What};
use origem_domain::key::{ConversationId, JoinKey, Key};
use origem_domain::position::{Offset, Position};
use origem_domain::record::Recorded;
use origem_domain::time::Timestamp;

use crate::anomalies::{self, Anomaly, Reason};
use crate::channels;
use crate::clicks;
use crate::identity::{self, Carried, Directory, Evidence, Resolved, Settled};
use crate::layout::{self, AccountKey, Scope};
use crate::rows::{self, Overlay, Rows, RowsError};
use crate::service;
use crate::templates;
use join::Join;

/// How many events wait for a conversation under one join key; more are not joined.
const WAITING_MAX: usize = 16;

/// Something for the lane of one conversation to do. Steps of a conversation keep their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Apply the event itself.
    Event {
        /// To which conversation.
        conversation: ConversationId,
        /// The fact of it.
        fact: Fact,
        /// It changed what is known of the contact's aliases.
        taught: bool,
    },
    /// Insert a fact of another event, which waited for this conversation.
    Waited {
        /// Into which conversation.
        conversation: ConversationId,
        /// The fact.
        fact: Fact,
    },
    /// Tell a message which click its code stands for.
    Click {
        /// In which conversation.
        conversation: ConversationId,
        /// Which message.
        message: SortKey,
        /// Which click.
        click: ClickFact,
    },
    /// Merge two conversations. Nothing else may be under way in either.
    Merge {
        /// This one goes.
        from: ConversationId,
        /// Into this one.
        into: ConversationId,
    },
}

impl Step {
    /// In whose lane it is done.
    #[must_use]
    pub const fn conversation(&self) -> ConversationId {
        match self {
            Self::Event { conversation, .. }
            | Self::Waited { conversation, .. }
            | Self::Click { conversation, .. }
            | Self::Merge { into: conversation, .. } => *conversation,
        }
    }
}

/// What resolving an event gave.
#[derive(Debug, Default, PartialEq)]
pub struct Routed {
    /// What is to be done, in order.
    pub steps: Vec<Step>,
    /// The event belongs to no conversation and was seen before.
    pub duplicate: bool,
    /// A conversation began.
    pub created: bool,
    /// Anomalies found on the way; they count only if the event is no duplicate.
    pub anomalies: Vec<Anomaly>,
}

/// Routes an event. Writes aliases, identities and joins into `rows`.
///
/// # Errors
/// As reading rows does.
pub fn route(rows: &mut Overlay<'_>, settled: &mut Settled, recorded: &Recorded) -> Result<Routed, RowsError> {
    let event = &recorded.event;
    let mut routed = Routed::default();
    if event.oddities.iter().any(|oddity| oddity == BAD_TIME) {
        routed.anomalies.push(anomaly(recorded, Reason::BadTime, None));
    }
    let (scope, account) = settled.place(&event.account, &event.channel, recorded.keys.group);
    service::note(rows, scope, recorded)?;
    let mut directory = Directory {
        rows,
        settled,
        scope,
        account,
    };
    let by = Evidence {
        at: event.occurred_at,
        position: recorded.position,
    };
    let resolved = match &event.body {
        Body::IdentityChanged { from, to } => {
            let from = Carried {
                keys: &recorded.keys.from,
                values: from,
            };
            let to = Carried {
                keys: &recorded.keys.to,
                values: to,
            };
            directory.change(from, to, by)?
        }
        _ => directory.resolve(carried(recorded), by)?,
    };
    match resolved {
        Some(resolved) => in_conversation(rows, scope, recorded, resolved, &mut routed)?,
        None => in_none(rows, scope, recorded, &mut routed)?,
    }
    Ok(routed)
}

fn carried(recorded: &Recorded) -> Carried<'_> {
    let values = recorded
        .event
        .contact
        .as_ref()
        .map_or(&[][..], |contact| &contact.aliases);
    Carried {
        keys: &recorded.keys.aliases,
        values,
    }
}

fn anomaly(recorded: &Recorded, reason: Reason, conversation: Option<ConversationId>) -> Anomaly {
    let detail = match &recorded.event.body {
        Body::Unrecognised { reason } => Some(reason.clone()),
        _ => None,
    };
    Anomaly {
        position: recorded.position,
        event: recorded.keys.dedup,
        reason,
        kind: Some(recorded.event.body.kind()),
        at: Some(recorded.event.occurred_at),
        received_at: Some(recorded.received_at),
        account: Some(recorded.event.account.clone()),
        channel: Some(recorded.event.channel.clone()),
        conversation,
        detail,
    }
}

fn in_conversation(
    rows: &mut Overlay<'_>,
    scope: Scope,
    recorded: &Recorded,
    resolved: Resolved,
    routed: &mut Routed,
) -> Result<(), RowsError> {
    let conversation = resolved.conversation;
    routed.created = resolved.created;
    // What was odd before anybody knew whose it is.
    for anomaly in &mut routed.anomalies {
        anomaly.conversation = Some(conversation);
    }
    if resolved.created && recorded.event.group.is_none() {
        channels::note(rows, scope, &recorded.event.account, &recorded.event.channel)?;
    }
    if resolved.conflict {
        routed
            .anomalies
            .push(anomaly(recorded, Reason::IdentityConflict, Some(conversation)));
    }
    if matches!(recorded.event.body, Body::Unrecognised { .. }) {
        routed
            .anomalies
            .push(anomaly(recorded, Reason::Unrecognised, Some(conversation)));
    }
    let merges = resolved.merged.iter().map(|from| Step::Merge {
        from: *from,
        into: conversation,
    });
    routed.steps.extend(merges);
    count_click_once(rows, scope, recorded)?;
    let mut fact = Fact::of(recorded);
    let mut others = Vec::new();
    if let Some(key) = recorded.keys.code {
        match &recorded.event.body {
            Body::LinkClicked { .. } => record_click(rows, scope, key, recorded, &mut others)?,
            _ => use_code(rows, scope, key, conversation, &mut fact, &mut others)?,
        };
    }
    if let Some(key) = recorded.keys.ad_click
        && !matches!(recorded.event.body, Body::ConversionReported { .. })
    {
        let waiting = use_join(rows, scope, key, &fact, conversation)?;
        others.extend(waiting.into_iter().map(|fact| Step::Waited { conversation, fact }));
    }
    let taught = resolved.taught;
    routed.steps.push(Step::Event {
        conversation,
        fact,
        taught,
    });
    routed.steps.extend(others);
    Ok(())
}

/// Counts a click of somebody who is known. Whether it is new, the conversation knows only later, so that is noted here too.
fn count_click_once(rows: &mut Overlay<'_>, scope: Scope, recorded: &Recorded) -> Result<(), RowsError> {
    if !matches!(recorded.event.body, Body::LinkClicked { .. }) {
        return Ok(());
    }
    let once = layout::once(scope, recorded.event.body.kind(), recorded.keys.dedup);
    if rows.get(&once)?.is_none() {
        rows.changes.put(once, &recorded.position);
        clicks::note(&mut rows.changes, AccountKey::of(&recorded.event.account), recorded);
    }
    Ok(())
}

/// Events that name nobody: clicks and conversions find their conversation by a join key; the rest belongs to the channel.
fn in_none(rows: &mut Overlay<'_>, scope: Scope, recorded: &Recorded, routed: &mut Routed) -> Result<(), RowsError> {
    let kind = recorded.event.body.kind();
    let once = layout::once(scope, kind, recorded.keys.dedup);
    if rows.get(&once)?.is_some() {
        routed.duplicate = true;
        return Ok(());
    }
    rows.changes.put(once, &recorded.position);
    let account = AccountKey::of(&recorded.event.account);
    clicks::note(&mut rows.changes, account, recorded);
    templates::note(rows, account, recorded)?;
    match (&recorded.event.body, recorded.keys.code, recorded.keys.ad_click) {
        (Body::LinkClicked { .. }, Some(code), _) => {
            record_click(rows, scope, code, recorded, &mut routed.steps)?;
        }
        (Body::ConversionReported { .. }, _, Some(click)) => {
            let fact = Fact::of(recorded);
            let key = layout::join(scope, click);
            let mut join: Join = rows::read(rows, "join", &key)?.unwrap_or_default();
            join.note(recorded.position);
            match join.users.iter().max() {
                Some((_, user)) => {
                    let conversation = identity::current(rows, *user)?;
                    routed.steps.push(Step::Waited { conversation, fact });
                }
                None if join.waiting.len() < WAITING_MAX => join.waiting.push(fact),
                None => routed.anomalies.push(anomaly(recorded, Reason::NotJoined, None)),
            }
            rows.changes.put(key, &join);
        }
        (Body::Unrecognised { .. }, _, _) => routed.anomalies.push(anomaly(recorded, Reason::Unrecognised, None)),
        (Body::AccountUpdated { .. } | Body::LinkClicked { .. } | Body::ConversionReported { .. }, _, _) => {}
        _ => routed.anomalies.push(anomaly(recorded, Reason::NoContact, None)),
    }
    Ok(())
}

/// A message carries a code: it gets the click if that is known, and whoever used the code later loses it.
fn use_code(
    rows: &mut Overlay<'_>,
    scope: Scope,
    code: JoinKey,
    conversation: ConversationId,
    fact: &mut Fact,
    others: &mut Vec<Step>,
) -> Result<(), RowsError> {
    let key = layout::join(scope, code);
    let mut join: Join = rows::read(rows, "join", &key)?.unwrap_or_default();
    let first = join.first_user(fact.key.at);
    if join.add_user(fact.key, conversation) {
        join.note(fact.position);
        rows.changes.put(key, &join);
    }
    let own = click_for(rows, &join, fact.key.at, conversation)?;
    if let What::Inbound(inbound) = &mut fact.what {
        inbound.click = own.map(Box::new);
    }
    if join.first_user(fact.key.at) == first {
        return Ok(());
    }
    // Somebody used the code before everybody we knew of.
    tell_users(rows, &join, Some(fact.key), others)
}

/// A click was recorded: the earliest click of a code's life counts, and the messages that carry the code are told.
fn record_click(
    rows: &mut Overlay<'_>,
    scope: Scope,
    code: JoinKey,
    recorded: &Recorded,
    others: &mut Vec<Step>,
) -> Result<(), RowsError> {
    let Body::LinkClicked { click } = &recorded.event.body else {
        return Ok(());
    };
    let key = layout::join(scope, code);
    let mut join: Join = rows::read(rows, "join", &key)?.unwrap_or_default();
    let at = recorded.event.occurred_at;
    let is_new = join.add_click(ClickFact {
        at,
        link: click.link.clone(),
        utm: click.utm.clone(),
        click_ids: click.click_ids.clone(),
        first_use: true,
    });
    if !is_new {
        return Ok(());
    }
    join.note(recorded.position);
    rows.changes.put(key, &join);
    tell_users(rows, &join, None, others)
}

fn tell_users(
    rows: &Overlay<'_>,
    join: &Join,
    except: Option<SortKey>,
    others: &mut Vec<Step>,
) -> Result<(), RowsError> {
    for (message, user) in join.users.iter().filter(|(message, _)| Some(*message) != except) {
        let conversation = identity::current(rows, *user)?;
        if let Some(click) = click_for(rows, join, message.at, conversation)? {
            others.push(Step::Click {
                conversation,
                message: *message,
                click,
            });
        }
    }
    Ok(())
}

/// The click of a code as one conversation sees it at an instant: its own only if nobody used the code before.
fn click_for(
    rows: &dyn Rows,
    join: &Join,
    at: Timestamp,
    conversation: ConversationId,
) -> Result<Option<ClickFact>, RowsError> {
    let Some(click) = join.life(at) else { return Ok(None) };
    let first = match join.first_user(at) {
        Some((_, first)) => identity::current(rows, first)?,
        None => conversation,
    };
    Ok(Some(ClickFact {
        first_use: first == conversation,
        ..click.clone()
    }))
}

/// Notes that a conversation uses a join key; gives what waited for it.
fn use_join(
    rows: &mut Overlay<'_>,
    scope: Scope,
    join: JoinKey,
    fact: &Fact,
    conversation: ConversationId,
) -> Result<Vec<Fact>, RowsError> {
    let key = layout::join(scope, join);
    let mut join: Join = rows::read(rows, "join", &key)?.unwrap_or_default();
    if !join.add_user(fact.key, conversation) {
        return Ok(Vec::new());
    }
    join.note(fact.position);
    let waiting = std::mem::take(&mut join.waiting);
    rows.changes.put(key, &join);
    Ok(waiting)
}

/// Where the records stand that came under a click code or ad click, of whatever conversation: the first so many.
///
/// # Errors
/// As reading rows does.
pub fn joined(rows: &dyn Rows, scope: Scope, key: JoinKey) -> Result<Vec<Offset>, RowsError> {
    let join: Option<Join> = rows::read(rows, "join", &layout::join(scope, key))?;
    Ok(join.unwrap_or_default().records)
}

/// Writes the anomalies of an event that turned out to be no duplicate.
pub fn note_anomalies(changes: &mut crate::rows::Changes, found: &[Anomaly]) {
    for anomaly in found {
        anomalies::put(changes, anomaly);
    }
}

/// The anomaly of a record that cannot be decoded.
#[must_use]
pub fn undecodable(position: Position, detail: String) -> Anomaly {
    let reason = Reason::Undecodable;
    Anomaly {
        position,
        event: Key::default(),
        reason,
        kind: None,
        at: None,
        received_at: None,
        account: None,
        channel: None,
        conversation: None,
        detail: Some(detail),
    }
}

/// The anomaly of a command that changed nothing, for `reason`.
#[must_use]
pub fn ineffective(recorded: &Recorded, reason: Reason, conversation: ConversationId) -> Anomaly {
    anomaly(recorded, reason, Some(conversation))
}
