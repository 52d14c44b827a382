//! Who is who. Source: reference/meta-platform.md 1.6, "How to handle identity".

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::alias::AliasKind;
use origem_domain::key::ConversationId;
use origem_testkit::{SECRET, script};
use origem_views::identity;
use origem_views::layout::Scope;

use super::world::World;

/// The contacts of a script, their aliases with `-` where another took the place; `!` for each conflict recorded.
#[track_caller]
fn check(text: &str, expected: &str) {
    let records = script::records(text);
    let world = World::of(&records);
    world.check_lists(&records);
    let mut found = contacts_of(&world, text);
    let conflicts = world.anomalies();
    found += &"!".repeat(
        conflicts
            .iter()
            .filter(|(_, reason)| *reason == "identity_conflict")
            .count(),
    );
    assert_eq!(found, expected, "{text}");
}

fn contacts_of(world: &World, text: &str) -> String {
    let mut contacts: BTreeMap<ConversationId, BTreeSet<String>> = BTreeMap::new();
    for line in text.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
        let event = script::event(line);
        let who = line.split_whitespace().nth(1).unwrap();
        let (_, place) = who.split_at(who.find(['@', '/']).unwrap_or(who.len()));
        let who = who.strip_suffix(place).unwrap();
        let to = line.split_whitespace().find_map(|word| word.strip_prefix("to="));
        let group = event.group.as_ref().map(|group| SECRET.key(&group.id));
        let scope = Scope::of(&event.account, &event.channel, group);
        for name in who
            .split(',')
            .chain(to.into_iter().flat_map(|to| to.split(',')))
            .filter(|name| *name != "-")
        {
            let key = SECRET.alias(&script::alias(name));
            let owner = identity::owner(&world.rows, scope, key).unwrap().unwrap();
            let identity = identity::load(&world.rows, owner).unwrap().unwrap();
            let known = identity.aliases.iter().find(|known| known.key == key).unwrap();
            let mark = if identity.is_current(known) { "" } else { "-" };
            contacts
                .entry(owner)
                .or_default()
                .insert(format!("{name}{place}{mark}"));
        }
    }
    let mut contacts: Vec<String> = contacts
        .into_values()
        .map(|names| names.into_iter().collect::<Vec<_>>().join(" "))
        .collect();
    contacts.sort();
    contacts.join(" | ")
}

#[test]
fn aliases_in_one_event_belong_to_one_person() {
    for (text, contacts) in [
        ("1.10:00 b1 in m1", "b1"),
        ("1.10:00 b1 in m1; 1.10:01 b1,p1 in m2; 1.10:02 p1 in m3", "b1 p1"),
        ("1.10:00 p1 in m1; 1.10:01 b1,p1 in m2", "b1 p1"),
        ("1.10:00 p1 in m1; 1.10:01 e1,p1 in m2; 1.10:02 e1 in m3", "e1 p1"),
        // A late link merges two contacts.
        ("1.10:00 b1 in m1; 1.10:01 p1 in m2", "b1 | p1"),
        ("1.10:00 b1 in m1; 1.10:01 p1 in m2; 1.10:02 b1,p1 in m3", "b1 p1"),
        ("1.10:00 b1 in m1; 1.10:01 p1 in m2; 1.10:02 p1,b1 in m3", "b1 p1"),
        (
            "1.10:00 b1 in m1; 1.10:01 p1 in m2; 1.10:02 l1 in m3; 1.10:03 l1,b1,p1 in m4",
            "b1 l1 p1",
        ),
        ("1.10:00 e1,b1 in m1; 1.10:01 e1,p1 in m2", "b1 e1 p1"),
        // Both forms of a number of Brazil and Mexico.
        (
            "1.10:00 p:5511987654321 in m1; 1.10:01 p:551187654321 in m2",
            "p:551187654321 p:5511987654321",
        ),
        (
            "1.10:00 p:5215512345678 in m1; 1.10:01 p:525512345678 in m2",
            "p:5215512345678 p:525512345678",
        ),
        // Groups and channels are worlds of their own.
        (
            "1.10:00 p1 in m1; 1.10:01 p1@g1 in m2; 1.10:02 p1@g2 in m3",
            "p1 | p1@g1 | p1@g2",
        ),
        (
            "1.10:00 p1 in m1; 1.10:01 p1/2 in m2; 1.10:02 b1,p1/2 in m3",
            "b1/2 p1/2 | p1",
        ),
    ] {
        check(text, contacts);
    }
}

