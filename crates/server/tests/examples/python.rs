//! Story: producers and a reader in Python, in both formats.

use serde_json::json;

use crate::installation::Installation;
use crate::pages::{DOWNSTREAM, PRODUCERS};
use crate::tool::{PYTHON_CLIENT, PYTHON_PROTOBUF};

#[test]
fn python_publishes_and_reads_json() {
    let name = "Python publishes and reads JSON";
    let Some(kafka) = origem_broker::story(name).filter(|_| PYTHON_CLIENT.is_there_for(name)) else {
        return;
    };
    let installation = Installation::start(&kafka, "python", "json");
    let printed = installation.run(PRODUCERS, "python3 producer.py", &[]).done();
    assert!(printed.contains("acknowledged: "), "{printed}");
    let hashtag = json!({"kind": "hashtag", "entry": {"type": "hashtag", "value": "promo10"}});
    let conversations = [installation.conversation_of("Caio", &hashtag)];
    installation.reads(DOWNSTREAM, "python3 consumer.py", &[], &conversations, "Hashtag");
    installation.stop();
}

#[test]
fn python_publishes_and_reads_protobuf() {
    let name = "Python publishes and reads protobuf";
    let is_there = || PYTHON_CLIENT.is_there_for(name) && PYTHON_PROTOBUF.is_there_for(name);
    let Some(kafka) = origem_broker::story(name).filter(|_| is_there()) else {
        return;
    };
    let installation = Installation::start(&kafka, "protobuf", "protobuf");
    let classes = installation.directory().join("classes");
    let stands_for = [("/tmp/origem-python", classes.to_str().unwrap())];
    let lines = [
        "mkdir -p /tmp/origem-python",
        "python3 -m grpc_tools.protoc -I ../../../../proto --python_out=/tmp/origem-python ../../../../proto/origem/api/v1/*.proto",
        "PYTHONPATH=/tmp/origem-python python3 protobuf_producer.py",
    ];
    for line in lines {
        installation.run(PRODUCERS, line, &stands_for).done();
    }
    let hashtag = json!({"kind": "hashtag", "entry": {"type": "hashtag", "value": "promo10"}});
    let conversations = [installation.conversation_of("Eva", &hashtag)];
    let line = "PYTHONPATH=/tmp/origem-python python3 consumer.py";
    installation.reads(DOWNSTREAM, line, &stands_for, &conversations, "Hashtag");
    installation.stop();
}
