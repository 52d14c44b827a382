//! A partition that is given up while another is rebuilt: whoever has it next finds nothing of a rebuild that came too late.

use std::sync::Arc;

use origem_domain::position::Partition;
use origem_engine::rebuild::{Phase, RebuildOptions};
use origem_engine::{Engine, Options};
use origem_log::{EventLog as _, MemoryLog};
use origem_testkit::{SECRET, script};
use origem_views::generations::{Generations, MemoryGenerations};

use crate::place::{ended, quickly, told};
use crate::standing;

#[test]
fn what_is_given_up_before_its_turn_is_not_touched() {
    let log = Arc::new(MemoryLog::new(2));
    for number in 0..40 {
        let recorded = &script::records(&format!("1.10:00 p{number} in m{number}"))[0];
        let raw = origem_codec::RawParts::default();
        let record = origem_codec::encode(&recorded.event, &recorded.source, recorded.received_at, raw, &SECRET);
        log.append(Partition(number % 2), &[&record]).unwrap();
    }
    let engine = Engine::over(log, SECRET, Options::default()).unwrap();
    let homes = [0, 1].map(|_| Arc::new(MemoryGenerations::default()));
    for (home, partition) in homes.iter().zip(0..) {
        let home: Arc<dyn Generations> = home.clone();
        engine.own(Partition(partition), home).unwrap();
    }
    let engine = Arc::new(engine);
    while engine
        .shards()
        .iter()
        .any(|shard| shard.progress().checkpoint.next.0 < 20)
    {
        std::thread::yield_now();
    }
    let slowly = RebuildOptions {
        cpu_share: 0.001,
        records_max: 1,
        ..quickly()
    };
    let id = engine.start_rebuild(slowly).unwrap().id;
    told(&engine, |engine| {
        engine.rebuild(id).ok().filter(|status| !status.generations.is_empty())
    });
    // At work on the first.
    engine.disown_all([Partition(0), Partition(1)]).unwrap();
    let status = ended(&engine, id);
    assert_eq!(status.phase, Phase::Cancelled);
    assert_eq!(status.error.as_deref(), Some("its partitions are not here any more"));
    assert_eq!(
        homes[0].standing().unwrap().others,
        [2],
        "what was begun stays for whoever has it next"
    );
    assert_eq!(homes[1].standing().unwrap(), standing(1, None));
    engine.stop().unwrap();
}
