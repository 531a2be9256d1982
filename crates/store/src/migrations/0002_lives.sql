-- Owners, two more stages, a journal, and what outlasts a life. SQLite changes no CHECK, so the
-- table is made anew and its rows are copied.

-- What there is one of.
CREATE TABLE state (
    id                 INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    instance           INTEGER NOT NULL,                            -- the life that may write
    epoch              INTEGER NOT NULL,
    deletions_held     INTEGER NOT NULL CHECK (deletions_held IN (0, 1)),
    prunable_before_ms INTEGER NOT NULL,                            -- what settled later is kept
    key_fingerprint    TEXT                                         -- of the key that signs marks; NULL before its first use
) STRICT;
INSERT INTO state VALUES (1, 0, 0, 0, 0, NULL);

-- How much was begun and deleted in each hour since 1970.
CREATE TABLE hour (
    guild_id INTEGER NOT NULL,
    hour     INTEGER NOT NULL,
    inserted INTEGER NOT NULL,
    asked    INTEGER NOT NULL,                                      -- each row once
    PRIMARY KEY (guild_id, hour)
) STRICT, WITHOUT ROWID;

ALTER TABLE channel RENAME TO channel_1;

-- Rows are appended, and what is written of a row is close to what is written of its neighbours in
-- time: only the index of attempts is spread, and settled rows cost the others next to nothing.
CREATE TABLE channel (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,      -- no number is used twice
    attempt        TEXT    NOT NULL UNIQUE CHECK (length(attempt) = 26),
    request_id     TEXT    NOT NULL,
    guild_id       INTEGER NOT NULL,
    kind           TEXT    NOT NULL CHECK (kind IN ('text', 'thread')),
    instance       INTEGER NOT NULL,                                -- whose it is: the bits of a u64
    epoch          INTEGER NOT NULL,
    stage          TEXT    NOT NULL CHECK (stage IN (
                       'planned', 'not_created', 'unknown', 'abandoned', 'quarantined',
                       'live', 'kept', 'condemned', 'verifying', 'parked', 'gone')),
    channel_id     INTEGER,
    evidence       TEXT    CHECK (evidence IN ('E1', 'E2')),        -- why the channel is ours
    since_ms       INTEGER NOT NULL,                                -- at this stage; our time
    not_before_ms  INTEGER NOT NULL,                                -- Discord's time
    deadline_at_ms INTEGER NOT NULL,                                -- our time, as is the next
    next_at_ms     INTEGER NOT NULL,
    tries          INTEGER NOT NULL,
    reason         TEXT,
    asked_at_ms    INTEGER,                                         -- its first deletion; our time
    CHECK ((channel_id IS NOT NULL) = (stage IN (
        'quarantined', 'live', 'kept', 'condemned', 'verifying', 'parked', 'gone'))),
    CHECK ((evidence IS NOT NULL) = (stage IN (
        'live', 'kept', 'condemned', 'verifying', 'parked', 'gone')))
) STRICT;

-- The former version did not write down since when. No row is older than its attempt.
INSERT INTO channel
SELECT NULL, attempt, request_id, guild_id, 'text', 0, 0, stage, channel_id, evidence,
    not_before_ms, not_before_ms, deadline_at_ms, next_at_ms, tries, NULL, NULL
FROM channel_1;

DROP TABLE channel_1;

-- A channel belongs to one attempt. Rows without one are not in it, so that planning stays cheap.
CREATE UNIQUE INDEX channel_is_one ON channel (channel_id) WHERE channel_id IS NOT NULL;

-- What a start reads; settled rows are not in it, however many there are.
CREATE INDEX channel_open ON channel (attempt) WHERE stage NOT IN ('not_created', 'kept', 'gone');

-- What is forgotten one day, the oldest first.
CREATE INDEX channel_fades ON channel (since_ms)
WHERE stage IN ('not_created', 'abandoned', 'gone');

CREATE TRIGGER channel_begins BEFORE INSERT ON channel
WHEN NEW.stage NOT IN ('planned', 'condemned', 'quarantined') OR NEW.asked_at_ms IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a channel begins planned, or was found: then condemned or quarantined');
END;

