//! The log on topics of a real Apache Kafka, and on librdkafka's mock cluster where faults have to be made to order.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a broken promise is to stop the test

mod admin;
mod conformance;
mod faults;
mod security;
mod support;
mod transactions;
