//! The memory store keeps the rules of a store.

use std::sync::Arc;

use taskhub_hub::store::{conformance::Subject, memory::MemoryStore};

taskhub_hub::store_conformance! { Subject::once(Arc::new(MemoryStore::default())) }
