//! The free entry point: click, answer, what the provider says of it.

use super::check;

const BEFORE: &str = "2026-03-10";
const AFTER: &str = "2026-10-20";

#[test]
fn the_answer_must_come_in_time() {
    for (day, events, at, told) in [
        // In hour 23:59, at 24:00, and in hour 24:01.
        (
            BEFORE,
            "+0:00 in ad=A; +23:59 out via=api m1",
            "+24:00",
            "closed; estimated 71:59; no free? free? free?",
        ),
        (
            BEFORE,
            "+0:00 in ad=A; +24:00 out via=api m1",
            "+24:00",
            "closed; estimated 72:00; no free? free? free?",
        ),
        (
            BEFORE,
            "+0:00 in ad=A; +24:01 out via=campaign m1",
            "+24:02",
            "closed; none late; no rate rate rate",
        ),
        (
            BEFORE,
            "+0:00 in ad=A",
            "+23:59",
            "open 0:01; candidate 0:01; free free free? free?",
        ),
        (
            BEFORE,
            "+0:00 in ad=A",
            "+24:00",
            "closed; none late; no rate rate rate",
        ),
        // Until 2026-09-27 the time to answer runs from the click; after, it moves with the service window.
        (
            BEFORE,
            "+0:00 in ad=A; +20:00 in; +24:01 out via=api m1",
            "+25:00",
            "open 19:00; none late; free free rate rate",
        ),
        (
            AFTER,
            "+0:00 in ad=A; +20:00 in; +24:01 out via=api m1",
            "+25:00",
            "open 19:00; estimated 71:01; free? free? free? free?",
        ),
        (
            AFTER,
            "+0:00 in ad=A; +20:00 in",
            "+30:00",
            "open 14:00; candidate 14:00; free? free? free? free?",
        ),
        (
            AFTER,
            "+0:00 in ad=A; +24:01 in; +24:02 out via=api m1",
            "+25:00",
            "open 23:01; none late; free? rate rate rate",
        ),
        (
            "2026-09-27",
            "+0:00 in ad=A; +13:00 in",
            "+23:00",
            "open 14:00; candidate 1:00; free free free? free?",
        ),
        (
            "2026-09-28",
            "+0:00 in ad=A; +13:00 in",
            "+23:00",
            "open 14:00; candidate 14:00; free free free? free?",
        ),
        // Any message answers, a template too; the first one counts.
        (
            BEFORE,
            "+0:00 in ad=A; +1:00 out via=campaign m1; +5:00 out via=web m2",
            "+6:00",
            "open 18:00; estimated 67:00; free free free? free?",
        ),
        // Before the click, nothing is an answer.
        (
            BEFORE,
            "+0:00 out via=api m1; +1:00 in ad=A",
            "+2:00",
            "open 23:00; candidate 23:00; free free free? free?",
        ),
    ] {
        check(day, events, at, told);
    }
}

#[test]
fn it_lasts_72_hours_from_the_answer() {
    for (at, told) in [
        ("+72:59", "closed; estimated 0:01; no free? free? free?"),
        ("+72:59:59", "closed; estimated 0:00:01; no free? free? free?"),
        ("+73:00", "closed; expired; no rate rate rate"),
    ] {
        check(BEFORE, "+0:00 in ad=A; +1:00 out via=api m1", at, told);
    }
}

