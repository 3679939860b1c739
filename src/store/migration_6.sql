-- Migration 6.

-- The drill that a record belongs to, by the number of the record that began it; NULL for what is real.
ALTER TABLE warning ADD COLUMN drill INTEGER;
