//! Which partition a channel's events go to: everything that must be seen in order shares one channel, so the channel is the
//! key. The hash is Kafka's default for keyed records, so that any producer or stream processor computes the same.

use crate::event::Channel;
use crate::position::Partition;

/// The key of a channel's records: `<account>/<kind>:<id>`.
#[must_use]
pub fn key_of(account: &str, channel: &Channel) -> String {
    format!("{account}/{}:{}", channel.kind.name(), channel.id)
}

/// The partition of a key among `partitions`, as Kafka's default partitioner has it. Of none, the first.
#[must_use]
pub fn partition_of(key: &str, partitions: u32) -> Partition {
    let positive = murmur2(key.as_bytes()) & 0x7fff_ffff;
    Partition(positive.checked_rem(partitions).unwrap_or(0))
}

/// MurmurHash2 with Kafka's seed, as in `org.apache.kafka.common.utils.Utils.murmur2`.
fn murmur2(bytes: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    const R: u32 = 24;
    let mut hash = SEED ^ bytes.len() as u32;
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        let k = u32::from_le_bytes(*word).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ (k ^ (k >> R)).wrapping_mul(M);
    }
    if !rest.is_empty() {
        let last = rest.iter().rev().fold(0, |last, byte| last << 8 | u32::from(*byte));
        hash = (hash ^ last).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `UtilsTest.testMurmur2` of Apache Kafka.
    #[test]
    fn the_hash_is_kafkas() {
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()).cast_signed(), hash, "{text}");
        }
    }

    #[test]
    fn every_partition_gets_its_share() {
        let mut shares = [0_u32; 12];
        for number in 0..12_000 {
            shares[partition_of(&format!("default/whatsapp:{number}"), 12).0 as usize] += 1;
        }
        assert!(shares.iter().all(|share| (800..1_200).contains(share)), "{shares:?}");
        assert_eq!(partition_of("any", 1), Partition(0));
    }
}
