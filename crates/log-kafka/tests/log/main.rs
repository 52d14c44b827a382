//! The log on topics of a real Apache Kafka, and on librdkafka's mock cluster where faults have to be made to order.

mod admin;
mod conformance;
mod faults;
mod security;
mod support;
mod transactions;
