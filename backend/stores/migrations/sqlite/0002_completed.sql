-- Instances that have ended, by when they did.
CREATE INDEX instances_by_end ON instances (hub, completed_at, instance_id) WHERE completed_at IS NOT NULL;
