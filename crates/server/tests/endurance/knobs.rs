//! What a person may set of a long run: numbers in the environment, where `cargo xtask` puts its flags.

use std::str::FromStr;

/// The number of a variable; `usual` where it is not set.
#[track_caller]
pub fn number<N: FromStr>(name: &str, usual: N) -> N {
    let Ok(told) = std::env::var(name) else {
        return usual;
    };
    told.parse()
        .unwrap_or_else(|_| panic!("{name}={told} is no number that makes sense here"))
}

/// Whether a variable says yes.
pub fn is_set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|told| told == "1")
}

/// A seed: the one that is set, or another each time.
pub fn seed(name: &str) -> u64 {
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    number(name, clock.map_or(1, |since| u64::from(since.subsec_nanos())))
}
