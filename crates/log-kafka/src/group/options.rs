//! How to be a member of a group: settings, the two protocols, and what to do when a client is beyond repair.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::RDKafkaErrorCode;

use crate::Cluster;

/// How a group agrees on who owns what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// The newest that the broker has.
    #[default]
    Auto,
    /// Members agree among themselves, by the cooperative-sticky assignor. Every broker has it.
    Classic,
    /// The broker decides (KIP-848, `group.protocol=consumer`): brokers from 4.0. The broker sets session timeouts.
    Consumer,
}

impl Protocol {
    /// The one to begin with.
    pub(crate) const fn first(self) -> Self {
        match self {
            Self::Auto | Self::Consumer => Self::Consumer,
            Self::Classic => Self::Classic,
        }
    }
}

/// How to be a member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupOptions {
    /// The group's name.
    pub group: String,
    /// A name that an instance keeps over restarts (static membership): coming back within the session moves no partition.
    /// Two instances with the same name shut each other out.
    pub instance_id: Option<String>,
    /// Silence after which an instance counts as gone. Of the classic protocol only; otherwise the broker says.
    pub session_timeout: Duration,
    /// How long [`Listener::revoked`](super::Listener::revoked) may take; after that the partitions count as lost. At
    /// least the session timeout.
    pub handover_max: Duration,
    /// How to agree on who owns what.
    pub protocol: Protocol,
    /// How often progress is committed at most.
    pub commit_interval: Duration,
    /// How often the table of owners is read.
    pub refresh_interval: Duration,
}

impl GroupOptions {
    /// The usual: sessions of 10 s, handing over in 60 s, commits every second, the table every half second.
    #[must_use]
    pub fn new(group: &str) -> Self {
        Self {
            group: group.to_owned(),
            instance_id: None,
            session_timeout: Duration::from_secs(10),
            handover_max: Duration::from_secs(60),
            protocol: Protocol::Auto,
            commit_interval: Duration::from_secs(1),
            refresh_interval: Duration::from_millis(500),
        }
    }
}

/// What all consumers that join a group share.
pub(crate) struct GroupClient<'a> {
    pub(crate) group: &'a str,
    pub(crate) instance_id: Option<&'a str>,
    pub(crate) session_timeout: Duration,
    pub(crate) poll_max: Duration,
}

impl GroupClient<'_> {
    /// The configuration of a consumer of the group by `protocol`; `Auto` is read as its first choice.
    pub(crate) fn config(
        &self,
        cluster: &Cluster,
        protocol: Protocol,
        defaults: &[(&str, &str)],
        fixed: &[(&str, &str)],
    ) -> ClientConfig {
        let mut config = cluster.client(defaults, fixed);
        config
            .set("group.id", self.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("max.poll.interval.ms", millis(self.poll_max.max(self.session_timeout)));
        if let Some(instance) = self.instance_id {
            config.set("group.instance.id", instance);
        }
        match protocol.first() {
            Protocol::Auto | Protocol::Consumer => {
                config.set("group.protocol", "consumer");
            }
            Protocol::Classic => {
                config
                    .set("group.protocol", "classic")
                    .set("partition.assignment.strategy", "cooperative-sticky")
                    .set("session.timeout.ms", millis(self.session_timeout))
                    .set("heartbeat.interval.ms", millis(self.session_timeout / 4));
            }
        }
        config
    }
}

pub(crate) fn millis(time: Duration) -> String {
    time.as_millis().to_string()
}

/// What follows when a client of a group is beyond repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterFatal {
    /// A new client, after a pause.
    Again,
    /// A new client with the classic protocol.
    Classic,
    /// Nothing: it would happen again for ever. Says what to do.
    End(&'static str),
}

/// What follows `code` for a member that wanted `wanted` and was at `current`.
pub(crate) fn after_fatal(code: RDKafkaErrorCode, wanted: Protocol, current: Protocol) -> AfterFatal {
    match code {
        RDKafkaErrorCode::UnsupportedVersion | RDKafkaErrorCode::UnsupportedFeature
            if wanted == Protocol::Auto && current == Protocol::Consumer =>
        {
            AfterFatal::Classic
        }
        RDKafkaErrorCode::UnsupportedVersion | RDKafkaErrorCode::UnsupportedFeature => {
            AfterFatal::End("the broker lacks this group protocol: choose the classic one or let it be chosen")
        }
        RDKafkaErrorCode::FencedInstanceId => {
            AfterFatal::End("another process joined with the same instance id: give each instance its own")
        }
        // An instance that was killed keeps its name until its session expires (`UnreleasedInstanceId`); rights may be
        // granted later; the rest is unknown, and then trying again is kinder than giving up.
        _ => AfterFatal::Again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_client_beyond_repair() {
        use Protocol::{Auto, Classic, Consumer};
        use RDKafkaErrorCode as Code;
        let ends = |next: AfterFatal| matches!(next, AfterFatal::End(_));
        for (code, wanted, current, expected) in [
            (Code::UnsupportedVersion, Auto, Consumer, "classic"),
            (Code::UnsupportedFeature, Auto, Consumer, "classic"),
            (Code::UnsupportedVersion, Consumer, Consumer, "end"),
            (Code::UnsupportedFeature, Auto, Classic, "end"),
            (Code::FencedInstanceId, Auto, Consumer, "end"),
            (Code::FencedInstanceId, Classic, Classic, "end"),
            (Code::UnreleasedInstanceId, Auto, Consumer, "again"),
            (Code::GroupAuthorizationFailed, Classic, Classic, "again"),
        ] {
            let next = after_fatal(code, wanted, current);
            let said = match next {
                AfterFatal::Again => "again",
                AfterFatal::Classic => "classic",
                AfterFatal::End(_) => "end",
            };
            assert_eq!(said, expected, "{code:?} {wanted:?} {current:?}");
            assert_eq!(ends(next), expected == "end");
        }
    }

    #[test]
    fn a_client_says_its_session_in_the_classic_protocol_only() {
        let client = GroupClient {
            group: "g",
            instance_id: Some("i"),
            session_timeout: Duration::from_secs(8),
            poll_max: Duration::from_secs(1),
        };
        let cluster = Cluster::new("127.0.0.1:1");
        for (protocol, name, session) in [
            (Protocol::Auto, "consumer", None),
            (Protocol::Consumer, "consumer", None),
            (Protocol::Classic, "classic", Some("8000")),
        ] {
            let config = client.config(&cluster, protocol, &[], &[]);
            assert_eq!(config.get("group.protocol"), Some(name));
            assert_eq!(config.get("session.timeout.ms"), session);
            assert_eq!(config.get("partition.assignment.strategy").is_some(), session.is_some());
            assert_eq!(
                config.get("max.poll.interval.ms"),
                Some("8000"),
                "never below the session"
            );
        }
    }
}
