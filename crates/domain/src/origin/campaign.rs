//! `whatsapp_campaign`, `bulk_message`, `crm`: the message answers a dispatch.
//!
//! A dispatch is a business message that opens nothing by itself: a campaign's, one to several recipients, a CRM's. Its touch
//! is made at the first answer: by quote, by button, or by being the first message that opens an interaction inside the
//! reply window. Source: design.md 6, "Business messages" and "Campaign window".

use crate::dispatch::{Recognised, is_dispatch};
use crate::event::Via;
use crate::fact::{Form, Inbound, Sent};
use crate::origin::{Finding, Observer, Obstacle};
use crate::rules::{Moment, Rule};
use crate::state::{Dispatch, State};
use crate::touch::{Confidence, Origin, OriginKind};

/// The dispatch an inbound message answers, if it answers one. `observer` is told of those it might have answered as well.
pub fn answer(state: &State, moment: &Moment, inbound: &Inbound, observer: &mut impl Observer) -> Finding {
    if let Some(quoted) = inbound.quoted.as_deref().filter(|quoted| is_dispatch(&quoted.via)) {
        if quoted.recognised == Recognised::Not {
            return Finding::Missed(kind(&quoted.via).0, Obstacle::NotRecognised);
        }
        let (rule, confidence) = match quoted.is_sure() {
            true => (Rule::CampaignQuote, Confidence::Certain),
            false => (Rule::CampaignStatus, Confidence::Likely),
        };
        return Finding::Origin(origin(quoted, rule, confidence));
    }
    let button = inbound.form == Form::TemplateButton;
    if button && inbound.quoted.is_none() {
        // Only templates have such buttons, so it answers some message of ours; which one is not said.
        return match (live(state, moment).next(), state.interaction(moment)) {
            (Some(dispatch), _) => {
                pass_over(state, moment, observer);
                Finding::Origin(origin(&dispatch.sent, Rule::CampaignButton, Confidence::Likely))
            }
            // A message of ours in this interaction had the button, as far as we know.
            (None, Some(obstacle)) if state.last_outbound_at.is_some() => {
                Finding::Missed(OriginKind::WhatsappCampaign, obstacle)
            }
            (None, _) => {
                let kind = OriginKind::WhatsappCampaign;
                Finding::Origin(Origin::new(kind, Rule::CampaignButton, Confidence::Guess))
            }
        };
    }
    let Some(dispatch) = latest(state) else {
        return unrecognised(state, moment);
    };
    if let Some(obstacle) = not_answered(state, moment, inbound, dispatch) {
        unrecognised(state, moment).told(observer);
        return Finding::Missed(kind(&dispatch.sent.via).0, obstacle);
    }
    pass_over(state, moment, observer);
    Finding::Origin(match dispatch.sent.is_sure() {
        true => origin(&dispatch.sent, Rule::CampaignWindow, Confidence::Likely),
        false => origin(&dispatch.sent, Rule::CampaignStatus, Confidence::Guess),
    })
}

/// A message that would answer something priced as a dispatch, if rules said that it is one.
fn unrecognised(state: &State, moment: &Moment) -> Finding {
    let limit = moment.rules.campaign_reply_window;
    let waits = |dispatch: &&Dispatch| !dispatch.answered && moment.at.since(dispatch.at) <= limit;
    match latest_unrecognised(state).filter(waits) {
        Some(dispatch) if state.opens_interaction(moment) => {
            Finding::Missed(kind(&dispatch.sent.via).0, Obstacle::NotRecognised)
        }
        _ => Finding::Nothing,
    }
}

/// The latest message that is priced as a dispatch and that no rule says to be one.
pub(crate) fn latest_unrecognised(state: &State) -> Option<&Dispatch> {
    let mut dispatches = state.dispatches.iter().rev();
    dispatches.find(|dispatch| dispatch.sent.recognised == Recognised::Not)
}

/// Why an inbound message is not the answer to the latest dispatch; `None` if it is.
fn not_answered(state: &State, moment: &Moment, inbound: &Inbound, dispatch: &Dispatch) -> Option<Obstacle> {
    let (sent, limit) = (dispatch.at, moment.rules.campaign_reply_window);
    if dispatch.answered {
        return Some(Obstacle::Answered { sent });
    }
    if inbound.quoted.is_some() {
        return Some(Obstacle::QuotesAnother { sent });
    }
    if moment.at.since(sent) > limit {
        return Some(Obstacle::DispatchTooOld { sent, limit });
    }
    state.interaction(moment)
}

/// Dispatches that would have been answered, had there not been a later one.
fn pass_over(state: &State, moment: &Moment, observer: &mut impl Observer) {
    for earlier in live(state, moment).skip(1).filter(|dispatch| !dispatch.answered) {
        let sent = earlier.at;
        observer.missed(kind(&earlier.sent.via).0, Obstacle::LaterDispatch { sent });
    }
}

/// The latest dispatch.
pub(crate) fn latest(state: &State) -> Option<&Dispatch> {
    let mut dispatches = state.dispatches.iter().rev();
    dispatches.find(|dispatch| dispatch.sent.is_answerable())
}

/// The dispatches whose reply window holds the moment, the latest first.
fn live<'a>(state: &'a State, moment: &Moment) -> impl Iterator<Item = &'a Dispatch> {
    let (at, limit) = (moment.at, moment.rules.campaign_reply_window);
    let live = move |dispatch: &&Dispatch| dispatch.sent.is_answerable() && at.since(dispatch.at) <= limit;
    state.dispatches.iter().rev().filter(live)
}

