//! Story: a producer and a reader with nothing but kcat.

use serde_json::json;

use crate::installation::Installation;
use crate::pages::{DOWNSTREAM, PRODUCERS};
use crate::tool::KCAT;

#[test]
fn kcat_publishes_and_reads() {
    let name = "kcat publishes and reads";
    let Some(kafka) = origem_broker::story(name).filter(|_| KCAT.is_there_for(name)) else {
        return;
    };
    let installation = Installation::start(&kafka, "kcat", "json");
    // Twice: duplicates are harmless.
    for _ in 0..2 {
        installation.run(PRODUCERS, "./producer.sh", &[]).done();
    }
    let ad = json!({"kind": "ad", "platform": "instagram", "entry": {"type": "ad", "value": "120200000000000001"}});
    let hashtag = json!({"kind": "hashtag", "entry": {"type": "hashtag", "value": "promo10"}});
    let conversations = [
        installation.conversation_of("5511955550101", &ad),
        installation.conversation_of("Ana", &hashtag),
    ];
    installation.reads(DOWNSTREAM, "./consumer.sh", &[], &conversations, r#""label":"#);
    installation.stop();
}
