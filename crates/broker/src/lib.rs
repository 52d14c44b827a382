//! A real Apache Kafka on loopback, for tests and for trying it.
//!
//! ```text
//! story, story_of_own -> Endpoints, Cluster     what tests call; skips by name where there is no broker
//! running                                        the cluster of `cargo xtask kafka start`
//! Cluster::start -> jars (Maven) > certificates (keytool) > format > one supervised Java a node
//! ```
//! No Kafka client is in here: a broker can be had without building one.

mod answer;
mod cluster;
mod endpoints;
mod error;
mod home;
mod libs;
mod ports;
mod properties;
pub mod running;
mod story;
mod supervised;
mod tls;
mod tool;

pub use answer::answers;
pub use cluster::{Cluster, NodeInfo, Options};
pub use endpoints::{Endpoints, Secure};
pub use error::Error;
pub use home::home;
pub use libs::{KAFKA_VERSION, class_path};
pub use story::{at_hand, is_required, story, story_of_own};
