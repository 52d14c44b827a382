//! The layout of keys: every view has a first byte, kept for ever, and key bytes that sort as its queries want.
//!
//! ```text
//! 01 name                                    meta         format, checkpoint by partition; not part of the fingerprint
//! 02 scope(8) kind(1) hash(16)               alias        -> conversation now, and whose it was before
//! 03 conversation(8)                         identity     aliases of a contact
//! 04 conversation(8)                         moved        merged into another conversation
//! 05 conversation(8)                         card         state, names, counters
//! 06 conversation(8) start(17)               ledger       chunk of facts and the state before it
//! 07 conversation(8) start(17)               thread       chunk of messages and markers
//! 08 account(8) status(1) !last_act.(8) conv(8)  listed    conversations of an account, the latest first
//! 09 account(8) folded word 00 conv(8)       names        search by word of a name
//! 0a account(8) digits 00 conv(8)            numbers      search by number
//! 0b scope(8) hash(16)                       join         click codes and ad clicks
//! 0c partition(4) offset(8) number(1)        anomaly
//! 0d account(8) mark(8) status(1)            counts       conversations by who has them and ticket status
//! 0e scope(8) kind(1) dedup(8)               once         dedup of events that belong to no conversation
//! 0f scope(8)                                channel      account and channel, for finding a contact on any channel
//! 10 scope(8) message(8)                     service      when a service message was first delivered
//! 11 scope(8) span(1) number(4)              service      service messages delivered, by day and by quarter of an hour
//! 12 reason(1) partition(4) offset(8) ev(8)  anomaly      of one reason
//! 13 account(8) reason(1)                    counts       anomalies; all zero: of no account
//! 14 conversation(8) place(17)               aside        records of it that are no facts of its ledger
//! 15 account(8) template(8)                  templates   as reported, by hash of name and language
//! 16 account(8) day(4) conversation(8)       priced      conversations with reports that tell a price, by day of UTC
//! 17 account(8) conversation(8)              journey     touches and tickets in short, for reports
//! 18 account(8) day(4) link                  clicks      how often a link was followed, by day of UTC
//! 19 account(8) lead(8) conversation(8)      leads       conversations of a lead, by hash of its id
//! 1a account(8) since(8) conv(8)             waiting      conversations whose customer waits, the longest first
//! 1b account(8) mark(8) part(1) n(4) conv(8) posted       conversations that share a mark, by hour
//! 1c account(8) month(4) conversation(8)     active      conversations whose customer wrote, by first day of a month of UTC
//! 1d conversation(8) message(8) place(17)    amended     lines of its thread that edit or delete a message
//! 1e account(8) mark(8) since(8) conv(8)     waiting      the same as 1a, by who has the conversation
//! ```
//! All numbers big-endian. A scope is the hash of account and channel, for groups of the group too.

use siphasher::sip::SipHasher13;

use origem_domain::event::{Channel, Kind};
use origem_domain::facet::Mark;
use origem_domain::fact::SortKey;
use origem_domain::key::{AliasKey, ConversationId, JoinKey, Key};
use origem_domain::position::Position;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;

/// Version of all rows together; an older one in the store means: rebuild.
pub const VIEWS_VERSION: u32 = 6;
/// The oldest version whose rows this build can read and fold on top of: views from it on go on serving while they are rebuilt.
/// Raise it to [`VIEWS_VERSION`] with every change that makes old rows unreadable, which is every change of a row's fields: rows
/// name nothing.
pub const VIEWS_READABLE_FROM: u32 = 6;

