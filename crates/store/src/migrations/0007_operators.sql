-- What operators say: channels that they have given us to delete (evidence `operator:` and the hash of the
-- plan that they applied), debts that they have forgotten, channels that they have protected. SQLite changes no
-- CHECK, so the table is made anew and its rows are copied, with their numbers.

-- It would go with the table that it looks at.
DROP TRIGGER journal_is_true;

ALTER TABLE channel RENAME TO channel_6;

CREATE TABLE channel (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,      -- no number is used twice
    attempt        TEXT    NOT NULL UNIQUE CHECK (length(attempt) = 26),
    request_id     TEXT    NOT NULL,
    guild_id       INTEGER NOT NULL,
    kind           TEXT    NOT NULL CHECK (kind IN ('text', 'thread')),
    instance       INTEGER NOT NULL,                                -- whose it is: the bits of a u64
    epoch          INTEGER NOT NULL,
    stage          TEXT    NOT NULL CHECK (stage IN (
                       'planned', 'not_created', 'unknown', 'abandoned', 'quarantined', 'disowned',
                       'live', 'kept', 'condemned', 'verifying', 'parked', 'gone')),
    channel_id     INTEGER,
    evidence       TEXT    CHECK (                                  -- why the channel is ours
                       evidence IN ('E1', 'E2')
                       OR (evidence GLOB 'operator:*' AND length(evidence) = 73)),
    since_ms       INTEGER NOT NULL,                                -- at this stage; our time
    not_before_ms  INTEGER NOT NULL,                                -- Discord's time
    deadline_at_ms INTEGER NOT NULL,                                -- our time, as is the next
    next_at_ms     INTEGER NOT NULL,
    tries          INTEGER NOT NULL,
    reason         TEXT,
    asked_at_ms    INTEGER,                                         -- its first deletion; our time
    CHECK ((channel_id IS NOT NULL) = (stage IN (
        'quarantined', 'disowned', 'live', 'kept', 'condemned', 'verifying', 'parked', 'gone'))),
    CHECK ((evidence IS NOT NULL) = (stage IN (
        'live', 'kept', 'condemned', 'verifying', 'parked', 'gone')))
) STRICT;

INSERT INTO channel SELECT * FROM channel_6;

-- Also numbers of rows that are forgotten.
DELETE FROM sqlite_sequence WHERE name = 'channel';
INSERT INTO sqlite_sequence (name, seq)
SELECT 'channel', seq FROM sqlite_sequence WHERE name = 'channel_6';

DROP TABLE channel_6;

CREATE TRIGGER journal_is_true BEFORE INSERT ON journal
WHEN NOT EXISTS (
    SELECT 1 FROM channel WHERE id = NEW.row_id AND attempt = NEW.attempt AND stage = NEW.to_stage
        AND channel_id IS NEW.channel_id AND evidence IS NEW.evidence
        AND (NEW.event <> 'asked' OR asked_at_ms IS NOT NULL))
BEGIN
    SELECT RAISE(ABORT, 'a line of the journal tells what the row has come to');
END;

-- A channel belongs to one attempt. Rows without one are not in it, so that planning stays cheap.
CREATE UNIQUE INDEX channel_is_one ON channel (channel_id) WHERE channel_id IS NOT NULL;

-- What a start reads; settled rows are not in it, however many there are.
CREATE INDEX channel_open ON channel (attempt)
WHERE stage NOT IN ('not_created', 'disowned', 'kept', 'gone');

-- What is forgotten one day, the oldest first.
CREATE INDEX channel_fades ON channel (since_ms)
WHERE stage IN ('not_created', 'abandoned', 'gone');

CREATE TRIGGER channel_begins BEFORE INSERT ON channel
WHEN NEW.stage NOT IN ('planned', 'condemned', 'quarantined') OR NEW.asked_at_ms IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a channel begins planned, or was found: then condemned or quarantined');
END;

-- Only what is condemned from its first line on can have an operator's word for its evidence.
CREATE TRIGGER channel_is_adopted BEFORE INSERT ON channel
WHEN NEW.evidence LIKE 'operator:%' AND NEW.stage <> 'condemned'
BEGIN
    SELECT RAISE(ABORT, 'what an operator gives us is condemned');
END;

CREATE TRIGGER channel_lives BEFORE UPDATE OF stage ON channel
WHEN NEW.stage <> OLD.stage AND OLD.stage || '>' || NEW.stage NOT IN (
    'planned>live', 'planned>not_created', 'planned>unknown',
    'unknown>live', 'unknown>abandoned', 'unknown>quarantined',
    'abandoned>condemned', 'abandoned>quarantined', 'abandoned>not_created',
    'not_created>condemned', 'not_created>quarantined',
    'quarantined>condemned', 'quarantined>abandoned', 'quarantined>disowned',
    'disowned>condemned',
    'live>condemned', 'live>kept',
    'condemned>verifying', 'condemned>parked', 'condemned>gone',
    'verifying>gone', 'verifying>condemned', 'verifying>parked',
    'parked>condemned', 'parked>gone', 'parked>kept',
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

CREATE TRIGGER channel_is_proved BEFORE UPDATE OF evidence ON channel
WHEN OLD.evidence IS NULL AND NEW.evidence LIKE 'operator:%'
BEGIN
    SELECT RAISE(ABORT, 'an operator gives us channels, and settles no doubt about ours');
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

-- Channels that operators have protected: none of them is deleted, whatever their rows say.
CREATE TABLE protected (
    channel_id INTEGER NOT NULL PRIMARY KEY,
    since_ms   INTEGER NOT NULL,
    reason     TEXT    NOT NULL
) STRICT;
