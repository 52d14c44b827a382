//! Stories of rebuilds: views are folded again beside those that serve, under other rules, and take their place.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a broken promise is to stop the test

mod careful;
mod given_up;
mod late;
mod leftover;
mod moment;
mod place;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use origem_domain::position::Offset;
use origem_engine::rebuild::{Cause, Phase, RebuildOptions};
use origem_engine::{EngineError, ErrorCode};
use origem_log::EventLog as _;
use origem_views::card;
use origem_views::generations::{Generations as _, Standing};

use place::{PARTITION, Place, catch_up, ended, fingerprint, gap, next, projected, quickly, told};

fn standing(serving: u64, previous: Option<u64>) -> Standing {
    Standing {
        serving,
        previous,
        others: Vec::new(),
    }
}

#[test]
fn a_dry_run_tells_what_would_change_and_changes_nothing() {
    let place = Place::of(30);
    place.say("1.10:00 p99 in");
    let engine = place.caught_up(&gap(24));
    let before = fingerprint(&engine);
    engine.stop().unwrap();
    let engine = place.engine(&gap(12), false);
    let options = RebuildOptions {
        dry_run: true,
        examples: 7,
        ..quickly()
    };
    let status = ended(&engine, engine.start_rebuild(options).unwrap().id);
    assert_eq!(
        (status.phase, status.cause, status.id),
        (Phase::Compared, Cause::Operator, 1)
    );
    let diff = status.diff.unwrap();
    assert_eq!(
        (
            diff.conversations.changed,
            diff.conversations.equal,
            diff.examples.len()
        ),
        (30, 1, 7)
    );
    assert_eq!((status.events_done, status.events_total, status.compared), (61, 61, 31));
    assert_eq!(fingerprint(&engine), before);
    assert_eq!(place.standing(), standing(1, None));
    // Whatever came in goes on being folded under the rules of before.
    place.say("3.01:00 p99 in");
    catch_up(&engine);
    assert_eq!(fingerprint(&engine), place.afresh(&gap(24)));
    engine.stop().unwrap();
}

#[test]
fn what_an_interrupted_rebuild_began_is_taken_over_by_the_next_one_that_folds_the_same() {
    // the hours of the gap that is wanted then, and the generation that serves afterwards
    for (hours, serving) in [(12, 2), (6, 3)] {
        let place = Place::interrupted();
        let engine = place.engine(&gap(hours), false);
        let status = ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
        assert_eq!((status.phase, status.id), (Phase::Switched, 2));
        assert_eq!(place.standing(), standing(serving, Some(1)));
        assert_eq!(fingerprint(&engine), place.afresh(&gap(hours)));
        engine.stop().unwrap();
    }
}

#[test]
fn views_far_behind_are_folded_anew_and_those_that_are_not_go_on() {
    let mut place = Place::of(30);
    place.bulk = true;
    place.caught_up(&gap(24)).stop().unwrap();
    // people who write meanwhile, under which rules, and the generation that serves afterwards
    for (people, hours, is_anew, serving) in [
        (2, 24, false, 1),
        (40, 24, true, 2),
        (60, 12, false, 2),
        (90, 24, true, 3),
    ] {
        let engine = place.engine(&gap(hours), false);
        engine.pause();
        for person in 0..people {
            place.say(&format!("4.10:00 p{person} in"));
            place.say(&format!("4.11:00 p{person} in"));
        }
        assert_eq!(engine.is_far_behind().unwrap(), is_anew, "{people}");
        engine.fold_anew().unwrap();
        catch_up(&engine);
        assert_eq!(place.standing(), standing(serving, None), "{people}");
        assert_eq!(fingerprint(&engine), place.afresh(&gap(24)), "{people}");
        // It goes on from there.
        place.say("5.10:00 p1 in");
        catch_up(&engine);
        assert_eq!(fingerprint(&engine), place.afresh(&gap(24)), "{people}");
        engine.stop().unwrap();
    }
}

#[test]
fn without_a_change_nothing_differs() {
    let place = Place::of(5);
    let engine = place.caught_up(&gap(24));
    let status = ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
    assert_eq!(status.phase, Phase::Switched);
    assert!(status.diff.unwrap().is_empty());
    assert_eq!(place.standing(), standing(2, Some(1)));
    let status = ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
    assert_eq!(status.id, 2);
    assert_eq!(
        place.standing(),
        standing(3, Some(2)),
        "what was kept before is removed"
    );
    assert_eq!(engine.prune_generations().unwrap()[0].previous, None);
    assert_eq!(place.standing(), standing(3, None));
    engine.stop().unwrap();
}

