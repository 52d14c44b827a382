//! Story: a producer and a reader in Java, with Kafka's own client.

use serde_json::json;

use crate::installation::Installation;
use crate::pages::{DOWNSTREAM, PRODUCERS};
use crate::tool::JAVA_COMPILER;

#[test]
fn java_publishes_and_reads() {
    let name = "Java publishes and reads";
    let Some(kafka) = origem_broker::story(name).filter(|_| JAVA_COMPILER.is_there_for(name)) else {
        return;
    };
    let installation = Installation::start(&kafka, "java", "protobuf");
    let class_path = origem_broker::class_path().unwrap();
    let libs = [("$(cargo xtask kafka libs)", class_path.as_str())];
    let line = r#"java -cp "$(cargo xtask kafka libs)" Producer.java"#;
    let printed = installation.run(PRODUCERS, line, &libs).done();
    assert!(printed.contains("acknowledged: "), "{printed}");
    let hashtag = json!({"kind": "hashtag", "entry": {"type": "hashtag", "value": "promo10"}});
    let conversations = [installation.conversation_of("Bia", &hashtag)];
    let line = r#"java -cp "$(cargo xtask kafka libs)" Latest.java"#;
    installation.reads(DOWNSTREAM, line, &libs, &conversations, "application/protobuf");
    installation.stop();
}
