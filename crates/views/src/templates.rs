//! Templates as the provider reports them: what each was called, how far its approval is, what it is priced by, since when.
//!
//! A report tells one thing of a template, and reports come in any order: so what was told is kept with the instant from which it
//! holds, and read by time. Serial, in the resolver: templates belong to no conversation.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use origem_domain::directory::{Template, TemplateCategory, TemplateStatus};
use origem_domain::event::{AccountUpdate, Body};
use origem_domain::record::Recorded;
use origem_domain::time::Timestamp;

use crate::layout::{self, AccountKey};
use crate::rows::{self, Overlay, Rows, RowsError, prefix_end};

const VIEW: &str = "templates";

/// Changes of one kind that are kept; the oldest make room.
const KEPT_MAX: usize = 16;

/// Values with the instants from which they hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T: Ord>(BTreeSet<(Timestamp, T)>);

impl<T: Ord> Default for Dated<T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: Ord> Dated<T> {
    fn note(&mut self, from: Timestamp, value: T) {
        self.0.insert((from, value));
        if self.0.len() > KEPT_MAX {
            self.0.pop_first();
        }
    }

    /// The value that holds at an instant, and since when.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Option<&(Timestamp, T)> {
        self.0.iter().rev().find(|(from, _)| *from <= at)
    }

    fn extend(&mut self, other: Self) {
        other.0.into_iter().for_each(|(from, value)| self.note(from, value));
    }
}

/// What was reported of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// Its name.
    pub name: String,
    /// Its language, with `_`.
    pub language: String,
    /// How far its approval is.
    pub statuses: Dated<TemplateStatus>,
    /// What it is priced by; a change that was announced is there before it holds.
    pub categories: Dated<TemplateCategory>,
    /// Its text.
    pub bodies: Dated<String>,
}

impl Reported {
    /// The id of the template.
    #[must_use]
    pub fn id(&self) -> String {
        Template::id_of(&self.name, &self.language)
    }

    /// Takes in what another partition has of the same template.
    pub fn merge(&mut self, other: Self) {
        self.statuses.extend(other.statuses);
        self.categories.extend(other.categories);
        self.bodies.extend(other.bodies);
    }

    /// Takes in a report; whether it told anything.
    fn note(&mut self, at: Timestamp, update: &AccountUpdate) -> bool {
        let value = |name: &str| update.values.get(name).map(String::as_str);
        let status = value("event").and_then(TemplateStatus::after);
        let status = status.filter(|_| update.field == "message_template_status_update");
        let category = |name: &str| value(name).and_then(TemplateCategory::named);
        let told = category("message_template_category").or_else(|| category("new_category"));
        // An announcement tells what it is now, what it will be, and when.
        let seconds = value("category_update_timestamp").and_then(|text| text.parse().ok());
        let announced = seconds.map(Timestamp::from_seconds).zip(category("correct_category"));
        let body = value("message_template_element");
        if let Some(status) = status {
            self.statuses.note(at, status);
        }
        let categories = [told.map(|category| (at, category)), announced];
        for (from, category) in categories.into_iter().flatten() {
            self.categories.note(from, category);
        }
        if let Some(body) = body {
            self.bodies.note(at, body.to_owned());
        }
        status.is_some() || told.is_some() || announced.is_some() || body.is_some()
    }
}

/// Takes in what an event tells of a template, if it does.
pub(crate) fn note(rows: &mut Overlay<'_>, account: AccountKey, recorded: &Recorded) -> Result<(), RowsError> {
    let Body::AccountUpdated { account_update } = &recorded.event.body else {
        return Ok(());
    };
    let value = |name: &str| account_update.values.get(name).cloned().unwrap_or_default();
    let (name, language) = (value("message_template_name"), value("message_template_language"));
    if name.is_empty() || language.is_empty() {
        return Ok(());
    }
    let language = language.replace('-', "_");
    let key = layout::template(account, &name, &language);
    let known: Option<Reported> = rows::read(rows, VIEW, &key)?;
    let mut reported = known.clone().unwrap_or_else(|| Reported {
        name,
        language,
        ..Reported::default()
    });
    if reported.note(recorded.event.occurred_at, account_update) && known.as_ref() != Some(&reported) {
        rows.changes.put(key, &reported);
    }
    Ok(())
}

/// All templates of an account that were reported.
///
/// # Errors
/// As reading rows does.
pub fn all(rows: &dyn Rows, account: AccountKey) -> Result<Vec<Reported>, RowsError> {
    let prefix = layout::templates(account);
    let found = rows.scan(&prefix, &prefix_end(&prefix));
    found.map(|row| rows::decode(VIEW, &row?.1)).collect()
}

#[cfg(test)]
mod tests {
    use origem_domain::event::DEFAULT_ACCOUNT;
    use origem_testkit::script;

    use super::*;
    use crate::identity::Settled;
    use crate::resolve;
    use crate::rows::MapRows;

    /// When, under which field, and what it says.
    type Report<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

