-- What docs/queries.md asks for. An instance's parent never changes.
ALTER TABLE instances ADD COLUMN parent TEXT;
UPDATE instances SET parent = json_extract(extra, '$.parent.instance_id')
  WHERE CASE WHEN json_valid(extra) THEN json_extract(extra, '$.parent') IS NOT NULL ELSE 0 END;
CREATE INDEX instances_by_parent ON instances (hub, parent, num) WHERE parent IS NOT NULL;

-- Every order of a list is an index within each status, so that a list of some statuses merges a few of them.
DROP INDEX instances_by_name;
CREATE INDEX instances_by_name_status ON instances (hub, entity, name, status, created_at, num);
CREATE INDEX instances_by_update ON instances (hub, entity, status, updated_at, num);
CREATE INDEX instances_by_status_end ON instances (hub, status, completed_at, num) WHERE completed_at IS NOT NULL;
CREATE INDEX instances_by_duration ON instances (hub, status, completed_at - created_at, num)
  WHERE completed_at IS NOT NULL;
