//! Origins: every fact that made a touch or might have, with all that was considered for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::dispatch::is_dispatch;
use crate::event::{CallEvent, DeliveryState, Direction, Kind};
use crate::fact::{Fact, What};
use crate::fold::Folding;
use crate::key::{Key, TouchId};
use crate::origin::{Fate, Observer, Obstacle, business_message, campaign};
use crate::rules::Rule;
use crate::state::State;
use crate::time::Timestamp;
use crate::touch::{Origin, OriginKind, Touch};
use crate::why::{Proof, late};

/// One fact, and the origins that were considered for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weighing {
    /// The fact.
    pub proof: Proof,
    /// The touch it made.
    pub touch: Option<TouchId>,
    /// What was considered, in order of precedence.
    pub considered: Vec<Considered>,
    /// What it was told as before an earlier fact came in late.
    pub replaced: Option<Replaced>,
}

/// An origin that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Considered {
    /// What kind.
    pub kind: OriginKind,
    /// What it is, or would have been; `None` where only its kind can be told.
    pub origin: Option<Origin>,
    /// What became of it.
    pub fate: Fate,
    /// Another fact that it hangs on: the dispatch that was answered, the message before.
    pub proof: Option<Proof>,
    /// What kind of touch that other fact made.
    pub by: Option<OriginKind>,
}

/// An origin that a fact had before an earlier one came in late.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replaced {
    /// The origin.
    pub origin: Origin,
    /// What came in late.
    pub by: Proof,
}

/// Messages that went on with an interaction: nobody asks why they have no origin of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Quiet {
    /// Of the customer.
    pub received: u64,
    /// Of the business.
    pub sent: u64,
}

impl Considered {
    /// Whether nobody would ask: an everyday message that goes on with its interaction.
    fn is_quiet(&self) -> bool {
        let Fate::Missed(obstacle) = self.fate else {
            return false;
        };
        match obstacle {
            Obstacle::InInteraction { .. } => matches!(
                self.kind,
                OriginKind::Organic | OriginKind::Unknown | OriginKind::NewMessage
            ),
            Obstacle::Answered { .. }
            | Obstacle::ReportTooOld { .. }
            | Obstacle::WaitsForAnswer
            | Obstacle::RepliesToComment { .. }
            | Obstacle::NotReplied { .. }
            | Obstacle::NotFirst => true,
            _ => false,
        }
    }
}

/// The place in the precedence. Source: design.md 6, "Precedence".
const fn precedence(kind: OriginKind) -> u8 {
    match kind {
        OriginKind::Ad => 0,
        OriginKind::Link => 1,
        OriginKind::Hashtag => 2,
        OriginKind::WhatsappCampaign | OriginKind::BulkMessage | OriginKind::Crm => 3,
        OriginKind::NewMessage => 4,
        OriginKind::Comment => 5,
        OriginKind::Takeover => 6,
        OriginKind::Organic => 7,
        OriginKind::Unknown => 8,
    }
}

/// One step of the fold, watched.
pub(super) struct Watched {
    considered: Vec<(OriginKind, Option<Origin>, Fate)>,
    /// What the state remembered before the step: the latest dispatch, what rules do not call one, report, click and comment.
    dispatch: Option<Timestamp>,
    unrecognised: Option<Timestamp>,
    report: Option<Timestamp>,
    clicked: Option<Timestamp>,
    commented: Option<Timestamp>,
}

impl Observer for Watched {
    fn found(&mut self, origin: &Origin, fate: Fate) {
        self.considered.push((origin.kind, Some(origin.clone()), fate));
    }

    fn missed(&mut self, kind: OriginKind, obstacle: Obstacle) {
        self.considered.push((kind, None, Fate::Missed(obstacle)));
    }
}

/// What was considered so far.
pub(super) struct Trace<'a> {
    folding: Folding<'a>,
    facts: &'a [Fact],
    /// The best account of each business message, by its id.
    sent: BTreeMap<Key, usize>,
    weighed: Vec<Weighing>,
}

impl<'a> Trace<'a> {
    pub(super) fn new(folding: Folding<'a>, facts: &'a [Fact]) -> Self {
        let mut sent: BTreeMap<Key, usize> = BTreeMap::new();
        for (index, fact) in facts.iter().enumerate() {
            match &fact.what {
                What::Sent(told) => {
                    let message = told.message.map(|message| (message, index));
                    sent.extend(message);
                }
                What::Status {
                    message: Some(message), ..
                } => {
                    sent.entry(*message).or_insert(index);
                }
                _ => {}
            }
        }
        Self {
            folding,
            facts,
            sent,
            weighed: Vec::new(),
        }
    }

    /// Whoever watches the next step, from `state`.
    pub(super) fn watch(&self, state: &State) -> Watched {
        Watched {
            considered: Vec::new(),
            dispatch: campaign::latest(state).map(|dispatch| dispatch.at),
            unrecognised: campaign::latest_unrecognised(state).map(|dispatch| dispatch.at),
            report: business_message::reported(state).map(|report| report.at),
            clicked: state.clicked.as_ref().map(|clicked| clicked.at),
            commented: state.comment.as_ref().map(|comment| comment.at),
        }
    }