    /// What is told of templates at a time, after reports in any order and twice.
    fn told(reports: &[Report<'_>], at: &str) -> Vec<String> {
        let account = AccountKey::of(DEFAULT_ACCOUNT);
        let records: Vec<Recorded> = reports
            .iter()
            .map(|(time, field, values)| {
                let mut recorded = script::records("1.10:00 - account field=x").remove(0);
                recorded.event.occurred_at = Timestamp::parse(time).unwrap();
                let named = [
                    ("message_template_name", "promo"),
                    ("message_template_language", "pt-BR"),
                ];
                let values = named
                    .iter()
                    .chain(*values)
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                recorded.event.body = Body::AccountUpdated {
                    account_update: AccountUpdate {
                        field: (*field).to_owned(),
                        values: values.collect(),
                    },
                };
                recorded
            })
            .collect();
        let write = |records: &[&Recorded]| {
            let mut rows = MapRows::default();
            for record in records {
                let mut overlay = Overlay::new(&rows);
                note(&mut overlay, account, record).unwrap();
                let changes = overlay.changes;
                rows.commit(&changes);
            }
            all(&rows, account).unwrap()
        };
        let straight: Vec<&Recorded> = records.iter().collect();
        let templates = write(&straight);
        let reversed: Vec<&Recorded> = records.iter().rev().collect();
        assert_eq!(write(&reversed), templates);
        assert_eq!(write(&[straight, reversed].concat()), templates);
        let at = Timestamp::parse(at).unwrap();
        templates
            .iter()
            .map(|template| {
                let status = template.statuses.at(at).map_or("-", |(_, status)| status.name());
                let category = template.categories.at(at).map_or("-", |(_, category)| category.name());
                let body = template.bodies.at(at).map_or("-", |(_, body)| body);
                format!("{} {status} {category} {body}", template.id())
            })
            .collect()
    }

    #[test]
    fn a_template_is_what_was_reported_up_to_then() {
        const STATUS: &str = "message_template_status_update";
        const CATEGORY: &str = "template_category_update";
        let approved = (
            "2026-09-26T10:00:00Z",
            STATUS,
            &[("event", "APPROVED"), ("message_template_category", "UTILITY")][..],
        );
        let flagged = ("2026-09-27T10:00:00Z", STATUS, &[("event", "FLAGGED")][..]);
        let paused = (
            "2026-09-28T10:00:00Z",
            STATUS,
            &[("event", "PAUSED"), ("reason", "x")][..],
        );
        let moved = (
            "2026-09-29T10:00:00Z",
            CATEGORY,
            &[("previous_category", "UTILITY"), ("new_category", "MARKETING")][..],
        );
        // 2026-10-01T00:00:00Z
        let announced = (
            "2026-09-27T10:00:00Z",
            CATEGORY,
            &[
                ("new_category", "UTILITY"),
                ("correct_category", "MARKETING"),
                ("category_update_timestamp", "1790812800"),
            ][..],
        );
        let element = (
            "2026-09-26T11:00:00Z",
            "message_template_components_update",
            &[("message_template_element", "Oi")][..],
        );
        let quality = (
            "2026-09-26T11:00:00Z",
            "message_template_quality_update",
            &[("new_quality_score", "RED")][..],
        );
        for (reports, at, expected) in [
            (
                &[approved][..],
                "2026-09-26T10:00:00Z",
                &["promo.pt_BR approved utility -"][..],
            ),
            (&[approved], "2026-09-26T09:59:59Z", &["promo.pt_BR - - -"]),
            (
                &[approved, flagged, paused],
                "2026-09-28T09:59:59Z",
                &["promo.pt_BR approved utility -"],
            ),
            (
                &[approved, flagged, paused],
                "2026-09-28T10:00:00Z",
                &["promo.pt_BR paused utility -"],
            ),
            (
                &[approved, moved, element],
                "2026-09-29T10:00:00Z",
                &["promo.pt_BR approved marketing Oi"],
            ),
            (
                &[approved, announced],
                "2026-09-30T23:59:59Z",
                &["promo.pt_BR approved utility -"],
            ),
            (
                &[approved, announced],
                "2026-10-01T00:00:00Z",
                &["promo.pt_BR approved marketing -"],
            ),
            (&[quality], "2026-10-01T00:00:00Z", &[]),
        ] {
            assert_eq!(told(reports, at), expected, "{reports:?} at {at}");
        }
    }

    /// One without a time of its own is taken to have happened when it came.
    #[test]
    fn a_report_that_comes_again_later_is_no_second_one() {
        let mut recorded = script::records("1.10:00 - account field=x").remove(0);
        let told = [
            ("message_template_name", "promo"),
            ("message_template_language", "pt_BR"),
            ("event", "APPROVED"),
        ];
        recorded.event.body = Body::AccountUpdated {
            account_update: AccountUpdate {
                field: "message_template_status_update".to_owned(),
                values: told.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            },
        };
        let mut again = recorded.clone();
        again.event.occurred_at = recorded.event.occurred_at.plus(1);
        again.position.offset.0 += 1;
        let mut rows = MapRows::default();
        let mut settled = Settled::default();
        for (record, duplicate) in [(&recorded, false), (&again, true)] {
            let mut overlay = Overlay::new(&rows);
            assert_eq!(
                resolve::route(&mut overlay, &mut settled, record).unwrap().duplicate,
                duplicate
            );
            let changes = overlay.changes;
            rows.commit(&changes);
        }
        let reported = all(&rows, AccountKey::of(DEFAULT_ACCOUNT)).unwrap();
        assert_eq!(reported[0].statuses.0.len(), 1);
    }

    #[test]
    fn the_oldest_changes_make_room() {
        let mut dated = Dated::default();
        let second = |number: usize| Timestamp::from_seconds(number as i64);
        (0..KEPT_MAX + 2)
            .rev()
            .for_each(|number| dated.note(second(number), number));
        assert_eq!(dated.at(second(1)), None);
        assert_eq!(
            dated.at(second(KEPT_MAX + 5)),
            Some(&(second(KEPT_MAX + 1), KEPT_MAX + 1))
        );
    }
}
