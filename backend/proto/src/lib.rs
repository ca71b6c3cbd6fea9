//! The Durable Task protocol, generated from orchestrator_service.proto.
