//! The health service, kept up to date: serving while `/readyz` would say ready.

use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::{HealthReporter, health_reporter};

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

/// The health service while nothing is known yet: nothing is served.
pub(crate) async fn begin() -> (HealthReporter, HealthServer<impl Health>) {
    let (reporter, server) = health_reporter();
    tell(&reporter, ServingStatus::NotServing).await;
    (reporter, server)
}

/// Looks whether the server is ready, and tells what changes, until it ends: then nothing is served, and watchers are let go.
pub(crate) async fn keep(access: Access, mut reporter: HealthReporter) {
    let mut closing = access.closing();
    let mut told = ServingStatus::NotServing;
    loop {
        let is_closing = *closing.borrow();
        let status = if !is_closing && access.readiness().cause.is_none() {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        if status != told {
            tell(&reporter, status).await;
            told = status;
        }
        if is_closing {
            break;
        }
        drop(tokio::time::timeout(access.options().health_interval, closing.changed()).await);
    }
    for name in NAMES {
        reporter.clear_service_status(name).await;
    }
}

/// Says of all services that they are the same.
async fn tell(reporter: &HealthReporter, status: ServingStatus) {
    for name in NAMES {
        reporter.set_service_status(name, status).await;
    }
}