#[test]
fn only_what_goes_through_the_api_answers() {
    for (events, told) in [
        // From the phone app.
        (
            "+0:00 in ad=A; +1:00 out via=app m1",
            "open 22:00; candidate 22:00; free free free? free?",
        ),
        // The app, then the API.
        (
            "+0:00 in ad=A; +1:00 out via=app m1; +1:30 out via=api m2",
            "open 22:00; estimated 71:30; free free free? free?",
        ),
        // A bare report that something was sent stands for our answer ...
        (
            "+0:00 in ad=A; +1:00 status sent m1",
            "open 22:00; estimated 71:00; free free free? free?",
        ),
        // ... unless it was typed in the app, wherever the echo stands.
        (
            "+0:00 in ad=A; +1:00 status sent m1; +1:00 out via=app m1",
            "open 22:00; candidate 22:00; free free free? free?",
        ),
        (
            "+0:00 in ad=A; +1:00 status sent m1; +1:01 out via=app m1",
            "open 22:00; candidate 22:00; free free free? free?",
        ),
        (
            "+0:00 in ad=A; +1:00 status sent m1; +1:01 out via=app m1; +1:30 out via=api m2",
            "open 22:00; estimated 71:30; free free free? free?",
        ),
        // What did not arrive is no answer; the next one is.
        (
            "+0:00 in ad=A; +1:00 out via=api m1; +1:01 status failed m1 error=131026",
            "open 22:00; candidate 22:00; free free free? free?",
        ),
        (
            "+0:00 in ad=A; +1:00 out via=api m1; +1:10 out via=api m2; +1:11 status failed m1 error=131026",
            "open 22:00; estimated 71:10; free free free? free?",
        ),
        // Nobody answers an imported message.
        (
            "+0:00 history m1; +1:00 out via=api m1",
            "closed never; none; no rate rate rate",
        ),
        // The report that it was sent tells the time better than whoever sent it.
        (
            "+0:00 in ad=A; +1:00 out via=api m1; +1:05 status sent m1",
            "open 22:00; estimated 71:05; free free free? free?",
        ),
        // Reported only as delivered: no answer of ours is known.
        (
            "+0:00 in ad=A; +1:00 status delivered m1",
            "open 22:00; candidate 22:00; free free free? free?",
        ),
    ] {
        check(BEFORE, events, "+2:00", told);
    }
}

#[test]
fn what_qualifies() {
    for (events, told) in [
        ("+0:00 in", "open 22:00; none; free free rate rate"),
        // A boosted post, with less confidence.
        (
            "+0:00 in post=P",
            "open 22:00; candidate 22:00; free free free?? free??",
        ),
        (
            "+0:00 in post=P; +1:00 out via=api m1",
            "open 22:00; estimated 71:00; free free free?? free??",
        ),
        // A link card that only looks like an ad's; a link with a code.
        ("+0:00 in card=https://fb.me/A", "open 22:00; none; free free rate rate"),
        ("+0:00 in ref=r1", "open 22:00; none; free free rate rate"),
        // Of several clicks that wait the latest counts.
        (
            "+0:00 in ad=A; +1:00 in ad=B",
            "open 23:00; candidate 23:00; free free free? free?",
        ),
        // A click inside an open window does not start the clock again.
        (
            "+0:00 in ad=A; +0:30 out via=api m1; +1:00 in ad=B; +1:30 out via=api m2",
            "open 23:00; estimated 70:30; free free free? free?",
        ),
        // An ad whose message the provider withheld.
        (
            "+0:00 in ad=A unsupported",
            "open 22:00 unsupported; candidate 22:00; free?? free? free? free?",
        ),
    ] {
        check(BEFORE, events, "+2:00", told);
    }
    // After its end, it does.
    check(
        BEFORE,
        "+0:00 in ad=A; +1:00 out via=api m1; +80:00 in ad=B; +81:00 out via=api m2",
        "+82:00",
        "open 22:00; estimated 71:00; free free free? free?",
    );
}

