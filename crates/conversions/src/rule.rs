//! Rules: what becomes a conversion, under which name. A line each:
//!
//! ```text
//! finished outcome=won value>0 -> Purchase
//! finished classification=booked|paid team=sales -> webhook:booking
//! stage is=qualified -> QualifiedLead
//! lead -> LeadSubmitted
//! ```
//! All conditions of a rule must hold. Of several rules that give the same name at the same destination, the first that holds counts.

use std::fmt;
use std::str::FromStr;

use origem_domain::amount::Amount;
use origem_domain::directory::Outcome;

use crate::conversion::{Destination, Trigger};

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What has to happen.
    pub trigger: Trigger,
    conditions: Vec<Condition>,
    /// What it is called.
    pub event: String,
    /// Who is told; `None`: every destination.
    pub destination: Option<Destination>,
    text: String,
}

/// What must hold of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Outcome(Outcome),
    OneOf(Fact, Vec<String>),
    Value(Comparison, Amount),
}

/// What a condition names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    Classification,
    Team,
    Agent,
    Channel,
    Account,
    Origin,
    Stage,
}

impl Fact {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "classification" => Self::Classification,
            "team" => Self::Team,
            "agent" => Self::Agent,
            "channel" => Self::Channel,
            "account" => Self::Account,
            "origin" => Self::Origin,
            "is" => Self::Stage,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Over,
    AtLeast,
}

/// What rules are asked of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts<'a> {
    pub classification: Option<&'a str>,
    pub outcome: Outcome,
    pub value: Option<Amount>,
    pub team: Option<&'a str>,
    pub agent: Option<&'a str>,
    pub channel: &'a str,
    pub account: &'a str,
    pub origin: Option<&'a str>,
    pub stage: Option<&'a str>,
}

impl Rule {
    /// Whether all conditions hold.
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.holds(facts))
    }

    /// Whether a destination is told.
    pub(crate) fn tells(&self, destination: Destination) -> bool {
        self.destination.is_none_or(|only| only == destination)
    }
}

impl Condition {
    fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Outcome(outcome) => facts.outcome == *outcome,
            Self::Value(Comparison::Over, limit) => facts.value.is_some_and(|value| value > *limit),
            Self::Value(Comparison::AtLeast, limit) => facts.value.is_some_and(|value| value >= *limit),
            Self::OneOf(fact, values) => {
                let is = match fact {
                    Fact::Classification => facts.classification,
                    Fact::Team => facts.team,
                    Fact::Agent => facts.agent,
                    Fact::Channel => Some(facts.channel),
                    Fact::Account => Some(facts.account),
                    Fact::Origin => facts.origin,
                    Fact::Stage => facts.stage,
                };
                is.is_some_and(|is| values.iter().any(|value| value == is))
            }
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a line is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No `->`.
    #[error("`{0}` has no `->`: a rule is WHAT [CONDITION ...] -> NAME, such as `finished outcome=won -> Purchase`")]
    NoArrow(String),
    /// It begins with no trigger.
    #[error("`{0}` is nothing that becomes a conversion: a rule begins with finished, stage or lead")]
    Trigger(String),
    /// A condition that nobody knows.
    #[error(
        "`{0}` is no condition: there are outcome=won, value>0, value>=100, classification=, team=, agent=, channel=, account=, \
         origin= and, of a stage, is=; several values with `|`"
    )]
    Condition(String),
    /// Nothing, or more than a name, behind the arrow.
    #[error(
        "`{0}` is no name of an event: letters, digits and _ . -, and before it `meta:` or `webhook:` for one destination only"
    )]
    Name(String),
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let (what, name) = text
            .split_once("->")
            .ok_or_else(|| RuleError::NoArrow(text.trim().to_owned()))?;
        let mut words = what.split_whitespace();
        let first = words.next().unwrap_or_default();
        let trigger = Trigger::ALL.into_iter().find(|trigger| trigger.name() == first);
        let trigger = trigger.ok_or_else(|| RuleError::Trigger(first.to_owned()))?;
        let conditions = words
            .map(|word| condition(word, trigger).ok_or_else(|| RuleError::Condition(word.to_owned())))
            .collect::<Result<_, _>>()?;
        let name = name.trim();
        let (destination, event) = match name.split_once(':') {
            Some((destination, event)) => (Some(Destination::named(destination)), event),
            None => (None, name),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if destination == Some(None) || event.is_empty() || event.len() > 64 || !event.bytes().all(plain) {
            return Err(RuleError::Name(name.to_owned()));
        }
        Ok(Self {
            trigger,
            conditions,
            event: event.to_owned(),
            destination: destination.flatten(),
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        })
    }
}

