//! What was charged, as cases: what happened, and what the report on spend tells of each message.
//!
//! Told is, for each message, when it was priced first, how, its category, and whether the estimate was right.

use crate::event::ChannelKind;
use crate::fold::Folding;
use crate::fold::table::{facts, facts_under};
use crate::rules::Rulebook;
use crate::rules::dispatches::Dispatches;
use crate::time::{HOUR, Timestamp};
use crate::windows::table::absolute;
use crate::windows::{Context, Estimate, spent};
use crate::zone::Zone;

/// A case with so many service messages delivered before.
#[track_caller]
fn check_with(delivered: Option<u32>, day: &str, events: &str, told: &str) {
    let base = Timestamp::parse(&format!("{day}T10:00:00Z")).unwrap();
    let rulebook = Rulebook::default();
    let folding = Folding {
        channel: ChannelKind::Whatsapp,
        rulebook: &rulebook,
    };
    let context = Context {
        channel: ChannelKind::Whatsapp,
        provider: None,
        group: false,
        zone: Zone::UTC,
        service_delivered_this_month: delivered,
    };
    let write = |events: &str| {
        let messages = spent(folding, &facts(&absolute(base, events)));
        let messages = messages.iter().map(|message| {
            let minutes = message.at.since(base) / (HOUR / 60);
            let estimate = match message.estimate(&context) {
                Estimate::Right => "right",
                Estimate::Wrong => "wrong",
                Estimate::Unknown => "unknown",
            };
            let abroad = match message.international {
                Some(true) => " abroad",
                Some(false) => " at home",
                None => "",
            };
            let campaign = message.campaign.as_ref().map(|name| format!(" of {name}"));
            format!(
                "+{}:{:02} {} {}{abroad}{} {estimate}",
                minutes / 60,
                minutes % 60,
                message.charged.name(),
                message.category.name(),
                campaign.unwrap_or_default(),
            )
        });
        messages.collect::<Vec<_>>().join("; ")
    };
    assert_eq!(write(events), told, "{day}: {events}");
    // What comes late or twice is where it belongs.
    let backwards: Vec<&str> = events.split(';').rev().collect();
    assert_eq!(write(&backwards.join(";")), told, "{day}: {events}, the last first");
    assert_eq!(write(&format!("{events}; {events}")), told, "{day}: {events}, twice");
}

#[track_caller]
fn check(day: &str, events: &str, told: &str) {
    check_with(Some(10), day, events, told);
}

