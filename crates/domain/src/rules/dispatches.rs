//! Which messages of ours are dispatches of a campaign, by rules of the operator: patterns for what a message tells of itself.
//!
//! ```text
//! shop: callback_data=camp-{campaign}
//! crm: callback_data=*"campaign":"{campaign}"*
//! promotions: template=promo_* -> promotions
//! moved: campaign=legacy/{campaign} from 2026-11-01T00:00:00Z until 2027-01-01T00:00:00Z
//! ```
//! `*` stands for anything, `{campaign}` for the id of the campaign, and the rest for itself. Each of the two reaches as far as the first
//! place where what follows it stands, so a text is read once, from left to right, whatever the pattern; where nothing is left for the
//! campaign the rule does not hold. The first rule that holds counts.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// What stands for the id of the campaign in a pattern.
const CAMPAIGN: &str = "{campaign}";
/// What stands for anything in a pattern.
const ANYTHING: char = '*';

/// What of a message a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Field {
    /// What its sender asked to be told back with its reports.
    CallbackData,
    /// The name of the template it was made from.
    Template,
    /// The id of a campaign that its sender gave.
    Campaign,
}

impl Field {
    const ALL: [Self; 3] = [Self::CallbackData, Self::Template, Self::Campaign];

    const fn name(self) -> &'static str {
        match self {
            Self::CallbackData => "callback_data",
            Self::Template => "template",
            Self::Campaign => "campaign",
        }
    }
}

/// What a message of ours tells of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told<'a> {
    pub(crate) callback_data: Option<&'a str>,
    pub(crate) template: Option<&'a str>,
    pub(crate) campaign: Option<&'a str>,
}

/// A rule: messages that fit it are dispatches of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchRule {
    name: String,
    field: Field,
    pattern: Pattern,
    /// The campaign where the pattern does not hold its id.
    campaign: Option<String>,
    /// It holds for messages sent at or after.
    from: Timestamp,
    /// It holds for messages sent before.
    until: Timestamp,
}

impl DispatchRule {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The campaign of a message that was sent at `at`, if the rule holds for it.
    fn campaign_of<'a>(&'a self, at: Timestamp, told: &Told<'a>) -> Option<&'a str> {
        if at < self.from || at >= self.until {
            return None;
        }
        let text = match self.field {
            Field::CallbackData => told.callback_data,
            Field::Template => told.template,
            Field::Campaign => told.campaign,
        };
        let found = self.pattern.read(text?)?;
        self.campaign.as_deref().or(found)
    }
}

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pattern {
    begins: String,
    holes: Vec<Hole>,
}

/// A hole in a pattern, and the text that ends it; of the last one the text ends there too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Hole {
    is_campaign: bool,
    then: String,
}

impl Pattern {
    /// What stands in the place of the campaign; `None` if the text does not fit, `Some(None)` if it fits and has no such place.
    fn read<'t>(&self, text: &'t str) -> Option<Option<&'t str>> {
        let mut rest = text.strip_prefix(&self.begins)?;
        let Some((last, between)) = self.holes.split_last() else {
            return rest.is_empty().then_some(None);
        };
        let mut campaign = None;
        for hole in between {
            let (taken, behind) = rest.split_once(hole.then.as_str())?;
            if hole.is_campaign {
                campaign = Some(taken);
            }
            rest = behind;
        }
        let taken = rest.strip_suffix(&last.then)?;
        if last.is_campaign {
            campaign = Some(taken);
        }
        (campaign != Some("")).then_some(campaign)
    }
}

/// All rules of this kind, and whether they alone say what a dispatch is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dispatches {
    rules: Vec<DispatchRule>,
    strict_from: Option<Timestamp>,
}

impl Dispatches {
    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[DispatchRule] {
        &self.rules
    }

    /// From when on messages that only reports tell of are dispatches where a rule says so, and not because they are priced as
    /// marketing; `None`: never.
    #[must_use]
    pub const fn strict_from(&self) -> Option<Timestamp> {
        self.strict_from
    }

    /// The same where, from an instant on, the rules alone say what is a dispatch.
    #[must_use]
    pub fn strict(self, from: Option<Timestamp>) -> Self {
        Self {
            strict_from: from,
            ..self
        }
    }

    pub(crate) fn is_strict(&self, at: Timestamp) -> bool {
        self.strict_from.is_some_and(|from| at >= from)
    }

    /// The first rule that holds for a message sent at `at`, and the campaign it gives.
    pub(crate) fn recognise<'a>(&'a self, at: Timestamp, told: &Told<'a>) -> Option<(&'a str, &'a str)> {
        let held = |rule: &'a DispatchRule| Some((rule.name.as_str(), rule.campaign_of(at, told)?));
        self.rules.iter().find_map(held)
    }
}

/// A text that is no rule for dispatches.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{rule}` is no rule for dispatches: {reason}")]
pub struct DispatchRuleError {
    /// The text.
    pub rule: String,
    /// What is wrong with it, and what to do.
    pub reason: &'static str,
}

