//! Messages of ours as origins take them: by what way, of which campaign, and what says so.
//!
//! A message that was told of says its way and campaign itself; of one that only reports tell of, its price says that it is a campaign's,
//! and what its sender asked to be told back is taken for the campaign. The operator's rules ([`crate::rules::dispatches`]) come before
//! both. Facts stay what was told: under other rules they are taken otherwise.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::event::{DeliveryState, Via};
use crate::fact::{Fact, Sent, ToldBack, What};
use crate::key::Key;
use crate::rules::Rulebook;
use crate::rules::dispatches::Told;
use crate::time::Timestamp;

/// What says that a message of ours is a dispatch of its campaign, if it is one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Recognised {
    /// It does so itself, or its price.
    #[default]
    AsTold,
    /// The rule of the operator with this name.
    ByRule(String),
    /// Nothing: it is priced as one, but rules alone are to say so, and none does.
    Not,
}

/// Whether a message of this way waits for its answer to become an origin.
#[must_use]
pub const fn is_dispatch(via: &Via) -> bool {
    match via {
        Via::Campaign | Via::BulkWeb | Via::BulkMobile | Via::Crm(_) => true,
        Via::App | Via::Web | Via::Mobile | Via::Api | Via::Oto | Via::Dito => false,
    }
}

impl Sent {
    /// Whether something better than its price says what it is.
    pub(crate) const fn is_sure(&self) -> bool {
        !self.inferred || matches!(self.recognised, Recognised::ByRule(_))
    }

    /// Whether an answer to it is an origin.
    pub(crate) const fn is_answerable(&self) -> bool {
        is_dispatch(&self.via) && !matches!(self.recognised, Recognised::Not)
    }

    /// The rule of the operator that says what it is.
    pub(crate) fn recognised_by(&self) -> Option<&str> {
        match &self.recognised {
            Recognised::ByRule(name) => Some(name),
            Recognised::AsTold | Recognised::Not => None,
        }
    }
}

/// Whether a price or a template of this category is a one-time password's.
pub(crate) fn is_password(category: &str) -> bool {
    const PASSWORDS: &str = "authentication";
    let begins = category.get(..PASSWORDS.len());
    begins.is_some_and(|begins| begins.eq_ignore_ascii_case(PASSWORDS))
}

impl Fact {
    /// The business message this fact by itself tells of under these rules: itself, or the one a status reports on.
    #[must_use]
    pub fn business_message(&self, rulebook: &Rulebook) -> Option<Sent> {
        match &self.what {
            What::Sent(sent) => Some(told(rulebook, self.key.at, sent).into_owned()),
            _ => account(rulebook, self.about_ours()?, [self]),
        }
    }

    /// The id of the message of ours that this fact is or reports on.
    #[must_use]
    pub const fn about_ours(&self) -> Option<Key> {
        match &self.what {
            What::Sent(sent) => sent.message,
            What::Status { message, .. } => *message,
            _ => None,
        }
    }
}

/// What facts, in order, tell of one message of ours.
#[derive(Default)]
struct Heard<'a> {
    /// That it was sent, and when.
    sent: Option<(Timestamp, &'a Sent)>,
    /// When it was sent by the first report that says so.
    sent_at: Option<Timestamp>,
    /// When anything was reported first.
    reported_at: Option<Timestamp>,
    /// The first category it was priced by.
    category: Option<&'a str>,
    /// What is told back, by the first report that does.
    callback_data: Option<&'a str>,
}

impl<'a> Heard<'a> {
    fn of(message: Key, facts: impl IntoIterator<Item = &'a Fact>) -> Self {
        let mut heard = Self::default();
        for fact in facts.into_iter().filter(|fact| fact.about_ours() == Some(message)) {
            let at = fact.key.at;
            match &fact.what {
                What::Sent(sent) => {
                    heard.sent.get_or_insert((at, sent));
                }
                What::Status {
                    state,
                    category,
                    callback_data,
                    ..
                } => {
                    heard.reported_at.get_or_insert(at);
                    if *state == DeliveryState::Sent {
                        heard.sent_at.get_or_insert(at);
                    }
                    // What failed reached nobody: it makes no dispatch.
                    if *state != DeliveryState::Failed {
                        heard.category = heard.category.or(category.as_deref());
                        heard.callback_data = heard.callback_data.or(callback_data.as_deref());
                    }
                }
                _ => {}
            }
        }
        heard
    }
}

