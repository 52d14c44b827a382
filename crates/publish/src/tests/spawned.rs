//! The thread: it waits where it must, goes on by itself, ends when fenced or stopped.

use std::sync::Arc;
use std::time::Duration;

use origem_log::MemoryTopics;

use super::faulty::{Fault, Faults, Faulty};
use super::following::assert_agree;
use super::views::Views;
use crate::{Handle, Options, Phase, Publisher, Status};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

fn spawn(views: &Arc<Views>, topics: &MemoryTopics, faults: &Faults) -> Handle {
    let outlet = Faulty {
        outlet: topics.outlet(),
        faults: faults.clone(),
    };
    let options = Options {
        retry_max: Duration::from_millis(100),
        ..Options::default()
    };
    Publisher::spawn(views.clone(), Box::new(outlet), options).unwrap()
}

fn idle(status: &Status) -> bool {
    status.phase == Phase::Following && status.behind == 0
}

#[test]
fn it_follows_and_what_the_next_one_takes_over_ends_it() {
    let (views, topics) = (Arc::new(Views::of("1.10:00 p1 in m1")), MemoryTopics::default());
    let mut first = spawn(&views, &topics, &Faults::default());
    assert_eq!(first.wait(LONG, idle).published, 4);
    views.take_in("1.10:01 p2 in m2");
    let status = first.wait(LONG, |status| status.published == 8);
    assert_eq!(
        (status.published, status.version.unwrap().to_string()),
        (8, "0:2".to_owned())
    );
    assert_agree(&views, &topics);

    let mut second = spawn(&Arc::new(views.folded_again()), &topics, &Faults::default());
    assert_eq!(second.wait(LONG, idle).published, 0);
    // A zombie learns it when it has something to say.
    views.take_in("1.10:02 p3 in m3");
    let ended = first.wait(LONG, |status| status.phase == Phase::Fenced);
    assert_eq!(ended.phase, Phase::Fenced);
    assert!(ended.error.unwrap().contains("another publisher took over"));
    first.stop();
    second.stop();
    assert_eq!(second.status().phase, Phase::Stopped);
}

#[test]
fn a_broker_that_comes_back_is_used_again_and_an_error_is_told_meanwhile() {
    let (views, topics, faults) = (Arc::new(Views::default()), MemoryTopics::default(), Faults::default());
    (0..20).for_each(|_| faults.add(Fault::Before));
    let handle = spawn(&views, &topics, &faults);
    let failed = handle.wait(LONG, |status| status.error.is_some());
    assert_eq!(
        failed.error.as_deref(),
        Some("projected topics cannot be taken over now: the broker is away")
    );
    let recovered = handle.wait(LONG, idle);
    assert_eq!((recovered.phase, recovered.error), (Phase::Following, None));
    faults.add(Fault::After);
    views.take_in("1.10:00 p1 in m1");
    assert_eq!(handle.wait(LONG, |status| status.published == 4).published, 4);
    assert_agree(&views, &topics);
}
