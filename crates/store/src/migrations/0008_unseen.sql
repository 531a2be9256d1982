-- Channels that were hidden: threads may have been opened and archived in them unseen.

-- Since when, in milliseconds since 1970; NULL: all were seen.
ALTER TABLE watched ADD COLUMN unseen_ms INTEGER CHECK (unseen_ms >= 0);

-- From here on, `message.edited_ms` of a message that is missing says when it was, if that is later than its
-- last edit: what is older does not bring it back.
