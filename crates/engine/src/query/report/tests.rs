//! How much a report may be.

mod paths;

use origem_domain::amount::Amount;
use origem_domain::credit::Model;
use origem_domain::credit::markov::ORIGINS_MAX;
use origem_domain::directory::Link;
use origem_domain::event::{Channel, ChannelKind};
use origem_domain::key::{Secret, TicketId};
use origem_domain::rules::Rule;
use origem_domain::time::{DAY, Timestamp};
use origem_domain::touch::OriginKind;
use origem_domain::zone::Zone;
use origem_views::journeys::{Journey, Service, Step};

use super::catalogue::Catalogue;
use super::settle::{Spent, settle};
use super::tally::{Counting, Line, STEPS_MAX, Steps, Tallied, Tally};
use super::*;
use crate::error::EngineError;

fn query() -> OriginsQuery {
    OriginsQuery {
        period: Period {
            account: "default".to_owned(),
            from: None,
            to: None,
        },
        by: [Dimension::Team, Dimension::Ad].into(),
        models: [Model::Markov].into(),
        lookback_days: LOOKBACK_DAYS,
        half_life_days: HALF_LIFE_DAYS,
    }
}

fn ad(number: usize) -> Origin {
    Origin {
        ad: Some(format!("ad{number}")),
        ..Origin::default()
    }
}

fn team(number: usize) -> Group {
    Group {
        team: Some(format!("team{number}")),
        ..Group::default()
    }
}

/// Lines of so many ads, from a number on.
fn lines(from: usize, number: usize) -> Tallied {
    let group = |number| Group {
        source: Source::Touch(ad(number)),
        ..Group::default()
    };
    let lines = (from..from + number).map(|number| (group(number), Line::default()));
    Tallied {
        lines: lines.collect(),
        ..Tallied::default()
    }
}

/// So many teams, each with a sale by a path of so many ads.
fn chains(teams: usize, ads: usize) -> Tallied {
    let steps = || {
        let mut steps = Steps::default();
        steps.chain.add((0..ads).map(ad), true);
        steps.won.won = Amount(1_000_000);
        steps
    };
    Tallied {
        chains: (0..teams).map(|number| (team(number), steps())).collect(),
        ..Tallied::default()
    }
}

fn absorbed(parts: impl IntoIterator<Item = Tallied>) -> Tallied {
    let mut all = Tallied::default();
    parts.into_iter().for_each(|part| all.absorb(part));
    all
}

#[test]
fn more_than_a_report_may_have_is_not_held() {
    for (parts, is_too_much) in [
        (vec![lines(0, LINES_MAX), lines(0, LINES_MAX)], false),
        (vec![lines(0, LINES_MAX), lines(1, LINES_MAX)], true),
        (vec![lines(0, LINES_MAX + 1)], true),
        // What is too much already does not become less.
        (vec![lines(0, LINES_MAX + 1), lines(0, 1), Tallied::default()], true),
        (vec![chains(1, STEPS_MAX / 2)], false),
        (vec![chains(1, STEPS_MAX)], true),
    ] {
        let all = absorbed(parts);
        assert_eq!(all.too_much, is_too_much, "{}", all.lines.len());
        if is_too_much {
            assert!(all.lines.is_empty() && all.chains.is_empty());
            let refused = settle(all, &query(), Spent::default()).unwrap_err();
            assert!(
                matches!(refused, EngineError::Invalid { what: "group_by", .. }),
                "{refused}"
            );
        }
    }
}

