-- Forums: they hold no messages, and are on record for their posts.

ALTER TABLE watched ADD COLUMN is_forum INTEGER NOT NULL DEFAULT 0 CHECK (is_forum IN (0, 1));
