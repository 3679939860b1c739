-- Migration 8.

-- Editions of the emergency-measures list that came into use, by the digest of their content, which is JSON.
CREATE TABLE edition (
  area INTEGER NOT NULL REFERENCES area,
  digest TEXT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (area, digest)
) STRICT, WITHOUT ROWID;
