//! The shape of the tree that the customer fixed.

use std::path::Path;

#[test]
fn the_top_level_holds_what_was_agreed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["Cargo.toml", "crates", "proto", "docs", "tests", "benches", "README.md"] {
        assert!(root.join(name).exists(), "{name} is missing");
    }
}
