-- Migration 3.

-- What the national platform published (对账): one row for each entity, hour and quantity, with the first and
-- the last value and when each came. Never used in arithmetic. Values: an index, a class 1 to 6, 0.001 µg/m³,
-- or codes of primary pollutants as text.
CREATE TABLE published (
  hour INTEGER NOT NULL,
  area INTEGER NOT NULL REFERENCES area,
  entity TEXT NOT NULL,                     -- the area, area/set, or a station's code
  quantity TEXT NOT NULL,
  first_value ANY NOT NULL, first_ms INTEGER NOT NULL,
  last_value ANY NOT NULL, last_ms INTEGER NOT NULL,
  PRIMARY KEY (hour, area, entity, quantity)
) STRICT, WITHOUT ROWID;

-- How far reviewed data goes is asked for at each start: of few hours, or of none.
CREATE INDEX area_hour_reviewed ON area_hour (station_set, hour) WHERE state = 'reviewed';

-- For explanations: where in the chain the input stands that gave an hour its value. Messages are found by
-- their time; an import, whose time says nothing of its hours, by the days it wrote. The chain covers both: a
-- row for each batch that is an import.
CREATE INDEX arrival_at ON arrival (area, at_ms);
CREATE TABLE imported (
  area INTEGER NOT NULL REFERENCES area,
  sequence INTEGER NOT NULL,                -- of the batch, as in arrival
  first_day INTEGER NOT NULL, last_day INTEGER NOT NULL,
  PRIMARY KEY (area, sequence)
) STRICT, WITHOUT ROWID;

-- SHA-256 over all rows of a table that no chain covers, so that an audit sees one that came or went.
CREATE TABLE seal (
  subject TEXT PRIMARY KEY,                 -- the table: token
  digest BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What a second try needs: by which feed a refused message came, and how long it was, since only its first
-- 4096 bytes are kept. NULL in rows of an older schema.
ALTER TABLE dead_letter ADD COLUMN feed TEXT;
ALTER TABLE dead_letter ADD COLUMN length INTEGER;

-- Parts of hours of closed days before this one are folded away; NULL before the first.
ALTER TABLE area ADD COLUMN minutes_folded_before INTEGER;
