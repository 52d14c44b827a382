//! Story: an installation with the embedded log moves to Kafka, by the commands that operators are given.

use std::fs;

use crate::installation::Installation;
use crate::pages::OPERATORS;
use crate::process::{eventually, on, origem};
use crate::tool::{JQ, KCAT};

#[test]
fn an_embedded_log_moves_to_kafka() {
    let name = "an embedded log moves to Kafka";
    let is_there = || KCAT.is_there_for(name) && JQ.is_there_for(name);
    let Some(kafka) = origem_broker::story(name).filter(|_| is_there()) else {
        return;
    };
    let installation = Installation::start(&kafka, "moving", "none");
    let path = |name: &str| installation.directory().join(name);
    let (old, deliveries, events) = (path("old"), path("day.ndjson"), path("events.ndjson"));
    fs::create_dir(&old).unwrap();
    fs::copy(path("data").join("secret.key"), old.join("secret.key")).unwrap();
    let mut day = origem(&["simulate", "--events", "500", "--seed", "7"]).done();
    day.push_str("not understood\n");
    fs::write(&deliveries, day).unwrap();
    on(&old, &["ingest", deliveries.to_str().unwrap()]).done();
    let fingerprint = on(&old, &["query", "fingerprint"]).value();
    assert!(fingerprint["conversations"].as_u64().unwrap() > 10, "{fingerprint}");

    let (old, events, topic) = (old.to_str().unwrap(), events.to_str().unwrap(), installation.inbound());
    let export = format!("{} log export", env!("CARGO_BIN_EXE_origem"));
    let stands_for = [
        ("/var/lib/origem-old", old),
        ("events.ndjson", events),
        ("broker-1:9092", kafka.bootstrap.as_str()),
        ("origem.inbound.v1", &topic),
        ("origem log export", &export),
    ];
    for line in [
        "origem log export --data /var/lib/origem-old | jq -c .event > events.ndjson",
        "kcat -P -b broker-1:9092 -t origem.inbound.v1 -p 0 -X acks=all -H origem-source=event -l events.ndjson",
    ] {
        installation.run(OPERATORS, line, &stands_for).done();
    }
    let mut now = String::new();
    let is_equal = eventually(|| {
        let ran = origem(&["query", "fingerprint", "--url", installation.url()]);
        now = format!("{}{}", String::from_utf8_lossy(&ran.out), ran.err);
        // Not ready yet is an answer too.
        ran.code == Some(0) && ran.value() == fingerprint
    });
    assert!(is_equal, "{now} on Kafka, {fingerprint} before");
    installation.stop();
}
