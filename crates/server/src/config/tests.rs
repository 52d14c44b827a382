//! Tests of settings: where they come from, which wins, and what is told of mistakes.

use super::*;

fn resolve(file: &str, environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Result<Resolved, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("origem.toml");
    std::fs::write(&path, file).unwrap();
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Resolved::new(
        Some(&path),
        environment,
        flags.iter().map(|(key, value)| (*key, (*value).to_owned())),
    )
}

#[test]
fn later_wins() {
    let file = "listen = 'a:1'\n[log]\ndurability = 'os'";
    for (environment, flags, listen) in [
        (&[][..], &[][..], "a:1"),
        (&[("ORIGEM_LISTEN", "b:2")], &[], "b:2"),
        (&[("ORIGEM_LISTEN", "b:2")], &[("listen", "c:3")], "c:3"),
    ] {
        let resolved = resolve(file, environment, flags).unwrap();
        assert_eq!(resolved.get("listen").0, listen);
        assert_eq!(Config::new(&resolved).unwrap().log.durability, Durability::Os);
    }
}

#[test]
fn mistakes_are_named() {
    for (file, message) in [
        (
            "lisen = 'a'",
            "there is no setting `lisen`; `origem config explain` lists all",
        ),
        ("[log]\ndurability = 'never'", "`never` is not `fsync` or `os`"),
        ("[projector]\nlanes = -1", "`-1` is not a number of threads"),
        (
            "[log]\nretention_age = '5 minutes'",
            "`5 minutes` is not a duration, such as 90d or 12h",
        ),
        ("[log]\nretention_bytes = -1", "`-1` is not a number of bytes"),
        ("[log]\nverify_on_open = 'yes'", "`yes` is not `true` or `false`"),
        ("[disk]\nreserve = '1 GB'", "`1 GB` is not a number of bytes"),
        (
            "[rebuild]\nmemory_bytes = 1000000",
            "`1000000` is not a number of bytes, 67108864 (64 MiB) or more",
        ),
        (
            "[ready]\nstall_after = 'soon'",
            "`soon` is not a duration, such as 30s or 2m",
        ),
        (
            "[account]\ntime_zone = 'Mars'",
            "`Mars` is not a time zone, such as America/Sao_Paulo or -03:00",
        ),
        ("= 1", "is not valid TOML"),
        ("secret = 'letmein'", "`(hidden)` is not 32 hexadecimal digits"),
    ] {
        let error = resolve(file, &[], &[])
            .and_then(|resolved| Config::new(&resolved))
            .unwrap_err()
            .to_string();
        assert!(error.contains(message), "{error}");
        assert!(!error.contains("letmein"), "{error}");
    }
}

#[test]
fn patience_is_set_in_records_and_in_time() {
    for (file, expected) in [
        ("", (1_000, 30)),
        ("[ready]\nlag_max = 5\nstall_after = '2m'", (5, 120)),
    ] {
        let limits = Config::new(&resolve(file, &[], &[]).unwrap()).unwrap().engine.readiness;
        assert_eq!((limits.lag_max, limits.stall_after.as_secs()), expected);
    }
}

#[test]
fn tables_are_objects() {
    let file = "[kafka.properties]\n'a.b' = 'x,y'\nc.d = 2\nc.e = true";
    let resolved = resolve(file, &[], &[]).unwrap();
    assert_eq!(
        resolved.get("kafka.properties").0,
        r#"{"a.b":"x,y","c.d":"2","c.e":"true"}"#
    );
}

#[test]
fn an_account_has_a_name_and_a_time_zone() {
    let resolved = resolve("[account]\nname = 'acme'\ntime_zone = 'America/Sao_Paulo'", &[], &[]).unwrap();
    let http = Config::new(&resolved).unwrap().http;
    assert_eq!(
        (http.account.as_str(), http.time_zone.to_string().as_str()),
        ("acme", "America/Sao_Paulo")
    );
    let resolved = resolve("account = 'acme'", &[("ORIGEM_ACCOUNT_TIME_ZONE", "-03:00")], &[]).unwrap();
    assert_eq!(Config::new(&resolved).unwrap().http.time_zone.to_string(), "-03:00");
}

#[test]
fn secrets_come_from_files_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    std::fs::write(&path, "hidden\n").unwrap();
    let resolved = resolve("", &[("ORIGEM_META_VERIFY_TOKEN_FILE", path.to_str().unwrap())], &[]).unwrap();
    assert_eq!(resolved.get("meta.verify_token").0, "hidden");
    let resolved = resolve("[meta]\napp_secrets = ['a', 'b']", &[], &[]).unwrap();
    assert_eq!(
        Config::new(&resolved).unwrap().http.meta_app_secrets,
        ["a".into(), "b".into()]
    );
}

#[test]
fn everything_is_kept_unless_something_is_said() {
    let retention = |file| Config::new(&resolve(file, &[], &[]).unwrap()).unwrap().retention;
    assert_eq!(retention(""), Retention::default());
    assert_eq!(
        retention("[log]\nretention_age = '12h'\nretention_bytes = 7"),
        Retention {
            age_max: Some(43_200_000_000),
            bytes_max: Some(7),
        }
    );
}

#[test]
fn the_directory_of_the_file_keeps_its_shape() {
    let file = "[directory.teams.sales]\nname = 'Sales'\n[directory.agents.ana]\nname = 'Ana'\nteams = ['sales']\ninactive = false";
    let resolved = resolve(file, &[], &[]).unwrap();
    let entries: serde_json::Value = serde_json::from_str(&Config::new(&resolved).unwrap().directory_entries).unwrap();
    let expected = json!({
        "teams": {"sales": {"name": "Sales"}},
        "agents": {"ana": {"name": "Ana", "teams": ["sales"], "inactive": false}},
    });
    assert_eq!(entries, expected);
}