/// What `facts`, in the order of the ledger, tell of the business message with that id: that it was sent beats all reports, whose
/// parts are put together. Rules are those of the time it was sent at, as far as that is known.
pub fn account<'a>(rulebook: &Rulebook, message: Key, facts: impl IntoIterator<Item = &'a Fact>) -> Option<Sent> {
    let heard = Heard::of(message, facts);
    if let Some((at, sent)) = heard.sent {
        return Some(told(rulebook, at, sent).into_owned());
    }
    let at = heard.sent_at.or(heard.reported_at)?;
    Some(reported(rulebook, at, message, heard.category, heard.callback_data))
}

/// What the reports among `facts`, in the order of the ledger, tell of a message that was told of; `None` if that is nothing.
pub fn told_back<'a>(message: Key, facts: impl IntoIterator<Item = &'a Fact>) -> Option<Box<ToldBack>> {
    let heard = Heard::of(message, facts);
    let told_back = ToldBack {
        callback_data: heard.callback_data.map(str::to_owned),
        is_password: heard.category.is_some_and(is_password),
    };
    (told_back != ToldBack::default()).then(|| Box::new(told_back))
}

/// A message that was sent at `at` and told of.
pub(crate) fn told<'a>(rulebook: &Rulebook, at: Timestamp, sent: &'a Sent) -> Cow<'a, Sent> {
    let told_back = sent.told_back.as_deref();
    if sent.is_password || told_back.is_some_and(|told_back| told_back.is_password) {
        return Cow::Borrowed(sent);
    }
    let told = Told {
        callback_data: told_back.and_then(|told_back| told_back.callback_data.as_deref()),
        template: sent.template.as_deref(),
        campaign: sent.campaign_id.as_deref(),
    };
    let Some((rule, campaign)) = rulebook.dispatches().recognise(at, &told) else {
        return Cow::Borrowed(sent);
    };
    Cow::Owned(Sent {
        // One to several recipients, or a CRM's, stays that.
        via: if is_dispatch(&sent.via) {
            sent.via.clone()
        } else {
            Via::Campaign
        },
        campaign_id: Some(campaign.to_owned()),
        recognised: Recognised::ByRule(rule.to_owned()),
        ..sent.clone()
    })
}

/// A message that only reports tell of, sent at `at`: a campaign's if a rule says so, or it was priced as marketing; else an
/// integration's. A one-time password is never a campaign's.
pub(crate) fn reported(
    rulebook: &Rulebook,
    at: Timestamp,
    message: Key,
    category: Option<&str>,
    callback_data: Option<&str>,
) -> Sent {
    let dispatches = rulebook.dispatches();
    let is_password = category.is_some_and(is_password);
    let is_marketing = category.is_some_and(|category| category.starts_with("marketing"));
    let told = Told {
        callback_data: callback_data.filter(|_| !is_password),
        ..Told::default()
    };
    let (via, campaign, recognised) = match dispatches.recognise(at, &told) {
        Some((rule, campaign)) => (Via::Campaign, Some(campaign), Recognised::ByRule(rule.to_owned())),
        None if is_marketing && dispatches.is_strict(at) => (Via::Campaign, None, Recognised::Not),
        None if is_marketing => (Via::Campaign, callback_data, Recognised::AsTold),
        None => (Via::Api, None, Recognised::AsTold),
    };
    Sent {
        message: Some(message),
        via,
        agent: None,
        campaign_id: campaign.map(str::to_owned),
        template: None,
        inferred: true,
        recognised,
        is_password,
        told_back: None,
    }
}

#[cfg(test)]
mod tests {
    use crate::fold::table::{check_tickets_under, check_under};
    use crate::rules::Rulebook;
    use crate::rules::dispatches::Dispatches;
    use crate::time::{DAY, HOUR, Timestamp};

