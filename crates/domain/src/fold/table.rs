//! The language of the tables: events in a line, timelines in a line.
//!
//! ```text
//! 1.10:00 in ad=A clid=x; 1.10:05 out via=web agent=ana m1; 1.10:06 in quote=m1
//! 1.10:00 ad/unknown A; ...            `?` likely, `??` a guess, `/platform`, `+` what is kept beside it
//! ```
//! Every case is folded in the order given, reversed, and with everything twice: the result must be the same.

use std::collections::{BTreeMap, BTreeSet};

use siphasher::sip::SipHasher13;

use crate::dispatch;
use crate::event::{CallEvent, ChannelKind, DeliveryState, Direction, Kind, PricingModel, Via};
use crate::fact::{ClickFact, CommandFact, Evidence, Fact, Form, Inbound, Sent, SortKey, What};
use crate::fold::{Folding, Outcome, fold};
use crate::key::Key;
use crate::position::Position;
use crate::rules::Rulebook;
use crate::state::State;
use crate::time::{DAY, HOUR, Timestamp};
use crate::touch::{Confidence, Entry, Origin, Touch};
use crate::windows::{Category, PricingKind, Report};

/// The timeline of `events` on a WhatsApp channel.
#[track_caller]
pub fn check(events: &str, timeline: &str) {
    check_on("whatsapp", events, timeline);
}

/// The timeline of `events` on a channel of that kind.
#[track_caller]
pub fn check_on(channel: &str, events: &str, timeline: &str) {
    check_timeline(channel, &Rulebook::default(), events, timeline);
}

/// The timeline of `events` on a WhatsApp channel under other rules.
#[track_caller]
pub fn check_under(rulebook: &Rulebook, events: &str, timeline: &str) {
    check_timeline("whatsapp", rulebook, events, timeline);
}

#[track_caller]
fn check_timeline(channel: &str, rulebook: &Rulebook, events: &str, timeline: &str) {
    let (_, outcome) = run_under(rulebook, channel, events);
    let written: Vec<String> = outcome.touches.iter().map(write_touch).collect();
    assert_eq!(written.join("; "), timeline, "events: {events}");
}

/// The tickets of `events`: opening time, status, assignee, kinds of origins.
#[track_caller]
pub fn check_tickets(events: &str, expected: &str) {
    check_tickets_under(&Rulebook::default(), events, expected);
}

/// The same under other rules.
#[track_caller]
pub fn check_tickets_under(rulebook: &Rulebook, events: &str, expected: &str) {
    let (state, outcome) = run_under(rulebook, "whatsapp", events);
    let tickets = outcome.tickets.iter().chain(&state.ticket);
    let written: Vec<String> = tickets
        .map(|ticket| {
            let of_ticket = |touch: &&Touch| touch.ticket == Some(ticket.id) || ticket.adopts.contains(&touch.id);
            let kinds: Vec<&str> = outcome
                .touches
                .iter()
                .filter(of_ticket)
                .map(|t| t.origin.kind.name())
                .collect();
            let assignee = ticket
                .assignee
                .as_ref()
                .map(|agent| format!(" {agent}"))
                .unwrap_or_default();
            format!(
                "{} {}{assignee} [{}]",
                write_at(ticket.opened_at),
                ticket.status().name(),
                kinds.join(" ")
            )
        })
        .collect();
    assert_eq!(written.join("; "), expected, "events: {events}");
}

/// Folds `events` in ledger order, after making sure that repetition and order of arrival make no difference.
pub fn run(channel: &str, events: &str) -> (State, Outcome) {
    run_under(&Rulebook::default(), channel, events)
}

fn run_under(rulebook: &Rulebook, channel: &str, events: &str) -> (State, Outcome) {
    let channel = match channel {
        "whatsapp" => ChannelKind::Whatsapp,
        "instagram" => ChannelKind::Instagram,
        "messenger" => ChannelKind::Messenger,
        _ => ChannelKind::Webchat,
    };
    let linked = facts_under(rulebook, events);
    let mut state = State::default();
    let folding = Folding { channel, rulebook };
    let outcome = fold(&mut state, folding, &linked);
    let split = linked.len() / 2;
    let (mut stepwise, mut parts) = (State::default(), Outcome::default());
    for part in [&linked[..split], &linked[split..]] {
        let more = fold(&mut stepwise, folding, part);
        parts.touches.extend(more.touches);
        parts.tickets.extend(more.tickets);
    }
    assert_eq!(
        (&stepwise, &parts),
        (&state, &outcome),
        "any chunking folds alike: {events}"
    );
    let ids: BTreeSet<_> = outcome.touches.iter().map(|touch| touch.id).collect();
    assert_eq!(ids.len(), outcome.touches.len(), "touch ids are unique: {events}");
    (state, outcome)
}