#[test]
fn a_change_hands_over_and_the_old_alias_still_resolves() {
    for (text, contacts) in [
        (
            "1.10:00 p1 in m1; 1.10:01 p1 change to=p2; 1.10:02 p2 in m2; 1.10:03 p1 read m9",
            "p1- p2",
        ),
        ("1.10:00 p1 change to=p2", "p1- p2"),
        ("1.10:00 - change to=b1,p1", "b1 p1"),
        (
            "1.10:00 b1,p1 in m1; 1.10:01 b1 change to=b2; 1.10:02 b2 in m2",
            "b1- b2 p1",
        ),
        (
            "1.10:00 b1,p1 in m1; 1.10:01 p1 change to=b2,p2; 1.10:02 b2,p2 in m2",
            "b1- b2 p1- p2",
        ),
        // A new number alone makes the old BSUID void.
        (
            "1.10:00 b1,p1 in m1; 1.10:01 p1 change to=p2; 1.10:02 b2,p2 in m2",
            "b1- b2 p1- p2",
        ),
        // The change comes after messages from both sides of it.
        (
            "1.10:00 b1,p1 in m1; 1.10:02 b2,p2 in m2; 1.10:01 b1 change to=b2",
            "b1- b2 p1 p2",
        ),
        (
            "1.10:02 b2,p2 in m2; 1.10:00 b1,p1 in m1; 1.10:01 p1 change to=p2,b2",
            "b1- b2 p1- p2",
        ),
        (
            "1.10:02 b2,p2 in m2; 1.10:01 p1 change to=p2,b2; 1.10:00 b1,p1 in m1",
            "b1- b2 p1- p2",
        ),
        (
            "1.10:01 p1 change to=p2; 1.10:00 b1,p1 in m1; 1.10:02 b2,p2 in m2",
            "b1- b2 p1- p2",
        ),
        // A change of the security code changes no alias.
        (
            "1.10:00 b1,p1 in m1; 1.10:01 b1 change to=b1; 1.10:02 p1 in m2",
            "b1 p1",
        ),
        // Nobody known, and two who turn out to be one.
        ("1.10:00 b1 in m1; 1.10:01 p1 in m2; 1.10:02 - change to=b1,p1", "b1 p1"),
    ] {
        check(text, contacts);
    }
}

#[test]
fn changes_count_by_their_time_in_whatever_order_they_come() {
    let (there, and_back) = ("1.10:01 p1 change to=p2", "1.10:05 p2 change to=p1");
    for text in [
        format!("{there}; {and_back}"),
        format!("{and_back}; {there}"),
        format!("{there}; {and_back}; {there}"),
    ] {
        check(&text, "p1 p2-");
    }
    let (first, second) = ("1.10:01 b1,p1 change to=b2,p1", "1.10:05 b2,p1 change to=b3,p1");
    for text in [
        format!("{first}; {second}"),
        format!("{second}; {first}"),
        format!("1.10:00 b1,p1 in m1; {second}; {first}; {second}"),
    ] {
        check(&text, "b1- b2- b3 p1");
    }
}

#[test]
fn two_bsuids_without_a_change_are_a_conflict_recorded_once_and_not_merged() {
    for (text, contacts) in [
        ("1.10:00 b1,p1 in m1; 1.10:01 b2,p1 in m2", "b1 p1 | b2!"),
        ("1.10:00 b1,p1 in m1; 1.10:01 p1,b2 in m2", "b1 p1 | b2!"),
        (
            "1.10:00 b1,p1 in m1; 1.10:01 b2,p1 in m2; 1.10:02 b2,p1 in m3; 1.10:01 b2,p1 in m2",
            "b1 p1 | b2!",
        ),
        (
            "1.10:00 b1,p1 in m1; 1.10:01 b2,p1 in m2; 1.10:02 b3,p1 in m3",
            "b1 p1 | b2 | b3!!",
        ),
        (
            "1.10:00 b1,p1 in m1; 1.10:01 b2,p2 in m2; 1.10:02 b1,p2 in m3",
            "b1 p1 | b2 p2!",
        ),
        // What is not disputed goes along.
        ("1.10:00 b1,p1 in m1; 1.10:01 b2,p1,l2 in m2", "b1 p1 | b2 l2!"),
        // The change explains it afterwards.
        (
            "1.10:00 b1,p1 in m1; 1.10:02 b2,p1 in m2; 1.10:01 b1 change to=b2",
            "b1- b2 p1!",
        ),
    ] {
        check(text, contacts);
    }
}

