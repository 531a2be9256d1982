-- What somebody has to know of, and what has yet to be told to whom.

CREATE TABLE alarm (
    id       INTEGER NOT NULL PRIMARY KEY,
    kind     TEXT    NOT NULL,                                      -- such as 'bot_silent'
    subject  TEXT    NOT NULL,                                      -- such as the bot's name
    text     TEXT    NOT NULL,
    fix      TEXT    NOT NULL,
    begun_ms INTEGER NOT NULL,
    said_ms  INTEGER NOT NULL,                                      -- when somebody said so last
    ended_ms INTEGER,                                               -- NULL: it stands
    count    INTEGER NOT NULL,                                      -- how often it was said since it began
    UNIQUE (kind, subject)
) STRICT;

-- What each target was told last of an alarm.
CREATE TABLE telling (
    alarm_id INTEGER NOT NULL REFERENCES alarm (id) ON DELETE CASCADE,
    target   TEXT    NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('begun', 'reminder', 'resolved')),
    at_ms    INTEGER NOT NULL,
    untold   INTEGER NOT NULL,                                      -- what was too much of it since
    PRIMARY KEY (alarm_id, target)
) STRICT, WITHOUT ROWID;

-- What is to be told, each target's in the order of `seq`.
CREATE TABLE delivery (
    seq              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id               TEXT    NOT NULL UNIQUE,                       -- by which a target knows a repetition
    target           TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    subject          TEXT    NOT NULL,
    text             TEXT    NOT NULL,
    fix              TEXT    NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('begun', 'reminder', 'resolved')),
    at_ms            INTEGER NOT NULL,
    count            INTEGER NOT NULL,
    untold           INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,                              -- grows with each claim
    next_at_ms       INTEGER NOT NULL,
    claimed_until_ms INTEGER NOT NULL,                              -- 0: nobody is at it
    trouble          TEXT,                                          -- why it failed last
    settled_ms       INTEGER,                                       -- NULL: it waits
    settlement       TEXT CHECK (settlement IN ('delivered', 'given_up')),
    CHECK ((settled_ms IS NULL) = (settlement IS NULL))
) STRICT;

CREATE INDEX delivery_waits ON delivery (target, seq) WHERE settled_ms IS NULL;
CREATE INDEX delivery_fades ON delivery (settled_ms) WHERE settled_ms IS NOT NULL;
CREATE INDEX delivery_lately ON delivery (target, kind, subject, at_ms);