/// The facts of `events` in ledger order; their positions are in the order given.
pub fn facts(events: &str) -> Vec<Fact> {
    facts_under(&Rulebook::default(), events)
}

/// The same, linked under other rules.
pub fn facts_under(rulebook: &Rulebook, events: &str) -> Vec<Fact> {
    let facts: Vec<Fact> = events
        .split(';')
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .enumerate()
        .map(|(index, line)| read_fact(index, line))
        .collect();
    let sorted: BTreeMap<SortKey, Fact> = facts.into_iter().map(|fact| (fact.key, fact)).collect();
    let mut linked: Vec<Fact> = sorted.values().cloned().collect();
    if !rulebook.dispatches().rules().is_empty() {
        linked.iter_mut().for_each(|fact| hear_reports(fact, &sorted));
    }
    for index in 0..linked.len() {
        link_quote(rulebook, &mut linked, index);
    }
    linked
}

/// What the ledger does on insertion: tells a message of ours what its reports tell back.
fn hear_reports(fact: &mut Fact, all: &BTreeMap<SortKey, Fact>) {
    if let What::Sent(sent) = &mut fact.what
        && let Some(message) = sent.message
    {
        sent.told_back = dispatch::told_back(message, all.values());
    }
}

/// And a quoting message what it quotes.
fn link_quote(rulebook: &Rulebook, facts: &mut [Fact], index: usize) {
    let (before, rest) = facts.split_at_mut(index);
    if let Some(What::Inbound(inbound)) = rest.first_mut().map(|fact| &mut fact.what)
        && let Some(reply_to) = inbound.reply_to
    {
        inbound.quoted = dispatch::account(rulebook, reply_to, before.iter()).map(Box::new);
    }
}

