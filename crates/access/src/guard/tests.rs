//! Who is let in with what, as a table.

use origem_domain::directory::{Account, Agent, Item, Plan};
use origem_domain::time::DAY;
use origem_engine::{Directory, Wish, Writer};

use super::*;
use crate::key::{Key, Wanted};

#[test]
fn whoever_waited_as_long_as_it_was_told_is_let_in() {
    for (millis, told) in [(0, 1), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (2_900, 3), (3_000, 3)] {
        let retry_after = Duration::from_millis(millis);
        assert_eq!(whole_seconds(retry_after), told, "{millis}");
        let said = Unproven::TooMany { retry_after }.to_string();
        assert!(said.contains(&format!("wait {told} s")), "{millis}: {said}");
    }
}

fn put(directory: &Directory, account: &str, id: &str, item: Item) {
    let wish = Wish {
        account: account.to_owned(),
        id: id.to_owned(),
        item,
    };
    directory.put(&[wish], &Writer::default()).unwrap();
}

/// Makes a key and keeps it; gives its id and its text.
fn key(directory: &Directory, wanted: Wanted) -> (String, String) {
    let key = Key::make(wanted).unwrap();
    put(directory, KEYS, &key.id, Item::AccessKey(key.entry));
    (key.id, String::from_utf8(key.secret.bytes().to_vec()).unwrap())
}

fn of(role: Role, agent: Option<&str>) -> Wanted {
    Wanted {
        role,
        account: Some("acme".to_owned()),
        agent: agent.map(str::to_owned),
        ..Wanted::default()
    }
}

fn agent(inactive: bool) -> Item {
    Item::Agent(Agent {
        name: "Ana".to_owned(),
        role: Role::Agent,
        teams: Vec::new(),
        inactive,
    })
}

#[test]
fn whoever_shows_a_key_is_who_it_says() {
    let directory = Directory::default();
    let now = Timestamp::from_micros(100 * DAY);
    put(&directory, "acme", "ana", agent(false));
    put(&directory, "acme", "bia", agent(true));
    let (_, ana) = key(&directory, of(Role::Agent, Some("ana")));
    let (_, left) = key(&directory, of(Role::Agent, Some("bia")));
    let (_, admin) = key(&directory, of(Role::Administrator, None));
    let ends = |at| Wanted {
        expires_at: Some(Timestamp::from_micros(at)),
        ..of(Role::Manager, None)
    };
    let (_, expired) = key(&directory, ends(100 * DAY));
    let (_, lasts) = key(&directory, ends(100 * DAY + 1));
    let (revoked_id, revoked) = key(&directory, of(Role::Manager, None));
    let kind = origem_domain::directory::Kind::AccessKey;
    directory.remove(KEYS, kind, &revoked_id, &Writer::default()).unwrap();
    let other_secret = format!(
        "{}{}",
        &ana[..ana.len() - 1],
        if ana.ends_with('0') { '1' } else { '0' }
    );

    let guard = Guard::new(Settings {
        operator_token: Some("operators-token".into()),
        producer_token: Some("producers-token".into()),
        ..Settings::default()
    });
    let bearer = |key: &str| Some(format!("Bearer {key}"));
    for (authorization, expected) in [
        (None, Err(Unproven::Missing)),
        (Some(String::new()), Err(Unproven::Missing)),
        (Some(ana.clone()), Err(Unproven::Missing)),
        (Some(format!("Basic {ana}")), Err(Unproven::Missing)),
        (bearer(""), Err(Unproven::Unknown)),
        (bearer("nonsense"), Err(Unproven::Unknown)),
        (bearer("a.b.c"), Err(Unproven::Unknown)),
        (bearer(&other_secret), Err(Unproven::Unknown)),
        (bearer(&revoked), Err(Unproven::Unknown)),
        (bearer(&expired), Err(Unproven::Expired)),
        (bearer(&left), Err(Unproven::Left)),
        (bearer(&ana), Ok((Role::Agent, Some("acme"), Some("ana")))),
        (
            Some(format!("bearer {ana} ")),
            Ok((Role::Agent, Some("acme"), Some("ana"))),
        ),
        (bearer(&admin), Ok((Role::Administrator, Some("acme"), None))),
        (bearer(&lasts), Ok((Role::Manager, Some("acme"), None))),
        (bearer("operators-token"), Ok((Role::Operator, None, None))),
        (bearer("producers-token"), Ok((Role::Producer, None, None))),
        (bearer("producers-tokem"), Err(Unproven::Unknown)),
    ] {
        let told = guard.caller(&directory.snapshot(), authorization.as_deref().map(str::as_bytes), now);
        let told = told.as_ref().map(|caller| {
            assert!(!caller.open);
            (caller.role, caller.account.as_deref(), caller.agent.as_deref())
        });
        assert_eq!(told.map_err(|why| *why), expected, "{authorization:?}");
    }
}

