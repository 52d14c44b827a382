//! What a cluster can refuse, in words that say what to do. librdkafka tells the reason of most failures only through a
//! callback while the call itself just times out, so an explanation is made of both: the code and what the client last reported.

use std::io;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::cluster::Report;

/// Why the cluster did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// Wrong name, password, token or mechanism.
    #[error(
        "the broker refused the credentials ({reason}); check sasl.username, sasl.password (or the token file) and sasl.mechanism"
    )]
    Credentials {
        /// The client's words.
        reason: String,
    },
    /// TLS failed.
    #[error(
        "no secure connection ({reason}); check that ssl.ca.location names the authority that signed the broker's certificate and that security.protocol is that of the port"
    )]
    Tls {
        /// The client's words.
        reason: String,
    },
    /// Nobody answers.
    #[error("no broker answers at {bootstrap} ({reason}); check that it runs, its address and security.protocol")]
    Unreachable {
        /// Where we asked.
        bootstrap: String,
        /// The client's words.
        reason: String,
    },
    /// The topic, or the partition of it, does not exist.
    #[error("the topic {topic} or its partition does not exist; create it with `origem kafka init --apply`")]
    UnknownTopic {
        /// Its name.
        topic: String,
    },
    /// The credentials are right but do not allow it.
    #[error("not allowed on {topic} ({reason}); give our user the right in the cluster's access control")]
    NotAuthorised {
        /// The topic that was used.
        topic: String,
        /// The client's words.
        reason: String,
    },
    /// A record is larger than the topic takes.
    #[error("a record is larger than {topic} takes; raise max.message.bytes of the topic")]
    TooLarge {
        /// The topic.
        topic: String,
    },
    /// A property that librdkafka does not take.
    #[error("the property {name} is not right: {reason}")]
    Property {
        /// The property.
        name: String,
        /// The client's words.
        reason: String,
    },
    /// Anything else, in the client's words.
    #[error("{reason}")]
    Other {
        /// The client's words.
        reason: String,
    },
}

impl ClusterError {
    /// Explains `error` of a call that used `topic` at `bootstrap`; `report` is what the client last said by callback.
    pub(crate) fn explain(error: &KafkaError, bootstrap: &str, topic: &str, report: Option<&Report>) -> Self {
        if let KafkaError::ClientConfig(_, reason, name, _) = error {
            return Self::Property {
                name: name.clone(),
                reason: reason.clone(),
            };
        }
        let code = error.rdkafka_error_code();
        let told = Self::of_code(code, error.to_string(), bootstrap, topic);
        // A call that merely gave up has no reason of its own; the callback has.
        match (&told, report) {
            (Self::Unreachable { .. } | Self::Other { .. }, Some(report)) => {
                Self::of_code(Some(report.code), report.reason.clone(), bootstrap, topic)
            }
            _ => told,
        }
    }

    fn of_code(code: Option<RDKafkaErrorCode>, reason: String, bootstrap: &str, topic: &str) -> Self {
        use RDKafkaErrorCode as Code;
        let topic = topic.to_owned();
        match code {
            Some(Code::Authentication | Code::SaslAuthenticationFailed | Code::UnsupportedSASLMechanism) => {
                Self::Credentials { reason }
            }
            Some(Code::SSL) => Self::Tls { reason },
            Some(Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition) => {
                Self::UnknownTopic { topic }
            }
            Some(
                Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::TransactionalIdAuthorizationFailed,
            ) => Self::NotAuthorised { topic, reason },
            Some(Code::MessageSizeTooLarge | Code::InvalidMessageSize) => Self::TooLarge { topic },
            Some(
                Code::AllBrokersDown
                | Code::BrokerTransportFailure
                | Code::Resolve
                | Code::OperationTimedOut
                | Code::MessageTimedOut
                | Code::RequestTimedOut
                | Code::TimedOutQueue,
            ) => Self::Unreachable {
                bootstrap: bootstrap.to_owned(),
                reason,
            },
            _ => Self::Other { reason },
        }
    }

