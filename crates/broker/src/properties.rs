//! The configuration of a node, as text. Pure.
//!
//! Every node is broker and controller. Internal topics have one partition and timeouts are short, so that a test does not wait for what
//! production needs time for.

use std::path::Path;

use crate::endpoints::{PASSWORD, USER};
use crate::ports::Ports;
use crate::tls::{Certificates, STORE_PASSWORD};

/// The listeners for clients with their security protocol, which is also their name, and their port.
fn listeners(ports: &Ports) -> [(&'static str, u16); 4] {
    [
        ("PLAINTEXT", ports.plaintext),
        ("SSL", ports.ssl),
        ("SASL_PLAINTEXT", ports.sasl_plaintext),
        ("SASL_SSL", ports.sasl_ssl),
    ]
}

/// The `server.properties` of `node` (from 1) in a cluster whose nodes have `ports`, in order; `data` is its folder of data.
pub(crate) fn server(node: usize, ports: &[Ports], data: &Path, certificates: &Certificates) -> String {
    let mut lines = identity(node, ports, data);
    lines.extend(security(certificates));
    lines.extend(replication(ports.len()));
    lines.extend(QUICK.iter().map(|line| (*line).to_owned()));
    lines.push(String::new());
    lines.join("\n")
}

/// The arguments of `StorageTool format` that make the user known to SCRAM.
pub(crate) fn scram_users() -> [String; 2] {
    ["SCRAM-SHA-256", "SCRAM-SHA-512"].map(|mechanism| format!("{mechanism}=[name={USER},password={PASSWORD}]"))
}

/// Where nodes log: the console, which is a file of ours. Warnings, and the line that says that the node has started.
pub(crate) const LOGGING: &str = "rootLogger.level = warn
rootLogger.appenderRef.console.ref = CONSOLE
appender.console.type = Console
appender.console.name = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %p %m (%c{1})%n%ex{short}
logger.started.name = kafka.server.KafkaRaftServer
logger.started.level = info
";

/// What the log of a node says when it takes requests.
pub(crate) const STARTED: &str = "Kafka Server started";

const QUICK: &[&str] = &[
    "auto.create.topics.enable=false",
    "num.network.threads=2",
    "num.io.threads=4",
    "offsets.topic.num.partitions=1",
    "transaction.state.log.num.partitions=1",
    "share.coordinator.state.topic.num.partitions=1",
    "group.initial.rebalance.delay.ms=0",
    "group.min.session.timeout.ms=500",
    "group.consumer.min.session.timeout.ms=1000",
    "group.consumer.session.timeout.ms=6000",
    "group.consumer.min.heartbeat.interval.ms=100",
    "group.consumer.heartbeat.interval.ms=500",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms=500",
    // The default takes 128 MB of heap.
    "log.cleaner.dedupe.buffer.size=2097152",
    "log.cleaner.backoff.ms=500",
    // A node that was killed is missed, and may come back, after this long.
    "broker.session.timeout.ms=3000",
    "broker.heartbeat.interval.ms=500",
    "replica.lag.time.max.ms=3000",
];

fn identity(node: usize, ports: &[Ports], data: &Path) -> Vec<String> {
    let voters: Vec<String> = (1..)
        .zip(ports)
        .map(|(id, ports)| format!("{id}@127.0.0.1:{}", ports.controller))
        .collect();
    let own = &ports[node - 1];
    let addresses = listeners(own)
        .map(|(name, port)| format!("{name}://127.0.0.1:{port}"))
        .join(",");
    let protocols = listeners(own).map(|(name, _)| format!("{name}:{name}")).join(",");
    vec![
        "process.roles=broker,controller".to_owned(),
        format!("node.id={node}"),
        format!("controller.quorum.voters={}", voters.join(",")),
        format!("listeners={addresses},CONTROLLER://127.0.0.1:{}", own.controller),
        format!("advertised.listeners={addresses}"),
        "controller.listener.names=CONTROLLER".to_owned(),
        "inter.broker.listener.name=PLAINTEXT".to_owned(),
        format!("listener.security.protocol.map={protocols},CONTROLLER:PLAINTEXT"),
        format!("log.dirs={}", data.display()),
    ]
}

fn security(certificates: &Certificates) -> Vec<String> {
    const MODULES: &str = "org.apache.kafka.common.security";
    let mut lines = vec![
        "ssl.keystore.type=PKCS12".to_owned(),
        format!("ssl.keystore.location={}", certificates.server_store.display()),
        format!("ssl.keystore.password={STORE_PASSWORD}"),
        format!("ssl.key.password={STORE_PASSWORD}"),
        "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER".to_owned(),
    ];
    let modules = [
        (
            "plain",
            format!("plain.PlainLoginModule required user_{USER}=\"{PASSWORD}\""),
        ),
        ("scram-sha-256", "scram.ScramLoginModule required".to_owned()),
        ("scram-sha-512", "scram.ScramLoginModule required".to_owned()),
        // Without a handler of its own, Kafka takes the one for unsecured tokens.
        (
            "oauthbearer",
            format!("oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"{USER}\""),
        ),
    ];
    for listener in ["sasl_plaintext", "sasl_ssl"] {
        for (mechanism, module) in &modules {
            lines.push(format!(
                "listener.name.{listener}.{mechanism}.sasl.jaas.config={MODULES}.{module};"
            ));
        }
    }
    lines
}

/// With three nodes everything is kept by all and acknowledged by two, so that one may be missing.
fn replication(nodes: usize) -> Vec<String> {
    let in_sync = nodes.div_ceil(2);
    [
        ("default.replication.factor", nodes),
        ("min.insync.replicas", in_sync),
        ("offsets.topic.replication.factor", nodes),
        ("transaction.state.log.replication.factor", nodes),
        ("transaction.state.log.min.isr", in_sync),
        ("share.coordinator.state.topic.replication.factor", nodes),
        ("share.coordinator.state.topic.min.isr", in_sync),
    ]
    .map(|(name, value)| format!("{name}={value}"))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(node: usize, nodes: u16) -> String {
        let ports: Vec<Ports> = (1..=nodes)
            .map(|id| Ports {
                plaintext: id * 10,
                ssl: id * 10 + 1,
                sasl_plaintext: id * 10 + 2,
                sasl_ssl: id * 10 + 3,
                controller: id * 10 + 4,
            })
            .collect();
        let certificates = Certificates {
            authority_pem: "/tls/ca.pem".into(),
            server_store: "/tls/server.p12".into(),
        };
        server(node, &ports, Path::new("/data"), &certificates)
    }

    #[test]
    fn what_the_properties_say() {
        let jaas = "org.apache.kafka.common.security";
        let cases: &[(usize, u16, &str, &str)] = &[
            (1, 1, "node.id", "1"),
            (1, 1, "controller.quorum.voters", "1@127.0.0.1:14"),
            (1, 1, "default.replication.factor", "1"),
            (1, 1, "min.insync.replicas", "1"),
            (1, 1, "transaction.state.log.min.isr", "1"),
            (1, 1, "auto.create.topics.enable", "false"),
            (1, 1, "log.dirs", "/data"),
            (
                1,
                1,
                "advertised.listeners",
                "PLAINTEXT://127.0.0.1:10,SSL://127.0.0.1:11,SASL_PLAINTEXT://127.0.0.1:12,SASL_SSL://127.0.0.1:13",
            ),
            (1, 1, "ssl.keystore.location", "/tls/server.p12"),
            (
                1,
                1,
                "listener.name.sasl_ssl.plain.sasl.jaas.config",
                &format!("{jaas}.plain.PlainLoginModule required user_origem=\"origem-password\";"),
            ),
            (
                1,
                1,
                "listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config",
                &format!("{jaas}.scram.ScramLoginModule required;"),
            ),
            (3, 3, "node.id", "3"),
            (
                3,
                3,
                "controller.quorum.voters",
                "1@127.0.0.1:14,2@127.0.0.1:24,3@127.0.0.1:34",
            ),
            (
                3,
                3,
                "listeners",
                "PLAINTEXT://127.0.0.1:30,SSL://127.0.0.1:31,SASL_PLAINTEXT://127.0.0.1:32,SASL_SSL://127.0.0.1:33,CONTROLLER://127.0.0.1:34",
            ),
            (2, 3, "default.replication.factor", "3"),
            (2, 3, "min.insync.replicas", "2"),
            (2, 3, "offsets.topic.replication.factor", "3"),
            (2, 3, "transaction.state.log.min.isr", "2"),
        ];
        for (node, nodes, key, expected) in cases {
            let text = written(*node, *nodes);
            let values: Vec<&str> = text
                .lines()
                .filter_map(|line| line.split_once('='))
                .filter_map(|(name, value)| (name == *key).then_some(value))
                .collect();
            assert_eq!(values, [*expected], "{key} of node {node} of {nodes}");
        }
    }

    #[test]
    fn no_property_is_said_twice() {
        for nodes in [1, 3] {
            let text = written(1, nodes);
            let mut names: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all);
        }
    }
}
