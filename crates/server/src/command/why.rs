//! `origem why`: the story of a conversation, through the same route as the API: in this process on a data directory, or on a
//! server. Reasons come from there; here is only how they stand on a page.

mod prose;

use std::io::{IsTerminal as _, Write as _};

use origem_domain::key::TouchId;
use origem_domain::why::text::Language;
use serde_json::Value;

use crate::api::Api;
use crate::args::{Format, Why};
use crate::command::query::{encode, find};
use crate::failure::Failure;

/// Prints why a conversation is what it is.
pub fn run(args: &Why) -> Result<(), Failure> {
    let asked = Asked::of(args)?;
    let language = args
        .lang
        .unwrap_or_else(|| of_environment(|name| std::env::var(name).ok()));
    let api = Api::at(args.url.as_deref(), &args.settings)?;
    let answer = asked.ask(args, language, &api);
    api.close()?;
    let answer = answer?;
    let mut out = std::io::stdout().lock();
    match args.format.unwrap_or(Format::usual(std::io::stdout().is_terminal())) {
        Format::Json => writeln!(out, "{answer}")?,
        Format::Table => write!(out, "{}", prose::of(&answer, language))?,
    }
    Ok(())
}

/// Which conversation, and which touch of it.
#[derive(Debug, PartialEq)]
struct Asked<'a> {
    conversation: Place<'a>,
    touch: Option<&'a str>,
}

/// How a conversation is named.
#[derive(Debug, PartialEq)]
enum Place<'a> {
    Id(&'a str),
    Contact(&'a str),
}

impl<'a> Asked<'a> {
    fn of(args: &'a Why) -> Result<Self, Failure> {
        let id = args.id.as_deref();
        let touch = id.filter(|id| id.parse::<TouchId>().is_ok());
        let named = match (args.contact.as_deref(), args.conversation.as_deref()) {
            (Some(contact), _) => Some(Place::Contact(contact)),
            (None, conversation) => conversation.map(Place::Id),
        };
        let conversation = match (named, id) {
            (None, Some(id)) if touch.is_none() => Place::Id(id),
            (Some(named), id) if touch.is_some() || id.is_none() => named,
            (None, _) => {
                let advice = "a touch is looked for in its conversation: name that with --contact or --conversation";
                return Err(Failure::usage(advice));
            }
            (Some(_), _) => {
                let advice =
                    "--contact and --conversation name the conversation; beside them only a touch (to_...) can stand";
                return Err(Failure::usage(advice));
            }
        };
        Ok(Self { conversation, touch })
    }

    fn ask(&self, args: &Why, language: Language, api: &Api) -> Result<Value, Failure> {
        let id = match self.conversation {
            Place::Id(id) => id.to_owned(),
            Place::Contact(contact) => find(api, contact, args.channel.as_deref())?,
        };
        let told = [
            ("lang", Some(language.tag().to_owned())),
            ("limit", Some(args.limit.to_string())),
            ("raw", args.raw.then(|| "true".to_owned())),
            ("touch", self.touch.map(str::to_owned)),
            ("at", args.at.clone()),
            ("position", args.position.clone()),
        ];
        let told = told
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", encode(&value?))));
        let told: Vec<String> = told.collect();
        api.get(&format!("/v1/conversations/{}/why?{}", encode(&id), told.join("&")))
    }
}

/// The language of whoever sits there. The first variable that is set decides, as everywhere else.
fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable);
    let mut set = set.filter(|value| !value.is_empty());
    set.next().and_then(|value| Language::of(&value)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Command};

    const TOUCH: &str = "to_00000000000000ab";

    #[track_caller]
    fn asked(words: &str, check: impl FnOnce(Result<Asked<'_>, Failure>)) {
        let args = Args::try_parse_from(["origem", "why"].into_iter().chain(words.split_whitespace()));
        let Ok(Args {
            command: Command::Why(why),
            ..
        }) = args
        else {
            panic!("{words} is not understood");
        };
        check(Asked::of(&why));
    }

    #[test]
    fn a_touch_is_named_beside_its_conversation() {
        for (words, conversation, touch) in [
            ("cv_1", Place::Id("cv_1"), None),
            ("--contact +55", Place::Contact("+55"), None),
            ("--conversation cv_1", Place::Id("cv_1"), None),
            (&format!("{TOUCH} --contact +55"), Place::Contact("+55"), Some(TOUCH)),
            (&format!("{TOUCH} --conversation cv_1"), Place::Id("cv_1"), Some(TOUCH)),
        ] {
            let expected = Asked { conversation, touch };
            asked(words, |asked| assert_eq!(asked.ok(), Some(expected), "{words}"));
        }
        for refused in [TOUCH, "cv_1 --contact +55"] {
            asked(refused, |asked| assert!(asked.is_err(), "{refused}"));
        }
    }

    #[test]
    fn the_first_variable_that_is_set_decides_the_language() {
        for (set, language) in [
            (&[("LANG", "pt_BR.UTF-8")][..], Language::PtBr),
            (&[("LC_ALL", "C"), ("LANG", "pt_BR.UTF-8")], Language::En),
            (&[("LC_ALL", ""), ("LC_MESSAGES", "pt_BR")], Language::PtBr),
            (&[], Language::En),
        ] {
            let variable = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(of_environment(variable), language, "{set:?}");
        }
    }
}
