//! Story: what does not belong together refuses to start, and says why.

use serde_json::json;

use crate::place::{Place, is_ready};
use crate::process;
use crate::world::{text, whatsapp};

/// A place on the listener with TLS and login; `None` where there is none.
fn secured(name: &str) -> Option<Place> {
    let endpoints = origem_broker::story(name)?;
    let Some(secure) = endpoints.secure.clone() else {
        // A cluster of others that names no such listener.
        return None;
    };
    let place = Place::on(&endpoints);
    let ca = secure.ca_pem.display().to_string();
    let place = place
        .with("KAFKA_BOOTSTRAP", &secure.sasl_ssl)
        .with("KAFKA_SECURITY_PROTOCOL", "sasl_ssl")
        .with("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512")
        .with("KAFKA_USERNAME", &secure.user)
        .with("KAFKA_CA_FILE", &ca);
    let password = place.world.file("password", format!("{}\n", secure.password));
    Some(place.with("KAFKA_PASSWORD_FILE", &password))
}

#[test]
fn another_secret_on_the_same_topic_is_refused() {
    let Some(place) = Place::begin("another_secret_on_the_same_topic_is_refused") else {
        return;
    };
    let place = place.init(3);
    // Nothing was written yet: whoever comes first decides.
    let a = place.serve("a");
    is_ready(&a);
    let position = a.deliver(&whatsapp(&json!([text("5511955550101", "wamid.A", 0, "oi")])));
    a.get_at("/v1/conversations", &position);

    let mut other = place.instance("b");
    other.env("ORIGEM_SECRET", "ffffffffffffffffffffffffffffffff");
    let said = process::finish(other, b"").failed(1);
    assert!(said.contains("were written with another secret"), "{said}");
    assert!(said.contains("ORIGEM_SECRET"), "{said}");
    // Without one, and without the file of the first.
    let mut none = place.instance("c");
    none.env_remove("ORIGEM_SECRET");
    let said = process::finish(none, b"").failed(1);
    assert!(said.contains("secret.key"), "{said}");
    assert!(said.contains("ORIGEM_SECRET"), "{said}");

    // The first goes on, and one with its secret may join.
    let b = place.serve("b");
    let list = b.get_at("/v1/conversations", &position);
    assert_eq!(list["counts"]["new"], 1, "{list}");
    for server in [a, b] {
        server.stop();
    }
}

#[test]
fn tls_and_login_work_by_the_settings() {
    let Some(place) = secured("tls_and_login_work_by_the_settings") else {
        return;
    };
    let place = place.with("KAFKA_PUBLISH", "json").init(2);
    let server = place.serve("a");
    is_ready(&server);
    let delivery = whatsapp(&json!([text("5511955550101", "wamid.A", 0, "oi")]));
    let position = server.deliver(&delivery);
    assert_eq!(server.get_at("/v1/conversations", &position)["counts"]["new"], 1);
    // Intake and projected topics go the same way.
    place.publish(&[whatsapp(&json!([text("5511955550101", "wamid.B", 1, "oi")]))]);
    assert!(process::eventually(|| {
        let values = place.last_values("conversations");
        values.len() == 1 && values.values().all(|value| value["unread"] == 2)
    }));
    assert_eq!(place.owned().len(), 1);
    server.stop();
}

#[test]
fn a_broker_that_does_not_let_us_in_is_told() {
    let Some(place) = secured("a_broker_that_does_not_let_us_in_is_told") else {
        return;
    };
    let place = place.init(1);
    let wrong = place.world.file("wrong", "not the password");
    let cases: [(&str, &str, &[&str]); 4] = [
        ("KAFKA_PASSWORD_FILE", &wrong, &["uthentication failed"]),
        ("KAFKA_USERNAME", "nobody", &["uthentication failed"]),
        ("KAFKA_CA_FILE", "", &["certificate"]),
        ("KAFKA_SASL_MECHANISM", "SCRAM-SHA-5", &["SCRAM-SHA-5", "SCRAM-SHA-512"]),
    ];
    for (setting, value, expected) in cases {
        let init = place.command(&["kafka", "init"]);
        for mut command in [init, place.instance("a")] {
            command.env(format!("ORIGEM_{setting}"), value);
            let said = process::finish(command, b"").failed(1);
            for part in expected {
                assert!(said.contains(part), "{setting}={value}: {said}");
            }
            assert!(!said.contains("not the password"), "{said}");
        }
    }
}