pub(crate) const META: u8 = 0x01;
const ALIAS: u8 = 0x02;
pub(crate) const IDENTITY: u8 = 0x03;
const MOVED: u8 = 0x04;
pub(crate) const CARD: u8 = 0x05;
pub(crate) const LEDGER: u8 = 0x06;
pub(crate) const THREAD: u8 = 0x07;
const LISTED: u8 = 0x08;
const NAMES: u8 = 0x09;
const NUMBERS: u8 = 0x0a;
const JOIN: u8 = 0x0b;
const ANOMALY: u8 = 0x0c;
const COUNTS: u8 = 0x0d;
const ONCE: u8 = 0x0e;
const CHANNEL: u8 = 0x0f;
const DELIVERED: u8 = 0x10;
const SERVICE: u8 = 0x11;
const ANOMALY_BY_REASON: u8 = 0x12;
const ANOMALY_COUNTS: u8 = 0x13;
const ASIDE: u8 = 0x14;
const TEMPLATES: u8 = 0x15;
const PRICED: u8 = 0x16;
const JOURNEY: u8 = 0x17;
const CLICKS: u8 = 0x18;
const WAITING: u8 = 0x1a;
const POSTED: u8 = 0x1b;
const ACTIVE: u8 = 0x1c;
const AMENDED: u8 = 0x1d;
const WAITING_BY_HOLDER: u8 = 0x1e;

/// Where the status stands in a key of a list.
pub(crate) const STATUS_AT: usize = 9;
/// Where the part stands in a key of what is posted.
pub(crate) const PART_AT: usize = 17;
const LEADS: u8 = 0x19;

/// Hash of an account: the first part of keys of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey(pub u64);

impl AccountKey {
    /// The key of an account.
    #[must_use]
    pub fn of(account: &str) -> Self {
        Self(hash(&[b"account", account.as_bytes()]))
    }
}

/// Where aliases are unique: an account and channel, or one group of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(pub u64);

impl Scope {
    /// The scope of a channel.
    #[must_use]
    pub fn of(account: &str, channel: &Channel, group: Option<Key>) -> Self {
        let group = group.map(|group| group.0.to_be_bytes()).unwrap_or_default();
        Self(hash(&[
            account.as_bytes(),
            channel.kind.name().as_bytes(),
            channel.id.as_bytes(),
            &group,
        ]))
    }
}

/// Hash of parts, each with its length, so that no two lists of parts run together.
pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    let mut bytes = Vec::with_capacity(64);
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    SipHasher13::new().hash(&bytes)
}

