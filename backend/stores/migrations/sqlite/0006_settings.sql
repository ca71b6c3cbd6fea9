-- Settings of a hub: JSON, by name.
CREATE TABLE settings (
  hub INTEGER NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (hub, name)
) STRICT, WITHOUT ROWID;
