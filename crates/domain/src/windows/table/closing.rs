//! What ends first, and when.

use super::{absolute, after};
use crate::event::ChannelKind;
use crate::fold::table::run;
use crate::time::{HOUR, Timestamp};
use crate::windows::Context;
use crate::zone::Zone;

#[test]
fn what_closes_first_is_told_while_it_is_open() {
    use ChannelKind::{Messenger, Webchat, Whatsapp};
    for (channel, events, at, expected) in [
        (Whatsapp, "", "+0:00", "nothing"),
        (Whatsapp, "+0:00 in", "+1:00", "customer_care in 23:00"),
        (Whatsapp, "+0:00 in", "+23:59", "customer_care in 0:01"),
        (Whatsapp, "+0:00 in", "+24:00", "nothing"),
        (
            Whatsapp,
            "+0:00 in; +1:00 status failed m1 error=131047",
            "+2:00",
            "nothing",
        ),
        // The time to answer an ad click ends with the service window; to answer is what matters.
        (Whatsapp, "+0:00 in ad=A", "+1:00", "ad_click in 23:00"),
        (
            Whatsapp,
            "+0:00 in ad=A; +1:00 out via=api m1",
            "+2:00",
            "customer_care in 22:00",
        ),
        (
            Whatsapp,
            "+0:00 in ad=A; +1:00 out via=api m1",
            "+30:00",
            "free_entry_point in 43:00",
        ),
        (Whatsapp, "+0:00 in ad=A; +1:00 out via=api m1", "+73:00", "nothing"),
        (Messenger, "+0:00 in ad=A", "+1:00", "customer_care in 23:00"),
        (Webchat, "+0:00 in", "+1:00", "nothing"),
    ] {
        let base = Timestamp::parse("2026-03-10T10:00:00Z").unwrap();
        let (state, _) = run(channel.name(), &absolute(base, events));
        let context = Context {
            channel,
            provider: None,
            group: false,
            zone: Zone::UTC,
            service_delivered_this_month: None,
        };
        let now = after(base, at);
        let told = match state.windows.closes_next(now, &context) {
            None => "nothing".to_owned(),
            Some(closing) => {
                let left = closing.at.since(now);
                format!(
                    "{} in {}:{:02}",
                    closing.what.name(),
                    left / HOUR,
                    left % HOUR / (HOUR / 60)
                )
            }
        };
        assert_eq!(told, expected, "{}: {events} at {at}", channel.name());
    }
}