/// Appends and reads while `work` is done: no read fails, and none goes back.
fn under_load(place: &Place, engine: &origem_engine::Engine, work: impl FnOnce()) {
    /// Messages that may wait to be projected.
    const AHEAD: u64 = 20;
    let before = place.log.tail(PARTITION).unwrap().0;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Also if the work panics: the threads are waited for.
        let _end = Ending(&done);
        let append = || {
            // So many, that what is to be folded and compared again stays what it is, however long a busy machine takes.
            for number in 0..4_000_u64 {
                if done.load(Ordering::Relaxed) {
                    return;
                }
                let (day, hour) = (3 + number / 24 % 20, number % 24);
                place.say(&format!("{day}.{hour:02}:00 p{} in", number % 40));
                // No faster than it is projected: else what is behind grows, and no two generations come near each other.
                projected(engine, Offset((number + 1).saturating_sub(AHEAD) + before));
            }
        };
        let read = || {
            let mut last = Offset(0);
            while !done.load(Ordering::Relaxed) {
                let shard = &engine.shards()[0];
                let pinned = engine.pin(shard).unwrap();
                let view = pinned.view();
                assert!(view.checkpoint.next >= last, "{} after {last}", view.checkpoint.next);
                last = view.checkpoint.next;
                // Rows are never behind what was told of them.
                let latest = view.conversations().unwrap().into_iter().map(|id| {
                    let card = card::load(view.rows, id).unwrap().unwrap();
                    card.position.offset
                });
                assert!(latest.max().unwrap().0 + 1 >= last.0, "rows are older than {last}");
            }
        };
        scope.spawn(append);
        scope.spawn(read);
        scope.spawn(read);
        work();
    });
}

struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn nobody_who_reads_notices_a_switch() {
    let place = Place::of(40);
    place.caught_up(&gap(24)).stop().unwrap();
    let engine = place.engine(&gap(12), false);
    let shard = engine.shards()[0].clone();
    let (follower, progress) = (shard.dirty().follow(), shard.progress_watch());
    under_load(&place, &engine, || {
        for round in 0..3 {
            let status = ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
            assert_eq!((status.phase, status.error), (Phase::Switched, None), "round {round}");
            engine.rollback().unwrap();
            engine.rollback().unwrap();
        }
    });
    catch_up(&engine);
    assert_eq!(fingerprint(&engine), place.afresh(&gap(12)));
    assert_eq!(progress.borrow().checkpoint.next, next(&engine));
    let all: BTreeSet<_> = card::all(&*shard.rows()).map(Result::unwrap).collect();
    assert_eq!(
        follower.take(Duration::ZERO),
        all,
        "those whose origin is another now, and those who wrote"
    );
    engine.stop().unwrap();
}

#[test]
fn views_under_other_rules_serve_until_they_are_rebuilt_by_themselves() {
    let place = Place::of(20);
    place.caught_up(&gap(24)).stop().unwrap();
    let engine = place.engine(&gap(12), true);
    let id = told(&engine, |engine| engine.rebuilds().first().map(|status| status.id));
    let status = ended(&engine, id);
    assert_eq!((status.phase, status.cause), (Phase::Switched, Cause::RulesChanged));
    assert_eq!(status.diff.unwrap().conversations.changed, 20);
    assert_eq!(fingerprint(&engine), place.afresh(&gap(12)));
    engine.stop().unwrap();
    // Nothing is left to be done.
    let engine = place.engine(&gap(12), true);
    assert!(engine.rebuilds().is_empty());
    assert_eq!(engine.start_rebuild(quickly()).unwrap().id, id + 1);
    ended(&engine, id + 1);
    engine.stop().unwrap();
}

#[test]
fn a_rebuild_that_is_stopped_anywhere_goes_on() {
    stopped_anywhere(false);
}

#[test]
fn a_rebuild_in_bulk_that_is_stopped_anywhere_goes_on() {
    stopped_anywhere(true);
}

