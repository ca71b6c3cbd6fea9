-- Batch jobs: one action on a set of instances that was fixed when the job was made.
CREATE TABLE batches (
  num INTEGER PRIMARY KEY,
  hub INTEGER NOT NULL,
  -- JSON: what people see of it, and how far it is frozen.
  record TEXT NOT NULL,
  -- Payload of the event that it raises.
  input TEXT
) STRICT;
CREATE INDEX batches_by_hub ON batches (hub, num);

CREATE TABLE batch_items (
  batch INTEGER NOT NULL,
  position INTEGER NOT NULL,
  instance_id TEXT NOT NULL,
  -- Number of the instance that is meant; another that takes the id later is not.
  num INTEGER,
  -- 0 pending, 1 succeeded, 2 skipped, 3 failed.
  result INTEGER NOT NULL,
  detail TEXT,
  PRIMARY KEY (batch, position)
) STRICT, WITHOUT ROWID;
-- The few that did not go well, which people ask for by result.
CREATE INDEX batch_items_not_done ON batch_items (batch, result, position) WHERE result >= 2;
