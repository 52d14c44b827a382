//! The directory: what is written is read, also by who opens the log afterwards.

use origem_domain::directory::{Template, TemplateCategory};

use super::*;
use crate::error::ErrorCode;

fn template(name: &str, body: &str) -> Wish {
    Wish {
        account: "default".to_owned(),
        id: name.to_owned(),
        item: Item::Template(Template {
            category: Some(TemplateCategory::Utility),
            body: Some(body.to_owned()),
            ..Template::called(name, "pt_BR")
        }),
    }
}

/// The templates of the default account: `hello: text`.
fn told(directory: &Directory) -> Vec<String> {
    let snapshot = directory.snapshot();
    let templates = snapshot.templates("default");
    templates
        .map(|(template, _)| format!("{}: {}", template.name, template.body.as_deref().unwrap_or("-")))
        .collect()
}

#[test]
fn the_last_write_wins_and_is_there_for_whoever_comes_later() {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
    let (writer, other) = (
        Directory::open(log.clone()).unwrap(),
        Directory::open(log.clone()).unwrap(),
    );
    let by = Writer {
        at: Timestamp::from_seconds(1),
        by: Some("ana".to_owned()),
    };
    writer
        .put(&[template("hello", "Oi"), template("bye", "Tchau")], &by)
        .unwrap();
    writer
        .put(
            &[template("hello", "Olá")],
            &Writer {
                at: Timestamp::from_seconds(0),
                ..by.clone()
            },
        )
        .unwrap();
    assert_eq!(
        told(&writer),
        ["bye: Tchau", "hello: Olá"],
        "the order is the log's, whatever the clocks say"
    );
    assert!(told(&other).is_empty());
    other.follow(Duration::from_secs(60)).unwrap();
    assert_eq!(told(&other), told(&writer));
    other.remove("default", Kind::Template, "bye", &by).unwrap();
    writer.catch_up().unwrap();
    for directory in [&writer, &other, &Directory::open(log).unwrap()] {
        assert_eq!(told(directory), ["hello: Olá"]);
        assert_eq!(directory.snapshot().list("other", Kind::Template).count(), 0);
        assert_eq!(directory.snapshot().list("default", Kind::RateCard).count(), 0);
    }
}

#[test]
fn what_is_refused_leaves_everything_as_it_was() {
    let directory = Directory::default();
    let by = Writer::default();
    let nameless = template(" ", "x");
    let error = directory.put(&[template("hello", "Oi"), nameless], &by).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (ErrorCode::Invalid, "name: it must not be empty")
    );
    let error = directory.remove("default", Kind::Template, "hello", &by).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotFound);
    assert!(directory.snapshot().is_empty());
}

#[test]
fn a_closed_one_says_why() {
    let directory = Directory::closed("make the topic");
    let error = directory
        .put(&[template("hello", "Oi")], &Writer::default())
        .unwrap_err();
    assert_eq!(error.to_string(), "the directory cannot be written: make the topic");
    assert_eq!(error.code(), ErrorCode::LogUnavailable);
}

