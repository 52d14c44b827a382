//! Story: a producer in Node.

use serde_json::json;

use crate::installation::Installation;
use crate::pages::PRODUCERS;
use crate::tool::NODE_CLIENT;

#[test]
fn node_publishes() {
    let name = "Node publishes";
    let Some(kafka) = origem_broker::story(name).filter(|_| NODE_CLIENT.is_there_for(name)) else {
        return;
    };
    let installation = Installation::start(&kafka, "node", "none");
    let printed = installation.run(PRODUCERS, "node producer.js", &[]).done();
    assert!(printed.contains("acknowledged: "), "{printed}");
    let hashtag = json!({"kind": "hashtag", "entry": {"type": "hashtag", "value": "promo10"}});
    installation.conversation_of("Davi", &hashtag);
    installation.stop();
}
