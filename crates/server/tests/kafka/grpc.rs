//! Story: an instance on Kafka speaks gRPC beside HTTP.

use origem_grpc::api::changes_client::ChangesClient;
use origem_wire::proto::FollowRequest;
use serde_json::json;
use tonic::transport::Endpoint;

use crate::place::{Place, is_ready};
use crate::process::PATIENCE;
use crate::server::Server;
use crate::world::{text, whatsapp};

#[test]
fn changes_are_followed_by_grpc() {
    let Some(place) = Place::begin("changes_are_followed_by_grpc") else {
        return;
    };
    let place = place.init(3);
    let mut command = place.instance("a");
    command.args(["--grpc", "127.0.0.1:0"]);
    let server = Server::start(command);
    let line = server.says("listening for gRPC");
    let address = line.rsplit_once("address=").unwrap().1.trim().to_owned();
    is_ready(&server);
    let position = server.deliver(&whatsapp(&json!([text("5511955550101", "wamid.A", 0, "oi")])));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let change = runtime.block_on(async {
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = channel.timeout(PATIENCE).connect().await.unwrap();
        let after = Some("start".to_owned());
        let mut changes = ChangesClient::new(channel)
            .follow(FollowRequest { after })
            .await
            .unwrap();
        changes.get_mut().message().await.unwrap().unwrap()
    });
    assert_eq!(change.cursor, position);
    assert!(change.conversation.unwrap().starts_with("cv_"));
    server.stop();
}
