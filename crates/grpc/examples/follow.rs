//! A client: follows what happens from the cursor given, or from now on. See docs/howto/grpc.md.
//!
//! `cargo run -p origem-grpc --example follow -- http://127.0.0.1:8081 start`

use std::error::Error;

use origem_grpc::api::changes_client::ChangesClient;
use origem_wire::proto::FollowRequest;
use tonic::transport::Endpoint;

#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "http://127.0.0.1:8081".to_owned());
    let channel = Endpoint::from_shared(address)?.connect().await?;
    let request = FollowRequest {
        after: arguments.next(),
    };
    let mut changes = ChangesClient::new(channel).follow(request).await?.into_inner();
    while let Some(change) = changes.message().await? {
        println!("{} {}", change.cursor, change.conversation.unwrap_or_default());
    }
    Ok(())
}
