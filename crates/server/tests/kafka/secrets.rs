//! Story: all instances of a group have one secret.

use crate::place::{Place, is_ready};
use crate::process;

#[test]
fn who_has_another_secret_does_not_join() {
    let Some(place) = Place::begin("who_has_another_secret_does_not_join") else {
        return;
    };
    // The first makes one: there is nothing on the log, and nobody else.
    let place = place.with("SECRET", "").init(2);
    let a = place.serve("a");
    is_ready(&a);
    for (secret, why) in [
        ("", "without it contacts of the log cannot be found"),
        (
            "0f0e0d0c0b0a09080706050403020100",
            "the group has instances with another secret",
        ),
    ] {
        let mut command = place.instance("b");
        command.env("ORIGEM_SECRET", secret);
        let ran = process::finish(command, b"");
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        assert!(ran.err.contains(why), "{}", ran.err);
    }
    is_ready(&a);
    a.stop();
}