/// What an answer to a message of this way is, and by what way.
pub(crate) fn kind(via: &Via) -> (OriginKind, Option<&str>) {
    match via {
        Via::BulkWeb => (OriginKind::BulkMessage, Some("web")),
        Via::BulkMobile => (OriginKind::BulkMessage, Some("mobile")),
        Via::Crm(name) => (OriginKind::Crm, Some(name.as_str())),
        _ => (OriginKind::WhatsappCampaign, None),
    }
}

/// The origin that an answer to a dispatch would be, for whoever asks why it is not.
pub(crate) fn would_be(sent: &Sent) -> Origin {
    origin(sent, Rule::CampaignWindow, Confidence::Likely)
}

fn origin(sent: &Sent, rule: Rule, confidence: Confidence) -> Origin {
    let (kind, via) = kind(&sent.via);
    Origin {
        via: via.map(str::to_owned),
        campaign_id: sent.campaign_id.clone(),
        recognised_by: sent.recognised_by().map(str::to_owned),
        ..Origin::new(kind, rule, confidence)
    }
}

#[cfg(test)]
mod tests {
    use crate::fold::table::{check, check_tickets};

    #[test]
    fn the_first_answer_to_a_dispatch_makes_the_touch() {
        for (events, timeline) in [
            // By quote and button.
            (
                "1.10:00 out campaign=c7 m1; 1.10:05 in quote=m1",
                "1.10:05 whatsapp_campaign c7",
            ),
            (
                "1.10:00 out campaign=c7 m1; 6.10:05 in quote=m1",
                "6.10:05 whatsapp_campaign c7",
            ),
            (
                "1.10:00 out campaign=c7 m1; 1.10:05 in button quote=m1",
                "1.10:05 whatsapp_campaign c7",
            ),
            (
                "1.10:00 out campaign=c7 m1; 1.10:05 in button",
                "1.10:05 whatsapp_campaign? c7",
            ),
            ("1.10:00 in button", "1.10:00 whatsapp_campaign??"),
            (
                "1.10:00 out via=web m1; 1.10:05 in button",
                "1.10:00 new_message via web",
            ),
            // By the window of 72 hours, only where an interaction opens.
            (
                "1.10:00 out campaign=c7 m1; 4.10:00 in",
                "4.10:00 whatsapp_campaign? c7",
            ),
            ("1.10:00 out campaign=c7 m1; 4.10:01 in", "4.10:01 organic?/whatsapp"),
            (
                "1.10:00 in; 1.10:05 out campaign=c7 m1; 1.10:06 in",
                "1.10:00 organic?/whatsapp",
            ),
            (
                "1.10:00 in; 1.10:05 out campaign=c7 m1; 1.10:06 in quote=m1",
                "1.10:00 organic?/whatsapp; 1.10:06 whatsapp_campaign c7",
            ),
            // Later answers make none.
            (
                "1.10:00 out campaign=c7 m1; 1.10:05 in; 1.10:06 in",
                "1.10:05 whatsapp_campaign? c7",
            ),
            (
                "1.10:00 out campaign=c7 m1; 1.10:05 in quote=m1; 1.10:06 in quote=m1",
                "1.10:05 whatsapp_campaign c7",
            ),
            (
                "1.10:00 out campaign=c7 m1; 1.10:05 in; 2.20:00 in",
                "1.10:05 whatsapp_campaign? c7; 2.20:00 organic?/whatsapp",
            ),
            // The latest of two.
            (
                "1.10:00 out campaign=c7 m1; 1.11:00 out campaign=c8 m2; 1.12:00 in",
                "1.12:00 whatsapp_campaign? c8",
            ),
            (
                "1.10:00 out campaign=c7 m1; 1.11:00 out campaign=c8 m2; 1.12:00 in quote=m1",
                "1.12:00 whatsapp_campaign c7",
            ),
            // Stronger evidence wins and keeps the campaign beside it.
            (
                "1.10:00 out campaign=c7 m1; 1.12:00 in ad=A",
                "1.12:00 ad/unknown A +whatsapp_campaign? c7",
            ),
            // A dispatch that failed cannot be answered.
            (
                "1.10:00 out campaign=c7 m1; 1.10:01 status failed m1; 1.12:00 in",
                "1.12:00 organic?/whatsapp",
            ),
        ] {
            check(events, timeline);
        }
    }

    #[test]
    fn bulk_and_crm_messages_are_origins_at_their_answer() {
        for (events, timeline) in [
            (
                "1.10:00 out via=bulk_web m1; 1.10:05 in",
                "1.10:05 bulk_message? via web",
            ),
            (
                "1.10:00 out via=bulk_mobile m1; 1.10:05 in quote=m1",
                "1.10:05 bulk_message via mobile",
            ),
            (
                "1.10:00 out via=salesforce m1; 1.10:05 in",
                "1.10:05 crm? via salesforce",
            ),
        ] {
            check(events, timeline);
        }
    }

    #[test]
    fn a_message_priced_as_marketing_is_a_dispatch_even_if_nobody_told_us_of_it() {
        for (events, timeline) in [
            (
                "1.10:00 status sent m1 marketing data=c7; 1.10:05 in",
                "1.10:05 whatsapp_campaign?? c7",
            ),
            (
                "1.10:00 status sent m1 marketing data=c7; 1.10:05 in quote=m1",
                "1.10:05 whatsapp_campaign? c7",
            ),
            (
                "1.10:00 out campaign=c7 m1; 1.10:01 status sent m1 marketing data=other; 1.10:05 in",
                "1.10:05 whatsapp_campaign? c7",
            ),
        ] {
            check(events, timeline);
        }
    }

    #[test]
    fn a_dispatch_opens_no_ticket_until_the_customer_answers() {
        check_tickets("1.10:00 out campaign=c7 m1", "");
        check_tickets(
            "1.10:00 out campaign=c7 m1; 1.10:05 in",
            "1.10:05 new [whatsapp_campaign]",
        );
    }
}