fn read_fact(index: usize, line: &str) -> Fact {
    let mut words = line.split_whitespace();
    let at = read_at(words.next().expect("a time"));
    let verb = words.next().expect("a verb");
    let words: Vec<&str> = words.collect();
    let value = |name: &str| {
        words
            .iter()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
    };
    let flag = |name: &str| words.contains(&name);
    let message = words.iter().find(|word| {
        word.len() > 1 && word.starts_with('m') && !word.contains('=') && word[1..].parse::<u32>().is_ok()
    });
    let message = message.map(|word| key(word));
    let referral = || {
        let evidence = Evidence {
            source_type: value("ad")
                .map(|_| "ad".to_owned())
                .or(value("post").map(|_| "post".to_owned())),
            source_id: value("ad").or(value("post")),
            source_url: value("url").or(value("card")),
            ctwa_clid: value("clid"),
            reference: value("ref"),
            entry_app: value("app"),
            weak: value("card").is_some(),
            ..Evidence::default()
        };
        (evidence != Evidence::default()).then(|| Box::new(evidence))
    };
    let command = || {
        What::Command(Box::new(CommandFact {
            agent: value("agent"),
            assignee: value("to"),
            team: value("team"),
            classification: value("code"),
            via: value("via").map(|via| Via::named(&via)).unwrap_or(Via::Web),
            revision: value("on").map(|revision| revision.parse().expect("a number")),
            void: flag("void"),
            ..CommandFact::default()
        }))
    };
    let (kind, what) = match verb {
        "in" => (
            Kind::MessageReceived,
            What::Inbound(Inbound {
                message,
                reply_to: value("quote").map(|id| key(&id)),
                quoted: None,
                referral: referral(),
                hashtag: value("tag"),
                code: value("code"),
                click: value("click").map(|clicked| {
                    Box::new(ClickFact {
                        at: read_at(&clicked),
                        link: value("link"),
                        utm: BTreeMap::new(),
                        click_ids: BTreeMap::new(),
                        first_use: !flag("forwarded"),
                    })
                }),
                form: match (flag("button"), flag("unsupported")) {
                    (true, _) => Form::TemplateButton,
                    (_, true) => Form::Unsupported,
                    _ => Form::Plain,
                },
                hint: None,
            }),
        ),
        "out" => (
            Kind::MessageSent,
            What::Sent(Sent {
                message,
                via: value("campaign").map_or_else(|| Via::named(&value("via").unwrap_or_default()), |_| Via::Campaign),
                agent: value("agent"),
                campaign_id: value("campaign"),
                template: value("template"),
                is_password: value("category").is_some_and(|category| dispatch::is_password(&category)),
                ..Sent::default()
            }),
        ),
        "status" => (
            Kind::MessageStatus,
            What::Status {
                message,
                state: match words[0] {
                    "sent" => DeliveryState::Sent,
                    "delivered" => DeliveryState::Delivered,
                    "read" => DeliveryState::Read,
                    _ => DeliveryState::Failed,
                },
                category: words
                    .get(2)
                    .filter(|word| !word.contains('='))
                    .map(|word| (*word).to_owned()),
                callback_data: value("data"),
                report: report(&words).map(Box::new),
            },
        ),
        "open" => (Kind::ReferralOpened, What::Opened { referral: referral() }),
        "comment" => {
            let post = words.first().map(|post| (*post).to_owned());
            (
                Kind::CommentReceived,
                What::Comment {
                    post,
                    ad_id: value("ad"),
                },
            )
        }
        "call" | "hangup" | "took" => (
            Kind::CallReceived,
            What::Call {
                event: match verb {
                    "call" => CallEvent::Connect,
                    "hangup" => CallEvent::Terminate,
                    _ => CallEvent::Accepted,
                },
                direction: if flag("ours") { Direction::Out } else { Direction::In },
            },
        ),
        "history" => (
            Kind::HistoryImported,
            What::History {
                direction: Direction::In,
                message,
            },
        ),
        "clicked" => (Kind::LinkClicked, What::Clicked { link: value("link") }),
        "reaction" => (
            Kind::MessageReaction,
            What::Reacted {
                removed: flag("removed"),
            },
        ),
        "edited" => (Kind::MessageEdited, What::Noted { message }),
        "stop" | "resume" => (Kind::PreferenceChanged, What::Preference { stop: verb == "stop" }),
        "claim" => (Kind::TicketClaimed, command()),
        "assign" => (Kind::TicketAssigned, command()),
        "transfer" => (Kind::TicketTransferred, command()),
        "takeover" => (Kind::TicketTakenOver, command()),
        "finish" => (Kind::TicketFinished, command()),
        "reopen" => (Kind::TicketReopened, command()),
        other => panic!("no such verb: {other}"),
    };
    Fact {
        key: SortKey {
            at,
            kind,
            dedup: key(line),
        },
        position: Position::new(0, index as u64),
        what,
    }
}

/// `type=regular subtype=paid_exempt conv=c1 origin=service exp=2026-09-29T10:00 model=cbp error=131047`, after the price category.
fn report(words: &[&str]) -> Option<Report> {
    let value = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let category = words.get(2).filter(|word| !word.contains('='));
    let origin = value("origin").or(category.copied());
    let report = Report {
        kind: PricingKind::of(value("type"), value("subtype")),
        model: value("model").map(|model| {
            if model == "cbp" {
                PricingModel::Cbp
            } else {
                PricingModel::Pmp
            }
        }),
        category: origin.map(Category::named),
        in_conversation: value("conv").or(value("exp")).or(value("origin")).is_some(),
        conversation: value("conv").map(key),
        expires_at: value("exp").map(read_at),
        error: value("error").map(|code| code.parse().expect("a number")),
        ..Report::default()
    };
    (report != Report::default()).then_some(report)
}

fn key(text: &str) -> Key {
    Key(SipHasher13::new().hash(text.as_bytes()))
}

