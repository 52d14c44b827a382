//! What happens in a conversation: stories of ten events. Together they reach every rule that the peers share, from both sides.

/// Events of a conversation.
pub const EVENTS: usize = 10;

/// What happens, and in which minute after the beginning. Steps that are exactly a day or three days apart here are a few seconds more or less apart in
/// a plan: they try both sides of a limit.
const STORIES: &[&str] = &[
    // Through an ad, claimed by the answer; the same ad again is nothing new.
    "0 in+ad; 3 out; 4 delivered; 20 in; 25 out; 26 delivered; 60 in+ad; 120 out; 121 delivered; 300 finish",
    // Alone, and again a day later through an ad that nobody answers.
    "0 in; 5 claim; 6 out; 7 delivered; 15 in; 16 in; 30 out; 31 delivered; 1480 in+ad; 1500 in",
    // A dispatch, quoted; the next ticket.
    "0 dispatch; 1 delivered; 120 in+quote; 125 out; 126 delivered; 140 in; 150 out; 151 delivered; 200 finish; 2000 in",
    // A dispatch, answered without a quote.
    "0 dispatch; 1 delivered; 2900 in; 2910 claim; 2911 out; 2912 delivered; 2950 in; 2990 out; 2991 delivered; 3100 in",
    // A hashtag, twice in an interaction and once more in the next.
    "0 in+tag; 4 out; 5 delivered; 30 in+tag; 40 out; 41 delivered; 3000 in+tag; 3010 out; 3011 delivered; 3200 finish",
    // We write first, and again days later.
    "0 out; 1 delivered; 30 in; 40 out; 41 delivered; 3700 out; 3701 delivered; 3760 in; 3800 finish; 3900 in",
    // The time to answer an ad grows with what the customer writes; a second click in the open window, a third after it.
    "0 in+ad; 1200 in; 2400 in; 3780 out; 3781 delivered; 6000 in+ad2; 6010 out; 6011 delivered; 9000 in+ad3; 9010 out",
    // An ad and a quote at once; a day later, or a second before that.
    "0 dispatch; 1 delivered; 600 in+quote+ad; 700 in+quote; 720 out; 721 delivered; 2160 in; 2170 claim; 2200 out; 2201 delivered",
    // An ad that is not answered in time; a hashtag and an ad in one interaction; a claim of what is finished.
    "0 in+ad; 3000 in; 3010 out; 3011 delivered; 4600 in+tag; 4601 in+ad2; 4650 out; 4651 delivered; 5000 finish; 5001 claim",
    // One ticket after the other, and an answer that is too late for the ad; a claim of what is somebody's.
    "0 in+ad; 10 finish; 12 in; 20 finish; 22 in; 1600 claim; 1601 out; 1602 delivered; 1610 in; 1620 claim",
    // A dispatch at the end of its time, or a second after it; another in the middle of an interaction.
    "0 dispatch; 1 delivered; 4320 in; 4330 out; 4331 delivered; 5000 dispatch; 5001 delivered; 5100 in; 5200 in+quote; 5300 out",
    // Nobody ever answers.
    "0 dispatch; 1 delivered; 2880 dispatch; 2881 delivered; 5760 dispatch; 5761 delivered; 8640 dispatch; 8641 delivered; 11520 dispatch; 11521 delivered",
];

/// One conversation.
#[derive(Debug)]
pub struct Story {
    /// As many as [`EVENTS`], in order of time.
    pub steps: Vec<Step>,
}

/// One event.
#[derive(Debug)]
pub struct Step {
    /// Minutes after the beginning.
    pub minute: i64,
    /// What happens.
    pub what: What,
}

/// What happens in a step.
#[derive(Debug, PartialEq, Eq)]
pub enum What {
    /// The customer writes.
    Received {
        /// Through which of the conversation's ads.
        ad: Option<u64>,
        /// The text starts with a hashtag.
        hashtag: bool,
        /// It quotes the last dispatch.
        quotes: bool,
    },
    /// An agent writes.
    Answered,
    /// A campaign writes.
    Dispatched,
    /// The last message of the business was delivered.
    Delivered,
    /// An agent claims the ticket.
    Claimed,
    /// An agent finishes the ticket.
    Finished,
}

/// All stories.
pub fn all() -> Vec<Story> {
    let story = |text: &&str| Story {
        steps: text.split("; ").map(step).collect(),
    };
    STORIES.iter().map(story).collect()
}

fn step(text: &str) -> Step {
    let (minute, what) = text.split_once(' ').expect("a minute and what happens");
    let words: Vec<&str> = what.split('+').collect();
    let has = |word: &str| words.contains(&word);
    let what = match words[0] {
        "in" => What::Received {
            ad: ["ad", "ad2", "ad3"]
                .iter()
                .zip(0..)
                .find_map(|(word, ad)| has(word).then_some(ad)),
            hashtag: has("tag"),
            quotes: has("quote"),
        },
        "out" => What::Answered,
        "dispatch" => What::Dispatched,
        "delivered" => What::Delivered,
        "claim" => What::Claimed,
        "finish" => What::Finished,
        other => panic!("a story has no `{other}`"),
    };
    Step {
        minute: minute.parse().expect("a minute"),
        what,
    }
}
