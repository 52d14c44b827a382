//! The stored shapes, generated from `proto/origem/v1`. Private: nobody outside sees a stored shape.

// Not all of the generated code is used: frames are read by hand (see `record`).
#![allow(missing_docs, dead_code, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/origem.v1.rs"));