    /// Takes what was seen at the step of the fact `index`, which was the last of all that made `touches`.
    pub(super) fn take(&mut self, mut watched: Watched, index: usize, touches: &[Touch]) {
        let fact = &self.facts[index];
        let mut seen = std::mem::take(&mut watched.considered);
        if seen.is_empty() {
            return;
        }
        seen.sort_by_key(|(kind, ..)| precedence(*kind));
        let considered = seen.into_iter().map(|(kind, origin, fate)| {
            let proof = self.proof(&watched, index, origin.as_ref(), fate);
            let made = |proof: Proof| touches.iter().rev().find(|touch| touch.fact == proof.fact);
            Considered {
                kind,
                origin: origin.or_else(|| would_be(self.folding, fate, proof.map(|(_, fact)| fact)?)),
                fate,
                by: proof.and_then(|(proof, _)| made(proof)).map(|touch| touch.origin.kind),
                proof: proof.map(|(proof, _)| proof),
            }
        });
        let considered = considered.collect();
        let touch = touches.last().filter(|touch| touch.fact == fact.key);
        self.weighed.push(Weighing {
            proof: Proof::of(fact),
            touch: touch.map(|touch| touch.id),
            considered,
            replaced: None,
        });
    }

    /// What is worth telling, and how much is not.
    pub(super) fn told(mut self) -> (Vec<Weighing>, Quiet) {
        late::note(self.folding, self.facts, &mut self.weighed);
        let mut quiet = Quiet::default();
        let mut told = Vec::new();
        for weighing in self.weighed {
            let is_quiet = weighing.considered.iter().all(Considered::is_quiet);
            if weighing.touch.is_some() || weighing.replaced.is_some() || !is_quiet {
                told.push(weighing);
            } else if weighing.proof.fact.kind == Kind::MessageSent {
                quiet.sent += 1;
            } else {
                quiet.received += 1;
            }
        }
        (told, quiet)
    }

    /// The other fact that an origin, or what stood in its way, hangs on.
    fn proof(&self, watched: &Watched, index: usize, origin: Option<&Origin>, fate: Fate) -> Option<(Proof, &'a Fact)> {
        let quoted = || match &self.facts[index].what {
            What::Inbound(inbound) => inbound.quoted.as_ref()?.message,
            _ => None,
        };
        let quoted = || self.facts.get(*self.sent.get(&quoted()?)?);
        let is_of_ours = |fact: &Fact| matches!(fact.what, What::Sent(_) | What::Status { .. });
        let found = match fate {
            Fate::Missed(Obstacle::NotRecognised) => {
                quoted().or_else(|| self.at(index, watched.unrecognised?, is_of_ours))
            }
            Fate::Missed(obstacle) => self.at(index, obstacle.instant()?, |fact| {
                hangs_on(self.folding, obstacle, fact)
            }),
            Fate::SeenBefore { at } => self.at(index, at, |fact| {
                matches!(fact.what, What::Inbound(_) | What::Opened { .. } | What::Comment { .. })
            }),
            Fate::Won | Fate::Kept => match origin?.rule {
                Rule::CampaignQuote | Rule::MessageQuote => quoted(),
                Rule::CampaignStatus | Rule::CampaignWindow | Rule::CampaignButton => {
                    quoted().or_else(|| self.at(index, watched.dispatch?, is_of_ours))
                }
                Rule::MessageStatus => self.at(index, watched.report?, is_of_ours),
                Rule::LinkClicked => self.at(index, watched.clicked?, |fact| {
                    matches!(fact.what, What::Clicked { .. })
                }),
                Rule::CommentReply => self.at(index, watched.commented?, |fact| {
                    matches!(fact.what, What::Comment { .. })
                }),
                _ => None,
            },
        };
        found.map(|fact| (Proof::of(fact), fact))
    }

    /// The last fact of an instant before the fact `index` that is one of these.
    fn at(&self, index: usize, at: Timestamp, is: impl Fn(&Fact) -> bool) -> Option<&'a Fact> {
        let before = &self.facts[..index];
        let end = before.partition_point(|fact| fact.key.at <= at);
        let of_instant = before[..end].iter().rev().take_while(|fact| fact.key.at == at);
        of_instant.into_iter().find(|fact| is(fact))
    }
}

/// Whether an obstacle that names an instant means a fact of that kind.
fn hangs_on(folding: Folding<'_>, obstacle: Obstacle, fact: &Fact) -> bool {
    match obstacle {
        Obstacle::InInteraction { .. } => speaks(folding, fact),
        Obstacle::Withheld { .. } => matches!(fact.what, What::Opened { .. } | What::Comment { .. }),
        Obstacle::RepliesToComment { .. } | Obstacle::NotReplied { .. } | Obstacle::CommentTooOld { .. } => {
            matches!(fact.what, What::Comment { .. })
        }
        Obstacle::FollowedTooLongAgo { .. } | Obstacle::ClickTooOld { .. } => {
            matches!(fact.what, What::Clicked { .. })
        }
        _ => matches!(fact.what, What::Sent(_) | What::Status { .. }),
    }
}

/// Whether a fact is a word of either side.
fn speaks(folding: Folding<'_>, fact: &Fact) -> bool {
    match &fact.what {
        What::Inbound(_) | What::History { .. } => true,
        What::Call { event, direction } => *event == CallEvent::Connect && *direction == Direction::In,
        What::Sent(_) => fact
            .business_message(folding.rulebook)
            .is_some_and(|sent| !is_dispatch(&sent.via)),
        What::Status { state, .. } => *state == DeliveryState::Sent,
        _ => false,
    }
}

/// The origin that a dispatch, which was missed, would have been.
fn would_be(folding: Folding<'_>, fate: Fate, fact: &Fact) -> Option<Origin> {
    let Fate::Missed(obstacle) = fate else { return None };
    let sent = fact
        .business_message(folding.rulebook)
        .filter(|sent| is_dispatch(&sent.via))?;
    (!matches!(obstacle, Obstacle::InInteraction { .. })).then(|| campaign::would_be(&sent))
}
