-- What whoever looks after dead letters wants to know.

-- How often it has failed: five times, before anybody counted.
ALTER TABLE dead_letter ADD COLUMN attempts INTEGER NOT NULL DEFAULT 5 CHECK (attempts >= 1);

-- When it failed last, in milliseconds since 1970; 0: before anybody wrote that down.
ALTER TABLE dead_letter ADD COLUMN at_ms INTEGER NOT NULL DEFAULT 0 CHECK (at_ms >= 0);
