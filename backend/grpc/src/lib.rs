//! The gRPC door: TaskHubSidecarService for workers and clients.