    fn day(day: i64) -> Timestamp {
        Timestamp::from_seconds(1_790_000_000 - 1_790_000_000 % 86_400).plus(day * DAY)
    }

    fn rules(text: &str) -> Rulebook {
        Rulebook::default().recognising(text.parse::<Dispatches>().unwrap())
    }

    #[test]
    fn a_rule_says_what_a_dispatch_is_and_of_which_campaign() {
        let book = rules(
            "shop: callback_data=camp-{campaign}, crm: callback_data={campaign}|*, promo: template=promo_* -> p, old: campaign=x/{campaign}",
        );
        for (events, timeline) in [
            // By what the sender asked to be told back, whatever the price.
            (
                "1.10:00 status sent m1 marketing data=camp-7; 1.10:05 in",
                "1.10:05 whatsapp_campaign? 7 by shop",
            ),
            (
                "1.10:00 status sent m1 utility data=camp-7; 1.10:05 in quote=m1",
                "1.10:05 whatsapp_campaign 7 by shop",
            ),
            (
                "1.10:00 status sent m1 marketing data=c9|agent-ana; 1.10:05 in button quote=m1",
                "1.10:05 whatsapp_campaign c9 by crm",
            ),
            (
                "1.10:00 status sent m1 marketing data=camp-7; 1.10:05 in button",
                "1.10:05 whatsapp_campaign? 7 by shop",
            ),
            // What no rule recognises is what it was before.
            (
                "1.10:00 status sent m1 marketing data=other; 1.10:05 in",
                "1.10:05 whatsapp_campaign?? other",
            ),
            (
                "1.10:00 status sent m1 utility data=other; 1.10:05 in",
                "1.10:05 new_message? via api",
            ),
            (
                "1.10:00 status sent m1 authentication data=camp-7; 1.10:05 in",
                "1.10:05 organic?/whatsapp",
            ),
            (
                "1.10:00 status sent m1 authentication data=camp-7; 1.10:05 in quote=m1",
                "1.10:05 organic?/whatsapp",
            ),
            // Nor is one that failed, and of a message that was told of its reports say it too, whichever is first.
            (
                "1.10:00 status failed m1 marketing data=camp-7; 1.10:05 in quote=m1",
                "1.10:05 new_message via api",
            ),
            (
                "1.10:00 out via=api m1; 1.10:00 status sent m1 utility data=camp-7; 1.10:05 in",
                "1.10:05 whatsapp_campaign? 7 by shop",
            ),
            (
                "1.10:00 status sent m1 utility data=camp-7; 1.10:01 out via=api m1; 1.10:05 in quote=m1",
                "1.10:05 whatsapp_campaign 7 by shop",
            ),
            (
                "1.10:00 out campaign=c1 m1; 1.10:01 status delivered m1 data=camp-7; 1.10:05 in",
                "1.10:05 whatsapp_campaign? 7 by shop",
            ),
            (
                "1.10:00 out via=api m1; 1.10:00 status sent m1 authentication data=camp-7; 1.10:05 in quote=m1",
                "1.10:00 new_message via api",
            ),
            (
                "1.10:00 out via=api m1; 1.10:00 status failed m1 data=camp-7; 1.10:05 in quote=m1",
                "1.10:00 new_message via api",
            ),
            // By the template or the campaign that was told.
            (
                "1.10:00 out via=api template=promo_maio m1; 1.10:05 in",
                "1.10:05 whatsapp_campaign? p by promo",
            ),
            (
                "1.10:00 out via=api template=welcome m1; 1.10:05 in",
                "1.10:00 new_message via api",
            ),
            (
                "1.10:00 out campaign=x/7 m1; 1.10:05 in quote=m1",
                "1.10:05 whatsapp_campaign 7 by old",
            ),
            (
                "1.10:00 out campaign=c7 m1; 1.10:05 in quote=m1",
                "1.10:05 whatsapp_campaign c7",
            ),
            (
                "1.10:00 out via=bulk_web template=promo_maio m1; 1.10:05 in quote=m1",
                "1.10:05 bulk_message p via web by promo",
            ),
            // Stronger evidence wins and keeps it beside; a dispatch is no word of ours.
            (
                "1.10:00 status sent m1 utility data=camp-7; 1.10:05 in tag=oi",
                "1.10:05 hashtag oi +whatsapp_campaign? 7 by shop",
            ),
            (
                "1.10:00 in; 2.09:00 out via=api template=promo_a m1; 6.08:00 in",
                "1.10:00 organic?/whatsapp; 6.08:00 organic?/whatsapp",
            ),
        ] {
            check_under(&book, events, timeline);
        }
        check_tickets_under(&book, "1.10:00 out via=api template=promo_maio m1", "");
    }

