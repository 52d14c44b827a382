//! Names as numbers while a report is counted, so that nothing is copied for a ticket.

use std::collections::{BTreeSet, HashMap};

use origem_domain::credit::Touchpoint;
use origem_domain::event::Channel;
use origem_views::journeys::Journey;

use super::catalogue::Catalogue;
use super::group::{Dimension, Origin};
use super::told::OriginKey;
use crate::catalogue::KnownTexts;

/// Numbers for texts and for origins, given in the order they are seen.
#[derive(Default)]
pub(super) struct Numbers {
    texts: HashMap<String, u32>,
    origins: HashMap<OriginKey<u32>, u32>,
}

/// What the numbers stand for.
pub(super) struct Named {
    pub texts: Vec<String>,
    pub origins: Vec<Origin>,
}

impl Numbers {
    /// The number of a text; a known one is looked up without a copy.
    pub fn text(&mut self, text: &str) -> u32 {
        if let Some(number) = self.texts.get(text) {
            return *number;
        }
        let next = self.texts.len() as u32; // a report with four thousand million names would not fit anyway
        self.texts.insert(text.to_owned(), next);
        next
    }

    /// The touches of a journey into `touches`, told apart by what is asked.
    pub fn touches(
        &mut self,
        catalogue: &Catalogue,
        by: &BTreeSet<Dimension>,
        journey: &Journey<&str>,
        touches: &mut Vec<Touchpoint<u32>>,
    ) {
        touches.clear();
        let links = links(catalogue, journey);
        for touch in &journey.touches {
            let (origin, organic) = catalogue.origin(links, touch, |dimension| by.contains(&dimension));
            let origin = origin.map(|text| self.text(text));
            let next = self.origins.len() as u32;
            touches.push(Touchpoint {
                origin: *self.origins.entry(origin).or_insert(next),
                at: touch.at,
                organic,
            });
        }
    }

    /// What the numbers stand for.
    pub fn named(self) -> Named {
        let mut texts = vec![String::new(); self.texts.len()];
        for (text, number) in self.texts {
            texts[number as usize] = text;
        }
        let mut origins = vec![Origin::default(); self.origins.len()];
        for (key, number) in self.origins {
            origins[number as usize] = key.map(|text: u32| texts[text as usize].clone()).into();
        }
        Named { texts, origins }
    }
}

/// The links of the channel by what customers write.
fn links<'a>(catalogue: &'a Catalogue, journey: &Journey<&str>) -> Option<&'a KnownTexts> {
    let known = &catalogue.channels;
    if known.is_empty() {
        return None;
    }
    known.get(&Channel {
        kind: journey.channel_kind,
        id: journey.channel_id.to_owned(),
    })
}
