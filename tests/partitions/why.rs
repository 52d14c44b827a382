//! Why: every instance tells the same story of a conversation, wherever its views and its log are; and what won is the timeline.

use origem_domain::origin::Fate;
use origem_domain::touch::Touch;
use origem_engine::query::{Filter, Order, WhyQuery};

use crate::installation::{self, Installation, deliveries};
use crate::{LAYOUTS, clock};

#[test]
fn every_instance_tells_the_same_story() {
    let installation = Installation::of(LAYOUTS[2]);
    installation.take(&deliveries());
    let query = WhyQuery {
        touch: None,
        raw: true,
        limit: 1_000,
    };
    let mut stories = 0;
    for account in installation::ACCOUNTS {
        let filter = Filter {
            account: (*account).to_owned(),
            order: Order::Latest,
            ..Filter::default()
        };
        let first = &installation.instances[0];
        for item in first.conversations(&filter, None, 20).unwrap().items {
            let told = first.why(item.id, &query, clock()).unwrap();
            for instance in &installation.instances[1..] {
                assert_eq!(instance.why(item.id, &query, clock()).unwrap(), told);
            }
            let timeline = first.timeline(item.id).unwrap();
            let won = told.story.weighed.iter().flat_map(|weighing| &weighing.considered);
            let won: Vec<_> = won
                .filter(|one| one.fate == Fate::Won)
                .filter_map(|one| one.origin.as_ref())
                .collect();
            let touches: Vec<&Touch> = timeline.iter().map(|view| &view.touch).collect();
            assert_eq!(won, touches.iter().map(|touch| &touch.origin).collect::<Vec<_>>());
            for touch in touches {
                let event = &told.events[&touch.position];
                assert!(event.raw.is_some() && event.received_at.is_some(), "{event:?}");
            }
            stories += told.story.weighed.len();
        }
    }
    assert!(stories > 20, "{stories}");
}
