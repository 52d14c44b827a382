//! Stories under rules that say what is a dispatch: which rule recognised it, and that none did.

use super::{text, write};
use crate::event::ChannelKind;
use crate::fold::Folding;
use crate::fold::table::facts_under;
use crate::rules::Rulebook;
use crate::rules::dispatches::Dispatches;
use crate::time::Timestamp;
use crate::why::text::Language;
use crate::why::{Story, explain};

fn story(events: &str) -> Story {
    let rules: Dispatches = "shop: callback_data=camp-{campaign}".parse().unwrap();
    let rulebook = Rulebook::default().recognising(rules.strict(Some(Timestamp::MIN)));
    let folding = Folding {
        channel: ChannelKind::Whatsapp,
        rulebook: &rulebook,
    };
    explain(folding, &facts_under(&rulebook, events))
}

#[test]
fn a_story_names_the_rule_and_the_report_it_recognised() {
    let recognised = "1.10:00 status sent m1 utility data=camp-7";
    let unrecognised = "1.11:00 status sent m2 marketing data=other";
    for (events, expected) in [
        (
            format!("{recognised}; 1.12:00 in"),
            "1.12:00 whatsapp_campaign won @0, organic explained_better",
        ),
        (
            format!("{recognised}; 1.12:00 in quote=m1"),
            "1.12:00 whatsapp_campaign won @0, organic explained_better",
        ),
        // A message that was told of after its report is one dispatch, not two.
        (
            format!("{recognised}; 1.10:01 out via=api m1; 1.12:00 in"),
            "1.12:00 whatsapp_campaign won @1, organic explained_better",
        ),
        (
            format!("{unrecognised}; 1.12:00 in"),
            "1.12:00 whatsapp_campaign not_recognised @0, organic won",
        ),
        (
            format!("{unrecognised}; 1.12:00 in quote=m2"),
            "1.12:00 whatsapp_campaign not_recognised @0, organic won",
        ),
        // What came before it in time and is answered no more says so too.
        (
            format!("{recognised}; 4.11:00 status sent m2 marketing data=other; 4.12:00 in"),
            "4.12:00 whatsapp_campaign not_recognised @1, whatsapp_campaign dispatch_too_old 74 h/72 h @0, organic won",
        ),
    ] {
        let written: Vec<String> = story(&events).weighed.iter().map(write).collect();
        assert_eq!(written, [expected], "events: {events}");
    }
}

#[test]
fn sentences_say_which_rule_and_that_there_was_none() {
    for (events, en, pt_br) in [
        (
            "1.10:00 status sent m1 utility data=camp-7; 1.12:00 in quote=m1",
            "the message quotes, or presses a button of, a message of the campaign; the rule `shop` recognises the campaign",
            "a mensagem cita uma mensagem da campanha, ou aperta um botão dela; a regra `shop` reconhece a campanha",
        ),
        (
            "1.10:00 status sent m1 marketing data=other; 1.12:00 in",
            "priced as marketing, but no rule says that it is a campaign's dispatch",
            "tarifada como marketing, mas nenhuma regra diz que é o disparo de uma campanha",
        ),
    ] {
        let story = story(events);
        let weighing = &story.weighed[0];
        let told = |language| text::considered(&weighing.considered[0], weighing.proof.fact.at, language);
        assert_eq!(
            (told(Language::En).as_str(), told(Language::PtBr).as_str()),
            (en, pt_br)
        );
    }
}
