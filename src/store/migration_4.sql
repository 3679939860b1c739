-- Migration 4.

-- Stations whose last hour came late, as by a clock that runs behind: which hour that was, how many came one
-- after another late by the same, when the first and the last of them came, and their shortest and longest
-- delay. A row goes when an hour comes in time, or none at all.
CREATE TABLE behind (
  station INTEGER PRIMARY KEY REFERENCES station,
  hour INTEGER NOT NULL, hours INTEGER NOT NULL,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
  least_ms INTEGER NOT NULL, most_ms INTEGER NOT NULL
) STRICT;

-- By how much a clock runs behind; NULL for other alarms.
ALTER TABLE alarm ADD COLUMN lag_min INTEGER;
