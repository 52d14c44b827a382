//! Story: an operator makes the topics, and is told what is wrong.

use serde_json::json;

use crate::place::Place;
use crate::process::eventually;
use crate::topic;
use crate::world::{text, whatsapp};

/// Each with the partitions it gets where the log has three.
const TOPICS: [(&str, u32); 7] = [
    ("inbound", 3),
    ("events", 3),
    ("conversations", 3),
    ("touches", 3),
    ("windows", 3),
    ("queue", 3),
    ("directory", 1),
];

#[test]
fn topics_are_made_when_told_and_then_left_alone() {
    let Some(place) = Place::begin("topics_are_made_when_told_and_then_left_alone") else {
        return;
    };
    let there = || topic::list(&place.bootstrap, &place.prefix);
    let init = |more: &[&str]| {
        place
            .run(&[&["kafka", "init", "--partitions", "3"], more].concat())
            .done()
    };
    for dry_run in [&[][..], &["--dry-run"]] {
        let told = init(dry_run);
        for (name, partitions) in TOPICS {
            let line = format!(
                "would make: {}, {partitions} partitions, 1 replicas, cleanup.policy=",
                place.topic(name)
            );
            assert!(told.contains(&line), "{told}");
        }
        assert!(told.contains("nothing was changed; make them with --apply"), "{told}");
        assert!(there().is_empty(), "{:?}", there());
    }
    let told = init(&["--apply"]);
    assert_eq!(
        told.lines().filter(|line| line.starts_with("make: ")).count(),
        TOPICS.len(),
        "{told}"
    );
    let made = there();
    assert_eq!(made.len(), TOPICS.len(), "{made:?}");
    for (name, partitions) in TOPICS {
        assert_eq!(
            made.get(&place.topic(name)).copied(),
            usize::try_from(partitions).ok(),
            "{made:?}"
        );
    }
    for again in [&["--apply"][..], &[]] {
        let told = init(again);
        let fit = told
            .lines()
            .filter(|line| line.starts_with("is as it should be: "))
            .count();
        assert_eq!((fit, told.lines().count()), (TOPICS.len(), TOPICS.len()), "{told}");
    }
}

#[test]
fn topics_of_others_are_told_where_they_differ_and_left_as_they_are() {
    let Some(place) = Place::begin("topics_of_others_are_told_where_they_differ_and_left_as_they_are") else {
        return;
    };
    let make = |name: &str, settings| topic::make(&place.bootstrap, &place.topic(name), 2, settings);
    make("events", &[("cleanup.policy", "compact")]);
    make("inbound", &[]);
    let told = place.run(&["kafka", "init", "--apply", "--partitions", "4"]).done();
    for difference in [
        format!(
            "differs: {}: partitions is 2, should be 4; it is left as it is",
            place.topic("events")
        ),
        format!(
            "differs: {}: cleanup.policy is compact, should be delete",
            place.topic("events")
        ),
        format!("differs: {}: partitions is 2, should be 4", place.topic("inbound")),
        // As many as the events really have.
        format!("make: {}, 2 partitions", place.topic("queue")),
    ] {
        assert!(told.contains(&difference), "{difference} is not in {told}");
    }
    assert_eq!(topic::list(&place.bootstrap, &place.prefix)[&place.topic("events")], 2);

    // A log that forgets is no log.
    let refused = place.run(&[
        "serve",
        "--log",
        "kafka",
        "--listen",
        "127.0.0.1:0",
        "--data",
        &data(&place),
    ]);
    let said = refused.failed(1);
    assert!(
        said.contains("cleanup.policy=compact, which loses events; set it to delete"),
        "{said}"
    );
}

fn data(place: &Place) -> String {
    place.world.data().to_str().unwrap().to_owned()
}

#[test]
fn what_is_missing_is_named() {
    let Some(place) = Place::begin("what_is_missing_is_named") else {
        return;
    };
    let data = data(&place);
    let serve: &[&str] = &["serve", "--log", "kafka", "--listen", "127.0.0.1:0", "--data", &data];
    // Nobody made the topics.
    let said = place.run(serve).failed(1);
    assert!(said.contains(&place.topic("events")), "{said}");
    assert!(said.contains("does not exist"), "{said}");
    assert!(said.contains("origem kafka init --apply"), "{said}");

    let place = place.init(1);
    type Case<'a> = (&'a str, &'a str, &'a [&'a str], i32, &'a [&'a str]);
    let cases: [Case<'_>; 9] = [
        (
            "KAFKA_BOOTSTRAP",
            "127.0.0.1:1",
            &["kafka", "init"],
            1,
            &["no broker answers at 127.0.0.1:1"],
        ),
        (
            "KAFKA_BOOTSTRAP",
            "127.0.0.1:1",
            &["kafka", "status"],
            1,
            &["no broker answers at 127.0.0.1:1"],
        ),
        (
            "KAFKA_BOOTSTRAP",
            "127.0.0.1:1",
            serve,
            1,
            &["no broker answers at 127.0.0.1:1"],
        ),
        (
            "KAFKA_BOOTSTRAP",
            "",
            &["kafka", "init"],
            2,
            &["--kafka HOST:PORT", "ORIGEM_KAFKA_BOOTSTRAP"],
        ),
        (
            "KAFKA_BOOTSTRAP",
            "",
            serve,
            2,
            &["--kafka HOST:PORT", "ORIGEM_KAFKA_BOOTSTRAP"],
        ),
        ("KAFKA_GROUP_PROTOCOL", "gossip", serve, 1, &["classic", "consumer"]),
        ("KAFKA_INTAKE", "raw.fax=fax", serve, 1, &["TOPIC=SOURCE"]),
        (
            "KAFKA_PROPERTIES",
            "no.such.property=1",
            serve,
            1,
            &["no.such.property"],
        ),
        (
            "KAFKA_PREFIX",
            "elsewhere.",
            serve,
            1,
            &["elsewhere.events.v1", "does not exist"],
        ),
    ];
    for (setting, wrong, arguments, code, expected) in cases {
        let mut command = place.command(arguments);
        command.env(format!("ORIGEM_{setting}"), wrong);
        let said = crate::process::finish(command, b"").failed(code);
        for part in expected {
            assert!(said.contains(part), "{setting}={wrong} {arguments:?}: {said}");
        }
    }
}

#[test]
fn projected_topics_that_are_missing_are_named_and_used_once_they_are_there() {
    let Some(place) = Place::begin("projected_topics_that_are_missing_are_named_and_used_once_they_are_there") else {
        return;
    };
    let place = place.with("KAFKA_PUBLISH", "json");
    for name in ["inbound", "events"] {
        topic::make(&place.bootstrap, &place.topic(name), 1, &[("retention.ms", "-1")]);
    }
    let server = place.serve("a");
    let line = server.says("does not exist");
    let projected = TOPICS[2..].iter().any(|(name, _)| line.contains(&place.topic(name)));
    assert!(projected && line.contains("origem kafka init --apply"), "{line}");
    let position = server.deliver(&whatsapp(&json!([text("5511955550101", "wamid.A", 0, "oi")])));
    assert_eq!(
        server.get_at("/v1/conversations", &position)["counts"]["new"],
        1,
        "all else works"
    );
    let place = place.init(1);
    assert!(
        eventually(|| place.last_values("queue").len() == 1),
        "{:#?}",
        server.said()
    );
    server.stop();
}
