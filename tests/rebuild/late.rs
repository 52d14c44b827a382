//! A log that begins late, because retention dropped its oldest events: nothing that only the views hold is lost unless somebody says so.

use origem_domain::position::{Offset, Partition};
use origem_engine::query::WhyQuery;
use origem_engine::rebuild::{Phase, RebuildOptions, Settings};
use origem_engine::{EngineError, ErrorCode};
use origem_log::EventLog as _;

use crate::place::{PARTITION, Place, catch_up, clock, ended, fingerprint, gap, quickly, told};
use crate::standing;

/// Ten people wrote twice each: the first two of them are in the views, and not in the log any more.
fn late() -> Place {
    let place = Place::of(10);
    place.caught_up(&gap(24)).stop().unwrap();
    place.log.trim(PARTITION, Offset(4)).unwrap();
    place
}

fn accepting() -> RebuildOptions {
    RebuildOptions {
        accept_loss: true,
        ..quickly()
    }
}

#[test]
fn a_rebuild_that_would_lose_conversations_is_refused_until_that_is_accepted() {
    let place = late();
    let engine = place.engine(&gap(24), false);
    let before = fingerprint(&engine);
    let refused = engine.start_rebuild(quickly()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Conflict);
    let said = refused.to_string();
    for words in ["begins at 0:4, received 2", "from before it: 4 events", "accept_loss"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!((place.standing(), engine.rebuilds().len()), (standing(1, None), 0));
    // Which ones, a dry run shows.
    let dry_run = RebuildOptions {
        dry_run: true,
        ..quickly()
    };
    let status = ended(&engine, engine.start_rebuild(dry_run).unwrap().id);
    let counts = status.diff.unwrap().conversations;
    assert_eq!((status.phase, counts.only_old, counts.equal), (Phase::Compared, 2, 8));
    assert_eq!(fingerprint(&engine), before);
    let status = ended(&engine, engine.start_rebuild(accepting()).unwrap().id);
    assert_eq!(
        (status.phase, status.diff.unwrap().conversations.only_old),
        (Phase::Switched, 2)
    );
    assert_eq!(fingerprint(&engine), place.afresh(&gap(24)));
    // Nothing is lost by the next one, until more is dropped.
    let status = ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
    assert_eq!(status.phase, Phase::Switched);
    place.log.trim(PARTITION, Offset(5)).unwrap();
    let said = engine.start_rebuild(quickly()).unwrap_err().to_string();
    assert!(said.contains("it: 1 events"), "{said}");
    engine.stop().unwrap();
}

#[test]
fn nothing_is_lost_by_itself() {
    let place = late();
    let engine = place.engine(&gap(12), true);
    let before = fingerprint(&engine);
    place.say("3.01:00 p7 in");
    catch_up(&engine);
    assert!(engine.rebuilds().is_empty(), "{:?}", engine.rebuilds());
    assert_ne!(fingerprint(&engine), before, "they go on");
    assert_eq!(place.standing(), standing(1, None));
    let status = ended(&engine, engine.start_rebuild(accepting()).unwrap().id);
    assert_eq!(status.phase, Phase::Switched);
    assert_eq!(fingerprint(&engine), place.afresh(&gap(12)));
    engine.stop().unwrap();
}

#[test]
fn what_was_begun_before_the_log_was_cut_is_given_up() {
    let place = Place::interrupted();
    place.log.trim(PARTITION, Offset(60)).unwrap();
    let engine = place.engine(&gap(12), true);
    let id = told(&engine, |engine| engine.rebuilds().first().map(|status| status.id));
    let status = ended(&engine, id);
    assert_eq!(status.phase, Phase::Failed);
    assert!(status.error.unwrap().contains("it: 60 events"));
    assert_eq!(place.standing(), standing(1, None));
    engine.stop().unwrap();
}

#[test]
fn views_that_the_log_has_passed_neither_serve_again_nor_go_on() {
    let place = Place::of(10);
    let engine = place.caught_up(&gap(24));
    ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
    place.say("3.01:00 p3 in");
    place.say("3.02:00 p3 in");
    catch_up(&engine);
    // The views that are kept end at 20.
    place.log.trim(PARTITION, Offset(21)).unwrap();
    let refused = engine.rollback().unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Conflict);
    assert!(refused.to_string().contains("does not reach back"), "{refused}");
    assert_eq!(place.standing(), standing(2, Some(1)));
    engine.stop().unwrap();
    // As if all of it had been dropped while nobody was there.
    place.say("3.03:00 p3 in");
    place.log.trim(PARTITION, Offset(23)).unwrap();
    let Err(EngineError::Projector(refused)) = place.start(&gap(24), Settings::default()) else {
        panic!("views with a gap are kept up to date");
    };
    assert!(
        refused.to_string().contains("end at 0:22 and the log begins at 0:23"),
        "{refused}"
    );
}

#[test]
fn why_says_that_an_event_is_not_kept() {
    let place = late();
    let engine = place.engine(&gap(24), false);
    let view = engine.pin(&engine.shards()[0]).unwrap();
    let ids = view.view().conversations().unwrap();
    let (mut gone, mut kept) = (0, 0);
    for id in ids {
        for raw in [true, false] {
            let query = WhyQuery {
                touch: None,
                raw,
                limit: 100,
            };
            for (position, event) in engine.why(id, &query, clock()).unwrap().events {
                assert_eq!(position.partition, Partition(0));
                let is_gone = raw && position.offset < Offset(4);
                assert_eq!(event.record_gone, is_gone, "{position} {event:?}");
                assert_eq!(event.received_at.is_some(), raw && !is_gone, "{position} {event:?}");
                gone += u32::from(is_gone);
                kept += u32::from(!is_gone);
            }
        }
    }
    assert!(gone > 0 && kept > 0, "{gone} gone, {kept} kept");
    drop(view);
    engine.stop().unwrap();
}
