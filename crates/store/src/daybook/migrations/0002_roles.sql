-- Roles that are being removed, and what came of it: a line for each role, written before Discord is
-- asked.
CREATE TABLE role_removal (
    guild_id      INTEGER NOT NULL,
    role_id       INTEGER NOT NULL,
    plan          TEXT    NOT NULL,                                 -- the hash of the plan it belongs to
    name          TEXT    NOT NULL,                                 -- when it was planned
    holders       INTEGER,                                          -- members then; NULL: not told
    must_be_empty INTEGER NOT NULL CHECK (must_be_empty IN (0, 1)), -- stays if somebody holds it by now
    audit_reason  TEXT    NOT NULL,                                 -- as in Discord's audit log
    stage         TEXT    NOT NULL
                  CHECK (stage IN ('planned', 'asked', 'unknown', 'gone', 'refused')),
    since_ms      INTEGER NOT NULL,
    asked_ms      INTEGER,                                          -- when its deletion was asked for last
    asks          INTEGER NOT NULL,                                 -- how often it was
    detail        TEXT,                                             -- how it is known to be gone, or why it stays
    act_id        INTEGER,                                          -- the line in `act` about the last one
    PRIMARY KEY (guild_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX role_removal_fades ON role_removal (since_ms);
