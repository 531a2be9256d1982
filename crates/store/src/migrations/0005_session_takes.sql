-- How many processes in a row have taken a session and not left it again: they were killed at once,
-- perhaps by what it replays.
ALTER TABLE gateway_session ADD COLUMN takes INTEGER NOT NULL DEFAULT 0;