    /// The kind that callers who know only IO errors can match on.
    pub(crate) const fn kind(&self) -> io::ErrorKind {
        match self {
            Self::Credentials { .. } | Self::NotAuthorised { .. } => io::ErrorKind::PermissionDenied,
            Self::Tls { .. } | Self::Unreachable { .. } => io::ErrorKind::NotConnected,
            Self::UnknownTopic { .. } => io::ErrorKind::NotFound,
            Self::TooLarge { .. } | Self::Property { .. } => io::ErrorKind::InvalidInput,
            Self::Other { .. } => io::ErrorKind::Other,
        }
    }

    /// Whether asking again in a moment is of no use.
    pub(crate) const fn is_lasting(&self) -> bool {
        match self {
            Self::Credentials { .. }
            | Self::UnknownTopic { .. }
            | Self::NotAuthorised { .. }
            | Self::TooLarge { .. }
            | Self::Property { .. } => true,
            Self::Tls { .. } | Self::Unreachable { .. } | Self::Other { .. } => false,
        }
    }
}

impl From<ClusterError> for io::Error {
    fn from(error: ClusterError) -> Self {
        Self::new(error.kind(), error)
    }
}

/// Why a log on a topic was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The cluster did not tell about the topic.
    #[error("cannot open the log on the topic {topic}")]
    Cluster {
        /// The topic.
        topic: String,
        /// Why.
        source: ClusterError,
    },
    /// The topic would lose events.
    #[error("the topic {topic} has {name}={value}, which loses events; set it to {wanted}")]
    Setting {
        /// The topic.
        topic: String,
        /// The topic's setting.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it has to be.
        wanted: &'static str,
    },
    /// Partitions were added to the topic: what comes for a channel would be in another one than its past.
    #[error(
        "the topic {topic} has {found} partitions and began with {began}, as the projected topics show; the number is final, so make the topic anew with {began}, or export the log and publish it to an installation with another prefix"
    )]
    Partitions {
        /// The topic.
        topic: String,
        /// How many it has.
        found: u32,
        /// How many it had.
        began: u32,
    },
}

#[cfg(test)]
mod tests {
    use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

    use super::ClusterError;
    use crate::cluster::Report;

    type Callback = Option<(Code, &'static str)>;

    #[test]
    fn every_failure_says_what_to_do() {
        // What the call gave, what the callback told, what a person reads.
        let cases: [(Code, Callback, &str); 11] = [
            (
                Code::OperationTimedOut,
                Some((
                    Code::Authentication,
                    "Authentication failed: Invalid username or password",
                )),
                "refused the credentials (Authentication failed: Invalid username or password); check sasl.username",
            ),
            (
                Code::BrokerTransportFailure,
                Some((
                    Code::SSL,
                    "certificate verify failed: self-signed certificate in certificate chain",
                )),
                "no secure connection (certificate verify failed",
            ),
            (
                Code::OperationTimedOut,
                Some((
                    Code::BrokerTransportFailure,
                    "Connect to 127.0.0.1:9 failed: Connection refused",
                )),
                "no broker answers at 127.0.0.1:9 (Connect to 127.0.0.1:9 failed",
            ),
            (Code::MessageTimedOut, None, "no broker answers at 127.0.0.1:9 ("),
            (Code::AllBrokersDown, None, "no broker answers at 127.0.0.1:9 ("),
            (Code::Resolve, None, "no broker answers at 127.0.0.1:9 ("),
            (
                Code::UnknownTopicOrPartition,
                None,
                "the topic events or its partition does not exist; create it with `origem kafka init --apply`",
            ),
            (
                Code::UnknownTopic,
                Some((Code::AllBrokersDown, "1/1 brokers are down")),
                "the topic events or its partition does not exist",
            ),
            (Code::TopicAuthorizationFailed, None, "not allowed on events ("),
            (
                Code::MessageSizeTooLarge,
                None,
                "a record is larger than events takes; raise max.message.bytes",
            ),
            (Code::NotCoordinator, None, "NotCoordinator"),
        ];
        for (code, report, expected) in cases {
            let report = report.map(|(code, reason)| Report::new(code, reason));
            let error = ClusterError::explain(&KafkaError::Global(code), "127.0.0.1:9", "events", report.as_ref());
            assert!(error.to_string().contains(expected), "{code:?}: {error}");
        }
    }
}
