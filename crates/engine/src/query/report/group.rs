//! What lines of a report are told apart by.

use origem_domain::day::Day;
use origem_domain::event::Channel;
use origem_domain::touch::{OriginKind, Platform};
use serde::{Deserialize, Serialize};

/// Something lines are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // they say what they are
pub enum Dimension {
    Day,
    Month,
    Channel,
    Team,
    Agent,
    Kind,
    Platform,
    Campaign,
    Ad,
    Link,
    Hashtag,
}

impl Dimension {
    /// All of them, by the names they are asked for with.
    pub const ALL: [(&'static str, Self); 11] = [
        ("day", Self::Day),
        ("month", Self::Month),
        ("channel", Self::Channel),
        ("team", Self::Team),
        ("agent", Self::Agent),
        ("kind", Self::Kind),
        ("platform", Self::Platform),
        ("campaign", Self::Campaign),
        ("ad", Self::Ad),
        ("link", Self::Link),
        ("hashtag", Self::Hashtag),
    ];

    /// That of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find_map(|(known, dimension)| (known == name).then_some(dimension))
    }

    /// Whether it is of the touch; the others are of the ticket.
    #[must_use]
    pub const fn is_of_origin(self) -> bool {
        matches!(
            self,
            Self::Kind | Self::Platform | Self::Campaign | Self::Ad | Self::Link | Self::Hashtag
        )
    }

    /// Whether ad spend is told by it.
    #[must_use]
    pub const fn is_of_spend(self) -> bool {
        matches!(
            self,
            Self::Day | Self::Month | Self::Kind | Self::Platform | Self::Campaign | Self::Ad
        )
    }
}

/// What the tickets of a line have in common, in order of the lines; `None` where it was not asked for, or is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Group {
    /// The day they opened, or the first day of the month.
    pub day: Option<Day>,
    /// The channel.
    pub channel: Option<Channel>,
    /// The team they belong to.
    pub team: Option<String>,
    /// The agent they belong to.
    pub agent: Option<String>,
    /// Where they came from.
    pub source: Source,
}

/// Where tickets came from, or what has part in a win.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Source {
    /// Touches that have this in common.
    Touch(Origin),
    /// No touch: a ticket without any, or a win without any in the time before it.
    Unattributed,
}

impl Default for Source {
    fn default() -> Self {
        Self::Touch(Origin::default())
    }
}

/// What touches have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The kind.
    pub kind: Option<OriginKind>,
    /// The platform; of ads as the catalogue knows it, where it does.
    pub platform: Option<Platform>,
    /// The campaign; of ads and links the one that the catalogue has for them, where the evidence names none.
    pub campaign: Option<String>,
    /// The ad.
    pub ad: Option<String>,
    /// The link; of a hashtag the one it stands for.
    pub link: Option<String>,
    /// A click code was told whose click was not recorded: which link it was is not known.
    pub unknown_code: bool,
    /// The hashtag.
    pub hashtag: Option<String>,
}
