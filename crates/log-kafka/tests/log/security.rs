//! TLS and logins against the listeners of the real broker: what is right works, what is wrong is said.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use origem_broker::Secure;
use origem_log_kafka::{Cluster, KafkaLog, LogOptions};

use crate::support::{self, P0};

fn cluster(bootstrap: &str, properties: &[(&str, &str)]) -> Cluster {
    let mut cluster = Cluster::new(bootstrap);
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    cluster.properties = properties.iter().map(owned).collect();
    cluster
}

fn login(secure: &Secure, mechanism: &str, password: &str) -> Cluster {
    let authority = secure.ca_pem.to_string_lossy();
    cluster(
        &secure.sasl_ssl,
        &[
            ("security.protocol", "sasl_ssl"),
            ("ssl.ca.location", &authority),
            ("sasl.mechanism", mechanism),
            ("sasl.username", &secure.user),
            ("sasl.password", password),
        ],
    )
}

/// A token that is not signed, as the broker under test takes.
fn write_token(path: &Path, subject: &str, lifetime: Duration) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let claims = format!(
        r#"{{"sub":"{subject}","iat":{:.3},"exp":{:.3}}}"#,
        now.as_secs_f64(),
        (now + lifetime).as_secs_f64()
    );
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    std::fs::write(path, format!("{}.{}.", part(r#"{"alg":"none"}"#), part(&claims))).unwrap();
}

fn token_login(secure: &Secure, file: &Path) -> Cluster {
    let authority = secure.ca_pem.to_string_lossy();
    let mut cluster = cluster(
        &secure.sasl_ssl,
        &[
            ("security.protocol", "sasl_ssl"),
            ("ssl.ca.location", &authority),
            ("sasl.mechanism", "OAUTHBEARER"),
        ],
    );
    cluster.oauth_token_file = Some(file.to_owned());
    cluster
}

#[test]
fn every_way_in_works() {
    let Some(broker) = origem_broker::story("every way in works") else {
        return;
    };
    let Some(secure) = &broker.secure else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("token");
    write_token(&token, &secure.user, Duration::from_secs(600));
    let authority = secure.ca_pem.to_string_lossy();
    let ssl = [("security.protocol", "ssl"), ("ssl.ca.location", &*authority)];
    let ways = [
        ("TLS", cluster(&secure.ssl, &ssl)),
        ("PLAIN", login(secure, "PLAIN", &secure.password)),
        ("SCRAM-SHA-256", login(secure, "SCRAM-SHA-256", &secure.password)),
        ("SCRAM-SHA-512", login(secure, "SCRAM-SHA-512", &secure.password)),
        ("OAUTHBEARER", token_login(secure, &token)),
    ];
    let topic = support::topic(&Cluster::new(&broker.bootstrap), "security");
    let patient = LogOptions {
        reply_timeout: Duration::from_secs(30),
        ..LogOptions::default()
    };
    for (expected, (way, cluster)) in ways.iter().enumerate() {
        let opened = KafkaLog::open_with(cluster, &topic, support::describe(), patient);
        let log = opened.unwrap_or_else(|error| panic!("{way}: {}", support::chain(&error)));
        support::append(&log, P0, &[way]);
        assert_eq!(support::texts(&log, P0).len(), expected + 1, "{way}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let Some(broker) = origem_broker::story("what is wrong is said") else {
        return;
    };
    let Some(secure) = &broker.secure else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let (expired, garbage) = (directory.path().join("expired"), directory.path().join("garbage"));
    write_token(&expired, &secure.user, Duration::ZERO);
    std::fs::write(&garbage, "not a token").unwrap();
    let stranger = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/log/stranger.pem");
    let tls = |authority: &Path| {
        cluster(
            &secure.ssl,
            &[
                ("security.protocol", "ssl"),
                ("ssl.ca.location", &authority.to_string_lossy()),
            ],
        )
    };
    let plain = cluster(&secure.sasl_ssl, &[]);
    // A port that was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let cases = [
        (
            "wrong password",
            login(secure, "SCRAM-SHA-512", "wrong"),
            "the broker refused the credentials (",
        ),
        ("wrong password", login(secure, "PLAIN", "wrong"), "check sasl.username"),
        (
            "unknown mechanism",
            login(secure, "SCRAM-SHA-1024", "wrong"),
            "SCRAM-SHA-1024",
        ),
        ("unknown authority", tls(&stranger), "no secure connection ("),
        (
            "no authority",
            tls(&directory.path().join("missing")),
            "ssl.ca.location",
        ),
        (
            "no token",
            token_login(secure, &directory.path().join("missing")),
            "cannot read the token file",
        ),
        (
            "no token at all",
            token_login(secure, &garbage),
            "is not a JSON web token",
        ),
        (
            "expired",
            token_login(secure, &expired),
            "the broker refused the credentials (",
        ),
        ("no TLS", plain, "no broker answers at "),
        (
            "nobody there",
            Cluster::new(&closed.to_string()),
            "no broker answers at 127.0.0.1:",
        ),
        (
            "unknown topic",
            Cluster::new(&broker.bootstrap),
            "does not exist; create it with",
        ),
        (
            "misspelt",
            cluster(&secure.ssl, &[("security.protokol", "ssl")]),
            "the property security.protokol is not right",
        ),
    ];
    let options = LogOptions {
        reply_timeout: Duration::from_secs(4),
        ..LogOptions::default()
    };
    let mut wrong = Vec::new();
    for (case, cluster, expected) in cases {
        let told = match KafkaLog::open_with(&cluster, "no.such.topic", support::describe(), options) {
            Ok(_) => "it opened".to_owned(),
            Err(error) => support::chain(&error),
        };
        if !told.contains(expected) {
            wrong.push(format!("{case}: {told}"));
        }
        assert!(!told.contains(&secure.password), "{told}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_rotated_token_is_read_again() {
    let Some(broker) = origem_broker::story("a rotated token is read again") else {
        return;
    };
    let Some(secure) = &broker.secure else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("token");
    let topic = support::topic(&Cluster::new(&broker.bootstrap), "token");
    std::fs::write(&token, "not there yet").unwrap();
    let cluster = token_login(secure, &token);
    let options = LogOptions {
        reply_timeout: Duration::from_secs(2),
        ..LogOptions::default()
    };
    assert!(KafkaLog::open_with(&cluster, &topic, support::describe(), options).is_err());
    // Whoever rotates it writes tokens of six seconds all the time; a session lasts for longer than one of them lives.
    let (begun, session) = (Instant::now(), Duration::from_secs(14));
    write_token(&token, &secure.user, Duration::from_secs(6));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while begun.elapsed() < session {
                let next = directory.path().join("next");
                write_token(&next, &secure.user, Duration::from_secs(6));
                std::fs::rename(&next, &token).unwrap();
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
        let log = support::open(&cluster, &topic);
        let mut count = 0;
        while begun.elapsed() < session {
            support::append(&log, P0, &["a"]);
            count += 1;
            assert_eq!(support::read_all(&log, P0, count - 1).0.len(), 1);
        }
    });
}
