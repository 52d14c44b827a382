//! Runs the services on a listener, and ends in order.

use std::sync::Arc;
use std::time::Duration;

use origem_engine::Engine;
use origem_wire::proto::DESCRIPTORS;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tracing::warn;

use crate::access::{Access, ended as server_ended};
use crate::api::changes_server::{self, ChangesServer};
use crate::api::conversations_server::{self, ConversationsServer};
use crate::api::operations_server::{self, OperationsServer};
use crate::api::producers_server::{self, ProducersServer};
use crate::gate::Gate;
use crate::options::Options;
use crate::{changes, conversations, health, operations, producers};

/// Silence after which a caller is asked whether it is still there, and the time it has to say so.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How long calls at hand may take once the server ends.
const GRACE: Duration = Duration::from_secs(10);

/// Why the server ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The schema that reflection tells cannot be read.
    #[error("the schema of the gRPC services cannot be read")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The listener failed.
    #[error("the gRPC server failed")]
    Transport(#[from] tonic::transport::Error),
}

/// Serves `engine` until `ended`, then takes no more calls, ends the streams and lets the calls at hand finish.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    listener: TcpListener,
    engine: Arc<Engine>,
    options: Options,
    ended: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (close, closing) = watch::channel(false);
    let bytes_max = options.message_bytes_max;
    let access = Access::new(engine, options, closing);

    let (reporter, health) = health::begin().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let producers = ProducersServer::new(producers::Service(access.clone())).max_decoding_message_size(bytes_max);
    let gate = |service| Gate {
        access: access.clone(),
        service,
    };
    let mut ending = access.closing();
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .add_service(ConversationsServer::with_interceptor(
            conversations::Service(access.clone()),
            gate(conversations_server::SERVICE_NAME),
        ))
        .add_service(ChangesServer::with_interceptor(
            changes::Service(access.clone()),
            gate(changes_server::SERVICE_NAME),
        ))
        .add_service(InterceptedService::new(producers, gate(producers_server::SERVICE_NAME)))
        .add_service(OperationsServer::with_interceptor(
            operations::Service(access.clone()),
            gate(operations_server::SERVICE_NAME),
        ))
        .add_service(health)
        .add_service(reflection)
        // Answers are small and wanted at once.
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            server_ended(&mut ending),
        );

    let health = health::keep(access, reporter);
    let grace = async {
        ended.await;
        close.send_replace(true);
        tokio::time::sleep(GRACE).await;
        warn!("some gRPC calls did not finish in time");
    };
    tokio::select! {
        served = server => Ok(served?),
        _ = async { tokio::join!(health, grace) } => Ok(()),
    }
}