#[test]
fn doors_are_open_only_until_there_is_a_first_key() {
    let directory = Directory::default();
    let guard = Guard::new(Settings::default());
    let now = Timestamp::default();
    // A key that is not known opens nothing and closes nothing.
    let caller = guard.caller(&directory.snapshot(), Some(b"Bearer whatever"), now);
    assert_eq!(caller, Ok(Caller::open()));

    let (id, operator) = key(
        &directory,
        Wanted {
            role: Role::Operator,
            ..Wanted::default()
        },
    );
    assert_eq!(guard.caller(&directory.snapshot(), None, now), Err(Unproven::Missing));
    let given = format!("Bearer {operator}");
    assert!(guard.caller(&directory.snapshot(), Some(given.as_bytes()), now).is_ok());

    let kind = origem_domain::directory::Kind::AccessKey;
    directory.remove(KEYS, kind, &id, &Writer::default()).unwrap();
    assert_eq!(guard.caller(&directory.snapshot(), None, now), Err(Unproven::Missing));
    // Nor is it open to a guard that was not asked before: of another edge, or once the server is started again.
    let another = Guard::new(Settings::default());
    assert_eq!(another.caller(&directory.snapshot(), None, now), Err(Unproven::Missing));
    // Whoever has the data in hand needs no key to it.
    key(&directory, of(Role::Manager, None));
    assert_eq!(
        Guard::nobody().caller(&directory.snapshot(), None, now),
        Ok(Caller::open())
    );
}

#[test]
fn any_setting_closes_the_doors() {
    let tokens = [
        Settings {
            operator_token: Some("t".into()),
            ..Settings::default()
        },
        Settings {
            producer_token: Some("t".into()),
            ..Settings::default()
        },
    ];
    for settings in tokens {
        assert!(!Guard::new(settings).is_open(&Directory::default().snapshot()));
    }
}

#[test]
fn a_role_is_let_in_where_the_rule_says() {
    let guard = Guard::new(Settings::default());
    let managers = Who::Roles(&[Role::Manager]);
    for (caller, who, admitted) in [
        (Caller::open(), managers, true),
        (Caller::of(Role::Manager), managers, true),
        (Caller::of(Role::Agent), managers, false),
        (Caller::of(Role::Operator), managers, false),
        (Caller::of(Role::Producer), Who::Anybody, true),
        (Caller::of(Role::Producer), Who::Signed, true),
    ] {
        assert_eq!(guard.admit(&caller, who).is_ok(), admitted, "{caller:?} {who:?}");
    }
}

#[test]
fn plans_bind_whoever_is_neither_an_operator_nor_has_the_data() {
    let directory = Directory::default();
    let without = |features: &[&str]| {
        Item::Plan(Plan {
            name: "Basic".to_owned(),
            features: features.iter().map(|name| ((*name).to_owned(), false)).collect(),
            monthly_active_customers: None,
        })
    };
    let booked = |plan: &str| {
        Item::Account(Account {
            plan: Some(plan.to_owned()),
            ..Account::default()
        })
    };
    let guard = Guard::new(Settings::default());
    let before = directory.snapshot();
    assert!(!guard.asks_plans(&before, &Caller::open()), "there is no plan");
    put(&directory, "acme", "basic", without(&["links"]));
    put(&directory, "acme", "acme", booked("basic"));
    put(&directory, "lost", "lost", booked("nobody-wrote-it"));
    let directory = directory.snapshot();
    let manager = Caller {
        account: Some("acme".to_owned()),
        ..Caller::of(Role::Manager)
    };
    for (guard, caller, account, feature, is_included) in [
        (&guard, &manager, "acme", Feature::Links, false),
        (&guard, &manager, "acme", Feature::Reports, true),
        (&guard, &Caller::open(), "acme", Feature::Links, false),
        (&guard, &Caller::open(), "another", Feature::Links, true),
        (&guard, &Caller::open(), "lost", Feature::Links, true),
        (&guard, &Caller::of(Role::Operator), "acme", Feature::Links, true),
        (&Guard::nobody(), &Caller::open(), "acme", Feature::Links, true),
    ] {
        let told = guard.includes(&directory, caller, account, feature);
        assert_eq!(told.is_ok(), is_included, "{caller:?} {account} {feature:?}");
        assert_eq!(guard.features(&directory, caller, account)[feature.name()], is_included);
    }
    let refused = guard
        .includes(&directory, &manager, "acme", Feature::Links)
        .unwrap_err();
    assert_eq!(refused.code(), "feature_off");
    assert!(
        refused
            .to_string()
            .contains("`links`, which is switched off in the plan `basic` of account `acme`"),
        "{refused}"
    );
}