/// `day.hour:minute` of an arbitrary month, or `2026-10-01T00:00` in UTC, with seconds if there are any.
fn read_at(text: &str) -> Timestamp {
    if text.contains('T') {
        let seconds = if text.matches(':').count() == 1 { ":00" } else { "" };
        return Timestamp::parse(&format!("{text}{seconds}Z")).expect("a time");
    }
    let (day, time) = text.split_once('.').expect("day.hour:minute");
    let (hour, minute) = time.split_once(':').expect("hour:minute");
    let number = |text: &str| text.parse::<i64>().expect("a number");
    Timestamp::from_seconds(1_790_000_000 - 1_790_000_000 % 86_400)
        .plus(number(day) * DAY + number(hour) * HOUR + number(minute) * 60_000_000)
}

pub fn write_at(at: Timestamp) -> String {
    let since = at.since(read_at("0.00:00"));
    format!(
        "{}.{:02}:{:02}",
        since / DAY,
        since % DAY / HOUR,
        since % HOUR / 60_000_000
    )
}

fn write_touch(touch: &Touch) -> String {
    let also: String = touch
        .also
        .iter()
        .map(|origin| format!(" +{}", write_origin(origin)))
        .collect();
    format!("{} {}{also}", write_at(touch.at), write_origin(&touch.origin))
}

fn write_origin(origin: &Origin) -> String {
    let sure = |confidence: Confidence| match confidence {
        Confidence::Certain => "",
        Confidence::Likely => "?",
        Confidence::Guess => "??",
    };
    let mut text = format!("{}{}", origin.kind.name(), sure(origin.confidence));
    if let Some(platform) = origin.platform {
        text += &format!(
            "/{}{}",
            platform.name(),
            origin.platform_confidence.map(sure).unwrap_or_default()
        );
    }
    match &origin.entry {
        Some(Entry::Ad(value) | Entry::Post(value) | Entry::Link(value) | Entry::Hashtag(value)) => {
            text += &format!(" {value}")
        }
        None => {}
    }
    if let Some(campaign) = &origin.campaign_id {
        text += &format!(" {campaign}");
    }
    if let Some(via) = &origin.via {
        text += &format!(" via {via}");
    }
    if origin.click.is_some() {
        text += " clicked";
    }
    if let Some(rule) = &origin.recognised_by {
        text += &format!(" by {rule}");
    }
    text
}

#[test]
fn tickets_open_and_close() {
    for (events, tickets) in [
        ("1.10:00 in", "1.10:00 new [organic]"),
        (
            "1.10:00 in; 1.10:01 claim agent=ana",
            "1.10:00 unanswered ana [organic]",
        ),
        (
            "1.10:00 in; 1.10:01 claim agent=ana; 1.10:02 claim agent=bia",
            "1.10:00 unanswered ana [organic]",
        ),
        (
            "1.10:00 in; 1.10:01 claim agent=ana; 1.10:02 out via=web agent=ana m1",
            "1.10:00 awaiting_customer ana [organic]",
        ),
        ("1.10:00 in; 1.10:01 assign to=bia", "1.10:00 unanswered bia [organic]"),
        (
            "1.10:00 in; 1.10:01 claim agent=ana; 1.10:02 transfer team=t2",
            "1.10:00 new [organic]",
        ),
        (
            "1.10:00 in; 1.10:01 finish agent=ana code=sale",
            "1.10:00 finished [organic]",
        ),
        (
            "1.10:00 in; 1.10:01 finish agent=ana; 1.10:02 reopen agent=ana",
            "1.10:00 new [organic]",
        ),
        (
            "1.10:00 in; 1.10:01 finish agent=ana; 1.10:02 in",
            "1.10:00 finished [organic]; 1.10:02 new []",
        ),
        (
            "1.10:00 in; 1.10:01 finish agent=ana; 3.10:02 in ad=A",
            "1.10:00 finished [organic]; 3.10:02 new [ad]",
        ),
        ("1.10:00 open ref=r1; 1.10:05 in", "1.10:05 new [link]"),
        ("1.10:00 open ref=r1", ""),
        ("1.10:00 open ref=r1; 3.10:05 in", "3.10:05 new [organic]"),
        ("1.10:00 call", "1.10:00 new [organic]"),
        ("1.10:00 claim agent=ana", ""),
        ("1.10:00 finish agent=ana", ""),
    ] {
        check_tickets(events, tickets);
    }
}
