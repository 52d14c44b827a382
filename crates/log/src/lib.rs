//! The log port.