/// Rules with commas between them.
impl FromStr for Dispatches {
    type Err = DispatchRuleError;

    fn from_str(text: &str) -> Result<Self, DispatchRuleError> {
        let parts = text.split(',').map(str::trim).filter(|rule| !rule.is_empty());
        let rules: Vec<DispatchRule> = parts.map(str::parse).collect::<Result<_, _>>()?;
        let mut names = BTreeSet::new();
        if let Some(twice) = rules.iter().find(|rule| !names.insert(rule.name())) {
            return Err(DispatchRuleError {
                rule: twice.to_string(),
                reason: "another rule before it has the same name; give each its own",
            });
        }
        Ok(Self {
            rules,
            strict_from: None,
        })
    }
}

impl FromStr for DispatchRule {
    type Err = DispatchRuleError;

    fn from_str(text: &str) -> Result<Self, DispatchRuleError> {
        read_rule(text).map_err(|reason| DispatchRuleError {
            rule: text.to_owned(),
            reason,
        })
    }
}

fn read_rule(text: &str) -> Result<DispatchRule, &'static str> {
    let (name, rest) = text.split_once(':').ok_or(
        "begin it with a name and a colon, as in `shop: callback_data=camp-{campaign}`; a comma ends a rule, so write `*` for one in a pattern",
    )?;
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        !name.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if !is_name(name.trim()) {
        return Err("its name is of letters, digits, `-`, `_` and `.`");
    }
    let (rest, until) = read_time(rest, " until ", Timestamp::MAX)?;
    let (rest, from) = read_time(rest, " from ", Timestamp::MIN)?;
    if from >= until {
        return Err("it ends before it begins");
    }
    let (rest, campaign) = match rest.rsplit_once("->") {
        Some((rest, campaign)) => (rest, Some(campaign.trim().to_owned())),
        None => (rest, None),
    };
    let (field, pattern) = rest
        .split_once('=')
        .ok_or("say what to look at: callback_data=, template= or campaign=")?;
    let field = Field::ALL
        .into_iter()
        .find(|known| known.name() == field.trim())
        .ok_or("what it looks at is none of callback_data, template, campaign")?;
    let pattern: Pattern = pattern.trim().parse()?;
    let holds_campaign = pattern.holes.iter().any(|hole| hole.is_campaign);
    match campaign.as_deref() {
        Some("") => Err("the id of the campaign is missing behind `->`"),
        Some(_) if holds_campaign => Err("it names the campaign twice: by `{campaign}` and behind `->`"),
        None if !holds_campaign => Err("say which campaign: by `{campaign}` in the pattern, or with `-> ID` behind it"),
        _ => Ok(DispatchRule {
            name: name.trim().to_owned(),
            field,
            pattern,
            campaign,
            from,
            until,
        }),
    }
}

/// What stands before a word, and the instant behind it; `usual` where there is no such word.
fn read_time<'t>(text: &'t str, word: &str, usual: Timestamp) -> Result<(&'t str, Timestamp), &'static str> {
    match text.rsplit_once(word) {
        None => Ok((text, usual)),
        Some((rest, at)) => match Timestamp::parse(at.trim()) {
            Some(at) => Ok((rest, at)),
            None => Err("behind `from` and `until` stands an instant, such as 2026-11-01T00:00:00-03:00"),
        },
    }
}

impl FromStr for Pattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("its pattern is empty");
        }
        let (mut begins, mut holes) = (String::new(), Vec::<Hole>::new());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let is_campaign = rest.starts_with(CAMPAIGN);
            if !is_campaign && next != ANYTHING {
                let literal = holes.last_mut().map_or(&mut begins, |hole| &mut hole.then);
                literal.push(next);
                rest = rest.get(next.len_utf8()..).unwrap_or_default();
                continue;
            }
            if holes.last().is_some_and(|hole| hole.then.is_empty()) {
                return Err("`*` and `{campaign}` stand side by side: put what separates them between");
            }
            if is_campaign && holes.iter().any(|hole| hole.is_campaign) {
                return Err("`{campaign}` stands in it twice; write `*` for one of them");
            }
            holes.push(Hole {
                is_campaign,
                then: String::new(),
            });
            let length = if is_campaign { CAMPAIGN.len() } else { 1 };
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(Self { begins, holes })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.begins)?;
        for hole in &self.holes {
            if hole.is_campaign {
                f.write_str(CAMPAIGN)?;
            } else {
                write!(f, "{ANYTHING}")?;
            }
            f.write_str(&hole.then)?;
        }
        Ok(())
    }
}

/// The line it was read from.
impl fmt::Display for DispatchRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}={}", self.name, self.field.name(), self.pattern)?;
        if let Some(campaign) = &self.campaign {
            write!(f, " -> {campaign}")?;
        }
        if self.from != Timestamp::MIN {
            write!(f, " from {}", self.from)?;
        }
        if self.until != Timestamp::MAX {
            write!(f, " until {}", self.until)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