#[test]
fn a_number_that_was_given_up_may_come_back_with_somebody_else() {
    let moved = "1.10:00 b1,p1 in m1; 2.10:00 p1 in m2; 3.10:00 b1,p1 change to=b2,p2";
    let recycled = format!("{moved}; 9.10:00 b3,p1 in m3");
    check(&recycled, "b1- b2 p2 | b3 p1");
    // From then on it is theirs; of before it is still the other's, also when it comes again.
    let after = format!("{recycled}; 9.10:05 p1 in m4; 2.10:05 p1 in m5");
    let records = script::records(&format!("{after}; 2.10:00 p1 in m2; 1.10:00 b1,p1 in m1"));
    let (first, again) = records.split_at(records.len() - 2);
    let mut world = World::of(first);
    let rows = world.rows.clone();
    let (old, new) = (world.owner("b2").unwrap(), world.owner("p1").unwrap());
    assert_eq!(world.card(old).state.unread, 3);
    assert_eq!(world.card(new).state.unread, 2);
    world.fold(again, 1);
    assert_eq!(world.duplicates(), 2);
    assert!(world.rows == rows, "what comes again changes nothing");
    // When the old owner is merged, the number stays where it is now.
    let merged = format!("7.10:00 l1 in m9; {after}; 9.11:00 l1,b2 in m6; 9.12:00 p1 in m7; 2.10:06 p1 in m8");
    let world = World::of_script(&merged);
    assert_eq!(world.owner("l1"), world.owner("b2"));
    assert_eq!(world.card(world.owner("p1").unwrap()).state.unread, 3);
    assert_eq!(world.card(world.owner("b2").unwrap()).state.unread, 6);
}

#[test]
fn the_id_of_a_merged_conversation_still_leads_to_it() {
    let before = "1.10:00 p1 in m1; 1.10:01 b1 in m2; 1.10:02 l1 in m3";
    let ids = ["p1", "b1", "l1"].map(|alias| World::of_script(before).owner(alias).unwrap());
    let after = World::of_script(&format!("{before}; 1.10:03 b1,l1 in m4; 1.10:04 l1,p1 in m5"));
    for id in ids {
        assert_eq!(identity::current(&after.rows, id).unwrap(), ids[0], "the oldest stays");
    }
    assert_eq!(after.counted(), 1);
}

#[test]
fn a_contact_is_found_by_name_and_number_after_merge_and_rename() {
    let world = World::of_script(
        "1.10:00 p1 in m1 name=Rita; 1.10:01 b1,p2 in m2 name=Teresa; 1.10:02 b1 in m3 name=Ritinha; 1.10:03 b1,p1 in m4",
    );
    let id = world.owner("p1").unwrap();
    for (query, found) in [
        ("rit", true),
        ("Ritinha", true),
        ("teresa", false),
        ("11 98000-0001", true),
        ("5511980000002", true),
        ("1180000002", true),
        ("5511980000003", false),
    ] {
        let ids = world.found(query);
        assert_eq!(ids.contains(&id), found, "{query}");
        assert!(ids.len() <= 1, "{query}");
    }
    let edited =
        World::of_script("1.10:00 p1 in m1 name=Rita; 1.10:01 p1 edit edit=Cliente; 1.10:02 p1 in m2 name=Ritinha");
    let found = |query| edited.found(query).len();
    // Both by what an agent calls it and by the name it has by itself.
    assert_eq!(
        (found("cliente"), found("rita"), found("ritinha"), found("cli rit")),
        (1, 0, 1, 1)
    );
}

#[test]
fn a_merge_in_the_middle_of_a_batch_keeps_the_anomalies_of_its_event() {
    let world = World::of_script("1.10:00 p1 in m1; 1.10:01 b1 in m2; 1.10:02 b1,p1 in m3 odd=bad_time");
    let reasons: Vec<_> = world.anomalies().iter().map(|(_, reason)| *reason).collect();
    assert_eq!(reasons, ["bad_time"]);
}

#[test]
fn whoever_used_a_code_first_is_known_again_after_a_merge() {
    let click = "1.09:00 - click code=1 link=promo";
    let uses = "1.10:00 p1 in m1 code=1; 3.10:00 b1 in m2 code=1";
    for text in [
        format!("{click}; {uses}; 4.10:00 b1,p1 in m3"),
        format!("{uses}; {click}; 4.10:00 b1,p1 in m3"),
        format!("{uses}; 4.10:00 b1,p1 in m3; {click}"),
        format!("4.10:00 b1,p1 in m3; {uses}; {click}"),
    ] {
        let world = World::of_script(&text);
        let touches = world.timeline(world.owner("p1").unwrap());
        let clicked = touches.iter().filter(|touch| touch.origin.click.is_some()).count();
        assert_eq!(clicked, 2, "{text}: {touches:#?}");
    }
}

#[test]
fn a_lid_and_other_ids_are_no_numbers() {
    let world = World::of_script("1.10:00 l1 in m1");
    assert!(world.found("0000001").is_empty());
    assert_eq!(script::alias("l1").kind, AliasKind::Lid);
}
