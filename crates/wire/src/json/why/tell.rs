//! A story of the engine to its JSON, in a language.

use origem_domain::origin::{Fate, Obstacle};
use origem_domain::rules::{RULES_VERSION, Rulebook};
use origem_domain::time::{Micros, Timestamp};
use origem_domain::why as domain;
use origem_domain::why::text::{self, Language};
use origem_domain::windows::{self, Charge, Window};
use origem_engine::query;

use super::{
    Considered, Proof, Regime, Replaced, Why, WhyLeftOut, WhyQuiet, WhyRules, WhySend, WhyStatus, WhyTouch, WhyWeighed,
    WhyWindow, WhyWindows,
};
use crate::json::anomaly::text_or_base64;
use crate::json::{Origin, Touch};

impl Why {
    /// A story in a language.
    #[must_use]
    pub fn of(why: &query::Why, language: Language) -> Self {
        let teller = Teller { why, language };
        let mut touches = Vec::new();
        let mut without_touch = Vec::new();
        for weighing in &why.story.weighed {
            let weighed = teller.weighed(weighing);
            match why.touches.iter().find(|view| Some(view.touch.id) == weighing.touch) {
                Some(view) => {
                    let rule = view.touch.origin.rule;
                    touches.push(WhyTouch {
                        touch: Touch::of(view),
                        rule: rule.name(),
                        because: text::rule(rule, language),
                        weighed,
                    });
                }
                None => without_touch.push(weighed),
            }
        }
        let quiet = why.story.quiet;
        let left_out = WhyLeftOut {
            weighed: why.left_out.weighed,
            status: why.left_out.status,
            windows: why.left_out.windows,
        };
        let is_whole = why.left_out == query::LeftOut::default();
        Self {
            conversation: why.conversation,
            language: language.tag(),
            rules: WhyRules::of(&why.rulebook),
            touches,
            without_touch,
            quiet: WhyQuiet {
                received: quiet.received,
                sent: quiet.sent,
                text: text::quiet(quiet, language),
            },
            status: why.story.status.iter().map(|step| teller.status(step)).collect(),
            windows: teller.windows(),
            left_out: (!is_whole).then_some(left_out),
        }
    }
}

impl WhyRules {
    fn of(rulebook: &Rulebook) -> Self {
        let regimes = rulebook.regimes().iter().map(|(from, rules)| Regime {
            from: Some(*from).filter(|from| *from != Timestamp::MIN),
            interaction_gap_s: seconds(rules.interaction_gap),
            campaign_reply_window_s: seconds(rules.campaign_reply_window),
            organic_withheld_s: seconds(rules.organic_withheld),
            private_reply_window_s: seconds(rules.private_reply_window),
            click_valid_s: seconds(rules.click_valid),
        });
        Self {
            version: RULES_VERSION,
            regimes: regimes.collect(),
            dispatches: rulebook.dispatches().rules().iter().map(ToString::to_string).collect(),
            // From the beginning: from an instant before all that can be written.
            dispatches_strict_from: rulebook
                .dispatches()
                .strict_from()
                .map(|from| from.max(Timestamp::default())),
        }
    }
}

/// Whole seconds.
const fn seconds(length: Micros) -> i64 {
    length / 1_000_000
}

/// A story and the language it is told in.
struct Teller<'a> {
    why: &'a query::Why,
    language: Language,
}

