//! Messenger, Instagram, and channels that have no windows.

use super::{windows, write};
use crate::event::ChannelKind;
use crate::state::State;
use crate::time::Timestamp;
use crate::windows::{Context, NoWindows, Way, Windows};
use crate::zone::Zone;

#[track_caller]
fn told(channel: ChannelKind, events: &str, at: &str) -> String {
    write(&windows(channel, ("UTC", None), "2026-10-20", events, at))
}

#[test]
fn messenger_and_instagram_have_24_hours_and_seven_days_for_a_person() {
    // Told: the standard window, then free text, HUMAN_AGENT and the private reply to a comment.
    for (events, at, expected) in [
        ("", "+0:00", "closed never; no no no"),
        ("+0:00 in", "+1:00", "open 23:00; free free? no"),
        ("+0:00 in", "+23:59", "open 0:01; free free? no"),
        ("+0:00 in", "+24:00", "closed; no free? no"),
        ("+0:00 in", "+167:59", "closed; no free? no"),
        ("+0:00 in", "+168:00", "closed; no no no"),
        ("+0:00 in; +10:00 out via=app m1", "+24:00", "closed; no free? no"),
        // An ad click opens no free entry point: nothing is charged here.
        ("+0:00 in ad=A", "+1:00", "open 23:00; free free? no"),
        // A comment may be answered in private, once, within seven days; it opens nothing.
        ("+0:00 comment P1", "+1:00", "closed never; no no free?"),
        ("+0:00 comment P1", "+167:59", "closed never; no no free?"),
        ("+0:00 comment P1", "+168:00", "closed never; no no no"),
        (
            "+0:00 comment P1; +1:00 out via=api m1",
            "+2:00",
            "closed never; no no no",
        ),
        (
            "+0:00 comment P1; +1:00 out via=api m1; +2:00 in",
            "+3:00",
            "open 23:00; free free? no",
        ),
        (
            "+0:00 comment P1; +1:00 out via=api m1; +2:00 comment P2",
            "+3:00",
            "closed never; no no free?",
        ),
        // Inside an open window what we send is an ordinary message.
        (
            "+0:00 in; +1:00 comment P1; +2:00 out via=api m1",
            "+3:00",
            "open 21:00; free free? free?",
        ),
        ("+0:00 history m1", "+1:00", "closed never; no no no"),
    ] {
        for channel in [ChannelKind::Messenger, ChannelKind::Instagram] {
            assert_eq!(
                told(channel, events, at),
                expected,
                "{}: {events} at {at}",
                channel.name()
            );
        }
    }
}

#[test]
fn opening_a_thread_and_reacting_count_on_messenger_only() {
    for (events, messenger, instagram) in [
        (
            "+0:00 open ref=r1",
            "open 23:00; free free? no",
            "closed never; no no no",
        ),
        (
            "+0:00 reaction m1",
            "open 23:00; free free? no",
            "closed never; no no no",
        ),
        (
            "+0:00 reaction m1 removed",
            "closed never; no no no",
            "closed never; no no no",
        ),
    ] {
        assert_eq!(told(ChannelKind::Messenger, events, "+1:00"), messenger, "{events}");
        assert_eq!(told(ChannelKind::Instagram, events, "+1:00"), instagram, "{events}");
    }
}

/// Windows of a channel after one message of the customer.
fn of(channel: ChannelKind, provider: Option<&str>, group: bool) -> Windows {
    let (state, _): (State, _) = crate::fold::table::run(channel.name(), "2026-10-20T10:00 in ad=A");
    let context = Context {
        channel,
        provider,
        group,
        zone: Zone::UTC,
        service_delivered_this_month: Some(0),
    };
    let at = Timestamp::parse("2026-10-20T11:00:00Z").unwrap();
    state.windows.at(at, &context)
}

#[test]
fn channels_without_windows_say_why() {
    use ChannelKind::{Webchat, Whatsapp};
    for (channel, provider, group, reason) in [
        (Whatsapp, None, false, None),
        // Twilio passes the Cloud API on; its windows are counted from messages.
        (Whatsapp, Some("twilio"), false, None),
        (Whatsapp, Some("baileys"), false, Some(NoWindows::NotCloudApi)),
        (Whatsapp, Some("evolution"), false, Some(NoWindows::NotCloudApi)),
        (Whatsapp, Some("uazapi"), false, Some(NoWindows::NotCloudApi)),
        (Whatsapp, Some("whatsmeow"), false, Some(NoWindows::NotCloudApi)),
        (Webchat, None, false, Some(NoWindows::Webchat)),
        (Whatsapp, None, true, Some(NoWindows::Group)),
    ] {
        let windows = of(channel, provider, group);
        assert_eq!(windows.reason, reason, "{channel:?} {provider:?}");
        let has_windows = reason.is_none();
        assert_eq!(windows.customer_care.is_some(), has_windows);
        assert_eq!(windows.free_entry_point.is_some(), has_windows);
        assert_eq!(windows.send.contains_key(&Way::Utility), has_windows);
        let advice = windows.advice();
        assert!(!advice.pt_br.is_empty() && !advice.en.is_empty());
    }
}
