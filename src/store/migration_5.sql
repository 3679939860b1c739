-- Migration 5.

-- What happens in the life of an area's warnings, and the forecasts that offices issue: records that only grow,
-- under the chain. The body is JSON; `kind` is that of the body.
CREATE TABLE warning (
  area INTEGER NOT NULL REFERENCES area,
  number INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  person TEXT,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (area, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX warning_batch ON warning (area, sequence);