CREATE TRIGGER channel_lives BEFORE UPDATE OF stage ON channel
WHEN NEW.stage <> OLD.stage AND OLD.stage || '>' || NEW.stage NOT IN (
    'planned>live', 'planned>not_created', 'planned>unknown',
    'unknown>live', 'unknown>abandoned', 'unknown>quarantined',
    'abandoned>condemned', 'abandoned>quarantined',
    'not_created>condemned', 'not_created>quarantined',
    'quarantined>condemned', 'quarantined>abandoned',
    'live>condemned', 'live>kept',
    'condemned>verifying', 'condemned>parked', 'condemned>gone',
    'verifying>gone', 'verifying>condemned', 'verifying>parked',
    'parked>condemned', 'parked>gone',
    'gone>condemned')
BEGIN
    SELECT RAISE(ABORT, 'the life of a channel does not go that way');
END;

-- Only what is ours for good stays; a quarantine may end with another channel than it began with.
CREATE TRIGGER channel_stays BEFORE UPDATE ON channel
WHEN NEW.id <> OLD.id OR NEW.attempt <> OLD.attempt OR NEW.guild_id <> OLD.guild_id OR NEW.kind <> OLD.kind
    OR (OLD.channel_id IS NOT NULL AND NEW.channel_id IS NOT OLD.channel_id
        AND (OLD.evidence IS NOT NULL OR NEW.stage = OLD.stage))
    OR (OLD.evidence IS NOT NULL AND NEW.evidence IS NOT OLD.evidence)
BEGIN
    SELECT RAISE(ABORT, 'id, attempt, guild, kind, channel and evidence stay what they are');
END;

CREATE TRIGGER channel_is_asked BEFORE UPDATE OF asked_at_ms ON channel
WHEN NEW.asked_at_ms IS NOT OLD.asked_at_ms
    AND (OLD.asked_at_ms IS NOT NULL OR OLD.stage <> 'condemned' OR NEW.stage <> 'condemned')
BEGIN
    SELECT RAISE(ABORT, 'only what is condemned is deleted, and the first time is written down once');
END;

CREATE TRIGGER channel_is_kept BEFORE DELETE ON channel
WHEN OLD.stage NOT IN ('not_created', 'abandoned', 'gone')
    OR OLD.since_ms >= (SELECT prunable_before_ms FROM state)
BEGIN
    SELECT RAISE(ABORT, 'an open row is a debt, and a settled one is kept for its time');
END;

-- What happened to each row, in the transaction that did it. Lines are only ever added, until they
-- are old enough to be pruned.
CREATE TABLE journal (
    seq        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,          -- no number is used twice
    at_ms      INTEGER NOT NULL,
    row_id     INTEGER NOT NULL,                                    -- whose attempt it is
    attempt    TEXT    NOT NULL,
    from_stage TEXT,                                                -- NULL for the row's first line
    to_stage   TEXT    NOT NULL,
    event      TEXT    NOT NULL,
    channel_id INTEGER,
    evidence   TEXT,
    instance   INTEGER NOT NULL,                                    -- who did it
    epoch      INTEGER NOT NULL,
    reason     TEXT,
    CHECK ((from_stage IS NULL) = (event = 'inserted')),
    CHECK ((from_stage IS to_stage) = (event = 'asked'))
) STRICT;

CREATE INDEX journal_of ON journal (row_id);
CREATE INDEX journal_fades ON journal (at_ms);

CREATE TRIGGER journal_is_true BEFORE INSERT ON journal
WHEN NOT EXISTS (
    SELECT 1 FROM channel WHERE id = NEW.row_id AND attempt = NEW.attempt AND stage = NEW.to_stage
        AND channel_id IS NEW.channel_id AND evidence IS NEW.evidence
        AND (NEW.event <> 'asked' OR asked_at_ms IS NOT NULL))
BEGIN
    SELECT RAISE(ABORT, 'a line of the journal tells what the row has come to');
END;

CREATE TRIGGER journal_stays BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'a line of the journal stays as it is');
END;

CREATE TRIGGER journal_is_kept BEFORE DELETE ON journal
WHEN OLD.at_ms >= (SELECT prunable_before_ms FROM state)
BEGIN
    SELECT RAISE(ABORT, 'a line of the journal is kept for its time');
END;