    #[test]
    fn a_rule_of_some_days_looks_at_when_a_message_was_sent() {
        let book = rules(&format!(
            "shop: callback_data=camp-{{campaign}} from {}",
            day(1).plus(10 * HOUR)
        ));
        for (events, timeline) in [
            (
                "1.09:00 status sent m1 utility data=camp-7; 1.11:00 status read m1 data=camp-7; 1.11:05 in quote=m1",
                "1.11:05 new_message via api",
            ),
            (
                "1.10:00 status sent m1 utility data=camp-7; 1.11:00 status read m1; 1.11:05 in quote=m1",
                "1.11:05 whatsapp_campaign 7 by shop",
            ),
            // Clocks differ: that it was sent is told by who says so.
            (
                "1.09:59 status delivered m1; 1.10:00 status sent m1 data=camp-7; 1.11:05 in quote=m1",
                "1.11:05 whatsapp_campaign 7 by shop",
            ),
            // Nothing better is known.
            (
                "1.11:00 status read m1 data=camp-7; 1.11:05 in quote=m1",
                "1.11:05 whatsapp_campaign 7 by shop",
            ),
            (
                "1.09:00 out via=api m1; 1.11:00 status read m1 data=camp-7; 1.11:05 in quote=m1",
                "1.09:00 new_message via api",
            ),
        ] {
            check_under(&book, events, timeline);
        }
    }

    #[test]
    fn a_password_is_no_dispatch_whatever_rules_hold() {
        let book = rules("any: template=* -> p, data: callback_data={campaign}");
        for (events, timeline) in [
            (
                "1.10:00 out via=api template=code category=authentication m1; 1.10:05 in quote=m1",
                "1.10:00 new_message via api",
            ),
            (
                "1.10:00 out via=api template=code m1; 1.10:01 status sent m1 authentication; 1.10:05 in",
                "1.10:00 new_message via api",
            ),
            (
                "1.10:00 out via=api template=promo category=marketing m1; 1.10:05 in quote=m1",
                "1.10:05 whatsapp_campaign p by any",
            ),
        ] {
            check_under(&book, events, timeline);
        }
    }

    #[test]
    fn strict_rules_alone_say_what_a_dispatch_is() {
        let shop: Dispatches = "shop: callback_data=camp-{campaign}".parse().unwrap();
        let book = Rulebook::default().recognising(shop.strict(Some(day(10))));
        for (events, timeline) in [
            (
                "9.10:00 status sent m1 marketing data=other; 9.10:05 in",
                "9.10:05 whatsapp_campaign?? other",
            ),
            (
                "11.10:00 status sent m1 marketing data=other; 11.10:05 in",
                "11.10:05 organic?/whatsapp",
            ),
            (
                "11.10:00 status sent m1 marketing data=other; 11.10:05 in quote=m1",
                "11.10:05 organic?/whatsapp",
            ),
            (
                "11.10:00 status sent m1 marketing data=camp-7; 11.10:05 in",
                "11.10:05 whatsapp_campaign? 7 by shop",
            ),
            // One that is none stands in nobody's way.
            (
                "11.10:00 status sent m1 marketing data=camp-7; 11.11:00 status sent m2 marketing data=other; 11.12:00 in",
                "11.12:00 whatsapp_campaign? 7 by shop",
            ),
            // What was told of is a campaign's because it says so.
            (
                "11.10:00 out campaign=c7 m1; 11.10:05 in quote=m1",
                "11.10:05 whatsapp_campaign c7",
            ),
        ] {
            check_under(&book, events, timeline);
        }
    }
}
