-- What upkeep has done and is doing, shared by all processes that care for a guild.

-- What was written to Discord, by whom and why: a line before it is sent, its outcome after.
CREATE TABLE act (
    id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,            -- no number is used twice
    at_ms    INTEGER NOT NULL,
    actor    TEXT    NOT NULL,                                      -- the program and what it was told
    action   TEXT    NOT NULL,                                      -- such as 'role.delete'
    guild_id INTEGER NOT NULL,
    subject  TEXT    NOT NULL,                                      -- the id of what it was done to
    reason   TEXT    NOT NULL,                                      -- as in Discord's audit log
    outcome  TEXT                                                   -- NULL: not known (yet)
) STRICT;

CREATE INDEX act_fades ON act (at_ms);

-- Who does what only one may do at a time, and until when that is believed.
CREATE TABLE lease (
    name     TEXT    NOT NULL PRIMARY KEY,
    holder   TEXT    NOT NULL,                                      -- drawn by each process
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
