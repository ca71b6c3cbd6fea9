//! The HTTP door: Durable Functions management API and the console's API.
