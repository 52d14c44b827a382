//! The language of scripts: the events of several contacts, a line each.
//!
//! ```text
//! 1.10:00 p1    in m1 ad=A clid=x tag=promo code=7 quote=m0 name=Rita      day.hour:minute, who, what, details
//! 1.10:01 b1,p1 out m2 via=web agent=ana campaign=c1                       aliases of one person, with a comma
//! 1.10:02 p1    change to=b2,p2                                            p1 becomes b2,p2
//! 1.10:03 p1@g1 in m3                                                      in a group; p1/2 is on another channel
//! 1.10:04 -     click code=7 link=promo                                    nobody
//! ```
//! Aliases: `p` phone, `b` BSUID, `e` parent BSUID, `l` lid, with a number; or the alias itself: `p:5511987654321`.

use std::collections::BTreeMap;

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::amount::Amount;
use origem_domain::event::{
    AccountUpdate, Body, Call, CallEvent, Channel, ChannelKind, Click, Command, Comment, Contact, ContactEdit,
    Conversion, DEFAULT_ACCOUNT, DeliveryState, Direction, Edit, Event, Group, Message, Outreach, Preference,
    PreferenceValue, Pricing, ProviderConversation, ProviderError, Reaction, Referral, Revoke, SentDetails, Status,
    TicketFields, TimeSource, Via,
};
use origem_domain::marks::code_from_number;
use origem_domain::record::Recorded;
use origem_domain::time::{DAY, HOUR, Timestamp};

use crate::build;

/// The records of a script: lines, or sentences with `;`. They stand in the log from offset 0 on.
#[must_use]
pub fn records(script: &str) -> Vec<Recorded> {
    let lines = script.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty());
    let events = lines.map(event).enumerate();
    events
        .map(|(index, event)| build::recorded(event, index as u64))
        .collect()
}

/// The event of a line.
#[must_use]
pub fn event(line: &str) -> Event {
    let mut words = line.split_whitespace();
    let mut next = |what| words.next().unwrap_or_else(|| panic!("`{line}` has no {what}"));
    let (time, who, verb) = (next("time"), next("person"), next("verb"));
    let words = Words(words.collect());
    let (who, channel) = who.split_once('/').unwrap_or((who, "1"));
    let (who, group) = who
        .split_once('@')
        .map_or((who, None), |(who, group)| (who, Some(group)));
    let own = aliases(who);
    let contact = (!own.is_empty()).then(|| Contact {
        aliases: own.clone(),
        name: words.value("name"),
        username: words.value("username"),
        photo_url: words.value("photo"),
    });
    Event {
        account: words.value("account").unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
        channel: Channel {
            kind: ChannelKind::Whatsapp,
            id: format!("20000000000000{channel}"),
        },
        contact,
        group: group.map(|id| Group { id: id.to_owned() }),
        occurred_at: time_of(time),
        time_source: if words.flag("received") {
            TimeSource::Received
        } else {
            TimeSource::Payload
        },
        dedup_key: words.value("dedup").unwrap_or_default(),
        provider: None,
        oddities: words.value("odd").into_iter().collect(),
        body: body(verb, &words, own),
    }
    .with_dedup_key()
}

/// `day.hour:minute`, of an arbitrary month.
#[must_use]
pub fn time_of(text: &str) -> Timestamp {
    let parse = || {
        let (day, time) = text.split_once('.')?;
        let (hour, minute) = time.split_once(':')?;
        let number = |text: &str| text.parse::<i64>().ok();
        let since = number(day)? * DAY + number(hour)? * HOUR + number(minute)? * 60_000_000;
        Some(build::at("2026-08-31T00:00:00Z").plus(since))
    };
    parse().unwrap_or_else(|| panic!("`{text}` is not day.hour:minute"))
}

/// Aliases with a comma between them; `-` is none.
#[must_use]
pub fn aliases(text: &str) -> Vec<Alias> {
    text.split(',').filter(|name| *name != "-").map(alias).collect()
}

/// `p1`, `b1`, `p:5511987654321`, ...
#[must_use]
pub fn alias(text: &str) -> Alias {
    let (kind, name) = text.split_at(1);
    let number = || name.parse::<u32>().unwrap_or_else(|_| panic!("`{text}` is no alias"));
    let (kind, value) = match kind {
        "p" => (AliasKind::Phone, "551198"),
        "b" => (AliasKind::Bsuid, "BR."),
        "e" => (AliasKind::ParentBsuid, "BR.ENT."),
        "l" => (AliasKind::Lid, ""),
        _ => panic!("`{text}` is no alias"),
    };
    match name.strip_prefix(':') {
        Some(verbatim) => Alias::new(kind, verbatim),
        None => Alias::new(kind, &format!("{value}{:07}", number())),
    }
}

struct Words<'a>(Vec<&'a str>);

