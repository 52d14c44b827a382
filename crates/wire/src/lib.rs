//! The shapes that the outside sees of the read models, each with its conversion from the engine's plain data: JSON for HTTP,
//! the command line and topics; protobuf for gRPC and topics. Edges and topics share them, so that all say the same.
//!
//! [`directory`] reads what people maintain; nothing else comes in here.
//!
//! Nothing here asks the engine for anything.

mod cell;
pub mod directory;
pub mod export;
pub mod json;
pub mod proto;
pub mod qr;
