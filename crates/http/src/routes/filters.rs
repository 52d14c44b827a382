//! The filters that lists of conversations share, and their numbers and neighbours with them.

use origem_domain::marks::fold_text;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_domain::touch::{OriginKind, Platform};
use origem_engine::query::{Assignee, Expiring, Filter, Order, Origins};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params;
use crate::state::State;

/// Which conversations, in which order. Everything that is given must hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// The tenant; the caller's, else `default`, if not told.
    pub(super) account: Option<String>,
    /// Status of the latest ticket: `new`, `unanswered`, `awaiting_customer`, `finished`.
    #[param(value_type = Option<String>)]
    status: Option<TicketStatus>,
    /// The business address, `KIND:ID`.
    #[param(example = "whatsapp:200000000000002")]
    pub(super) channel: Option<String>,
    /// Which origins the filters of origins are about: the `current` one (default), or `ticket`, every origin of the latest ticket. With
    /// `ticket`, an ad counts for every campaign it ever belonged to; and where it came before the current origin, for the platform that
    /// the directory says and for the one that its evidence tells, however sure that is.
    #[param(value_type = Option<String>)]
    origins: Option<OriginsName>,
    /// Kind of an origin: `ad`, `whatsapp_campaign`, `link`, ...
    #[param(value_type = Option<String>)]
    origin: Option<OriginKind>,
    /// Platform of an origin: `facebook`, `instagram`, `whatsapp`, `webchat`, `unknown`.
    #[param(value_type = Option<String>)]
    platform: Option<Platform>,
    /// Campaign of an origin, by id.
    campaign: Option<String>,
    /// Ad of an origin, by id.
    ad: Option<String>,
    /// Link of an origin, by code.
    link: Option<String>,
    /// Hashtag of an origin, with or without `#`.
    hashtag: Option<String>,
    /// Team of the latest ticket, by id.
    team: Option<String>,
    /// Assignee of the latest ticket, by id; `me`: the caller; `none`: nobody has it.
    agent: Option<String>,
    /// The sales stage, by id.
    stage: Option<String>,
    /// How the latest ticket was closed, by id.
    classification: Option<String>,
    /// `true`: only those where the customer wrote since the business last did.
    unread: Option<bool>,
    /// Beginnings of words of a name, username or e-mail address, or of a number.
    q: Option<String>,
    /// Last activity at or after.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Last activity before.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// The latest ticket opened at or after.
    #[param(value_type = Option<String>, format = DateTime)]
    opened_from: Option<Timestamp>,
    /// The latest ticket opened before.
    #[param(value_type = Option<String>, format = DateTime)]
    opened_to: Option<Timestamp>,
    /// Only those with a window that is open and closes within this time, such as `30m`, `2h`, `1d`: the customer service window, the
    /// free entry point, the time to answer an ad click. What closes first comes first; `order` does not count.
    #[param(value_type = Option<String>, example = "30m")]
    expiring_within: Option<String>,
    /// `latest` activity first (default), `oldest`, or `waiting`: only customers who wait for an answer, the longest waiting first.
    #[param(value_type = Option<String>)]
    order: Option<OrderName>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderName {
    Latest,
    Oldest,
    Waiting,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OriginsName {
    Current,
    Ticket,
}

/// What stands for the caller where an agent is named.
const ME: &str = "me";

impl Filters {
    /// What the engine is asked, of what the caller sees.
    ///
    /// # Errors
    /// `Invalid` for what makes no sense; `Forbidden` for another account than the caller's.
    pub(super) fn read(self, state: &State, caller: &Caller) -> Result<Filter, Refusal> {
        let within = self.expiring_within.as_deref().map(params::length).transpose()?;
        let now = state.clock().at;
        let agent = match self.agent {
            Some(agent) if agent == ME => {
                let own = caller.agent.clone();
                let nobody =
                    || Refusal::Invalid("agent: `me` is for keys of agents; name the agent by its id".to_owned());
                Some(Assignee::Agent(own.ok_or_else(nobody)?))
            }
            agent => agent.map(Assignee::named),
        };
        Ok(Filter {
            account: caller.account(state, self.account)?,
            sight: caller.sight(state),
            status: self.status,
            channel: self.channel.as_deref().map(params::channel).transpose()?,
            origins: match self.origins {
                None | Some(OriginsName::Current) => Origins::Current,
                Some(OriginsName::Ticket) => Origins::OfTicket,
            },
            origin: self.origin,
            platform: self.platform,
            campaign: self.campaign,
            ad: self.ad,
            link: self.link,
            hashtag: self.hashtag.map(|tag| fold_text(tag.trim_start_matches('#'))),
            team: self.team,
            agent,
            stage: self.stage,
            classification: self.classification,
            unread: self.unread.unwrap_or_default(),
            search: self.q.filter(|q| !q.trim().is_empty()),
            from: self.from,
            to: self.to,
            opened_from: self.opened_from,
            opened_to: self.opened_to,
            expiring: within.map(|within| Expiring {
                now,
                by: now.plus(within),
            }),
            order: match self.order {
                None | Some(OrderName::Latest) => Order::Latest,
                Some(OrderName::Oldest) => Order::Oldest,
                Some(OrderName::Waiting) => Order::Waiting,
            },
        })
    }
}
