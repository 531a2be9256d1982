-- What a session was begun with, which is what it sends.
ALTER TABLE gateway_session ADD COLUMN terms TEXT NOT NULL DEFAULT '';

-- The channels that were hidden from the bot, as `id` or `id/category`: only the beginning of a session
-- tells them.
ALTER TABLE gateway_session ADD COLUMN hidden TEXT NOT NULL DEFAULT '';
