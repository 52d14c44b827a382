//! The customer service window, and what it is worth under each tariff.

use super::{check, check_in, windows};
use crate::event::ChannelKind;

#[test]
fn what_the_customer_says_opens_it_for_24_hours() {
    for (events, at, told) in [
        ("", "+0:00", "closed never; none; no rate rate rate"),
        ("+0:00 in", "+0:00", "open 24:00; none; free free rate rate"),
        ("+0:00 in", "+23:59", "open 0:01; none; free free rate rate"),
        ("+0:00 in", "+23:59:59", "open 0:00:01; none; free free rate rate"),
        // Exactly 24 hours after, it is closed.
        ("+0:00 in", "+24:00", "closed; none; no rate rate rate"),
        ("+0:00 in; +20:00 in", "+24:00", "open 20:00; none; free free rate rate"),
        ("+0:00 in; +30:00 in", "+31:00", "open 23:00; none; free free rate rate"),
        // Buttons, calls, and taking our call count.
        ("+0:00 in button", "+1:00", "open 23:00; none; free free rate rate"),
        ("+0:00 call", "+1:00", "open 23:00; none; free free rate rate"),
        ("+0:00 took ours", "+1:00", "open 23:00; none; free free rate rate"),
        // Our own call, its end, and the end of the customer's do not.
        ("+0:00 call ours", "+1:00", "closed never; none; no rate rate rate"),
        (
            "+0:00 call; +2:00 hangup",
            "+3:00",
            "open 21:00; none; free free rate rate",
        ),
        // Nor do reactions, edits, choices about marketing, comments, opened threads and clicks on links.
        ("+0:00 reaction m1", "+1:00", "closed never; none; no rate rate rate"),
        ("+0:00 edited m1", "+1:00", "closed never; none; no rate rate rate"),
        ("+0:00 open ref=r1", "+1:00", "closed never; none; no rate rate rate"),
        (
            "+0:00 clicked link=l1",
            "+1:00",
            "closed never; none; no rate rate rate",
        ),
        // What we send never extends it, nor does being read.
        (
            "+0:00 in; +23:00 out via=api m1; +23:01 status read m1",
            "+24:00",
            "closed; none; no rate rate rate",
        ),
        (
            "+0:00 in; +23:00 out via=app m1",
            "+24:00",
            "closed; none; no rate rate rate",
        ),
        (
            "+0:00 out via=campaign m1",
            "+1:00",
            "closed never; none; no rate rate rate",
        ),
        // Imported history opens nothing.
        ("+0:00 history m1", "+1:00", "closed never; none; no rate rate rate"),
        (
            "+0:00 history m1; +1:00 in",
            "+2:00",
            "open 23:00; none; free free rate rate",
        ),
        // A withheld message was written by the customer; whether it opened anything is not certain.
        (
            "+0:00 in unsupported",
            "+1:00",
            "open 23:00 unsupported; none; free?? free?? rate rate",
        ),
        (
            "+0:00 in unsupported; +1:00 in",
            "+2:00",
            "open 23:00; none; free free rate rate",
        ),
    ] {
        check("2026-03-10", events, at, told);
    }
}

#[test]
fn the_provider_knows_better() {
    for (events, at, told) in [
        (
            "+0:00 in; +2:00 out via=api m1; +2:01 status failed m1 error=131047",
            "+3:00",
            "closed refused; none; no rate rate rate",
        ),
        (
            "+0:00 in; +2:01 status failed m1 error=470",
            "+3:00",
            "closed refused; none; no rate rate rate",
        ),
        // Before the refusal it was open; the customer's next message opens it again.
        (
            "+0:00 in; +2:01 status failed m1 error=131047",
            "+2:00",
            "open 22:00; none; free free rate rate",
        ),
        (
            "+0:00 in; +2:01 status failed m1 error=131047; +4:00 in",
            "+5:00",
            "open 23:00; none; free free rate rate",
        ),
        // What was sent before the customer wrote again was refused for the window of before.
        (
            "+0:00 in; +30:00 out via=api m1; +30:01 in; +30:02 status failed m1 error=131047",
            "+31:00",
            "open 23:01; none; free free rate rate",
        ),
        (
            "+0:00 in; +30:00 out via=api m1; +30:01 in; +30:02 out via=api m2; +30:03 status failed m2 error=131047",
            "+31:00",
            "closed refused; none; no rate rate rate",
        ),
        // Other errors say nothing of the window.
        (
            "+0:00 in; +2:01 status failed m1 error=131026",
            "+3:00",
            "open 21:00; none; free free rate rate",
        ),
        (
            "+0:00 in; +2:01 status failed m1 error=131049",
            "+3:00",
            "open 21:00; none; free free rate rate",
        ),
    ] {
        let until = events_until(events, at);
        check("2026-03-10", &until, at, told);
    }
}