impl Teller<'_> {
    fn proof(&self, proof: domain::Proof) -> Proof {
        let event = self.why.events.get(&proof.position);
        let (raw, raw_base64) = text_or_base64(event.and_then(|event| event.raw.as_deref()));
        Proof {
            position: proof.position,
            occurred_at: proof.fact.at,
            kind: proof.fact.kind,
            message_id: event.and_then(|event| event.message_id.clone()),
            received_at: event.and_then(|event| event.received_at),
            raw,
            raw_base64,
            record_gone: event.is_some_and(|event| event.record_gone),
        }
    }

    fn weighed(&self, weighing: &domain::Weighing) -> WhyWeighed {
        let at = weighing.proof.fact.at;
        let regimes = self.why.rulebook.regimes().iter().rev();
        let regime = regimes.map(|(from, _)| *from).find(|from| *from <= at);
        WhyWeighed {
            evidence: self.proof(weighing.proof),
            rules_from: regime.filter(|from| *from != Timestamp::MIN),
            considered: weighing.considered.iter().map(|one| self.considered(one, at)).collect(),
            replaced: weighing.replaced.as_ref().map(|replaced| Replaced {
                origin: Origin::of(&replaced.origin),
                text: text::replaced(&replaced.origin, self.language),
                evidence: self.proof(replaced.by),
            }),
        }
    }

    fn considered(&self, considered: &domain::Considered, at: Timestamp) -> Considered {
        let (verdict, obstacle) = match considered.fate {
            Fate::Won => ("won", None),
            Fate::Kept => ("kept", None),
            Fate::SeenBefore { .. } => ("seen_before", None),
            Fate::Missed(obstacle) if obstacle.is_defeat() => ("lost", Some(obstacle)),
            Fate::Missed(obstacle) => ("not_applicable", Some(obstacle)),
        };
        let instant = match considered.fate {
            Fate::SeenBefore { at } => Some(at),
            _ => obstacle.and_then(Obstacle::instant),
        };
        Considered {
            kind: considered.kind,
            label: match &considered.origin {
                Some(origin) => origin.label(),
                None => text::kind(considered.kind, self.language),
            },
            verdict,
            reason: obstacle.map(Obstacle::name),
            since_s: instant.map(|instant| seconds(at.since(instant))),
            limit_s: obstacle.and_then(Obstacle::limit).map(seconds),
            text: text::considered(considered, at, self.language),
            origin: considered.origin.as_ref().map(Origin::of),
            evidence: considered.proof.map(|proof| self.proof(proof)),
        }
    }

    fn status(&self, step: &domain::StatusStep) -> WhyStatus {
        let stale = match step.cause {
            domain::Cause::Ignored(domain::Ignored::Stale { decided_on, was }) => Some((decided_on, was)),
            _ => None,
        };
        WhyStatus {
            at: step.proof.fact.at,
            ticket_id: step.ticket,
            from: step.from,
            to: step.to,
            reason: step.cause.name(),
            ignored: step.cause.is_ignored(),
            decided_on: stale.map(|(decided_on, _)| decided_on),
            was: stale.map(|(_, was)| was),
            agent: step.agent.clone(),
            assignee: step.assignee.clone(),
            text: text::status(step, self.language),
            evidence: self.proof(step.proof),
        }
    }

    fn windows(&self) -> WhyWindows {
        let windows = &self.why.windows;
        let steps = &self.why.story.windows;
        let send = windows.send.iter().map(|(way, send)| (way.name(), self.send(send)));
        WhyWindows {
            as_of: windows.as_of,
            tariff: windows.tariff,
            reason: windows.reason.map(windows::NoWindows::name),
            send: send.collect(),
            steps: steps.iter().map(|step| self.window(step)).collect(),
        }
    }

    fn send(&self, send: &windows::Send) -> WhySend {
        let mut steps = self.why.story.windows.iter().rev();
        WhySend {
            allowed: send.allowed,
            charge: send.charge.map(Charge::name),
            basis: send.basis.name(),
            text: text::basis(send.basis, self.language),
            evidence: steps
                .find(|step| step.bears(send.basis))
                .map(|step| self.proof(step.proof)),
        }
    }

    fn window(&self, step: &domain::WindowStep) -> WhyWindow {
        WhyWindow {
            at: step.proof.fact.at,
            window: step.window.name(),
            category: match step.window {
                Window::Conversation(category) => Some(category.name()),
                _ => None,
            },
            change: step.change.name(),
            times: step.times,
            until: step.change.until(),
            text: text::change(step, self.why.windows.zone, self.language),
            evidence: self.proof(step.proof),
        }
    }
}
