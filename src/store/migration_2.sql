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
