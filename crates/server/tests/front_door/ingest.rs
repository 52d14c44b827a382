//! Story: a business ingests what it received, and ingests it again by mistake.

use std::collections::BTreeSet;

use crate::process::origem_with;
use crate::world::{World, fingerprint, folded_afresh, simulated};

#[test]
fn everything_ingested_is_there_once_and_ingesting_it_again_changes_nothing() {
    let world = World::new();
    let data = world.data();
    let deliveries = simulated(5_000, 7);
    let ingest = || {
        origem_with(
            &["ingest", "--data", data.to_str().unwrap(), "-"],
            deliveries.as_bytes(),
        )
        .value()
    };

    let first = ingest();
    assert_eq!(first["events"], 5_000);
    assert_eq!(first["deliveries"], deliveries.lines().count());
    assert_eq!(first["position"], "0:4999");
    let conversations = first["conversations"].as_u64().unwrap();
    assert!(conversations > 100, "{first}");
    for name in ["duplicates", "unrecognised"] {
        assert!(first[name].as_u64().unwrap() < 500, "{first}");
    }
    assert!(first["seconds"].is_number(), "{first}");
    let before = fingerprint(&data);
    assert_eq!(before.1, 5_000, "the views are at the tail when the command ends");

    let again = ingest();
    assert_eq!(again["events"], 5_000);
    assert_eq!(again["duplicates"], 5_000);
    assert_eq!(again["conversations"], conversations);
    assert_eq!(again["position"], "0:9999");
    let after = fingerprint(&data);
    assert_eq!(after.1, 10_000);
    assert_eq!(after.0, before.0, "duplicates changed the views");
    assert_eq!(folded_afresh(&data, &world.path("afresh")), after);

    // Every message of every delivery stands in the log, and as often as it was delivered.
    let export = world.run(&["log", "export"]).values();
    assert_eq!(export.len(), 10_000);
    let keys = |lines: &[serde_json::Value]| -> BTreeSet<String> {
        lines
            .iter()
            .map(|line| line["event"]["dedup_key"].to_string())
            .collect()
    };
    assert_eq!(keys(&export[..5_000]), keys(&export[5_000..]));
    let counted = world.run(&["query", "conversations", "--filter", "limit=1"]).value();
    let tickets: u64 = counted["counts"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(|count| count.as_u64())
        .sum();
    assert!(tickets > 0 && tickets <= conversations, "{counted}");
}

#[test]
fn parts_of_a_stream_give_the_views_of_the_whole() {
    let deliveries = simulated(1_000, 3);
    let lines: Vec<&str> = deliveries.lines().collect();
    let (first, rest) = lines.split_at(lines.len() / 3);
    let (whole, parts) = (World::new(), World::new());
    whole.ingest("meta", &deliveries);
    parts.ingest("meta", first.join("\n"));
    let second = parts.ingest("meta", rest.join("\n"));
    assert_eq!(second["position"], "0:999");
    // Keys are hashed with the secret of each installation, so rows differ; what is told must not.
    let count = |world: &World| {
        let mut page = world.run(&["query", "conversations", "--filter", "limit=200"]).value();
        page["items"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .map(describe)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(count(&whole), count(&parts));
}

/// A conversation without ids, which are made with the secret of the installation.
fn describe(conversation: &mut serde_json::Value) -> String {
    let of = |name: &str| conversation.pointer(name).map(ToString::to_string).unwrap_or_default();
    [
        "/contact/aliases",
        "/contact/name",
        "/origin/kind",
        "/origin/at",
        "/origin/evidence",
        "/ticket/status",
        "/ticket/opened_at",
        "/unread",
        "/origins_count",
    ]
    .map(of)
    .join(" ")
}

#[test]
fn a_simulation_is_its_seed() {
    assert_eq!(simulated(500, 7), simulated(500, 7));
    assert_ne!(simulated(500, 7), simulated(500, 8));
    let (short, long) = (simulated(200, 7), simulated(400, 7));
    let shared = short
        .lines()
        .zip(long.lines())
        .take_while(|(left, right)| left == right)
        .count();
    assert!(
        shared + 1 >= short.lines().count(),
        "a longer simulation begins like the shorter"
    );
}