#[test]
fn what_cannot_be_read_is_passed_over() {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
    let directory = Directory::open(log.clone()).unwrap();
    directory.put(&[template("hello", "Oi")], &Writer::default()).unwrap();
    let records: [&[u8]; 3] = [
        b"\xff no JSON",
        br#"{"version":1,"account":"default","kind":"planet","id":"mars","value":{},"at":"2026-10-01T00:00:00Z"}"#,
        br#"{"version":1,"account":"default","kind":"template","id":"hello","value":{"smell":1},"at":"2026-10-01T00:00:00Z"}"#,
    ];
    log.append(PARTITION, &records).unwrap();
    directory.catch_up().unwrap();
    assert_eq!(told(&directory), ["hello: Oi"]);
    // A newer Origem may have changed what everything means: to go on would be to guess.
    log.append(PARTITION, &[br#"{"version":2}"#]).unwrap();
    assert!(matches!(
        directory.catch_up(),
        Err(EngineError::Directory(ChangeError::Newer { version: 2 }))
    ));
    assert!(Directory::open(log).is_err());
}

#[test]
fn what_an_agent_sees_is_told_by_teams_and_channels_as_they_are_now() {
    use origem_domain::access::Sight;
    use origem_domain::directory::{Agent, Channel};

    let directory = Directory::default();
    let wish = |id: &str, item| Wish {
        account: "default".to_owned(),
        id: id.to_owned(),
        item,
    };
    let channel = |teams: &[&str]| {
        Item::Channel(Channel {
            teams: teams.iter().map(|team| (*team).to_owned()).collect(),
            ..Channel::default()
        })
    };
    let agent = |role: &str, inactive: bool| {
        let json = format!(r#"{{"name":"A","role":"{role}","teams":["sales"],"inactive":{inactive}}}"#);
        Item::Agent(serde_json::from_str::<Agent>(&json).unwrap())
    };
    let wishes = [
        wish("whatsapp:1", channel(&[])),
        wish("whatsapp:2", channel(&["support"])),
        wish("whatsapp:3", channel(&["support", "sales"])),
        wish("ana", agent("agent", false)),
        wish("bia", agent("manager", false)),
        wish("gone", agent("agent", true)),
    ];
    directory.put(&wishes, &Writer::default()).unwrap();
    let snapshot = directory.snapshot();
    for (agent, sees) in [
        ("ana", "agent; closed: whatsapp:2"),
        ("bia", "account"),
        ("gone", "nothing"),
        ("nobody", "nothing"),
    ] {
        let told = match snapshot.sight("default", agent) {
            Sight::Everything => "everything".to_owned(),
            Sight::Account(_) => "account".to_owned(),
            Sight::Nothing => "nothing".to_owned(),
            Sight::Agent(sight) => {
                let closed: Vec<String> = sight.closed.iter().map(ToString::to_string).collect();
                format!("agent; closed: {}", closed.join(" "))
            }
        };
        assert_eq!(told, sees, "{agent}");
    }
    assert_eq!(snapshot.sight("other", "ana"), Sight::Nothing);
}

#[test]
fn a_code_is_of_one_account_only() {
    use origem_domain::directory::Link;
    let link = |account: &str, code: &str| Wish {
        account: account.to_owned(),
        id: code.to_owned(),
        item: Item::Link(Link {
            name: account.to_owned(),
            channel: "whatsapp:1".to_owned(),
            ..Link::default()
        }),
    };
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
    let by = Writer::default();
    Directory::open(log.clone())
        .unwrap()
        .put(&[link("a", "old")], &by)
        .unwrap();
    let (one, other) = (
        Directory::open(log.clone()).unwrap(),
        Directory::open(log.clone()).unwrap(),
    );
    // What was written before anybody looked: both have it, and both may change it.
    let before = |account: &str| {
        let text = serde_json::to_string(&link(account, "both").item).unwrap();
        let value = Some(RawValue::from_string(text).unwrap());
        change(account, Kind::Link, "both", value, &by).encode().unwrap()
    };
    log.append(PARTITION, &[&before("a"), &before("b")]).unwrap();
    for (directory, wishes, taken) in [
        (&one, vec![link("b", "old")], true),
        (&one, vec![link("b", "new")], false),
        (&one, vec![link("b", "new")], false),
        (&other, vec![link("a", "new")], true),
        (&other, vec![link("a", "x"), link("a", "old"), link("a", "new")], true),
        (&other, vec![link("a", "x")], false),
        (&other, vec![link("a", "NEW")], false),
        (&one, vec![link("a", "y"), link("b", "y")], true),
        (&one, vec![link("b", "both")], false),
        (&one, vec![link("c", "both")], true),
    ] {
        let told = format!("{wishes:?}");
        match directory.put(&wishes, &by) {
            Ok(()) => assert!(!taken, "{told}"),
            Err(error) => {
                assert!(taken, "{told}: {error}");
                assert_eq!(error.code(), ErrorCode::Conflict);
                assert!(error.to_string().contains("take another code"), "{error}");
            }
        }
    }
    one.catch_up().unwrap();
    let snapshot = one.snapshot();
    let links: Vec<_> = snapshot
        .links_of_all()
        .map(|(account, code, _)| format!("{account}/{code}"))
        .collect();
    assert_eq!(links, ["a/NEW", "a/both", "a/old", "a/x", "b/both", "b/new"]);
    one.remove("b", Kind::Link, "new", &by).unwrap();
    one.put(&[link("a", "new")], &by).unwrap();
}