fn stopped_anywhere(bulk: bool) {
    const PEOPLE: u64 = 30;
    let expected = Place::of(PEOPLE).afresh(&gap(12));
    let usual = RebuildOptions {
        records_max: 10,
        examples: 3,
        ..quickly()
    };
    let mut phases = BTreeSet::new();
    for stopped_after in 1.. {
        let mut place = Place::of(PEOPLE);
        place.bulk = bulk;
        place.caught_up(&gap(24)).stop().unwrap();
        let engine = place.engine_with(&gap(12), true, usual.clone());
        let mut news = 0;
        let stopped = told(&engine, |engine| {
            news += 1;
            let last = engine.rebuilds().into_iter().next()?;
            (last.phase.is_over() || news >= stopped_after).then_some(last)
        });
        engine.stop().unwrap();
        phases.insert(stopped.phase.name());
        let is_done = place.standing() == standing(2, Some(1));
        let engine = place.engine_with(&gap(12), true, usual.clone());
        if !is_done {
            let status = told(&engine, |engine| engine.rebuilds().into_iter().next());
            assert_eq!((status.id, &status.options), (stopped.id, &usual), "it is the same one");
            assert_eq!(ended(&engine, status.id).phase, Phase::Switched);
        }
        assert_eq!(
            place.standing(),
            standing(2, Some(1)),
            "stopped while {:?}",
            stopped.phase
        );
        assert_eq!(fingerprint(&engine), expected, "stopped while {:?}", stopped.phase);
        engine.stop().unwrap();
        if stopped.phase.is_over() {
            break;
        }
    }
    assert!(phases.len() > 2, "{phases:?}");
}

#[test]
fn what_somebody_went_back_from_is_not_begun_again() {
    let place = Place::of(10);
    place.caught_up(&gap(24)).stop().unwrap();
    let engine = place.engine(&gap(12), false);
    assert!(matches!(engine.rollback(), Err(EngineError::NothingKept)));
    ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
    place.say("3.01:00 p3 in");
    let kept = engine.rollback().unwrap();
    assert_eq!((kept[0].serving, kept[0].previous), (1, Some(2)));
    catch_up(&engine);
    assert_eq!(
        fingerprint(&engine),
        place.afresh(&gap(24)),
        "it has caught up, under its own rules"
    );
    engine.stop().unwrap();
    let engine = place.engine(&gap(12), true);
    assert!(engine.rebuilds().is_empty());
    // Other rules are another matter.
    engine.stop().unwrap();
    let engine = place.engine(&gap(6), true);
    let id = told(&engine, |engine| engine.rebuilds().first().map(|status| status.id));
    assert_eq!(id, 2);
    ended(&engine, id);
    assert_eq!(fingerprint(&engine), place.afresh(&gap(6)));
    engine.stop().unwrap();
}

#[test]
fn a_rebuild_can_be_cancelled_and_there_is_one_at_a_time() {
    let place = Place::of(200);
    let engine = place.caught_up(&gap(24));
    let slowly = RebuildOptions {
        cpu_share: 0.001,
        records_max: 1,
        ..quickly()
    };
    let id = engine.start_rebuild(slowly).unwrap().id;
    for refused in [
        engine.start_rebuild(quickly()).map(drop),
        engine.rollback().map(drop),
        engine.prune_generations().map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Conflict);
    }
    told(&engine, |engine| {
        (engine.rebuild(id).ok()?.events_done > 0).then_some(())
    });
    let status = engine.cancel_rebuild(id).unwrap();
    assert_eq!(status.phase, Phase::Cancelled);
    assert!(status.events_done < status.events_total, "{status:?}");
    assert_eq!(place.standing(), standing(1, None));
    assert_eq!(engine.cancel_rebuild(id).unwrap(), status, "it has ended");
    assert!(matches!(engine.cancel_rebuild(9), Err(EngineError::NoRebuild { .. })));
    let senseless = RebuildOptions {
        cpu_share: 0.0,
        ..quickly()
    };
    assert_eq!(engine.start_rebuild(senseless).unwrap_err().code(), ErrorCode::Invalid);
    engine.stop().unwrap();
    assert!(matches!(engine.start_rebuild(quickly()), Err(EngineError::Closed)));
}

#[test]
fn what_was_begun_under_rules_that_are_no_more_is_removed() {
    let place = Place::interrupted();
    let engine = place.engine(&gap(24), true);
    told(&engine, |_| place.standing().others.is_empty().then_some(()));
    assert!(engine.rebuilds().is_empty());
    assert_eq!(place.standing(), standing(1, None));
    engine.stop().unwrap();
    assert!(place.generations.open(2).is_err());
}
