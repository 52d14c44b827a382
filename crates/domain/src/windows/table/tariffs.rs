//! The same situations under each tariff, and the midnights between them.

use super::{check, check_in, windows};
use crate::event::ChannelKind;

/// Days of the five tariffs.
const DAYS: [&str; 5] = ["2023-01-10", "2024-01-10", "2025-01-10", "2026-03-10", "2026-10-20"];

#[track_caller]
fn check_each(events: &str, at: &str, told: [&str; 5]) {
    for (day, told) in DAYS.into_iter().zip(told) {
        check(day, events, at, told);
    }
}

#[test]
fn every_category_in_every_window_under_every_tariff() {
    check_each(
        "+0:00 in",
        "+1:00",
        [
            "open 23:00; none; unknown?? rate rate rate",
            "open 23:00; none; unknown?? rate rate rate",
            "open 23:00; none; free rate rate rate",
            "open 23:00; none; free free rate rate",
            "open 23:00; none; free? rate rate rate",
        ],
    );
    check_each("+0:00 in", "+24:00", ["closed; none; no rate rate rate"; 5]);
    // An ad click that waits: the answer would be free.
    check_each(
        "+0:00 in ad=A",
        "+1:00",
        [
            "open 23:00; candidate 23:00; free? free? free? free?",
            "open 23:00; candidate 23:00; free? free? free? free?",
            "open 23:00; candidate 23:00; free free? free? free?",
            "open 23:00; candidate 23:00; free free free? free?",
            "open 23:00; candidate 23:00; free? free? free? free?",
        ],
    );
    // Answered in time. Until 2023-02-28 it lasted 24 hours.
    check_each(
        "+0:00 in ad=A; +1:00 out via=api m1",
        "+2:00",
        [
            "open 22:00; estimated 23:00; free? free? free? free?",
            "open 22:00; estimated 71:00; free? free? free? free?",
            "open 22:00; estimated 71:00; free free? free? free?",
            "open 22:00; estimated 71:00; free free free? free?",
            "open 22:00; estimated 71:00; free? free? free? free?",
        ],
    );
    // The service window is closed, the free entry point is open: only templates, and those are free.
    check_each(
        "+0:00 in ad=A; +1:00 out via=api m1",
        "+24:30",
        [
            "closed; estimated 0:30; no free? free? free?",
            "closed; estimated 48:30; no free? free? free?",
            "closed; estimated 48:30; no free? free? free?",
            "closed; estimated 48:30; no free? free? free?",
            "closed; estimated 48:30; no free? free? free?",
        ],
    );
    check_each(
        "+0:00 in ad=A; +1:00 out via=api m1; +1:01 status sent m1 type=free_entry_point",
        "+2:00",
        [
            "open 22:00; confirmed 23:01; free free free free",
            "open 22:00; confirmed 71:01; free free free free",
            "open 22:00; confirmed 71:01; free free free free",
            "open 22:00; confirmed 71:01; free free free free",
            "open 22:00; confirmed 71:01; free free free free",
        ],
    );
    // From 2026-09-28 on it may last longer than is known.
    check_each(
        "+0:00 in ad=A; +1:00 out via=api m1",
        "+73:00",
        [
            "closed; expired; no rate rate rate",
            "closed; expired; no rate rate rate",
            "closed; expired; no rate rate rate",
            "closed; expired; no rate rate rate",
            "closed; expired; no rate? rate? rate?",
        ],
    );
    check_each(
        "+0:00 in ad=A; +1:00 out via=api m1; +1:01 status sent m1 service type=regular",
        "+2:00",
        [
            "open 22:00; rejected; unknown?? rate rate rate",
            "open 22:00; rejected; unknown?? rate rate rate",
            "open 22:00; rejected; free rate rate rate",
            "open 22:00; rejected; free free rate rate",
            "open 22:00; rejected; free? rate rate rate",
        ],
    );
}