fn key(view: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.push(view);
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

pub(crate) fn meta(name: &str) -> Vec<u8> {
    key(META, &[name.as_bytes()])
}

pub(crate) fn alias(scope: Scope, alias: AliasKey) -> Vec<u8> {
    key(
        ALIAS,
        &[&scope.0.to_be_bytes(), &[alias.kind as u8], &alias.hash.to_be_bytes()],
    )
}

pub(crate) fn identity(conversation: ConversationId) -> Vec<u8> {
    key(IDENTITY, &[&conversation.0.to_be_bytes()])
}

pub(crate) fn moved(conversation: ConversationId) -> Vec<u8> {
    key(MOVED, &[&conversation.0.to_be_bytes()])
}

pub(crate) fn card(conversation: ConversationId) -> Vec<u8> {
    key(CARD, &[&conversation.0.to_be_bytes()])
}

/// The prefix of a conversation's chunks in a chunked view.
pub(crate) fn chunks(view: u8, conversation: ConversationId) -> Vec<u8> {
    key(view, &[&conversation.0.to_be_bytes()])
}

/// Later than everything with a status: there never was a ticket.
fn status_byte(status: Option<TicketStatus>) -> u8 {
    status.map_or(u8::MAX, |status| status as u8)
}

/// Bytes that sort as times do.
fn ascending(at: Timestamp) -> [u8; 8] {
    (at.micros() as u64 ^ (1 << 63)).to_be_bytes()
}

fn time_of(ascending: u64) -> Timestamp {
    Timestamp::from_micros((ascending ^ (1 << 63)) as i64)
}

fn number_at<const N: usize>(key: &[u8], at: usize) -> Option<[u8; N]> {
    key.get(at..)?.first_chunk().copied()
}

pub(crate) fn listed(
    account: AccountKey,
    status: Option<TicketStatus>,
    at: Timestamp,
    conversation: ConversationId,
) -> Vec<u8> {
    let newest_first = !u64::from_be_bytes(ascending(at));
    key(
        LISTED,
        &[
            &account.0.to_be_bytes(),
            &[status_byte(status)],
            &newest_first.to_be_bytes(),
            &conversation.0.to_be_bytes(),
        ],
    )
}

/// The time in a key of a list.
pub(crate) fn listed_at(key: &[u8]) -> Option<Timestamp> {
    let newest_first = u64::from_be_bytes(number_at(key, STATUS_AT + 1)?);
    Some(time_of(!newest_first))
}

pub(crate) fn listed_of(account: AccountKey, status: Option<TicketStatus>) -> Vec<u8> {
    key(LISTED, &[&account.0.to_be_bytes(), &[status_byte(status)]])
}

/// Who waits, in the list of the account, or in that of whoever has the conversation.
pub(crate) fn waiting(
    account: AccountKey,
    holder: Option<Mark>,
    since: Timestamp,
    conversation: ConversationId,
) -> Vec<u8> {
    [
        &*waiting_of(account, holder),
        &ascending(since),
        &conversation.0.to_be_bytes(),
    ]
    .concat()
}

/// What a key of those who wait ends with, and lists of them sort by: since when, and which conversation.
pub(crate) fn waiting_place(key: &[u8]) -> &[u8] {
    key.last_chunk::<16>().map_or(&[], |place| place)
}

/// Since when somebody waits, in a key of those who wait.
pub(crate) fn waiting_since(key: &[u8]) -> Option<Timestamp> {
    Some(time_of(u64::from_be_bytes(number_at(waiting_place(key), 0)?)))
}

pub(crate) fn waiting_of(account: AccountKey, holder: Option<Mark>) -> Vec<u8> {
    let account = account.0.to_be_bytes();
    match holder {
        None => key(WAITING, &[&account]),
        Some(holder) => key(WAITING_BY_HOLDER, &[&account, &holder.0.to_be_bytes()]),
    }
}

pub(crate) fn posted(account: AccountKey, mark: Mark, part: u8, number: u32, conversation: ConversationId) -> Vec<u8> {
    key(
        POSTED,
        &[
            &account.0.to_be_bytes(),
            &mark.0.to_be_bytes(),
            &[part],
            &number.to_be_bytes(),
            &conversation.0.to_be_bytes(),
        ],
    )
}

/// The number in a key of what is posted.
pub(crate) fn posted_number(key: &[u8]) -> Option<u32> {
    number_at(key, PART_AT + 1).map(u32::from_be_bytes)
}

pub(crate) fn posted_of(account: AccountKey, mark: Mark, part: u8) -> Vec<u8> {
    key(POSTED, &[&account.0.to_be_bytes(), &mark.0.to_be_bytes(), &[part]])
}

pub(crate) fn name(account: AccountKey, word: &str, conversation: ConversationId) -> Vec<u8> {
    key(
        NAMES,
        &[
            &account.0.to_be_bytes(),
            word.as_bytes(),
            &[0],
            &conversation.0.to_be_bytes(),
        ],
    )
}

pub(crate) fn names_from(account: AccountKey, prefix: &str) -> Vec<u8> {
    key(NAMES, &[&account.0.to_be_bytes(), prefix.as_bytes()])
}

pub(crate) fn number(account: AccountKey, digits: &str, conversation: ConversationId) -> Vec<u8> {
    key(
        NUMBERS,
        &[
            &account.0.to_be_bytes(),
            digits.as_bytes(),
            &[0],
            &conversation.0.to_be_bytes(),
        ],
    )
}

pub(crate) fn numbers_from(account: AccountKey, prefix: &str) -> Vec<u8> {
    key(NUMBERS, &[&account.0.to_be_bytes(), prefix.as_bytes()])
}

pub(crate) fn join(scope: Scope, join: JoinKey) -> Vec<u8> {
    key(JOIN, &[&scope.0.to_be_bytes(), &join.0.to_be_bytes()])
}

/// One record may hold several events, told apart by the keys of their dedup keys.
pub(crate) fn anomaly(position: Position, reason: u8, event: Key) -> Vec<u8> {
    key(
        ANOMALY,
        &[
            &position.partition.0.to_be_bytes(),
            &position.offset.0.to_be_bytes(),
            &[reason],
            &event.0.to_be_bytes(),
        ],
    )
}

/// What sorts before every anomaly at a position.
pub(crate) fn anomalies_at(position: Position) -> Vec<u8> {
    key(
        ANOMALY,
        &[&position.partition.0.to_be_bytes(), &position.offset.0.to_be_bytes()],
    )
}

pub(crate) fn anomaly_by_reason(reason: u8, position: Position, event: Key) -> Vec<u8> {
    key(
        ANOMALY_BY_REASON,
        &[
            &[reason],
            &position.partition.0.to_be_bytes(),
            &position.offset.0.to_be_bytes(),
            &event.0.to_be_bytes(),
        ],
    )
}

/// What sorts before every anomaly of a reason at a position.
pub(crate) fn anomalies_by_reason_at(reason: u8, position: Position) -> Vec<u8> {
    key(
        ANOMALY_BY_REASON,
        &[
            &[reason],
            &position.partition.0.to_be_bytes(),
            &position.offset.0.to_be_bytes(),
        ],
    )
}

/// The key of the anomaly that a key of the index by reason stands for.
pub(crate) fn anomaly_of_index(key: &[u8]) -> Option<Vec<u8>> {
    let (reason, place) = key.get(1..)?.split_first()?;
    let (position, event) = place.split_first_chunk::<12>()?;
    Some(self::key(ANOMALY, &[position, &[*reason], event]))
}

pub(crate) fn anomaly_count(account: Option<AccountKey>, reason: u8) -> Vec<u8> {
    let account = account.map_or(0, |account| account.0);
    key(ANOMALY_COUNTS, &[&account.to_be_bytes(), &[reason]])
}

pub(crate) fn anomaly_counts_of(account: AccountKey) -> Vec<u8> {
    key(ANOMALY_COUNTS, &[&account.0.to_be_bytes()])
}

pub(crate) fn anomaly_counts() -> Vec<u8> {
    vec![ANOMALY_COUNTS]
}

/// The reason in a key of a count of anomalies; `None` for keys of other counts.
pub(crate) fn reason_of_count(key: &[u8]) -> Option<u8> {
    key.last().copied().filter(|_| key.first() == Some(&ANOMALY_COUNTS))
}

pub(crate) fn count(account: AccountKey, mark: Mark, status: TicketStatus) -> Vec<u8> {
    key(
        COUNTS,
        &[&account.0.to_be_bytes(), &mark.0.to_be_bytes(), &[status as u8]],
    )
}

pub(crate) fn once(scope: Scope, kind: Kind, dedup: Key) -> Vec<u8> {
    key(ONCE, &[&scope.0.to_be_bytes(), &[kind as u8], &dedup.0.to_be_bytes()])
}

pub(crate) fn channel(scope: Scope) -> Vec<u8> {
    key(CHANNEL, &[&scope.0.to_be_bytes()])
}

pub(crate) fn channels() -> Vec<u8> {
    vec![CHANNEL]
}

pub(crate) fn delivered(scope: Scope, message: Key) -> Vec<u8> {
    key(DELIVERED, &[&scope.0.to_be_bytes(), &message.0.to_be_bytes()])
}

pub(crate) fn service(scope: Scope, span: u8, number: u32) -> Vec<u8> {
    key(SERVICE, &[&scope.0.to_be_bytes(), &[span], &number.to_be_bytes()])
}

pub(crate) fn template(account: AccountKey, name: &str, language: &str) -> Vec<u8> {
    let template = hash(&[name.as_bytes(), language.as_bytes()]);
    key(TEMPLATES, &[&account.0.to_be_bytes(), &template.to_be_bytes()])
}

pub(crate) fn templates(account: AccountKey) -> Vec<u8> {
    key(TEMPLATES, &[&account.0.to_be_bytes()])
}

pub(crate) fn priced(account: AccountKey, day: u32, conversation: ConversationId) -> Vec<u8> {
    key(
        PRICED,
        &[
            &account.0.to_be_bytes(),
            &day.to_be_bytes(),
            &conversation.0.to_be_bytes(),
        ],
    )
}

/// What sorts before every conversation of a day.
pub(crate) fn priced_from(account: AccountKey, day: u32) -> Vec<u8> {
    key(PRICED, &[&account.0.to_be_bytes(), &day.to_be_bytes()])
}

pub(crate) fn active(account: AccountKey, month: u32, conversation: ConversationId) -> Vec<u8> {
    [active_from(account, month), conversation.0.to_be_bytes().to_vec()].concat()
}

/// What sorts before every conversation of a month.
pub(crate) fn active_from(account: AccountKey, month: u32) -> Vec<u8> {
    key(ACTIVE, &[&account.0.to_be_bytes(), &month.to_be_bytes()])
}

pub(crate) fn journey(account: AccountKey, conversation: ConversationId) -> Vec<u8> {
    key(JOURNEY, &[&account.0.to_be_bytes(), &conversation.0.to_be_bytes()])
}

/// How often a link was followed on a day.
pub(crate) fn clicks(account: AccountKey, day: u32, link: &str) -> Vec<u8> {
    key(CLICKS, &[&account.0.to_be_bytes(), &day.to_be_bytes(), link.as_bytes()])
}

/// Day and link in a key of clicks.
pub(crate) fn click_of(key: &[u8]) -> Option<(u32, &str)> {
    let (day, link) = key.get(9..)?.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*day), std::str::from_utf8(link).ok()?))
}

