-- What is due, who does it, and what came of it; and how the bots that are kept alive are.

-- When each job was asked about for the first time: nothing due before that is made up for.
CREATE TABLE diary_job (
    name     TEXT    NOT NULL PRIMARY KEY,
    began_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row for each due time that somebody has claimed.
CREATE TABLE diary (
    job      TEXT    NOT NULL,
    due_ms   INTEGER NOT NULL,
    holder   INTEGER NOT NULL CHECK (holder > 0),                   -- which claim of it this is
    until_ms INTEGER NOT NULL,                                      -- taken for dead from then on
    done_ms  INTEGER,
    outcome  TEXT,                                                  -- NULL: not done (yet)
    CHECK ((done_ms IS NULL) = (outcome IS NULL)),
    PRIMARY KEY (job, due_ms)
) STRICT, WITHOUT ROWID;

-- One row for each message that was posted to keep a bot alive, or was about to be.
CREATE TABLE keepalive_try (
    job        TEXT    NOT NULL,
    due_ms     INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    bot        TEXT    NOT NULL,
    after_id   INTEGER NOT NULL,                                    -- the last message before ours
    act        INTEGER NOT NULL,                                    -- the row of act
    message_id INTEGER,                                             -- NULL: not known
    outcome    TEXT,                                                -- NULL: nothing yet
    latency_ms INTEGER,
    why        TEXT,
    PRIMARY KEY (job, due_ms, channel_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX keepalive_try_fades ON keepalive_try (due_ms);

-- What came of it in all.
CREATE TABLE keepalive (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at_ms      INTEGER NOT NULL,
    bot        TEXT    NOT NULL,
    job        TEXT    NOT NULL,
    due_ms     INTEGER NOT NULL,
    channel_id INTEGER,                                             -- NULL: none was to be had
    outcome    TEXT    NOT NULL,
    latency_ms INTEGER,
    why        TEXT
) STRICT;

CREATE INDEX keepalive_of_bot ON keepalive (bot, id);
CREATE INDEX keepalive_fades ON keepalive (at_ms);
