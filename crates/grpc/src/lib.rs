//! gRPC edge of Origem.
