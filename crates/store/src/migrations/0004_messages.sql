-- The record of messages in watched channels, for recovery: what was seen, what consumers are told of
-- it, and how far they are. Ids are Discord's, whose order is that of creation.

-- How far each gateway shard is on record.
CREATE TABLE shard (
    shard        INTEGER NOT NULL PRIMARY KEY,
    session_id   TEXT,
    sequence     INTEGER,                                           -- of the last event that is on record
    resume_url   TEXT,
    watermark_ms INTEGER NOT NULL,                                  -- Discord's time, as are the others
    CHECK ((session_id IS NULL) = (sequence IS NULL)),
    CHECK (session_id IS NOT NULL OR resume_url IS NULL)
) STRICT;

-- Channels and threads that are watched. One in which nothing happens is not written.
CREATE TABLE watched (
    id          INTEGER NOT NULL PRIMARY KEY,
    shard       INTEGER NOT NULL,
    guild_id    INTEGER NOT NULL,
    parent_id   INTEGER,
    is_thread   INTEGER NOT NULL CHECK (is_thread IN (0, 1)),
    settled_id  INTEGER,
    scrubbed_ms INTEGER NOT NULL,
    dirty       TEXT    CHECK (dirty IN ('lapse', 'new', 'refused')),
    dirty_after INTEGER,                                            -- NULL: from its beginning
    dropped_id  INTEGER,                                            -- its youngest message that was dropped
    CHECK (dirty IS NOT NULL OR dirty_after IS NULL)
) STRICT;

CREATE INDEX watched_dropped ON watched (dropped_id) WHERE dropped_id IS NOT NULL;

-- What is counted along, so that nobody has to look.
CREATE TABLE tally (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    newest INTEGER NOT NULL,                                        -- the last sequence: none is used twice
    at_ms  INTEGER NOT NULL,                                        -- Discord's time, as far as it is known
    bytes  INTEGER NOT NULL                                         -- of the objects in `entry`
) STRICT;
INSERT INTO tally VALUES (1, 0, 0, 0);

-- What consumers are told of messages, in the order of the telling. Sequences are shared with `gap`.
CREATE TABLE entry (
    sequence   INTEGER NOT NULL PRIMARY KEY,
    at_ms      INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('created', 'updated', 'deleted', 'missing')),
    json       TEXT,
    CHECK ((json IS NOT NULL) = (kind IN ('created', 'updated')))
) STRICT;

-- What is known of each message. Its object is that of an entry, nearly always, and is not stored
-- twice: entries are read in long runs and have to hold theirs, and a message is one step away from it.
-- The rows are small, and those of a channel lie together.
CREATE TABLE message (
    channel_id INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    author_id  INTEGER,                                             -- NULL: only seen deleted, as is no object
    created_ms INTEGER GENERATED ALWAYS AS ((id >> 22) + 1420070400000) VIRTUAL,
    edited_ms  INTEGER NOT NULL,                                    -- 0: never
    presence   TEXT    NOT NULL CHECK (presence IN ('there', 'missing', 'deleted')),
    told_in    INTEGER NOT NULL,                                    -- the last entry about it: they go together
    json_in    INTEGER,                                             -- the entry with its object
    json       TEXT,                                                -- its object, if no entry has it
    PRIMARY KEY (channel_id, id),
    CHECK (json_in IS NULL OR json IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_held ON message (id);

-- What could not be had.
CREATE TABLE gap (
    sequence   INTEGER NOT NULL PRIMARY KEY,
    told_ms    INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    after_id   INTEGER,                                             -- NULL: from the channel's beginning
    to_id      INTEGER,                                             -- NULL: to its end
    at_ms      INTEGER NOT NULL                                     -- when it was found
) STRICT;

CREATE UNIQUE INDEX gap_is_told_once ON gap (channel_id, reason, ifnull(after_id, 0));

-- Named readers.
CREATE TABLE consumer (
    name         TEXT    NOT NULL PRIMARY KEY,
    acknowledged INTEGER NOT NULL,
    dead_letters INTEGER NOT NULL                                   -- how many there ever were
) STRICT, WITHOUT ROWID;

-- Entries that a consumer could not deal with yet.
CREATE TABLE attempt (
    consumer TEXT    NOT NULL REFERENCES consumer ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (consumer, sequence)
) STRICT, WITHOUT ROWID;

-- Entries that a consumer does not get any more, and why it could not deal with them. For people.
CREATE TABLE dead_letter (
    consumer TEXT    NOT NULL REFERENCES consumer ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (consumer, sequence)
) STRICT, WITHOUT ROWID;
