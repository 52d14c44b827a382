//! The HTTP edge: wire shapes, conversions, routes; nothing else. What Origem can do is the engine's business.

pub mod wire;
