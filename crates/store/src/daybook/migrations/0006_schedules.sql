-- The schedule that each job keeps to, and since when if it was another one before: nothing that is due
-- before that is made up for, whichever process reads it.
ALTER TABLE diary_job ADD COLUMN schedule TEXT;                     -- NULL: not told yet
ALTER TABLE diary_job ADD COLUMN changed_ms INTEGER;                -- NULL: it was never another one