#[test]
fn reports_confirm_or_reject() {
    for (reports, told) in [
        (
            "+1:01 status sent m1 type=free_entry_point",
            "open 22:00; confirmed 71:01; free free free free",
        ),
        (
            "+1:02 status delivered m1 type=free_entry_point",
            "open 22:00; confirmed 71:00; free free free free",
        ),
        // The category decides where there is no type; so does the origin of the conversation.
        (
            "+1:01 status sent m1 referral_conversion",
            "open 22:00; confirmed 71:01; free free free free",
        ),
        (
            "+1:01 status sent m1 origin=referral_conversion conv=c1",
            "open 22:00; confirmed 71:01; free free free free",
        ),
        // Any message inside it confirms it.
        (
            "+1:30 out via=api m2; +1:31 status sent m2 type=free_entry_point",
            "open 22:00; confirmed 71:00; free free free free",
        ),
        // The end that the provider tells replaces ours, in both directions; a later one lengthens it, an earlier does not.
        (
            "+1:01 status sent m1 type=free_entry_point conv=c1 exp=+169:00",
            "open 22:00; confirmed 167:00; free free free free",
        ),
        (
            "+1:01 status sent m1 type=free_entry_point conv=c1 exp=+49:00",
            "open 22:00; confirmed 47:00; free free free free",
        ),
        (
            "+1:01 status sent m1 type=free_entry_point conv=c1 exp=+73:00; \
             +1:31 status sent m2 type=free_entry_point conv=c1 exp=+97:00",
            "open 22:00; confirmed 95:00; free free free free",
        ),
        (
            "+1:01 status sent m1 type=free_entry_point conv=c1 exp=+97:00; \
             +1:31 status sent m2 type=free_entry_point conv=c1 exp=+73:00",
            "open 22:00; confirmed 95:00; free free free free",
        ),
        // Another id is another window.
        (
            "+1:01 status sent m1 type=free_entry_point conv=c1 exp=+73:00; \
             +1:31 status sent m2 type=free_entry_point conv=c2 exp=+170:00",
            "open 22:00; confirmed 168:00; free free free free",
        ),
        // The answer was priced: the click came from a desktop, say.
        (
            "+1:01 status sent m1 service type=regular",
            "open 22:00; rejected; free free rate rate",
        ),
        (
            "+1:02 status delivered m1 service type=free_customer_service",
            "open 22:00; rejected; free free rate rate",
        ),
        // The type beats the category.
        (
            "+1:01 status sent m1 referral_conversion type=regular",
            "open 22:00; rejected; free free rate rate",
        ),
        // A later message that was priced does not reject it: it may have been sent before.
        (
            "+1:30 out via=api m2; +1:31 status sent m2 marketing type=regular",
            "open 22:00; estimated 71:00; free free free? free?",
        ),
        // A report without price says nothing.
        (
            "+1:01 status delivered m1",
            "open 22:00; estimated 71:00; free free free? free?",
        ),
        // The provider may change its mind for the better.
        (
            "+1:01 status sent m1 service type=regular; +1:31 status sent m2 type=free_entry_point exp=+73:00",
            "open 22:00; confirmed 71:00; free free free free",
        ),
    ] {
        check(
            BEFORE,
            &format!("+0:00 in ad=A; +1:00 out via=api m1; {reports}"),
            "+2:00",
            told,
        );
    }
}

#[test]
fn it_lasts_as_long_as_the_provider_says() {
    let week = "+0:00 in ad=A; +1:00 out via=api m1; +1:00 status sent m1 type=free_entry_point conv=c1 exp=+169:00";
    for (at, told) in [
        ("+74:00", "closed; confirmed 95:00; no free free free"),
        ("+168:59", "closed; confirmed 0:01; no free free free"),
        ("+169:00", "closed; expired; no rate rate rate"),
    ] {
        check(AFTER, week, at, told);
    }
    // Known by the provider's word alone, without any click.
    check(
        AFTER,
        "+0:00 in; +1:00 status sent m1 type=free_entry_point conv=c1 exp=+73:00",
        "+2:00",
        "open 22:00; confirmed 71:00; free free free free",
    );
    check(
        BEFORE,
        "+0:00 in; +1:00 status sent m1 type=free_entry_point",
        "+73:00",
        "closed; expired; no rate rate rate",
    );
}
