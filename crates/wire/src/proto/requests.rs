//! Requests to what the engine is asked.

use origem_domain::access::Sight;
use origem_domain::event::{self as domain, ChannelKind};
use origem_domain::marks::fold_text;
use origem_engine::query::{AnomalyFilter, Assignee, Filter, Order, Origins};
use serde::Deserialize;

use crate::proto::read::{NotUnderstood, time, word};
use crate::proto::{Channel, ListAnomaliesRequest, ListConversationsRequest};

/// The words of `ListConversationsRequest.order`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderName {
    Latest,
    Oldest,
    Waiting,
}

/// The words of `ListConversationsRequest.origins`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OriginsName {
    Current,
    Ticket,
}

/// A text of a request, if it says anything: many clients write an empty text where others write none.
#[must_use]
pub fn told(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

impl ListConversationsRequest {
    /// Which conversations are asked for; those of `account` if the request names none.
    ///
    /// # Errors
    /// [`NotUnderstood`] for a word or time that makes no sense.
    pub fn filter(&self, account: &str) -> Result<Filter, NotUnderstood> {
        let text = |field: &Option<String>| told(field.as_deref()).map(str::to_owned);
        let order = told(self.order.as_deref())
            .map(|name| word("order", name))
            .transpose()?;
        let status = told(self.status.as_deref());
        let origin = told(self.origin.as_deref());
        let platform = told(self.platform.as_deref());
        let origins = told(self.origins.as_deref()).map(|name| word("origins", name));
        let instant = |name, at: &Option<prost_types::Timestamp>| at.as_ref().map(|at| time(name, at)).transpose();
        Ok(Filter {
            account: text(&self.account).unwrap_or_else(|| account.to_owned()),
            sight: Sight::default(),
            channel: self.channel.as_ref().map(Channel::to_domain).transpose()?,
            origins: match origins.transpose()? {
                None | Some(OriginsName::Current) => Origins::Current,
                Some(OriginsName::Ticket) => Origins::OfTicket,
            },
            stage: text(&self.stage),
            classification: text(&self.classification),
            unread: self.unread,
            opened_from: instant("opened_from", &self.opened_from)?,
            opened_to: instant("opened_to", &self.opened_to)?,
            status: status.map(|name| word("status", name)).transpose()?,
            origin: origin.map(|name| word("origin", name)).transpose()?,
            platform: platform.map(|name| word("platform", name)).transpose()?,
            campaign: text(&self.campaign),
            ad: text(&self.ad),
            link: text(&self.link),
            hashtag: told(self.hashtag.as_deref()).map(hashtag),
            team: text(&self.team),
            agent: text(&self.agent).map(Assignee::named),
            search: text(&self.q).filter(|q| !q.trim().is_empty()),
            from: instant("from", &self.from)?,
            to: instant("to", &self.to)?,
            expiring: None,
            order: match order {
                None | Some(OrderName::Latest) => Order::Latest,
                Some(OrderName::Oldest) => Order::Oldest,
                Some(OrderName::Waiting) => Order::Waiting,
            },
        })
    }
}

impl ListAnomaliesRequest {
    /// Which anomalies are asked for.
    ///
    /// # Errors
    /// [`NotUnderstood`] for a word, time or id that makes no sense.
    pub fn filter(&self) -> Result<AnomalyFilter, NotUnderstood> {
        let reason = told(self.reason.as_deref());
        let kind = told(self.kind.as_deref());
        let conversation = told(self.conversation.as_deref());
        Ok(AnomalyFilter {
            reason: reason.map(|name| word("reason", name)).transpose()?,
            kind: kind.map(|name| word("kind", name)).transpose()?,
            account: told(self.account.as_deref()).map(str::to_owned),
            channel: self.channel.as_ref().map(Channel::to_domain).transpose()?,
            conversation: conversation.map(|id| word("conversation", id)).transpose()?,
            since: self.since.as_ref().map(|since| time("since", since)).transpose()?,
            until: self.until.as_ref().map(|until| time("until", until)).transpose()?,
        })
    }
}

/// A hashtag as touches hold it.
fn hashtag(told: &str) -> String {
    fold_text(told.trim_start_matches('#'))
}

impl Channel {
    /// The channel.
    ///
    /// # Errors
    /// [`NotUnderstood`] without an id or with a kind nobody knows.
    pub fn to_domain(&self) -> Result<domain::Channel, NotUnderstood> {
        let kind: ChannelKind = word("channel.kind", &self.kind)?;
        if self.id.is_empty() {
            return Err(NotUnderstood::Missing("channel.id"));
        }
        let id = self.id.clone();
        Ok(domain::Channel { kind, id })
    }
}

#[cfg(test)]
mod tests {
    use origem_domain::event::Kind;
    use origem_domain::key::ConversationId;
    use origem_domain::ticket::TicketStatus;
    use origem_domain::touch::{OriginKind, Platform};
    use origem_engine::query::Reason;

    use super::*;
    use crate::proto::timestamp;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn every_filter_reaches_the_engine() {
        let at = origem_domain::time::Timestamp::from_seconds;
        let request = ListConversationsRequest {
            account: some("shop"),
            status: some("awaiting_customer"),
            origin: some("whatsapp_campaign"),
            platform: some("instagram"),
            campaign: some("c"),
            ad: some("a"),
            link: some("l"),
            hashtag: some("#Verão"),
            team: some("t"),
            agent: some("g"),
            q: some("rita"),
            from: Some(timestamp(at(1))),
            to: Some(timestamp(at(2))),
            order: some("oldest"),
            channel: Some(Channel {
                kind: "whatsapp".to_owned(),
                id: "1".to_owned(),
            }),
            origins: some("ticket"),
            stage: some("won"),
            classification: some("sale"),
            unread: true,
            opened_from: Some(timestamp(at(3))),
            opened_to: Some(timestamp(at(4))),
            ..ListConversationsRequest::default()
        };
        let filter = Filter {
            account: "shop".to_owned(),
            status: Some(TicketStatus::AwaitingCustomer),
            origin: Some(OriginKind::WhatsappCampaign),
            platform: Some(Platform::Instagram),
            campaign: some("c"),
            ad: some("a"),
            link: some("l"),
            hashtag: some("verao"),
            team: some("t"),
            agent: Some(Assignee::Agent("g".to_owned())),
            search: some("rita"),
            from: Some(at(1)),
            to: Some(at(2)),
            expiring: None,
            order: Order::Oldest,
            sight: Sight::Everything,
            channel: Some(domain::Channel {
                kind: ChannelKind::Whatsapp,
                id: "1".to_owned(),
            }),
            origins: Origins::OfTicket,
            stage: some("won"),
            classification: some("sale"),
            unread: true,
            opened_from: Some(at(3)),
            opened_to: Some(at(4)),
        };
        let nobodys = ListConversationsRequest {
            agent: some("none"),
            order: some("waiting"),
            ..ListConversationsRequest::default()
        };
        let nobodys = nobodys.filter("default").map(|filter| (filter.agent, filter.order));
        assert_eq!(nobodys, Ok((Some(Assignee::Nobody), Order::Waiting)));
        assert_eq!(request.filter("default"), Ok(filter));
        let everything = Filter {
            account: "default".to_owned(),
            ..Filter::default()
        };
        assert_eq!(
            ListConversationsRequest::default().filter("default"),
            Ok(everything.clone())
        );
        let empty = ListConversationsRequest {
            account: some(""),
            status: some(""),
            campaign: some(""),
            hashtag: some(""),
            q: some(" "),
            order: some(""),
            ..ListConversationsRequest::default()
        };
        assert_eq!(empty.filter("default"), Ok(everything));
    }

    #[test]
    fn every_filter_of_anomalies_reaches_the_engine() {
        let at = origem_domain::time::Timestamp::from_seconds;
        let request = ListAnomaliesRequest {
            reason: some("bad_time"),
            kind: some("message_sent"),
            account: some("shop"),
            channel: Some(Channel {
                kind: "whatsapp".to_owned(),
                id: "1".to_owned(),
            }),
            conversation: some("cv_0000000000000007"),
            since: Some(timestamp(at(1))),
            until: Some(timestamp(at(2))),
            ..ListAnomaliesRequest::default()
        };
        let filter = AnomalyFilter {
            reason: Some(Reason::BadTime),
            kind: Some(Kind::MessageSent),
            account: some("shop"),
            channel: Some(domain::Channel {
                kind: ChannelKind::Whatsapp,
                id: "1".to_owned(),
            }),
            conversation: Some(ConversationId(7)),
            since: Some(at(1)),
            until: Some(at(2)),
        };
        assert_eq!(request.filter(), Ok(filter));
        assert_eq!(ListAnomaliesRequest::default().filter(), Ok(AnomalyFilter::default()));
        let empty = ListAnomaliesRequest {
            reason: some(""),
            kind: some(""),
            account: some(""),
            conversation: some(""),
            ..ListAnomaliesRequest::default()
        };
        assert_eq!(empty.filter(), Ok(AnomalyFilter::default()));
        let odd = ListAnomaliesRequest {
            reason: some("odd"),
            ..ListAnomaliesRequest::default()
        };
        let error = odd.filter().map_err(|error| error.to_string());
        assert!(
            error
                .clone()
                .is_err_and(|error| error.starts_with("`reason`: unknown variant `odd`")),
            "{error:?}"
        );
    }

    #[test]
    fn words_nobody_knows_are_named() {
        let empty = ListConversationsRequest::default;
        for (request, field) in [
            (
                ListConversationsRequest {
                    status: some("open"),
                    ..empty()
                },
                "`status`: unknown variant `open`",
            ),
            (
                ListConversationsRequest {
                    origin: some("tv"),
                    ..empty()
                },
                "`origin`: unknown variant `tv`",
            ),
            (
                ListConversationsRequest {
                    platform: some("x"),
                    ..empty()
                },
                "`platform`: unknown variant `x`",
            ),
            (
                ListConversationsRequest {
                    order: some("random"),
                    ..empty()
                },
                "`order`: unknown variant `random`",
            ),
        ] {
            let error = request.filter("default").map_err(|error| error.to_string());
            assert!(error.clone().is_err_and(|error| error.starts_with(field)), "{error:?}");
        }
    }
}
