-- The registry of owned channels: one row per attempt to create one.
-- Checks and triggers repeat lifecycle's `Stage::after`: a program with a bug cannot write a life
-- that the state machine forbids, and neither can a hand with a SQL prompt.

CREATE TABLE channel (
    attempt        TEXT    NOT NULL PRIMARY KEY CHECK (length(attempt) = 26),
    request_id     TEXT    NOT NULL,
    guild_id       INTEGER NOT NULL,
    stage          TEXT    NOT NULL CHECK (stage IN (
                       'planned', 'not_created', 'unknown', 'abandoned',
                       'live', 'condemned', 'verifying', 'parked', 'gone')),
    channel_id     INTEGER UNIQUE,                                  -- a channel belongs to one attempt
    evidence       TEXT    CHECK (evidence IN ('E1', 'E2')),        -- why the channel is ours
    not_before_ms  INTEGER NOT NULL,                                -- Discord's time
    deadline_at_ms INTEGER NOT NULL,                                -- our time, as are the others
    next_at_ms     INTEGER NOT NULL,
    tries          INTEGER NOT NULL,
    CHECK ((channel_id IS NULL) = (evidence IS NULL)),
    CHECK ((channel_id IS NOT NULL) = (stage IN ('live', 'condemned', 'verifying', 'parked', 'gone')))
) STRICT, WITHOUT ROWID;

-- What a start reads; settled rows are not in it, however many there are.
CREATE INDEX channel_open ON channel (attempt) WHERE stage NOT IN ('not_created', 'gone');

CREATE TRIGGER channel_begins BEFORE INSERT ON channel
WHEN NEW.stage NOT IN ('planned', 'condemned')
BEGIN
    SELECT RAISE(ABORT, 'a channel begins planned, or condemned when it was found');
END;

CREATE TRIGGER channel_lives BEFORE UPDATE OF stage ON channel
WHEN NEW.stage <> OLD.stage AND OLD.stage || '>' || NEW.stage NOT IN (
    'planned>live', 'planned>not_created', 'planned>unknown',
    'unknown>live', 'unknown>abandoned',
    'abandoned>condemned', 'not_created>condemned',
    'live>condemned', 'condemned>verifying', 'condemned>parked', 'condemned>gone',
    'verifying>gone', 'verifying>condemned', 'parked>condemned')
BEGIN
    SELECT RAISE(ABORT, 'the life of a channel does not go that way');
END;

CREATE TRIGGER channel_stays BEFORE UPDATE ON channel
WHEN NEW.attempt <> OLD.attempt OR NEW.guild_id <> OLD.guild_id
    OR (OLD.channel_id IS NOT NULL
        AND (NEW.channel_id IS NOT OLD.channel_id OR NEW.evidence IS NOT OLD.evidence))
BEGIN
    SELECT RAISE(ABORT, 'attempt, guild, channel and evidence stay what they are');
END;

CREATE TRIGGER channel_is_kept BEFORE DELETE ON channel
WHEN OLD.stage NOT IN ('not_created', 'gone')
BEGIN
    SELECT RAISE(ABORT, 'an open row is a debt, and is not forgotten');
END;

-- How far each guild's audit log has been read.
CREATE TABLE audit_log (
    guild_id INTEGER NOT NULL PRIMARY KEY,
    read_to  INTEGER NOT NULL
) STRICT;
