//! Databases behind the engine's store port.
