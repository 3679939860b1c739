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
