//! Compiles `proto/origem/v1` into the private module `wire`; needs no `protoc`.

use std::error::Error;

const PROTO: &str = "../../proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROTO}");
    let files = protox::compile(["origem/v1/record.proto", "origem/v1/structure.proto"], [PROTO])?;
    prost_build::Config::new()
        // Ordered, because the same event must give the same bytes on any machine.
        .btree_map(["."])
        // The largest body by far, and few messages have it: moving an event should not move it.
        .boxed(".origem.v1.MessageReceived.referral")
        .boxed(".origem.v1.ReferralOpened.referral")
        .compile_fds(files)?;
    Ok(())
}
