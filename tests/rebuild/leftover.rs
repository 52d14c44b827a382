//! What an interrupted rebuild left: it is gone on with where that is worth it, and never in the way of the next one.

use std::sync::Arc;

use origem_domain::position::Offset;
use origem_engine::rebuild::{Phase, RebuildOptions};
use origem_engine::{Engine, Options};
use origem_log::EventLog as _;
use origem_testkit::SECRET;
use origem_views::generations::Generations as _;

use crate::place::{PARTITION, Place, catch_up, ended, fingerprint, gap, quickly};
use crate::standing;

/// A rebuild for a gap of 12 hours was interrupted when all hundred records were folded and it was about to serve.
fn whole() -> Place {
    let place = Place::interrupted();
    let left = place.generations.open(2).unwrap();
    let mut options = Options::default();
    options.projector.folding.rulebook = gap(12);
    let engine = Arc::new(Engine::start(place.log.clone(), left, SECRET, options).unwrap());
    catch_up(&engine);
    engine.stop().unwrap();
    place
}

#[test]
fn what_is_left_is_gone_on_with_unless_that_takes_longer_or_cannot_be() {
    // records that came since, where the log begins by now, whether there are loads in bulk, and the generation that serves then
    for (more, start, bulk, serving) in [
        (0, 0, false, 2),
        (2, 0, true, 2),
        (4, 100, true, 2),
        (4, 101, false, 3),
        (4, 101, true, 3),
        // More than a third of the log.
        (60, 0, false, 2),
        (60, 0, true, 3),
    ] {
        let told = format!("{more} more, from {start}, in bulk {bulk}");
        let mut place = whole();
        place.bulk = bulk;
        for person in 0..more {
            place.say(&format!("4.10:00 p{person} in"));
        }
        place.caught_up(&gap(24)).stop().unwrap();
        place.log.trim(PARTITION, Offset(start)).unwrap();
        let engine = place.engine(&gap(12), false);
        let accepting = RebuildOptions {
            accept_loss: true,
            ..quickly()
        };
        let status = ended(&engine, engine.start_rebuild(accepting).unwrap().id);
        assert_eq!((status.phase, status.error), (Phase::Switched, None), "{told}");
        assert_eq!(place.standing(), standing(serving, Some(1)), "{told}");
        if start == 0 || serving == 3 {
            assert_eq!(fingerprint(&engine), place.afresh(&gap(12)), "{told}");
        }
        engine.stop().unwrap();
    }
}
