-- Migration 1. Times: *_ms since 1970 UTC; hour and day: whole hours since 1970 UTC (of the start), days of
-- Beijing since 1970. Concentrations of area_hour: 0.001 µg/m³.

CREATE TABLE area (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  sequence INTEGER NOT NULL DEFAULT 0,      -- of the last batch
  chain BLOB NOT NULL,                      -- digest of the last arrival row
  lease_epoch INTEGER NOT NULL DEFAULT 0,
  now_ms INTEGER, floor_hour INTEGER, open_from_day INTEGER, waiting_since_ms INTEGER,
  caught_up INTEGER                         -- these five: the state after the last batch that has one
) STRICT;

CREATE TABLE station (
  id INTEGER PRIMARY KEY,
  area INTEGER NOT NULL REFERENCES area,
  code TEXT NOT NULL, name TEXT NOT NULL,
  latitude_e6 INTEGER, longitude_e6 INTEGER,
  district TEXT NOT NULL, kind TEXT NOT NULL, assessed INTEGER NOT NULL,
  valid_from INTEGER, valid_until INTEGER,
  UNIQUE (area, code)
) STRICT;

CREATE TABLE station_set (
  id INTEGER PRIMARY KEY,
  area INTEGER NOT NULL REFERENCES area,
  code TEXT NOT NULL,                       -- '' is the default set, the assessed stations
  name TEXT NOT NULL,
  UNIQUE (area, code)
) STRICT;

CREATE TABLE membership (
  station_set INTEGER NOT NULL REFERENCES station_set,
  station INTEGER NOT NULL REFERENCES station,
  valid_from INTEGER, valid_until INTEGER
) STRICT;

CREATE TABLE parameter (
  area INTEGER NOT NULL REFERENCES area,
  name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (area, name)
) STRICT, WITHOUT ROWID;

-- Every input of a commit, compressed, with the digest of the row before: the hash chain of an area.
CREATE TABLE arrival (
  id INTEGER PRIMARY KEY,
  area INTEGER NOT NULL REFERENCES area,
  sequence INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  inputs BLOB NOT NULL,
  digest BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX arrival_sequence ON arrival (area, sequence);

-- Station-hours of the open days; cells as in average/codec.rs.
CREATE TABLE hour (
  hour INTEGER NOT NULL, station INTEGER NOT NULL, cells BLOB NOT NULL,
  PRIMARY KEY (hour, station)
) STRICT, WITHOUT ROWID;

-- Closed station-days.
CREATE TABLE station_day (
  day INTEGER NOT NULL, station INTEGER NOT NULL, cells BLOB NOT NULL,
  PRIMARY KEY (day, station)
) STRICT, WITHOUT ROWID;

-- Published hours of station sets, by the practice of the daemon's configuration.
CREATE TABLE area_hour (
  hour INTEGER NOT NULL, station_set INTEGER NOT NULL,
  version INTEGER NOT NULL, state TEXT NOT NULL, rules_version TEXT NOT NULL, edition TEXT NOT NULL,
  aqi INTEGER, primary_pollutants TEXT NOT NULL,
  pm2_5 INTEGER, pm10 INTEGER, so2 INTEGER, no2 INTEGER, co INTEGER, o3 INTEGER,
  pm2_5_24h INTEGER, pm10_24h INTEGER, so2_24h INTEGER, no2_24h INTEGER, co_24h INTEGER,
  o3_8h INTEGER, o3_8h_max_today INTEGER, o3_1h_max_today INTEGER,
  pm2_5_day INTEGER, pm10_day INTEGER, so2_day INTEGER, no2_day INTEGER, co_day INTEGER,
  aqi_day INTEGER, primary_day TEXT NOT NULL, hours_day INTEGER NOT NULL,
  stations_expected INTEGER NOT NULL, pm2_5_stations INTEGER NOT NULL, pm10_stations INTEGER NOT NULL,
  so2_stations INTEGER NOT NULL, no2_stations INTEGER NOT NULL, co_stations INTEGER NOT NULL,
  o3_stations INTEGER NOT NULL,
  PRIMARY KEY (hour, station_set)
) STRICT, WITHOUT ROWID;

-- A day's last hour holds the day so far at 24时.
CREATE VIEW area_day AS
  SELECT (hour + 8) / 24 AS day, station_set, version, state, rules_version, edition,
         pm2_5_day, pm10_day, so2_day, no2_day, co_day, o3_8h_max_today AS o3_8h_max,
         o3_1h_max_today AS o3_1h_max, aqi_day, primary_day, hours_day
  FROM area_hour WHERE (hour + 8) % 24 = 23;

CREATE TABLE dead_letter (
  id INTEGER PRIMARY KEY,
  area INTEGER NOT NULL REFERENCES area,
  station TEXT NOT NULL,                    -- '' where no known station is named
  reason TEXT NOT NULL, detail TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
  digest BLOB NOT NULL,
  count INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
  UNIQUE (area, digest)
) STRICT;
CREATE INDEX dead_letter_station ON dead_letter (area, station, last_ms);

CREATE TABLE source_position (
  area INTEGER NOT NULL REFERENCES area,
  feed TEXT NOT NULL, partition INTEGER NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (area, feed, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,                -- SHA-256 of the token, which is random and long
  person TEXT NOT NULL, role TEXT NOT NULL,
  created_ms INTEGER NOT NULL, revoked_ms INTEGER
) STRICT;
