//! Templates: what the business maintains of them, joined with what the provider reports. Of two the later counts.

use std::collections::BTreeMap;

use origem_domain::directory::{Item, Kind, Template};
use origem_domain::time::Timestamp;
use origem_views::layout::AccountKey;
use origem_views::templates::{self, Dated, Reported};
use serde::{Deserialize, Serialize};

use crate::directory::Entry;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

/// A question for the templates of an account that the provider reported.
#[derive(Serialize, Deserialize)]
pub(super) struct Templates {
    account: String,
}

impl Question for Templates {
    const NAME: &'static str = "templates";
    type Answer = Vec<Reported>;

    fn answer(&self, view: View<'_>) -> Result<Vec<Reported>, EngineError> {
        Ok(templates::all(view.rows, AccountKey::of(&self.account))?)
    }

    /// Reports come by the business account, which has a partition of its own; after the topic got more of them, several.
    fn combine(&self, answers: Vec<Vec<Reported>>) -> Option<Vec<Reported>> {
        let mut all: BTreeMap<String, Reported> = BTreeMap::new();
        for reported in answers.into_iter().flatten() {
            match all.get_mut(&reported.id()) {
                Some(known) => known.merge(reported),
                None => drop(all.insert(reported.id(), reported)),
            }
        }
        Some(all.into_values().collect())
    }
}

impl Engine {
    /// The templates of an account as they are at an instant, in order of ids: those of the directory, and those that only the
    /// provider told of. An entry is as it was written, but for what the provider reported since.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn templates(&self, account: &str, at: Timestamp) -> Result<Vec<Entry>, EngineError> {
        let directory = self.directory().snapshot();
        let kept = directory
            .list(account, Kind::Template)
            .map(|entry| (entry.id.clone(), Entry::clone(entry)));
        let mut entries: BTreeMap<String, Entry> = kept.collect();
        let reported = self.ask(&Templates {
            account: account.to_owned(),
        })?;
        for reported in reported {
            let id = reported.id();
            let entry = entries.remove(&id);
            if let Some(joined) = joined(entry, &reported, at) {
                entries.insert(id, joined);
            }
        }
        Ok(entries.into_values().collect())
    }
}

/// An entry with what was reported of it; `None` if nothing was told of it at all until then.
fn joined(entry: Option<Entry>, reported: &Reported, at: Timestamp) -> Option<Entry> {
    let since = entry.as_ref().map(|entry| entry.at);
    let latest = [
        reported.statuses.at(at).map(|(from, _)| *from),
        reported.categories.at(at).map(|(from, _)| *from),
        reported.bodies.at(at).map(|(from, _)| *from),
    ];
    let latest = latest.into_iter().flatten().max();
    let (mut template, by) = match entry {
        Some(Entry {
            item: Item::Template(template),
            by,
            ..
        }) => (template, by),
        _ => (Template::called(&reported.name, &reported.language), None),
    };
    newer(&mut template.status, &reported.statuses, since, at);
    newer(&mut template.category, &reported.categories, since, at);
    newer(&mut template.body, &reported.bodies, since, at);
    Some(Entry {
        id: reported.id(),
        item: Item::Template(template),
        at: since.max(latest)?,
        by,
    })
}

/// Takes what was reported where nothing was written, or before.
fn newer<T: Ord + Clone>(told: &mut Option<T>, reported: &Dated<T>, since: Option<Timestamp>, at: Timestamp) {
    if let Some((from, value)) = reported.at(at)
        && (told.is_none() || since.is_none_or(|since| *from > since))
    {
        *told = Some(value.clone());
    }
}