fn condition(word: &str, trigger: Trigger) -> Option<Condition> {
    for (sign, comparison) in [(">=", Comparison::AtLeast), (">", Comparison::Over)] {
        if let Some((name, limit)) = word.split_once(sign) {
            let limit = Amount::parse_exactly(limit)?;
            return (name == "value").then_some(Condition::Value(comparison, limit));
        }
    }
    let (name, values) = word.split_once('=')?;
    if name == "outcome" {
        return match values {
            "won" => Some(Condition::Outcome(Outcome::Won)),
            "lost" => Some(Condition::Outcome(Outcome::Lost)),
            _ => None,
        };
    }
    let values: Vec<String> = values.split('|').map(str::to_owned).collect();
    let fact = Fact::named(name)?;
    let is_senseless = values.iter().any(String::is_empty) || (fact == Fact::Stage && trigger != Trigger::Stage);
    (!is_senseless).then_some(Condition::OneOf(fact, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_what_is_none_is_told_why() {
        for (text, expected) in [
            ("finished outcome=won value>0 -> Purchase", "ok"),
            ("  finished   classification=a|b  ->  webhook:sale.v2 ", "ok"),
            ("stage is=qualified -> meta:QualifiedLead", "ok"),
            ("lead -> LeadSubmitted", "ok"),
            ("finished Purchase", "no arrow"),
            ("closed -> Purchase", "trigger"),
            ("-> Purchase", "trigger"),
            ("finished value=3 -> Purchase", "condition"),
            ("finished value>many -> Purchase", "condition"),
            ("finished price>3 -> Purchase", "condition"),
            ("finished outcome=maybe -> Purchase", "condition"),
            ("finished classification= -> Purchase", "condition"),
            ("finished classification -> Purchase", "condition"),
            ("lead is=hot -> Purchase", "condition"),
            ("finished ->", "name"),
            ("finished -> Two Words", "name"),
            ("finished -> google:Purchase", "name"),
        ] {
            let found = match text.parse::<Rule>() {
                Ok(rule) => {
                    assert_eq!(rule.to_string().parse(), Ok(rule), "{text}");
                    "ok"
                }
                Err(RuleError::NoArrow(_)) => "no arrow",
                Err(RuleError::Trigger(_)) => "trigger",
                Err(RuleError::Condition(_)) => "condition",
                Err(RuleError::Name(_)) => "name",
            };
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn all_conditions_must_hold() {
        let facts = Facts {
            classification: Some("sale"),
            outcome: Outcome::Won,
            value: Some(Amount(100_000_000)),
            team: Some("sales"),
            channel: "whatsapp",
            account: "default",
            origin: Some("ad"),
            ..Facts::default()
        };
        for (conditions, holds) in [
            ("", true),
            ("outcome=won", true),
            ("outcome=lost", false),
            ("value>99.99", true),
            ("value>100", false),
            ("value>=100", true),
            ("value>=100.01", false),
            ("classification=lost|sale", true),
            ("classification=lost", false),
            ("team=sales origin=ad channel=whatsapp account=default", true),
            ("team=sales origin=organic", false),
            ("agent=ana", false),
        ] {
            let rule: Rule = format!("finished {conditions} -> Purchase").parse().unwrap();
            assert_eq!(rule.holds(&facts), holds, "{conditions}");
        }
        let unsold = Facts { value: None, ..facts };
        let rule: Rule = "finished value>=0 -> Purchase".parse().unwrap();
        assert!(!rule.holds(&unsold), "no value is not zero");
    }
}
