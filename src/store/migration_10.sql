-- Migration 10.

-- What happens to notices: the outbox, each try, acknowledgements, escalation. Records that only grow, under the
-- chain. The body is JSON; `kind` is that of the body; `notice` is the one it is of, its own number where it
-- raised it.
CREATE TABLE notice (
  area INTEGER NOT NULL REFERENCES area,
  number INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  person TEXT,
  notice INTEGER,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (area, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_batch ON notice (area, sequence);
CREATE INDEX notice_of ON notice (area, notice, number);
CREATE INDEX notice_raised ON notice (area, number) WHERE kind = 'raised';
