-- Migration 7.

-- What electricity meters counted, in watt-hours; of several values of an interval the one of the highest
-- revision. `conflict` is 1 where another value came under that revision and was not taken.
CREATE TABLE power (
  area INTEGER NOT NULL REFERENCES area,
  start_ms INTEGER NOT NULL,
  meter TEXT NOT NULL,
  period_min INTEGER NOT NULL,
  wh INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  conflict INTEGER NOT NULL,
  PRIMARY KEY (area, start_ms, meter, period_min)
) STRICT, WITHOUT ROWID;
