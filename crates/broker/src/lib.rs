//! A real Apache Kafka on loopback, for tests and for trying it.