impl Words<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let found = self
            .0
            .iter()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.map(str::to_owned)
    }

    fn flag(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    /// The id of the message, comment or call: a word like `m1`.
    fn id(&self) -> Option<String> {
        let is_id = |word: &&&str| {
            word.strip_prefix('m')
                .is_some_and(|number| number.parse::<u32>().is_ok())
        };
        self.0.iter().find(is_id).map(|word| (*word).to_owned())
    }

    fn code(&self) -> Option<String> {
        let number = self.value("code")?.parse().ok()?;
        Some(code_from_number(number))
    }

    fn message(&self) -> Message {
        let tag = self.value("tag").map(|tag| format!("#{tag} "));
        let code = self.code().map(|code| format!(" [{code}]"));
        Message {
            reply_to: self.value("quote"),
            id: self.id(),
            kind: self.value("type").unwrap_or_else(|| "text".to_owned()),
            text: Some(format!("{}oi{}", tag.unwrap_or_default(), code.unwrap_or_default())),
            ..Message::default()
        }
    }

    fn referral(&self) -> Option<Referral> {
        let referral = Referral {
            source_type: self.value("ad").map(|_| "ad".to_owned()),
            source_id: self.value("ad"),
            ctwa_clid: self.value("clid"),
            reference: self.value("ref"),
            ..Referral::default()
        };
        (referral != Referral::default()).then_some(referral)
    }

    fn direction(&self) -> Direction {
        if self.flag("out") {
            Direction::Out
        } else {
            Direction::In
        }
    }

    fn command(&self) -> Command {
        Command {
            ticket: TicketFields {
                assignee: self.value("to"),
                team: self.value("team"),
                classification: self.value("class"),
                value: self.value("value").and_then(|value| Amount::parse(&value)),
                currency: self.value("currency"),
                stage: self.value("stage"),
                lead: self.value("lead"),
                note: self.value("text"),
                ..TicketFields::default()
            },
            agent: self.value("agent"),
            by: self.value("by"),
            revision: self.value("revision").and_then(|revision| revision.parse().ok()),
            via: None,
            contact_edit: self.value("edit").map(|name| ContactEdit {
                name: Some(name),
                ..ContactEdit::default()
            }),
            outreach: self.value("template").map(|template| {
                Box::new(Outreach {
                    template: Some(template),
                    ..Outreach::default()
                })
            }),
        }
    }
}

fn body(verb: &str, words: &Words<'_>, own: Vec<Alias>) -> Body {
    let about = || words.id().unwrap_or_default();
    match verb {
        "in" => Body::MessageReceived {
            message: words.message(),
            referral: words.referral(),
        },
        "out" => Body::MessageSent {
            message: words.message(),
            details: SentDetails {
                via: Via::named(&words.value("via").unwrap_or_else(|| {
                    let campaign = words.value("campaign").is_some();
                    if campaign { "campaign" } else { "web" }.to_owned()
                })),
                agent: words.value("agent"),
                campaign_id: words.value("campaign"),
                ..SentDetails::default()
            },
        },
        "sent" | "delivered" | "read" | "failed" => Body::MessageStatus {
            status: Status {
                message_id: words.id(),
                state: match verb {
                    "sent" => DeliveryState::Sent,
                    "delivered" => DeliveryState::Delivered,
                    "read" => DeliveryState::Read,
                    _ => DeliveryState::Failed,
                },
                error: words.value("error").map(|code| ProviderError {
                    code: code.parse().unwrap_or_default(),
                    ..ProviderError::default()
                }),
                pricing: words.value("price").map(|category| Pricing {
                    category: Some(category),
                    kind: words.value("type"),
                    ..Pricing::default()
                }),
                conversation: words.value("conv").map(|id| ProviderConversation {
                    id: Some(id),
                    origin: None,
                    expires_at: words.value("until").map(|until| time_of(&until)),
                }),
                callback_data: words.value("data"),
            },
        },
        "history" => Body::HistoryImported {
            direction: words.direction(),
            message: words.message(),
        },
        "open" => Body::ReferralOpened {
            referral: words.referral(),
        },
        "comment" => Body::CommentReceived {
            comment: Comment {
                id: about(),
                media_id: words.value("post"),
                ..Comment::default()
            },
        },
        "call" => Body::CallReceived {
            call: Call {
                id: about(),
                event: CallEvent::Connect,
                direction: words.direction(),
                payload: None,
            },
        },
        "edited" => Body::MessageEdited {
            edit: Edit {
                message_id: about(),
                kind: None,
                text: words.value("text"),
            },
        },
        "revoked" => Body::MessageRevoked {
            revoke: Revoke { message_id: about() },
        },
        "reaction" => Body::MessageReaction {
            reaction: Reaction {
                message_id: about(),
                emoji: words.value("emoji"),
            },
        },
        "stop" | "resume" => Body::PreferenceChanged {
            preference: Preference {
                category: "marketing_messages".to_owned(),
                value: if verb == "stop" {
                    PreferenceValue::Stop
                } else {
                    PreferenceValue::Resume
                },
                signup_id: None,
            },
        },
        "change" => Body::IdentityChanged {
            from: own,
            to: aliases(&words.value("to").unwrap_or_else(|| "-".to_owned())),
        },
        "click" => Body::LinkClicked {
            click: Click {
                id: words.id(),
                code: words.code(),
                link: words.value("link"),
                ..Click::default()
            },
        },
        "conversion" => Body::ConversionReported {
            conversion: Conversion {
                message_id: words.id(),
                name: "Purchase".to_owned(),
                ctwa_clid: words.value("clid"),
                currency: None,
                value: None,
            },
        },
        "account" => Body::AccountUpdated {
            account_update: AccountUpdate {
                field: words.value("field").unwrap_or_default(),
                values: BTreeMap::new(),
            },
        },
        "unrecognised" => Body::Unrecognised {
            reason: words.value("reason").unwrap_or_default(),
        },
        "claim" => Body::TicketClaimed(words.command()),
        "assign" => Body::TicketAssigned(words.command()),
        "transfer" => Body::TicketTransferred(words.command()),
        "takeover" => Body::TicketTakenOver(words.command()),
        "finish" => Body::TicketFinished(words.command()),
        "reopen" => Body::TicketReopened(words.command()),
        "note" => Body::NoteAdded(words.command()),
        "edit" => Body::ContactEdited(words.command()),
        "stage" => Body::StageSet(words.command()),
        "lead" => Body::LeadLinked(words.command()),
        "outreach" => Body::OutreachRequested(words.command()),
        other => panic!("no such verb: {other}"),
    }
}
