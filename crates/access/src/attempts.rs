//! Wrong keys, counted by where they come from: whoever tries many is told to come later.
//!
//! Only wrong keys count, and only wrong keys are refused for it: who shows a right one is let in whatever others try from the same
//! address. So it makes no difference whether many callers share a proxy, and no header that says where a request comes from has to be
//! believed. What cannot be guessed needs no more than that: keys are 160 bits of chance, secrets of tokens 32 bytes. What people make
//! up (`operators.token`, `producers.token`) must be long by itself.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong keys that an address may show at once.
const AT_ONCE: u32 = 20;
/// After that time one more is free.
const EACH: Duration = Duration::from_secs(3);
/// Addresses that are remembered. Whoever has more of them gains nothing by making this forget some: wrong keys stay wrong.
const ADDRESSES_MAX: usize = 4_096;

/// How many wrong keys came from where. In memory, of this process.
#[derive(Default)]
pub struct Attempts {
    /// When each address will have all of its attempts again.
    whole_at: Mutex<BTreeMap<IpAddr, Instant>>,
    refused: AtomicU64,
    limited: AtomicU64,
}

impl Attempts {
    /// Counts a wrong key that was shown at `at`, from an address if that is known.
    ///
    /// # Errors
    /// How long to wait, where too many came from there.
    pub(crate) fn count(&self, from: Option<IpAddr>, at: Instant) -> Result<(), Duration> {
        let taken = from.map_or(Ok(()), |from| self.take(from, at));
        let counter = if taken.is_ok() { &self.refused } else { &self.limited };
        counter.fetch_add(1, Ordering::Relaxed);
        taken
    }

    /// Wrong keys that were answered as such, since the process began.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Wrong keys that were told to come later, since the process began.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.limited.load(Ordering::Relaxed)
    }

    /// Takes one of the attempts of an address. One that is refused costs nothing, so that who waits gets in.
    fn take(&self, from: IpAddr, at: Instant) -> Result<(), Duration> {
        let from = household(from);
        let mut addresses = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let before = addresses.get(&from).copied().unwrap_or(at).max(at);
        let after = before + EACH;
        if let Some(too_much) = (after - at).checked_sub(EACH * AT_ONCE).filter(|over| !over.is_zero()) {
            return Err(too_much);
        }
        if addresses.len() >= ADDRESSES_MAX && !addresses.contains_key(&from) {
            make_room(&mut addresses, at);
        }
        addresses.insert(from, after);
        Ok(())
    }
}

/// Forgets whoever has all attempts again; without any of these, whoever will have them first.
fn make_room(addresses: &mut BTreeMap<IpAddr, Instant>, at: Instant) {
    addresses.retain(|_, whole_at| *whole_at > at);
    if addresses.len() >= ADDRESSES_MAX {
        let first = addresses.iter().min_by_key(|(_, whole_at)| **whole_at);
        let first = first.map(|(address, _)| *address);
        first.and_then(|first| addresses.remove(&first));
    }
}

/// What one caller has: an address; of IPv6 a network of 64 bits, for whoever has one has them all.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

/// Tells nobody's address.
impl fmt::Debug for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempts")
            .field("refused", &self.refused())
            .field("limited", &self.limited())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Option<IpAddr> {
        Some(address.parse().unwrap())
    }

    fn use_up(attempts: &Attempts, address: &str, at: Instant) {
        for _ in 0..AT_ONCE {
            assert_eq!(attempts.count(from(address), at), Ok(()));
        }
    }

    #[test]
    fn whoever_tries_many_waits_and_nobody_else() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        use_up(&attempts, "192.0.2.1", now);
        // address, seconds after; how many seconds it is to wait
        for (address, after, wait) in [
            (from("192.0.2.1"), 0, Some(3)),
            (from("192.0.2.1"), 1, Some(2)),
            (from("::ffff:192.0.2.1"), 2, Some(1)),
            (from("192.0.2.2"), 2, None),
            (None, 2, None),
            (from("192.0.2.1"), 3, None),
            (from("192.0.2.1"), 3, Some(3)),
            (from("192.0.2.1"), 9, None),
        ] {
            let told = attempts.count(address, now + Duration::from_secs(after));
            assert_eq!(told.err(), wait.map(Duration::from_secs), "{address:?} after {after} s");
        }
        assert_eq!((attempts.refused(), attempts.limited()), (u64::from(AT_ONCE) + 4, 4));
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        use_up(&attempts, "2001:db8::1", now);
        assert!(attempts.count(from("2001:db8::ffff:2"), now).is_err());
        assert_eq!(attempts.count(from("2001:db8:0:1::1"), now), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_the_worst_are_remembered() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        use_up(&attempts, "192.0.2.1", now);
        for number in 0..ADDRESSES_MAX as u32 + 100 {
            let address = IpAddr::from((0x0a00_0000 + number).to_be_bytes());
            assert_eq!(attempts.count(Some(address), now), Ok(()));
        }
        let held = |attempts: &Attempts| attempts.whole_at.lock().unwrap().len();
        assert_eq!(held(&attempts), ADDRESSES_MAX);
        assert!(attempts.count(from("192.0.2.1"), now).is_err());
        // Later all of them have their attempts again, and leave at once.
        assert_eq!(attempts.count(from("192.0.2.9"), now + EACH * AT_ONCE), Ok(()));
        assert_eq!(held(&attempts), 1);
        assert!(!format!("{attempts:?}").contains("192"));
    }
}
