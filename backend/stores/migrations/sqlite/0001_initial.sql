-- Times are microseconds since 1970, UTC. Row numbers come from one sequence for the whole store.
CREATE TABLE task_hubs (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE instances (
  num INTEGER PRIMARY KEY,
  hub INTEGER NOT NULL,
  instance_id TEXT NOT NULL,
  execution_id TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT,
  status INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  completed_at INTEGER,
  scheduled_start_at INTEGER,
  history_len INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  failure_message TEXT,
  -- 1 for an entity, which lists of orchestrations never show.
  entity INTEGER NOT NULL,
  -- JSON: parent, tags, orchestration trace; the lock of an entity.
  extra TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX instances_by_id ON instances (hub, instance_id);
CREATE INDEX instances_by_time ON instances (hub, entity, created_at, num);
CREATE INDEX instances_by_status ON instances (hub, entity, status, created_at, num);
CREATE INDEX instances_by_name ON instances (hub, entity, name, created_at, num);

-- Payloads stand apart, so that lists do not read them and status changes do not rewrite them.
CREATE TABLE payloads (
  num INTEGER PRIMARY KEY,
  input TEXT,
  output TEXT,
  custom_status TEXT,
  failure TEXT
) STRICT;

CREATE TABLE history (
  num INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (num, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
  num INTEGER NOT NULL,
  id INTEGER NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (num, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
  num INTEGER NOT NULL,
  id INTEGER NOT NULL,
  task TEXT NOT NULL,
  PRIMARY KEY (num, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE timers (
  num INTEGER NOT NULL,
  id INTEGER NOT NULL,
  timer TEXT NOT NULL,
  PRIMARY KEY (num, id)
) STRICT, WITHOUT ROWID;

-- Number of instances by name and status, kept with each commit.
CREATE TABLE counts (
  hub INTEGER NOT NULL,
  entity INTEGER NOT NULL,
  name TEXT NOT NULL,
  status INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (hub, entity, name, status)
) STRICT, WITHOUT ROWID;