#[test]
fn a_tariff_begins_at_midnight_of_the_time_zone() {
    for (zone, day, at, told) in [
        // 2026-10-01T00:00 in UTC and in Sao Paulo.
        (
            "UTC",
            "2026-09-30",
            "+13:59:59",
            "open 10:00:01; none; free free rate rate",
        ),
        ("UTC", "2026-09-30", "+14:00", "open 10:00; none; free? rate rate rate"),
        (
            "-03:00",
            "2026-09-30",
            "+14:00",
            "open 10:00; none; free free rate rate",
        ),
        (
            "-03:00",
            "2026-09-30",
            "+16:59:59",
            "open 7:00:01; none; free free rate rate",
        ),
        (
            "-03:00",
            "2026-09-30",
            "+17:00",
            "open 7:00; none; free? rate rate rate",
        ),
        (
            "America/Sao_Paulo",
            "2026-09-30",
            "+16:59:59",
            "open 7:00:01; none; free free rate rate",
        ),
        (
            "America/Sao_Paulo",
            "2026-09-30",
            "+17:00",
            "open 7:00; none; free? rate rate rate",
        ),
        (
            "Asia/Tokyo",
            "2026-09-30",
            "+4:59:59",
            "open 19:00:01; none; free free rate rate",
        ),
        (
            "Asia/Tokyo",
            "2026-09-30",
            "+5:00",
            "open 19:00; none; free? rate rate rate",
        ),
        // 2025-07-01: utility becomes free.
        ("-03:00", "2025-06-30", "+16:59", "open 7:01; none; free rate rate rate"),
        ("-03:00", "2025-06-30", "+17:00", "open 7:00; none; free free rate rate"),
        // 2024-11-01: service becomes free.
        (
            "UTC",
            "2024-10-31",
            "+13:59",
            "open 10:01; none; unknown?? rate rate rate",
        ),
        ("UTC", "2024-10-31", "+14:00", "open 10:00; none; free rate rate rate"),
    ] {
        check_in((zone, Some(10)), day, "+0:00 in", at, told);
    }
}

#[test]
fn until_2025_06_30_the_price_was_of_a_conversation() {
    for (day, events, at, told) in [
        // Inside an open conversation of the category nothing more is charged.
        (
            "2024-01-10",
            "+0:00 in; +1:00 status sent m1 marketing conv=c1 exp=+25:00 model=cbp",
            "+2:00",
            "open 22:00; none; free rate rate free",
        ),
        (
            "2024-01-10",
            "+1:00 status sent m1 utility conv=c1 exp=+25:00 model=cbp",
            "+2:00",
            "closed never; none; no free rate rate",
        ),
        (
            "2024-01-10",
            "+0:00 in; +1:00 status sent m1 service conv=c1 exp=+25:00 model=cbp",
            "+2:00",
            "open 22:00; none; free rate rate rate",
        ),
        (
            "2024-01-10",
            "+1:00 status sent m1 authentication_international conv=c1 model=cbp",
            "+2:00",
            "closed never; none; no rate free rate",
        ),
        // It ends when the provider said, else after 24 hours.
        (
            "2024-01-10",
            "+1:00 status sent m1 marketing conv=c1 exp=+20:00 model=cbp",
            "+20:00",
            "closed never; none; no rate rate rate",
        ),
        (
            "2024-01-10",
            "+1:00 status sent m1 marketing conv=c1 model=cbp",
            "+24:59",
            "closed never; none; no rate rate free",
        ),
        (
            "2024-01-10",
            "+1:00 status sent m1 marketing conv=c1 model=cbp",
            "+25:00",
            "closed never; none; no rate rate rate",
        ),
        // Whatever the business began.
        (
            "2023-01-10",
            "+1:00 status sent m1 origin=business_initiated conv=c1",
            "+2:00",
            "closed never; none; no free free free",
        ),
        // A free entry point closed all others when it opened.
        (
            "2024-01-10",
            "+0:00 status sent m0 marketing conv=c1 exp=+24:00 model=cbp; +1:00 in ad=A; +2:00 out via=api m1; \
             +2:01 status sent m1 service type=regular",
            "+3:00",
            "open 22:00; rejected; unknown?? rate rate rate",
        ),
        // A message has a conversation of its own from 2025-07-01 on: it says nothing.
        (
            "2025-08-10",
            "+1:00 status sent m1 marketing conv=c1 exp=+25:00 model=pmp",
            "+2:00",
            "closed never; none; no rate rate rate",
        ),
    ] {
        check(day, events, at, told);
    }
}

#[test]
fn the_same_facts_under_other_rules() {
    let told = |at: &str| {
        let windows = windows(
            ChannelKind::Whatsapp,
            ("-03:00", Some(10)),
            "2025-06-30",
            "+0:00 in",
            at,
        );
        (windows.tariff.unwrap_or_default(), windows.advice().pt_br)
    };
    assert_eq!(
        told("+16:00"),
        (
            "2024-11-01",
            "Escreva livremente agora: é grátis; a partir de 01/07/2025 00:00 (-03:00), o modelo de utilidade é grátis.".to_owned()
        )
    );
    assert_eq!(told("+17:00").0, "2025-07-01");
    assert_eq!(told("+12000:00").0, "2026-10-01");
}
