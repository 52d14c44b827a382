//! What can be sent to somebody now, message by message: free text where it is allowed, and every template, the cheapest first.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::amount::Amount;
use crate::directory::{Template, TemplateCategory, TemplateStatus};
use crate::event::Channel;
use crate::windows::{Charge, Send, Way, Windows};

/// One thing that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendOption {
    /// As what.
    pub way: Way,
    /// Which template, by id; `None`: what somebody writes.
    pub template: Option<(String, Template)>,
    /// Whether and at what charge.
    pub send: Send,
}

/// What is looked for. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Templates that this channel may send.
    pub channel: Option<Channel>,
    /// Templates that this team may send.
    pub team: Option<String>,
    /// Templates that whoever is in these teams may send.
    pub teams: Option<BTreeSet<String>>,
    /// Templates of this category only, and nothing else.
    pub category: Option<TemplateCategory>,
}

impl Wanted {
    fn fits(&self, template: &Template) -> bool {
        let is_named =
            |named: &[String], one: Option<String>| named.is_empty() || one.is_none_or(|one| named.contains(&one));
        let channel = self.channel.as_ref().map(ToString::to_string);
        is_named(&template.channels, channel)
            && is_named(&template.teams, self.team.clone())
            && self.teams.as_ref().is_none_or(|teams| template.is_for(teams))
            && template.status.is_none_or(|status| status == TemplateStatus::Approved)
            && self.category.is_none_or(|category| template.category == Some(category))
    }
}

impl Template {
    /// Whether whoever is in these teams may send it: one that names no teams is everybody's.
    #[must_use]
    pub fn is_for(&self, teams: &BTreeSet<String>) -> bool {
        self.teams.is_empty() || self.teams.iter().any(|team| teams.contains(team))
    }
}

impl TemplateCategory {
    /// What a template of the category is sent as.
    #[must_use]
    pub const fn way(self) -> Way {
        match self {
            Self::Utility => Way::Utility,
            Self::Marketing => Way::Marketing,
            Self::Authentication => Way::Authentication,
        }
    }
}

impl Windows {
    /// Everything that may be sent, the cheapest first: what is free, what may be, what is charged by its price, what is charged at a
    /// price that is not known. Of equals, the surer one. Templates whose category nobody told are left out: nobody can say what
    /// they cost.
    #[must_use]
    pub fn options(&self, templates: impl IntoIterator<Item = (String, Template)>, wanted: &Wanted) -> Vec<SendOption> {
        let written = [Way::FreeForm, Way::HumanAgent, Way::PrivateReply].map(|way| (way, None));
        let templates = templates.into_iter().filter(|(_, template)| wanted.fits(template));
        let templates = templates.filter_map(|(id, template)| Some((template.category?.way(), Some((id, template)))));
        let all = written
            .into_iter()
            .filter(|_| wanted.category.is_none())
            .chain(templates);
        let allowed = all.filter_map(|(way, template)| {
            let send = *self.send.get(&way).filter(|send| send.allowed)?;
            Some(SendOption { way, template, send })
        });
        let mut options: Vec<SendOption> = allowed.collect();
        options.sort_by_cached_key(|option| {
            let id = option.template.as_ref().map(|(id, _)| id.clone());
            (self.cost(&option.send), Reverse(option.send.confidence), option.way, id)
        });
        options
    }

    /// What options are sorted by.
    fn cost(&self, send: &Send) -> (u8, Amount) {
        match (send.charge, self.price_now(send)) {
            (Some(Charge::Free), _) => (0, Amount(0)),
            (Some(Charge::Unknown), _) => (1, Amount(0)),
            (Some(Charge::Rate), Some(price)) => (2, price.amount),
            (Some(Charge::Rate) | None, _) => (3, Amount(0)),
        }
    }
}
