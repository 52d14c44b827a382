//! Compiles the messages of `proto/origem/api/v1`; needs no `protoc`. The services are the gRPC edge's.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use prost::Message as _;

const PROTO: &str = "../../proto";
/// What the others import is found through these.
const FILES: [&str; 5] = [
    "origem/api/v1/conversations.proto",
    "origem/api/v1/changes.proto",
    "origem/api/v1/producers.proto",
    "origem/api/v1/operations.proto",
    "origem/api/v1/topics.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROTO}/origem/api");
    let files = protox::compile(FILES, [PROTO])?;
    let set = Path::new(&env::var("OUT_DIR")?).join("origem.api.v1.bin");
    fs::write(set, files.encode_to_vec())?;
    prost_build::Config::new()
        // Ordered, because the same message must give the same bytes on any machine.
        .btree_map(["."])
        // The largest parts by far, and few messages have them.
        .boxed(".origem.api.v1.MessageReceived.referral")
        .boxed(".origem.api.v1.ReferralOpened.referral")
        .boxed(".origem.api.v1.ThreadRow.touch")
        .compile_fds(files)?;
    Ok(())
}
