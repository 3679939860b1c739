-- Migration 9.

-- What happens in the monitoring room (papers, fixed times, the shift book): records that only grow, under the
-- chain. The body is JSON; `kind` is that of the body.
CREATE TABLE duty (
  area INTEGER NOT NULL REFERENCES area,
  number INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  person TEXT,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (area, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX duty_batch ON duty (area, sequence);
CREATE INDEX duty_at ON duty (area, at_ms);
