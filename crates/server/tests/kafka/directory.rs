//! Story: what one instance is told of the business, all of them know.

use serde_json::json;

use crate::place::{Place, is_ready};
use crate::process::eventually;
use crate::server::Server;
use crate::topic;

const PATH: &str = "/v1/templates/hello.pt_BR";

#[test]
fn what_one_instance_is_told_all_of_them_know() {
    let Some(place) = Place::begin("what_one_instance_is_told_all_of_them_know") else {
        return;
    };
    let place = place.init(3);
    let [one, two] = place.serve_all(["one", "two"]);
    [&one, &two].into_iter().for_each(is_ready);
    let template = json!({"name": "hello", "language": "pt_BR", "category": "utility", "body": "Oi"});
    let put = ureq::put(format!("{}{PATH}", one.url))
        .send(template.to_string())
        .unwrap();
    assert_eq!(put.status(), 200);
    // Partitions may still be on their way to the second instance: an answer that passes is asked for again.
    let body = |server: &Server| {
        let answer = server.ask(PATH, &[]);
        (answer.status == 200).then(|| answer.ok()["body"].clone())
    };
    assert!(eventually(|| body(&one) == Some(json!("Oi"))));
    assert!(
        eventually(|| body(&two) == Some(json!("Oi"))),
        "the other instance does not follow"
    );
    let changed = json!({"name": "hello", "language": "pt_BR", "category": "utility", "body": "Olá"});
    let put = ureq::put(format!("{}{PATH}", two.url))
        .send(changed.to_string())
        .unwrap();
    assert_eq!(put.status(), 200);
    assert!(eventually(|| body(&one) == Some(json!("Olá"))));
    // Keyed by the entry, so that compaction keeps the latest of each.
    let last = topic::last_values(&place.bootstrap, &place.topic("directory"));
    assert_eq!(last["default/template/hello.pt_BR"]["value"]["body"], "Olá");
    drop((one, two));
    let later = place.serve("three");
    is_ready(&later);
    assert_eq!(later.get(PATH)["body"], "Olá");
}

#[test]
fn without_its_topic_the_directory_takes_nothing_and_says_why() {
    let Some(place) = Place::begin("without_its_topic_the_directory_takes_nothing_and_says_why") else {
        return;
    };
    // An installation of before there was a directory.
    for name in ["inbound", "events", "conversations", "touches", "queue"] {
        let policy = if matches!(name, "inbound" | "events") {
            "delete"
        } else {
            "compact"
        };
        topic::make(&place.bootstrap, &place.topic(name), 2, &[("cleanup.policy", policy)]);
    }
    let server = place.serve("one");
    is_ready(&server);
    let template = json!({"name": "hello", "language": "pt_BR", "category": "utility"});
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut refused = agent
        .put(format!("{}{PATH}", server.url))
        .send(template.to_string())
        .unwrap();
    assert_eq!(refused.status(), 503);
    let said = refused.body_mut().read_to_string().unwrap();
    assert!(
        said.contains("origem kafka init --apply") && said.contains(&place.topic("directory")),
        "{said}"
    );
}
