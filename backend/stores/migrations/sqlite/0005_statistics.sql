-- Figures by minute since 1970; kinds are 0 orchestrations, 1 turns, 2 activities.
CREATE TABLE statistics (
  hub INTEGER NOT NULL,
  minute INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  -- JSON: counters, and numbers of durations by bucket.
  tally TEXT NOT NULL,
  PRIMARY KEY (hub, minute, kind, name)
) STRICT, WITHOUT ROWID;
