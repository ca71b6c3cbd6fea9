//! The orchestration engine of Taskhub.
