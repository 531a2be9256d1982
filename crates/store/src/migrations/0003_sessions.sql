-- Gateway sessions that one process has left, to be resumed by one other.
CREATE TABLE gateway_session (
    shard      INTEGER NOT NULL PRIMARY KEY,
    session_id TEXT    NOT NULL,
    sequence   INTEGER NOT NULL,                                    -- of the last event dealt with
    resume_url TEXT
) STRICT;
