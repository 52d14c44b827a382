//! Compiles the services of `proto/origem/api/v1`; needs no `protoc`. Their messages are `origem-wire`'s.

use std::error::Error;

const PROTO: &str = "../../proto";
const SERVICES: [&str; 4] = [
    "origem/api/v1/conversations.proto",
    "origem/api/v1/changes.proto",
    "origem/api/v1/producers.proto",
    "origem/api/v1/operations.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROTO}/origem/api");
    let files = protox::compile(SERVICES, [PROTO])?;
    tonic_prost_build::configure()
        .extern_path(".origem.api.v1", "::origem_wire::proto")
        // How a client reaches a server is its own business.
        .build_transport(false)
        .compile_fds(files)?;
    Ok(())
}
