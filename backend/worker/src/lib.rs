//! Write Durable Task orchestrations in Rust.
