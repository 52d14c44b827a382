//! How many rows of which view an event writes or removes: what taking in costs the store.

use std::collections::BTreeMap;

use origem_testkit::script;
use origem_views::counts;

use super::world::World;
use crate::{Decoded, Folding, fold};

/// Rows by the first byte of their keys.
fn written(world: &mut World, line: &str) -> BTreeMap<u8, usize> {
    let records = script::records(line).into_iter();
    let batch: Vec<Decoded> = records.map(|recorded| Decoded::Event(Box::new(recorded))).collect();
    let folding = Folding::in_lanes(1);
    let mut changes = fold(&world.rows, &mut world.settled, &batch, &folding).unwrap().changes;
    counts::settle(&mut changes, &world.rows).unwrap();
    let mut written = BTreeMap::new();
    for key in changes.rows().keys() {
        *written.entry(key[0]).or_default() += 1;
    }
    world.rows.commit(&changes);
    written
}

#[test]
fn an_event_writes_the_rows_that_it_moves() {
    let mut world = World::of_script(
        "1.10:00 p1 in m1 ad=A clid=x name=Rita_Souza_Lima; 1.10:05 p1 claim agent=ana; 1.10:10 p1 out m2 via=web agent=ana; \
         1.10:20 p1 finish agent=ana class=c1",
    );
    // Card, ledger and thread are always written; beside them:
    let beside = [
        (0x08, "listed"),
        (0x09, "names"),
        (0x0d, "counts"),
        (0x17, "journey"),
        (0x1a, "waiting"),
        (0x1b, "posted"),
        (0x1c, "active"),
        (0x1e, "by holder"),
    ];
    for (line, expected) in [
        // Back after two weeks, and not by the ad: another ticket, in other lists.
        (
            "15.10:00 p1 in m3 name=Rita_Souza_Lima",
            "listed 2, names 3, counts 4, journey 1, waiting 1, posted 6, active 1, by holder 1",
        ),
        (
            "15.10:01 p1 claim agent=ana",
            "listed 2, counts 4, journey 1, waiting 1, posted 2, by holder 2",
        ),
        (
            "15.10:02 p1 out m4 via=web agent=ana",
            "listed 2, counts 4, journey 1, waiting 1, by holder 1",
        ),
        // To and fro within an hour: what is posted stays, but for the end of the window.
        (
            "15.10:03 p1 in m5 name=Rita_Souza_Lima",
            "listed 2, counts 4, waiting 1, posted 2, active 1, by holder 1",
        ),
        ("15.10:03 p1 in m6 name=Rita_Souza_Lima", "active 1"),
        (
            "15.10:04 p1 out m7 via=web agent=ana",
            "listed 2, counts 4, waiting 1, by holder 1",
        ),
        // In the next hour the mark of the agent moves.
        (
            "15.11:05 p1 in m8 name=Rita_Souza_Lima",
            "listed 2, counts 4, waiting 1, posted 4, active 1, by holder 1",
        ),
        (
            "15.11:06 p1 out m9 via=web agent=ana",
            "listed 2, counts 4, waiting 1, by holder 1",
        ),
        (
            "15.11:07 p1 finish agent=ana class=c1",
            "listed 2, counts 4, journey 1, posted 3",
        ),
    ] {
        let written = written(&mut world, line);
        let told = beside
            .iter()
            .filter_map(|(view, name)| Some(format!("{name} {}", written.get(view)?)));
        assert_eq!(told.collect::<Vec<_>>().join(", "), expected, "{line}");
        // A chunk that is full is written as two.
        let own = written
            .iter()
            .filter(|(view, _)| beside.iter().all(|(one, _)| one != *view));
        let own: usize = own.map(|(_, rows)| rows).sum();
        assert!((3..=5).contains(&own), "{line}: {written:?}");
    }
}