/// The events up to `at`: what the ledger gives for an instant of the past.
fn events_until(events: &str, at: &str) -> String {
    let minutes = |text: &str| -> i64 {
        let (hours, minutes) = text.trim_start_matches('+').split_once(':').unwrap();
        hours.parse::<i64>().unwrap() * 60 + minutes.parse::<i64>().unwrap()
    };
    let told = events
        .split("; ")
        .filter(|line| minutes(line.split(' ').next().unwrap()) <= minutes(at));
    told.collect::<Vec<_>>().join("; ")
}

#[test]
fn marketing_may_be_stopped() {
    for (events, told) in [
        ("+0:00 in; +1:00 stop", "open 22:00; none; free free rate no"),
        (
            "+0:00 in; +0:30 stop; +1:00 resume",
            "open 22:00; none; free free rate rate",
        ),
        (
            "+0:00 in; +1:00 status failed m1 error=131050",
            "open 22:00; none; free free rate no",
        ),
        // Also where it would be free.
        (
            "+0:00 in ad=A; +0:30 out via=api m1; +1:00 stop",
            "open 22:00; estimated 70:30; free free free? no",
        ),
    ] {
        check("2026-03-10", events, "+2:00", told);
    }
}

#[test]
fn the_monthly_thousand_of_the_number_counts_from_2026_10_01() {
    for (zone, delivered, day, at, told) in [
        (
            "UTC",
            Some(0),
            "2026-10-20",
            "+1:00",
            "open 23:00; none; free? rate rate rate",
        ),
        (
            "UTC",
            Some(999),
            "2026-10-20",
            "+1:00",
            "open 23:00; none; free? rate rate rate",
        ),
        (
            "UTC",
            Some(1_000),
            "2026-10-20",
            "+1:00",
            "open 23:00; none; rate? rate rate rate",
        ),
        (
            "UTC",
            Some(1_001),
            "2026-10-20",
            "+1:00",
            "open 23:00; none; rate? rate rate rate",
        ),
        // Not counted: one or the other.
        (
            "UTC",
            None,
            "2026-10-20",
            "+1:00",
            "open 23:00; none; unknown?? rate rate rate",
        ),
        ("UTC", None, "2026-10-20", "+24:00", "closed; none; no rate rate rate"),
        // Before, it does not matter.
        (
            "UTC",
            Some(5_000),
            "2026-09-20",
            "+1:00",
            "open 23:00; none; free free rate rate",
        ),
        (
            "UTC",
            None,
            "2026-09-20",
            "+1:00",
            "open 23:00; none; free free rate rate",
        ),
    ] {
        check_in((zone, delivered), day, "+0:00 in", at, told);
    }
}

#[test]
fn an_answer_tells_until_when_it_holds() {
    let of = |delivered, day, at| {
        let windows = windows(ChannelKind::Whatsapp, ("-03:00", delivered), day, "+0:00 in", at);
        let until = |at: Option<crate::time::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let send: Vec<String> = windows.send.values().map(|send| until(send.until)).collect();
        (send.join(" "), windows.advice().en)
    };
    for (delivered, day, at, until, advice) in [
        // The tariff changes at midnight in -03:00, which is 03:00 in UTC.
        (
            Some(0),
            "2026-09-30",
            "+1:00",
            "2026-10-01T10:00:00Z 2026-10-01T03:00:00Z  ",
            "Write freely now: it is free; from 2026-10-01 00:00 (-03:00) on, utility templates are charged.",
        ),
        (
            Some(0),
            "2026-03-10",
            "+1:00",
            "2026-03-11T10:00:00Z 2026-03-11T10:00:00Z  ",
            "Write freely now: it is free; from 2026-03-11 07:00 (-03:00) on, only approved templates.",
        ),
        // The thousand is used, and the month ends before the window.
        (
            Some(1_000),
            "2026-10-31",
            "+1:00",
            "2026-11-01T03:00:00Z   ",
            "Write freely now, at the service rate: the month's thousand free messages are used; \
             from 2026-11-01 00:00 (-03:00) on, free text is free again.",
        ),
        (
            Some(1_000),
            "2026-10-20",
            "+30:00",
            "   ",
            "Only an approved template can be sent; utility is usually the cheapest, at the rate of its category.",
        ),
    ] {
        assert_eq!(
            of(delivered, day, at),
            (until.to_owned(), advice.to_owned()),
            "{day} {at}"
        );
    }
}
