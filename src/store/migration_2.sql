-- Migration 2.

-- Valid hours in the 24-h windows, the fewest of the stations counted: the coverage of a rolling mean.
ALTER TABLE area_hour ADD COLUMN pm2_5_24h_hours INTEGER;
ALTER TABLE area_hour ADD COLUMN pm10_24h_hours INTEGER;
ALTER TABLE area_hour ADD COLUMN so2_24h_hours INTEGER;
ALTER TABLE area_hour ADD COLUMN no2_24h_hours INTEGER;
ALTER TABLE area_hour ADD COLUMN co_24h_hours INTEGER;
ALTER TABLE area_hour ADD COLUMN o3_24h_hours INTEGER;

-- What changed after it was published: a row for each batch, cause, entity and day. Append-only; the chain
-- covers it. changes: JSON, [[hour of the day 0 to 23, quantity, old, new], ...].
CREATE TABLE revision (
  id INTEGER PRIMARY KEY,
  area INTEGER NOT NULL REFERENCES area,
  sequence INTEGER NOT NULL,                -- of the batch, as in arrival
  at_ms INTEGER NOT NULL,
  entity TEXT NOT NULL, day INTEGER NOT NULL,
  cause TEXT NOT NULL,
  changes TEXT NOT NULL
) STRICT;
CREATE INDEX revision_of ON revision (area, day, entity);
CREATE INDEX revision_sequence ON revision (area, sequence);

-- What operators did to values, or tried to. Append-only; the chain covers it.
CREATE TABLE correction (
  id INTEGER PRIMARY KEY,
  area INTEGER NOT NULL REFERENCES area,
  sequence INTEGER NOT NULL,                -- of the batch, as in arrival
  at_ms INTEGER NOT NULL,                   -- by the clock on the wall
  person TEXT NOT NULL, reason TEXT NOT NULL,
  station TEXT NOT NULL, quantity TEXT NOT NULL, hour INTEGER NOT NULL,
  act TEXT NOT NULL,                        -- set, invalidate, withdraw
  amount INTEGER,                           -- 0.001 of the quantity's unit
  refused TEXT                              -- why; NULL when the act was taken
) STRICT;
CREATE INDEX correction_sequence ON correction (area, sequence);

-- SHA-256 over the row, so that an audit sees a changed one: tokens belong to no area, and so to no chain.
ALTER TABLE token ADD COLUMN digest BLOB;

-- What an area's figures follow from beside its inputs (store/rules.rs), by the SHA-256 of the body, which the
-- chain names. Append-only.
CREATE TABLE rules (
  area INTEGER NOT NULL REFERENCES area,
  digest BLOB NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (area, digest)
) STRICT;
ALTER TABLE area ADD COLUMN rules BLOB;     -- of those adopted last

-- Silences, each with its own state.
CREATE TABLE alarm (
  area INTEGER NOT NULL REFERENCES area,
  subject TEXT NOT NULL,                    -- daemon, feed, area, station
  station TEXT NOT NULL,                    -- its code; '' for the others
  raised_ms INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  cleared_ms INTEGER,
  PRIMARY KEY (area, raised_ms, subject, station)
) STRICT, WITHOUT ROWID;
CREATE INDEX alarm_open ON alarm (area) WHERE cleared_ms IS NULL;
-- What the watch over silence goes by: as the five columns before them.
ALTER TABLE area ADD COLUMN watch_hour INTEGER;
ALTER TABLE area ADD COLUMN heard_from_hour INTEGER;
ALTER TABLE area ADD COLUMN disconnected_since_ms INTEGER;
