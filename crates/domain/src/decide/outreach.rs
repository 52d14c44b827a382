//! Rules of outreach: what may be sent is what was offered, filled in.

use std::collections::{BTreeMap, BTreeSet};

use super::Reason;
use crate::event::{Offer, Outreach, Template};
use crate::price::Price;
use crate::windows::SendOption;

/// Something that may be sent to the contact now, and what it costs as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What.
    pub option: SendOption,
    /// The list price, if it is charged.
    pub price: Option<Price>,
}

impl Offered {
    /// What an event tells of it.
    #[must_use]
    pub fn told(&self) -> Offer {
        let SendOption { way, template, send } = &self.option;
        Offer {
            way: way.name().to_owned(),
            template: template.as_ref().map(|(_, template)| Template {
                name: template.name.clone(),
                language: Some(template.language.clone()),
                category: template.category.map(|category| category.name().to_owned()),
            }),
            charge: send.charge.map(|charge| charge.name().to_owned()),
            price: self.price.as_ref().map(|price| price.amount),
            currency: self.price.as_ref().map(|price| price.currency.clone()),
            until: send.until,
        }
    }
}

/// That it is one thing to be sent, whatever may be sent now.
pub(super) fn check(wanted: &Outreach) -> Result<(), Reason> {
    let invalid = |what, why| Err(Reason::InvalidValue { what, why });
    let empty = |text: &String| text.trim().is_empty();
    match (&wanted.template, &wanted.text) {
        (None, None) => invalid("outreach", "name a `template`, or the `text` that is to be sent"),
        (Some(_), Some(_)) => invalid("outreach", "name a `template` or a `text`, not both"),
        (None, Some(_)) if !wanted.variables.is_empty() => invalid("variables", "only templates have some"),
        (None, Some(text)) if empty(text) => invalid("text", "it must not be empty"),
        (Some(template), None) if empty(template) => invalid("template", "it must not be empty"),
        _ => Ok(()),
    }
}

/// The first of `offers`, the cheapest, that is what is wanted; of templates, one that whoever is in `teams` may send.
///
/// # Errors
/// `NotOffered` where there is none; `VariableRequired`, `InvalidValue` where what fills it in does not fit the template.
pub(super) fn find<'a>(
    wanted: &Outreach,
    offers: &'a [Offered],
    teams: Option<&BTreeSet<String>>,
) -> Result<&'a Offered, Reason> {
    let is_wanted = |offered: &&Offered| match &offered.option.template {
        Some((id, template)) => {
            Some(id) == wanted.template.as_ref() && teams.is_none_or(|teams| template.is_for(teams))
        }
        None => wanted.template.is_none(),
    };
    let found = offers.iter().find(is_wanted).ok_or_else(|| Reason::NotOffered {
        what: wanted
            .template
            .clone()
            .map_or_else(|| "text".to_owned(), |id| format!("template `{id}`")),
    })?;
    if let Some((id, template)) = &found.option.template
        && let Some(body) = &template.body
    {
        fills(id, &places(body), &wanted.variables)?;
    }
    Ok(found)
}

fn fills(template: &str, places: &[&str], variables: &BTreeMap<String, String>) -> Result<(), Reason> {
    let is_told = |place: &&&str| variables.get(**place).is_some_and(|value| !value.trim().is_empty());
    if let Some(missing) = places.iter().find(|place| !is_told(place)) {
        return Err(Reason::VariableRequired {
            template: template.to_owned(),
            variable: (*missing).to_owned(),
        });
    }
    if variables.keys().any(|name| !places.contains(&name.as_str())) {
        return Err(Reason::InvalidValue {
            what: "variables",
            why: "one of them has no place in the text of the template",
        });
    }
    Ok(())
}

/// The names of the places of variables in the text of a template, in order: `1` of `Olá, {{1}}`.
fn places(body: &str) -> Vec<&str> {
    let after = body.split("{{").skip(1);
    after.filter_map(|rest| Some(rest.split_once("}}")?.0.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_what_stands_in_double_braces() {
        for (body, told) in [
            ("", ""),
            ("Olá!", ""),
            ("Olá, {{1}}: {{ 2 }} e {{1}}", "1 2 1"),
            ("Pedido {{order_id}} de {{name}}", "order_id name"),
            ("{{1", ""),
            ("a }} b {{1}}", "1"),
        ] {
            assert_eq!(places(body).join(" "), told, "{body}");
        }
    }
}
