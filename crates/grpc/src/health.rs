//! The health service, kept up to date: serving while `/readyz` would say ready.

use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::access::Access;
use crate::api::{changes_server, conversations_server, operations_server, producers_server};

/// What is asked for: the server as a whole, and each service by name.
const NAMES: [&str; 5] = [
    "",
    changes_server::SERVICE_NAME,
    conversations_server::SERVICE_NAME,
    operations_server::SERVICE_NAME,
    producers_server::SERVICE_NAME,
];

/// Looks whether the server is ready, and tells, until it ends: then nothing is served, and watchers are let go.
pub(crate) async fn keep(access: Access, mut reporter: HealthReporter) {
    let mut closing = access.closing();
    while !*closing.borrow() {
        let ready = access
            .readiness()
            .await
            .is_ok_and(|readiness| readiness.cause.is_none());
        let status = if ready {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        tell(&reporter, status).await;
        let pause = access.options().health_interval;
        drop(tokio::time::timeout(pause, closing.changed()).await);
    }
    tell(&reporter, ServingStatus::NotServing).await;
    for name in NAMES {
        reporter.clear_service_status(name).await;
    }
}

/// Says of all services that they are the same.
pub(crate) async fn tell(reporter: &HealthReporter, status: ServingStatus) {
    for name in NAMES {
        reporter.set_service_status(name, status).await;
    }
}
