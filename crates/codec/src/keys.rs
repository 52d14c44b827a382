//! Keys in the structure, and the aliases they bring back when their values are there.

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::key::{AliasKey, JoinKey};

use crate::numbers::Numbered as _;
use crate::wire;

pub(crate) fn alias_keys_to_wire(keys: &[AliasKey]) -> Vec<wire::AliasKey> {
    keys.iter()
        .map(|key| {
            let (high, low) = halves(key.hash);
            wire::AliasKey {
                kind: key.kind.number(),
                high,
                low,
            }
        })
        .collect()
}

/// The keys; those of unknown kinds are skipped, because nothing could be compared with them.
pub(crate) fn alias_keys(keys: &[wire::AliasKey]) -> Vec<AliasKey> {
    let mut known = Vec::with_capacity(keys.len());
    known.extend(keys.iter().filter_map(|key| {
        Some(AliasKey {
            kind: AliasKind::known(key.kind)?,
            hash: whole(key.high, key.low),
        })
    }));
    known
}

/// The aliases whose kinds are in `keys` and whose values, in the same order, are `values`; none if these are erased.
pub(crate) fn aliases(keys: &[wire::AliasKey], values: Vec<String>) -> Vec<Alias> {
    keys.iter()
        .zip(values)
        .filter_map(|(key, value)| {
            Some(Alias {
                kind: AliasKind::known(key.kind)?,
                value,
            })
        })
        .collect()
}

pub(crate) fn join_key_to_wire(key: JoinKey) -> wire::JoinKey {
    let (high, low) = halves(key.0);
    wire::JoinKey { high, low }
}

pub(crate) fn join_key(key: wire::JoinKey) -> JoinKey {
    JoinKey(whole(key.high, key.low))
}

#[allow(clippy::cast_possible_truncation)] // halves are meant
fn halves(hash: u128) -> (u64, u64) {
    ((hash >> 64) as u64, hash as u64)
}

fn whole(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}