/// Every type of price, in the window and outside, each with what was told before.
#[test]
fn a_message_is_told_as_it_was_reported() {
    for (day, events, told) in [
        // Free text, and a template, in the service window.
        (
            "2026-03-10",
            "+0:00 in; +1:00 out via=api m1; +1:01 status delivered m1 service type=free_customer_service",
            "+1:01 free_customer_service service right",
        ),
        (
            "2026-03-10",
            "+0:00 in; +1:00 out via=api m1; +1:01 status delivered m1 utility type=free_customer_service",
            "+1:01 free_customer_service utility right",
        ),
        // The same template later: charged.
        (
            "2026-03-10",
            "+0:00 in; +30:00 out via=api m1; +30:01 status delivered m1 utility type=regular",
            "+30:01 charged utility right",
        ),
        // From 2026-10-01 also in the window.
        (
            "2026-10-20",
            "+0:00 in; +1:00 out via=api m1; +1:01 status delivered m1 utility type=regular",
            "+1:01 charged utility right",
        ),
        (
            "2026-03-10",
            "+1:00 out via=campaign campaign=c7 m1; +1:01 status delivered m1 marketing type=regular",
            "+1:01 charged marketing of c7 right",
        ),
        (
            "2026-03-10",
            "+1:00 status sent m1 marketing type=regular data=c8; +1:01 status delivered m1 marketing type=regular",
            "+1:00 charged marketing of c8 right",
        ),
        (
            "2026-03-10",
            "+1:00 status sent m1 authentication type=regular; +1:01 status read m1",
            "+1:00 charged authentication at home right",
        ),
        (
            "2026-03-10",
            "+1:00 status sent m1 authentication_international type=regular; +1:01 status read m1",
            "+1:00 charged authentication abroad right",
        ),
        // An exempt business pays nothing, whatever the type; what is free anyway is not exempt.
        (
            "2026-10-20",
            "+0:00 in; +1:00 out via=api m1; +1:01 status delivered m1 service type=regular subtype=paid_exempt",
            "+1:01 free_other service right",
        ),
        (
            "2026-10-20",
            "+0:00 in; +1:00 out via=api m1; +1:01 status delivered m1 service subtype=paid_exempt",
            "+1:01 free_other service right",
        ),
        (
            "2026-10-20",
            "+0:00 in; +1:00 out via=api m1; +1:01 status delivered m1 service type=free_customer_service \
             subtype=paid_exempt",
            "+1:01 free_customer_service service right",
        ),
        (
            "2026-10-20",
            "+0:00 in; +1:00 out via=api m1; +1:01 status delivered m1 service type=regular subtype=paid",
            "+1:01 charged service wrong",
        ),
        // The answer to an ad, free as estimated, and what follows it.
        (
            "2026-03-10",
            "+0:00 in ad=A; +1:00 out via=api m1; +1:01 status delivered m1 referral_conversion type=free_entry_point; \
             +2:00 out via=campaign campaign=c1 m2; +2:01 status delivered m2 referral_conversion type=free_entry_point",
            "+1:01 free_entry_point referral_conversion right; +2:01 free_entry_point referral_conversion of c1 right",
        ),
        // The click came from a desktop: the estimate of the answer was wrong, that of the next message was not.
        (
            "2026-03-10",
            "+0:00 in ad=A; +1:00 out via=api m1; +1:01 status delivered m1 marketing type=regular; \
             +2:00 out via=api m2; +2:01 status delivered m2 marketing type=regular",
            "+1:01 charged marketing wrong; +2:01 charged marketing right",
        ),
        // Free, where nothing said so.
        (
            "2026-03-10",
            "+1:00 out via=api m1; +1:01 status delivered m1 marketing type=free_entry_point",
            "+1:01 free_entry_point marketing wrong",
        ),
        // Free text that could not have been sent, as it seemed.
        (
            "2026-03-10",
            "+1:00 out via=api m1; +1:01 status delivered m1 service type=free_customer_service",
            "+1:01 free_customer_service service wrong",
        ),
        // What did not arrive is not charged; nor is there anything to compare.
        (
            "2026-03-10",
            "+1:00 status sent m1 marketing type=regular; +1:05 status failed m1",
            "+1:00 undelivered marketing unknown",
        ),
        // The first report counts, whatever later ones say.
        (
            "2026-03-10",
            "+1:00 status sent m1 marketing type=regular; +1:05 status delivered m1 utility type=free_customer_service",
            "+1:00 charged marketing right",
        ),
        // Prices by conversation.
        (
            "2024-05-10",
            "+1:00 status sent m1 marketing model=cbp; +1:05 status delivered m1 marketing model=cbp",
            "+1:00 by_conversation marketing unknown",
        ),
        // Reports without a price, and what the customer wrote, are none of it.
        (
            "2026-03-10",
            "+0:00 in m0; +1:00 out via=api m1; +1:01 status delivered m1",
            "",
        ),
    ] {
        check(day, events, told);
    }
}

/// From 2026-10-01 free text is free for the first thousand of the month.
#[test]
fn the_monthly_thousand_decides_the_estimate() {
    let events = |kind: &str| format!("+0:00 in; +1:00 out via=api m1; +1:01 status delivered m1 service type={kind}");
    for (delivered, kind, told) in [
        (
            Some(999),
            "free_customer_service",
            "free_customer_service service right",
        ),
        (
            Some(1_000),
            "free_customer_service",
            "free_customer_service service wrong",
        ),
        (Some(1_000), "regular", "charged service right"),
        (Some(999), "regular", "charged service wrong"),
        (None, "regular", "charged service unknown"),
    ] {
        check_with(delivered, "2026-10-20", &events(kind), &format!("+1:01 {told}"));
    }
}

/// A rule is of the time a message was sent at, and of what its reports tell back.
#[test]
fn the_campaign_is_that_of_the_account_of_a_message() {
    let base = Timestamp::parse("2026-03-10T10:00:00Z").unwrap();
    let rules: Dispatches = "shop: callback_data=camp-{campaign} from 2026-03-10T11:30:00Z"
        .parse()
        .unwrap();
    let rulebook = Rulebook::default().recognising(rules);
    let folding = Folding {
        channel: ChannelKind::Whatsapp,
        rulebook: &rulebook,
    };
    for (events, campaign) in [
        (
            "+1:00 status sent m1 utility type=regular data=camp-7; +2:00 status read m1 data=camp-7",
            None,
        ),
        (
            "+1:00 out via=api m1; +2:00 status delivered m1 utility type=regular data=camp-7",
            None,
        ),
        (
            "+2:00 out via=api m1; +2:01 status delivered m1 utility type=regular data=camp-7",
            Some("7"),
        ),
        (
            "+2:00 status sent m1 authentication type=regular data=camp-7; +2:01 status read m1 data=camp-7",
            None,
        ),
    ] {
        let spent = spent(folding, &facts_under(&rulebook, &absolute(base, events)));
        let told: Vec<Option<&str>> = spent.iter().map(|message| message.campaign.as_deref()).collect();
        assert_eq!(told, [campaign], "{events}");
    }
}