#[test]
fn chains_are_only_worked_out_where_all_of_them_are_little_work() {
    for (teams, ads, refused) in [
        (3, 5, None),
        (
            33,
            ORIGINS_MAX,
            Some("model is not valid: the markov model has too much to compare: the origins of 33 groups"),
        ),
        (
            1,
            ORIGINS_MAX + 1,
            Some("model is not valid: the markov model compares at most 400 origins, and these are 401"),
        ),
    ] {
        let before = std::time::Instant::now();
        let told = settle(chains(teams, ads), &query(), Spent::default());
        match (told, refused) {
            (Ok((lines, _)), None) => assert_eq!(lines.len(), teams * ads),
            (Err(error), Some(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (told, _) => panic!("{teams} {ads}: {told:?}"),
        }
        assert!(before.elapsed().as_secs() < 5, "it is refused before any is worked out");
    }
}

fn tally(by: &[Dimension], models: &[Model], catalogue: Catalogue) -> Tally {
    Tally {
        account: "default".to_owned(),
        from: Timestamp::MIN,
        to: Timestamp::MAX,
        now: Timestamp::from_seconds(100),
        zone: Zone::UTC,
        by: by.iter().copied().collect(),
        models: models.iter().copied().collect(),
        lookback: DAY,
        half_life_days: HALF_LIFE_DAYS,
        catalogue,
    }
}

fn touch(kind: OriginKind, rule: Rule) -> Step<&'static str> {
    Step {
        at: Timestamp::from_seconds(10),
        kind,
        platform: None,
        campaign: None,
        ad: None,
        link: None,
        hashtag: None,
        rule,
        hint: None,
    }
}

/// A conversation with an open ticket that some touches came before.
fn journey(touches: Vec<Step<&str>>) -> Journey<&str> {
    let opened_at = Timestamp::from_seconds(20);
    Journey {
        opened_last: opened_at,
        channel_kind: ChannelKind::Whatsapp,
        channel_id: "2",
        touches,
        tickets: vec![Service {
            id: TicketId(1),
            opened_at,
            answered_at: None,
            closed_at: None,
            agent: None,
            team: None,
            classification: None,
            value: None,
            currency: None,
            stage: None,
        }],
    }
}

#[test]
fn counting_ends_where_it_is_too_much() {
    let names: Vec<String> = (0..=STEPS_MAX).map(|number| format!("h{number}")).collect();
    let by_hashtag = |name| Step {
        hashtag: Some(name),
        ..touch(OriginKind::Hashtag, Rule::Hashtag)
    };
    let lines = tally(&[Dimension::Hashtag], &[Model::Last], Catalogue::default());
    let mut counting = Counting::new(&lines);
    let mut taken = 0;
    for name in &names {
        counting.take(&journey(vec![by_hashtag(name)]));
        taken += 1;
        if counting.is_too_much() {
            break;
        }
    }
    assert_eq!(taken, LINES_MAX + 1);
    // One line, and more steps than may be.
    let steps = tally(&[Dimension::Hashtag], &[Model::Markov], Catalogue::default());
    let mut counting = Counting::new(&steps);
    counting.take(&journey(names.iter().map(|name| by_hashtag(name)).collect()));
    assert!(counting.is_too_much());
}

#[test]
fn links_and_campaigns_are_told_by_the_same_link() {
    let link = |text: Option<&str>, hashtag: Option<&str>| Link {
        name: "Spring".to_owned(),
        channel: "whatsapp:2".to_owned(),
        text: text.map(str::to_owned),
        hashtag: hashtag.map(str::to_owned),
        ..Link::default()
    };
    let secret = Secret::new([9; 16]);
    let mut catalogue = Catalogue::default();
    let channel = Channel {
        kind: ChannelKind::Whatsapp,
        id: "2".to_owned(),
    };
    let texts = catalogue.channels.entry(channel).or_default();
    texts.add("spring", &link(None, Some("promo")), &secret);
    catalogue.links.insert("spring".to_owned(), "C1".to_owned());
    let asked = tally(&[Dimension::Link, Dimension::Campaign], &[], catalogue);
    for (step, expected) in [
        (
            Step {
                link: Some("spring"),
                ..touch(OriginKind::Link, Rule::ClickCode)
            },
            "spring C1 false",
        ),
        (
            Step {
                hashtag: Some("promo"),
                ..touch(OriginKind::Hashtag, Rule::Hashtag)
            },
            "spring C1 false",
        ),
        (
            Step {
                hashtag: Some("other"),
                ..touch(OriginKind::Hashtag, Rule::Hashtag)
            },
            "- - false",
        ),
        (touch(OriginKind::Link, Rule::UnknownCode), "- - true"),
        (
            Step {
                hashtag: Some("promo"),
                ..touch(OriginKind::Link, Rule::UnknownCode)
            },
            "spring C1 false",
        ),
    ] {
        let mut counting = Counting::new(&asked);
        counting.take(&journey(vec![step.clone()]));
        let told: Vec<String> = counting
            .done()
            .lines
            .into_keys()
            .map(|group| match group.source {
                Source::Touch(origin) => {
                    let text = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                    format!(
                        "{} {} {}",
                        text(origin.link),
                        text(origin.campaign),
                        origin.unknown_code
                    )
                }
                Source::Unattributed => "unattributed".to_owned(),
            })
            .collect();
        assert_eq!(told, [expected], "{step:?}");
    }
}
