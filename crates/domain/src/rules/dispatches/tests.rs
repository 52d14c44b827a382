//! Rules for dispatches as cases: what they are read from, what they find, and what is refused with which advice.

use proptest::prelude::*;

use super::*;

#[test]
fn a_pattern_finds_the_campaign_and_nothing_else() {
    for (pattern, text, found) in [
        // The whole text, its beginning, its end, its middle.
        ("callback_data={campaign}", "camp-7", Some("camp-7")),
        ("callback_data=camp-{campaign}", "camp-7", Some("7")),
        ("callback_data=camp-{campaign}", "xcamp-7", None),
        ("callback_data=camp-{campaign}", "camp-", None),
        ("callback_data={campaign}-2026", "spring-2026", Some("spring")),
        ("callback_data={campaign}-2026", "spring-2027", None),
        ("callback_data=a/{campaign}/b", "a/7/b", Some("7")),
        ("callback_data=a/{campaign}/b", "a//b", None),
        ("callback_data=a/{campaign}/b", "a/b", None),
        ("callback_data=a/{campaign}/b", "a/7/b/", None),
        // As far as what follows it stands first.
        ("callback_data={campaign}:*", "7:8:9", Some("7")),
        ("callback_data={campaign}:*", ":8:9", None),
        ("callback_data=*:{campaign}:*", "v1:7:ana:b", Some("7")),
        ("callback_data=*:{campaign}", "v1:7:8", Some("7:8")),
        ("callback_data=*-{campaign}", "a", None),
        (
            "callback_data=*\"c\":\"{campaign}\"*",
            r#"{"a":1,"c":"7","d":2}"#,
            Some("7"),
        ),
        ("callback_data=*\"c\":\"{campaign}\"*", r#"{"a":1,"c":"","d":2}"#, None),
        ("callback_data={campaign}.*x", "é.x", Some("é")),
        // A campaign of its own.
        ("template=promo_* -> promotions", "promo_maio", Some("promotions")),
        ("template=promo_* -> promotions", "promo_", Some("promotions")),
        ("template=promo_* -> promotions", "Promo_maio", None),
        ("template=welcome -> w", "welcome", Some("w")),
        ("template=welcome -> w", "welcome2", None),
        ("campaign=legacy/{campaign}", "legacy/7", Some("7")),
    ] {
        let rule: DispatchRule = format!("r: {pattern}").parse().unwrap();
        let told = match rule.field {
            Field::CallbackData => Told {
                callback_data: Some(text),
                ..Told::default()
            },
            Field::Template => Told {
                template: Some(text),
                ..Told::default()
            },
            Field::Campaign => Told {
                campaign: Some(text),
                ..Told::default()
            },
        };
        let at = Timestamp::from_seconds(0);
        assert_eq!(rule.campaign_of(at, &told), found, "{pattern} on {text}");
        assert_eq!(rule.campaign_of(at, &Told::default()), None, "{pattern} on nothing");
    }
}

#[test]
fn the_first_rule_that_holds_counts_on_its_days() {
    let rules: Dispatches = "new: callback_data=camp-{campaign} from 2026-11-01T00:00:00Z, \
         old: callback_data=camp-* -> before until 2026-12-01T00:00:00Z, \
         any: callback_data={campaign}, named: template={campaign}"
        .parse()
        .unwrap();
    for (at, data, template, found) in [
        ("2026-10-31T23:59:59Z", Some("camp-7"), None, Some(("old", "before"))),
        ("2026-11-01T00:00:00Z", Some("camp-7"), None, Some(("new", "7"))),
        ("2026-10-31T23:59:59Z", Some("x"), None, Some(("any", "x"))),
        ("2026-12-01T00:00:00Z", Some("camp-"), None, Some(("any", "camp-"))),
        (
            "2026-11-30T00:00:00Z",
            Some("camp-"),
            Some("t"),
            Some(("old", "before")),
        ),
        ("2026-11-30T00:00:00Z", None, Some("t"), Some(("named", "t"))),
        ("2026-11-30T00:00:00Z", None, None, None),
    ] {
        let told = Told {
            callback_data: data,
            template,
            campaign: None,
        };
        let at = Timestamp::parse(at).unwrap();
        assert_eq!(rules.recognise(at, &told), found, "{data:?} {template:?} at {at}");
    }
    let strict = rules.strict(Some(Timestamp::from_seconds(10)));
    assert!(!strict.is_strict(Timestamp::from_seconds(9)));
    assert!(strict.is_strict(Timestamp::from_seconds(10)));
}

#[test]
fn a_text_that_is_no_rule_says_what_to_do() {
    for (text, advice) in [
        ("callback_data", "begin it with a name"),
        (": callback_data={campaign}", "its name is of letters"),
        ("a b: callback_data={campaign}", "its name is of letters"),
        ("a: callback_data", "say what to look at"),
        ("a: data={campaign}", "none of callback_data, template, campaign"),
        ("a: template=", "its pattern is empty"),
        ("a: template=promo_*", "say which campaign"),
        ("a: template=promo_* ->", "missing behind"),
        ("a: template=promo_{campaign} -> b", "twice"),
        ("a: template={campaign}-{campaign}", "twice"),
        ("a: template=*{campaign}", "side by side"),
        ("a: template=** -> b", "side by side"),
        ("a: template={campaign} from monday", "an instant"),
        ("a: template={campaign} until monday", "an instant"),
        (
            "a: template={campaign} from 2026-11-02T00:00:00Z until 2026-11-01T00:00:00Z",
            "ends before it begins",
        ),
        ("a: template={campaign}, a: campaign={campaign}", "the same name"),
    ] {
        let error = text.parse::<Dispatches>().unwrap_err();
        assert!(error.reason.contains(advice), "{text}: {error}");
    }
    assert_eq!("".parse::<Dispatches>().unwrap(), Dispatches::default());
}

/// A pattern of few letters, and a text that may fit it.
fn arb_pattern() -> impl Strategy<Value = (String, String)> {
    let piece = prop::sample::select(vec!["a", "b", "ab", "é", "*", "{campaign}", ":"]);
    let text = prop::sample::select(vec!["a", "b", "ab", "é", ":", ""]);
    let all = (prop::collection::vec(piece, 1..6), prop::collection::vec(text, 0..8));
    all.prop_map(|(pattern, text)| (pattern.concat(), text.concat()))
}

/// The first way in which a pattern fits a text, by trying all, the shortest first: what is in the place of the campaign.
fn by_trying(holes: &[Hole], rest: &str) -> Option<Option<String>> {
    let Some((hole, others)) = holes.split_first() else {
        return rest.is_empty().then_some(None);
    };
    let mut ends = rest.char_indices().map(|(end, _)| end).chain([rest.len()]);
    ends.find_map(|end| {
        let (taken, behind) = rest.split_at(end);
        let campaign = by_trying(others, behind.strip_prefix(&hole.then)?)?;
        Some(if hole.is_campaign {
            Some(taken.to_owned())
        } else {
            campaign
        })
    })
}

proptest! {
    #[test]
    fn reading_once_finds_what_trying_all_ways_does((pattern, text) in arb_pattern()) {
        let Ok(read) = pattern.parse::<Pattern>() else { return Ok(()) };
        prop_assert_eq!(read.to_string(), pattern);
        let tried = text.strip_prefix(&read.begins).and_then(|rest| by_trying(&read.holes, rest));
        let expected = tried.filter(|campaign| campaign.as_deref() != Some(""));
        prop_assert_eq!(read.read(&text).map(|campaign| campaign.map(str::to_owned)), expected);
    }

    #[test]
    fn a_rule_is_read_back_from_what_it_is_told_as(pattern in arb_pattern(), from in prop::option::of(0..1_000_000_i64)) {
        let has_campaign = pattern.0.contains(CAMPAIGN);
        let campaign = if has_campaign { "" } else { " -> c" };
        let from = from.map(|at| format!(" from {}", Timestamp::from_seconds(at))).unwrap_or_default();
        if let Ok(rule) = format!("r: template={}{campaign}{from}", pattern.0).parse::<DispatchRule>() {
            prop_assert_eq!(rule.to_string().parse::<DispatchRule>().unwrap(), rule);
        }
    }
}
