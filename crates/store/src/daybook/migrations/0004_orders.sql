-- What only the holder of the store can do, written down by somebody else. A row is durable before
-- anything is done about it, and says what came of it.
CREATE TABLE standing_order (
    id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,            -- no number is used twice
    at_ms    INTEGER NOT NULL,
    actor    TEXT    NOT NULL,                                      -- the program and what it was told
    body     TEXT    NOT NULL,                                      -- what is to be done, as JSON
    taken_ms INTEGER,                                               -- NULL: nobody has begun with it
    takes    INTEGER NOT NULL DEFAULT 0,                            -- how often somebody has
    done_ms  INTEGER,                                               -- NULL: nothing has come of it yet
    outcome  TEXT,                                                  -- what came of it, as JSON
    CHECK ((done_ms IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX standing_order_open ON standing_order (id) WHERE done_ms IS NULL;
