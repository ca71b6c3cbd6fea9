-- Saved views of the list, which the people of a hub share. Query, order and columns are kept as they were given.
CREATE TABLE views (
  hub INTEGER NOT NULL,
  name TEXT NOT NULL,
  q TEXT NOT NULL,
  sort TEXT NOT NULL,
  columns TEXT NOT NULL,
  PRIMARY KEY (hub, name)
) STRICT, WITHOUT ROWID;