pub(crate) fn lead(account: AccountKey, lead: &str, conversation: ConversationId) -> Vec<u8> {
    [leads_of(account, lead), conversation.0.to_be_bytes().to_vec()].concat()
}

/// The prefix of the conversations of a lead.
pub(crate) fn leads_of(account: AccountKey, lead: &str) -> Vec<u8> {
    let lead = hash(&[lead.as_bytes()]);
    key(LEADS, &[&account.0.to_be_bytes(), &lead.to_be_bytes()])
}

pub(crate) fn aside(conversation: ConversationId, place: &[u8; 17]) -> Vec<u8> {
    key(ASIDE, &[&conversation.0.to_be_bytes(), place])
}

/// The prefix of what is beside the ledger of a conversation.
pub(crate) fn asides(conversation: ConversationId) -> Vec<u8> {
    key(ASIDE, &[&conversation.0.to_be_bytes()])
}

/// A line that edits or deletes a message, by its place in the thread.
pub(crate) fn amended(conversation: ConversationId, message: Key, place: &SortKey) -> Vec<u8> {
    [amendments_of(conversation, message), place.bytes().to_vec()].concat()
}

/// The prefix of what was done to a message.
pub(crate) fn amendments_of(conversation: ConversationId, message: Key) -> Vec<u8> {
    key(AMENDED, &[&conversation.0.to_be_bytes(), &message.0.to_be_bytes()])
}

/// The prefix of what was done to the messages of a conversation.
pub(crate) fn amendments(conversation: ConversationId) -> Vec<u8> {
    key(AMENDED, &[&conversation.0.to_be_bytes()])
}

/// The conversation at the end of a key of a list.
pub(crate) fn conversation_of(key: &[u8]) -> Option<ConversationId> {
    let tail = key.len().checked_sub(8)?;
    Some(ConversationId(u64::from_be_bytes(key[tail..].try_into().ok()?)))
}

/// The first key of a fact's chunk is the key of the fact that began it; the first chunk begins before everything.
pub(crate) fn start(key: &SortKey) -> [u8; 17] {
    key.bytes()
}
